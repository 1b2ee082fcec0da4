"""Who acts, and in which workspace. Handed to every use case and every store call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from loomwork.kernel.ids import WorkspaceId

ActorKind = Literal["person", "key", "end_user", "system"]

_WORDS: Mapping[ActorKind, str] = {
    "person": "the owner",
    "key": "an API key",
    "end_user": "the end user",
    "system": "Loomwork",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks. `id` is unique within its kind."""

    kind: ActorKind
    id: str

    @property
    def words(self) -> str:
        """Whoever it is, as people are told, without an id that means nothing to them."""
        return _WORDS[self.kind]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an act came from. `via` is the face that was asked (`api`, `console`, `cli`, ...); `address` is the other
    end of the connection, "" where there is none.
    """

    via: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """The wall between workspaces, as an argument: there is no ambient workspace anywhere. `origin` is for the audit
    trail alone: two scopes that differ only in it are the same.
    """

    workspace_id: WorkspaceId
    actor: Actor
    origin: Origin | None = field(default=None, compare=False)


SYSTEM = Actor("system", "loomwork")
EMBEDDED_WORKSPACE = WorkspaceId("00000000-0000-7000-8000-000000000000")
"""The workspace of `loomwork run` and of the Python API, which keep no database."""


def embedded_scope() -> Scope:
    """The scope of a flow that runs in somebody's own process, without a server."""
    return Scope(EMBEDDED_WORKSPACE, SYSTEM)
