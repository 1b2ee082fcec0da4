"""What people call a thing, found: an app by its name, an app, a run or a key by a part of its id."""

import difflib
from collections.abc import Mapping, Sequence
from uuid import UUID

from loomwork.interface.cli.pages import everything
from loomwork.interface.cli.workspace import Workspace
from loomwork.kernel.errors import InvalidInput, NotFound

SHORT = 8
"""Characters at the end of an id that lists show in a terminal. Ids of one minute begin alike, and end otherwise."""

SHORTEST = 4
EACH = "*"
"""Each thing of a kind, as limits have it."""
SHOWN = 5
NAMED = {"app_id": "app", "app": "app", "run_id": "run", "key_id": "key", "message_id": "message"}
"""What each argument of a command names, by the argument."""


def is_whole(given: str) -> bool:
    """Whether it is an id as it is stored, or stands for each of them."""
    if given == EACH:
        return True
    try:
        return str(UUID(given)) == given.lower()
    except ValueError:
        return False


def found_id(kind: str, given: str, known: Mapping[str, str]) -> str:
    """The id of the thing that is called `given`: by its name or the beginning of it, or by the beginning or the end of
    its id. `known` has names by id. Raises `NotFound`, and `InvalidInput` where several are called so.
    """
    wanted = given.strip().lower()
    called = [id for id, name in known.items() if name and name.lower() == wanted]
    match called or _partly(wanted, known):
        case [one]:
            return one
        case []:
            raise NotFound(_nothing(kind, given, list(known.values())))
        case fit:
            raise InvalidInput(_several(kind, given, fit, known))


def _partly(wanted: str, known: Mapping[str, str]) -> list[str]:
    if len(wanted) < SHORTEST:
        return []
    ids = [id for id in known if id.startswith(wanted) or id.endswith(wanted)]
    return ids or [id for id, name in known.items() if name.lower().startswith(wanted)]


def _several(kind: str, given: str, ids: Sequence[str], known: Mapping[str, str]) -> str:
    some = ", ".join(f"{known[id]} ({id})" if known[id] else id for id in ids[:SHOWN])
    return f"{given[:60]!r} may be each of {len(ids)} {kind}s: {some}. Give more of the id."


async def whole_id(workspace: Workspace, kind: str, given: str) -> str:
    """The id that a word of the command line stands for. What looks like an id already is left as it is."""
    return given if is_whole(given) else found_id(kind, given, await _known(workspace, kind))


async def _known(workspace: Workspace, kind: str) -> Mapping[str, str]:
    match kind:
        case "app":
            return {app.id: app.name for app in await workspace.list_apps()}
        case "run":
            return {run["id"]: "" for run in await workspace.list_runs()}
        case "message":
            return {message["id"]: "" for message in await workspace.life.list_messages({})}
        case _:
            return {key.id: "" for key in await everything(workspace.list_keys)}


def _nothing(kind: str, given: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, [name for name in names if name], n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"`loomwork {kind}s list` shows them."
    return f"There is no {kind} {given[:60]!r} here. {hint}"
