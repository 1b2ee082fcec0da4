"""Models by the ids that TaskingAI's clients want: eight letters and digits, `Tp` before them.

An id follows from the model's name, so it is the same on every machine, and is written down once it is used: whatever
models come later, it goes on to mean what it meant.
"""

import hashlib
import string
from collections.abc import Iterable, Mapping

from loomwork.interface.http.compat.openai.call import Call
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ModelInfo, ModelNotFound
from loomwork.tenancy.api import AliasStore

SURFACE = "taskingai.model"

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LENGTH = 8
_PREFIX = "Tp"
_ASSISTANT_LENGTH = 24


def model_id_of(model: str, attempt: int = 0) -> str:
    """The id of a model; the next one, where an earlier attempt has hit upon another model's."""
    number = int.from_bytes(hashlib.sha256(f"{attempt} {model}".encode()).digest()[:8], "big")
    letters = []
    for _ in range(_LENGTH - len(_PREFIX)):
        number, digit = divmod(number, len(_DIGITS))
        letters.append(_DIGITS[digit])
    return _PREFIX + "".join(letters)


def given_ids(models: Iterable[str], stored: Mapping[str, str]) -> dict[str, str]:
    """The id of each model by its name: the stored one where there is one."""
    taken = set(stored.values())
    ids: dict[str, str] = {}
    for model in sorted(models):
        ids[model] = stored.get(model) or _free_id(model, taken)
        taken.add(ids[model])
    return ids


def _free_id(model: str, taken: set[str]) -> str:
    attempt = 0
    while (wanted := model_id_of(model, attempt)) in taken:
        attempt += 1
    return wanted


def listed(infos: Iterable[ModelInfo]) -> list[ModelInfo]:
    """The models that have an id: those that can be named."""
    return [info for info in infos if not info.id.endswith("/*")]


async def stored_ids(call: Call) -> Mapping[str, str]:
    """The ids that were used already, by the names of their models."""
    return await call.services.aliases.named(call.scope, SURFACE) if call.services.aliases is not None else {}


async def model_named(call: Call, name: str) -> str:
    """The model that a client means by an id, or by its own name. Raises `ModelNotFound`."""
    if "/" in name or ":" in name:
        return name
    aliases = call.services.aliases
    if aliases is not None and (known := await aliases.meaning(call.scope, SURFACE, name)) is not None:
        return known
    if len(name) == _LENGTH:
        return await _first_use(call, name, aliases)
    noun = "assistant" if len(name) == _ASSISTANT_LENGTH else "model"
    raise ModelNotFound(f"There is no {noun} {name[:80]!r}; GET /taskingai/v1/models lists the models there are.")


async def _first_use(call: Call, model_id: str, aliases: AliasStore | None) -> str:
    infos = listed(await call.models.list_models(call.scope))
    ids = given_ids([info.id for info in infos], await stored_ids(call))
    found = next((model for model, given in ids.items() if given == model_id), None)
    if found is None:
        raise ModelNotFound(f"There is no model {model_id!r}; GET /taskingai/v1/models lists those there are.")
    if aliases is not None:
        await _write_down(aliases, call.scope, model_id, found)
    return found


async def _write_down(aliases: AliasStore, scope: Scope, model_id: str, model: str) -> None:
    await aliases.add(scope, SURFACE, model_id, model)
