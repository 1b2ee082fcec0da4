"""API keys: their form, and what each kind opens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import KeyId
from loomwork.tenancy.domain.secret import Draw, draw_secret, may_be_secret

KeyKind = Literal["app", "dataset", "workspace"]

PREFIXES: dict[KeyKind, str] = {"app": "app-", "dataset": "dataset-", "workspace": "lw-"}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it can be shown later: never the secret, only its last four characters.
    `subject_id` is the app (or dataset) that the key opens; None for a workspace key.
    """

    id: KeyId
    kind: KeyKind
    subject_id: str | None
    last_four: str
    created_at: datetime
    revoked_at: datetime | None = None


def make_key(kind: KeyKind, draw: Draw) -> str:
    return PREFIXES[kind] + draw_secret(draw)


def may_be_key(text: str) -> bool:
    """Whether this has the form of a key, so that it is worth looking for."""
    return any(text.startswith(prefix) and may_be_secret(text[len(prefix) :]) for prefix in PREFIXES.values())


def last_four(secret: str) -> str:
    return secret[-4:]


def owning(kind: KeyKind, subject_id: str | None) -> str | None:
    """The id of what a key of this kind opens. Raises `InvalidInput`: an app key needs an app, a workspace key none."""
    if kind not in PREFIXES:
        raise InvalidInput("A key is for an app, a dataset or the workspace.", field="kind")
    if kind == "workspace" and subject_id:
        raise InvalidInput("A workspace key is not for one app or dataset.", field="subject_id")
    if kind != "workspace" and not subject_id:
        raise InvalidInput(f"Say which {kind} the key is for.", field="subject_id")
    return subject_id or None
