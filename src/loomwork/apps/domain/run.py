"""A run of an app: what it was asked, how it stands, what it answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from loomwork.apps.domain.environment import Environment
from loomwork.kernel.ids import AppId, ConversationId, MessageId, RunId
from loomwork.kernel.scope import Scope

RunStatus = Literal["queued", "running", "succeeded", "partial-succeeded", "failed", "stopped", "paused"]

ENDED: frozenset[RunStatus] = frozenset({"succeeded", "partial-succeeded", "failed", "stopped"})
"""Statuses that a run keeps."""

FILES = "sys.files"
HISTORY = "sys.history"

RESERVED_INPUTS = frozenset({FILES, HISTORY})
"""What a run keeps among its inputs that no form asks for: the files that came with the question, in wire form, and the
earlier questions and answers that the caller remembers, each a pair.
"""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are looked for; what is None or empty does not matter. `since` is the first moment, `until` the first
    one after the last, both of the beginning of a run. `text` is a part of what was asked, answered, put in or put out.
    """

    statuses: frozenset[RunStatus] = frozenset()
    end_user: str | None = None
    version: int | None = None
    environment: Environment | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class NodeState:
    """The last word on one node of a run. `runs` counts executions (retries and rounds included)."""

    status: str
    outputs: Mapping[str, Any] | None = None
    error: Mapping[str, str] | None = None
    elapsed_ms: float | None = None
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """`version` is None for a run of the draft; `document` is then the draft as it was.
    `environment` is where that version was asked for; None for the draft, and for a version asked for by its number.
    `source` says which face asked (console, api, dify); `end_user` is that face's name for the person.
    `origin_id` and `origin_node_id` say which run this one repeats, and from which node on; `parent_id` is the run
    that this one is a step of. `key_id` is the key that it was asked for with, if it was one. A paused run is looked
    at again at `wakes_at`, if nobody resumes it before.
    """

    id: RunId
    app_id: AppId
    version: int | None
    status: RunStatus
    inputs: Mapping[str, Any]
    query: str | None
    source: str
    end_user: str
    created_at: datetime
    document: str | None = None
    conversation_id: ConversationId | None = None
    message_id: MessageId | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    answer: str | None = None
    error: Mapping[str, Any] | None = None
    nodes: Mapping[str, NodeState] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    notices: Sequence[str] = ()
    started_at: datetime | None = None
    finished_at: datetime | None = None
    elapsed_ms: float | None = None
    origin_id: RunId | None = None
    origin_node_id: str | None = None
    parent_id: RunId | None = None
    key_id: str | None = None
    wakes_at: datetime | None = None
    environment: Environment | None = None

    @property
    def origin(self) -> Mapping[str, Any] | None:
        """Which run this one repeats, and from which node on, as its first event says it."""
        return None if self.origin_id is None else {"run_id": self.origin_id, "node_id": self.origin_node_id}


def key_of(scope: Scope) -> str | None:
    """The key that acts in this scope; None where it is somebody else."""
    return scope.actor.id if scope.actor.kind == "key" else None
