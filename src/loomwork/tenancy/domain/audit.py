"""The audit trail of a workspace: entries that are only ever added, each sealed together with the seal before it.

A seal is the SHA-256 of the entry's fields and of the previous seal, so that an entry that is changed, left out, put in
or moved breaks the chain from there on. Whoever can write to the database can also seal everything anew: what such a
person cannot forge is a seal that was noted elsewhere before, which `chain_problem` may be handed to hold against.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loomwork.kernel.scope import ActorKind

NOTHING = ""
"""The seal before the first entry."""

_ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
_MOST_DETAILS = 4_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who (`actor`) did what (`action`) to what (`object`), from where (`via`, `address`). `number` counts from 1 in
    each workspace; `details` is a JSON object as text.
    """

    id: str
    number: int
    at: datetime
    actor_kind: ActorKind
    actor_id: str
    via: str
    address: str
    action: str
    object_kind: str
    object_id: str
    details: str
    previous: str
    seal: str = ""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted: all that is given must fit. `action` may be a noun alone (`app`) or whole
    (`app.published`); `since` is the first moment, `until` the first one after; `text` is looked for in details, object
    ids and actions, whatever its case.
    """

    actor_kind: ActorKind | None = None
    actor_id: str | None = None
    action: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """The end of a chain, or of a part of it: the number of its last entry and that entry's seal."""

    number: int = 0
    seal: str = NOTHING


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """The first entry at which a chain does not hold. `kind` says how: an entry `missing` before this number, one that
    was `changed` after it was sealed, one that is not sealed to the one before it (`unlinked`), or another seal than
    was noted elsewhere (`replaced`).
    """

    number: int
    kind: str


def is_action(text: str) -> bool:
    """Whether this has the form of an action: the noun and what befell it, such as `app.published`."""
    return _ACTION.fullmatch(text) is not None


def details_text(details: Mapping[str, Any]) -> str:
    """The details as they are sealed: JSON, with its keys in order. What is longer than a record should be is named
    and left out. Raises `TypeError` and `ValueError` for what JSON cannot say.
    """
    text = _json(details)
    if len(text) <= _MOST_DETAILS:
        return text
    return _json({"left_out": [name[:30] for name in sorted(details)[:50]]})


def sealed(workspace_id: str, entry: AuditEntry) -> str:
    """The seal that belongs to an entry (64 hexadecimal digits). Its own `seal` has no part in it."""
    fields = [
        workspace_id,
        entry.number,
        entry.id,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor_kind,
        entry.actor_id,
        entry.via,
        entry.address,
        entry.action,
        entry.object_kind,
        entry.object_id,
        entry.details,
        entry.previous,
    ]
    return hashlib.sha256(_json(fields).encode()).hexdigest()


def chain_problem(
    workspace_id: str, entries: Iterable[AuditEntry], *, after: Link, noted: Link | None = None
) -> ChainProblem | None:
    """The first thing that is wrong with entries that should follow `after`, one by one; None where all is well.
    `noted` is a link that was written down elsewhere.
    """
    for entry in entries:
        if kind := _wrong(workspace_id, entry, after, noted):
            return ChainProblem(entry.number, kind)
        after = Link(entry.number, entry.seal)
    return None


def _wrong(workspace_id: str, entry: AuditEntry, after: Link, noted: Link | None) -> str | None:
    if entry.number != after.number + 1:
        return "missing"
    if entry.previous != after.seal:
        return "unlinked"
    if entry.seal != sealed(workspace_id, entry):
        return "changed"
    if noted is not None and noted.number == entry.number and noted.seal != entry.seal:
        return "replaced"
    return None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
