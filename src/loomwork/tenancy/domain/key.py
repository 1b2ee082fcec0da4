"""API keys: their form, what each kind opens, and until when."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import KeyId
from loomwork.tenancy.domain.permissions import OF_APP_KEYS, OF_DATASET_KEYS, PERMISSIONS, Permission, Standing
from loomwork.tenancy.domain.secret import Draw, draw_secret, may_be_secret

KeyKind = Literal["app", "dataset", "workspace", "personal"]

PREFIXES: dict[KeyKind, str] = {"app": "app-", "dataset": "dataset-", "workspace": "lw-", "personal": "lwp-"}

USE_NOTED_EVERY = timedelta(minutes=1)
"""How exact it is known when a key was last used: to write each use down would be a write for each request."""


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What is agreed on with a key: what it is called, the only permissions that it gives (None: all that its kind
    has), the moment from which on it opens nothing, and the member that a personal key acts for.
    """

    name: str = ""
    scopes: frozenset[Permission] | None = None
    expires_at: datetime | None = None
    member_id: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it can be shown later: never the secret, only its last four characters.
    `subject_id` is the app (or dataset) that the key opens; None for a key of the workspace or of a person.
    """

    id: KeyId
    kind: KeyKind
    subject_id: str | None
    last_four: str
    created_at: datetime
    revoked_at: datetime | None = None
    terms: KeyTerms = field(default_factory=KeyTerms)
    last_used_at: datetime | None = None


KeyState = Literal["valid", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """Which keys are wanted; what is None may be any. `search` is part of a name, in any case."""

    kind: KeyKind | None = None
    subject_id: str | None = None
    member_id: str | None = None
    state: KeyState | None = None
    search: str = ""


def key_is_valid(key: ApiKey, *, now: datetime) -> bool:
    expires_at = key.terms.expires_at
    return key.revoked_at is None and (expires_at is None or now < expires_at)


def use_is_worth_noting(key: ApiKey, *, now: datetime) -> bool:
    return key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY


def standing_of_key(key: ApiKey, member: Standing | None) -> Standing | None:
    """What a key may do: a personal one what its `member` may do now, less what its scopes leave out. A key of an app
    is for that app alone, one of a dataset for that knowledge base. None where a personal key's member is no member any
    more.
    """
    match key.kind:
        case "personal":
            return None if member is None else member.only(key.terms.scopes)
        case "workspace":
            return Standing("key", PERMISSIONS).only(key.terms.scopes)
        case "app":
            return Standing("key", frozenset(), {key.subject_id or "": OF_APP_KEYS})
        case "dataset":
            return Standing("key", frozenset(), {key.subject_id or "": OF_DATASET_KEYS})


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
        raise InvalidInput("A key is for an app, a dataset, the workspace or a person.", field="kind")
    if kind in ("workspace", "personal") and subject_id:
        raise InvalidInput(f"A {kind} key is not for one app or dataset.", field="subject_id")
    if kind in ("app", "dataset") and not subject_id:
        raise InvalidInput(f"Say which {kind} the key is for.", field="subject_id")
    return subject_id or None


def checked_terms(kind: KeyKind, terms: KeyTerms, *, now: datetime) -> KeyTerms:
    """Raises `InvalidInput` for terms that a key of this kind cannot have."""
    if (kind == "personal") != (terms.member_id is not None):
        raise InvalidInput("A personal key, and no other, belongs to a member.", field="member_id")
    if terms.scopes is not None and kind not in ("workspace", "personal"):
        raise InvalidInput(f"A key of one {kind} cannot be narrowed further.", field="scopes")
    if terms.expires_at is not None and terms.expires_at <= now:
        raise InvalidInput("A key expires in the future.", field="expires_at")
    if len(terms.name) > MOST_NAME:
        raise InvalidInput(f"The name of a key has at most {MOST_NAME} characters.", field="name")
    return terms


MOST_NAME = 100
