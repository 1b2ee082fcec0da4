"""All that comes out of a run: one ordered, gap-free sequence of small typed events.

An event is written once, by the loop, which gives it `seq` (from 1) and `at` (seconds since the run began);
from then on it never changes. `wire()` is its one external form, the same for `stream()`, SSE, the journal and files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

FramePath = tuple[tuple[str, int], ...]
"""Container id and index of each enclosing iteration or loop round, outermost first; `()` outside."""


@dataclass(slots=True)
class Event:
    """What every event carries. `seq` is 0 until the loop has placed it in the sequence."""

    type: ClassVar[str]
    data_fields: ClassVar[tuple[str, ...]] = ()

    node_id: str | None = field(default=None, kw_only=True)
    frame: FramePath = field(default=(), kw_only=True)
    seq: int = field(default=0, kw_only=True)
    at: float = field(default=0.0, kw_only=True)

    @property
    def data(self) -> dict[str, Any]:
        """The fields that belong to this type of event (CONTRACT 5)."""
        return {name: getattr(self, name) for name in self.data_fields}

    def wire(self) -> dict[str, Any]:
        """The event as plain JSON values, but for files, which the encoder turns into objects."""
        return {
            "seq": self.seq,
            "type": self.type,
            "node_id": self.node_id,
            "at": round(self.at, 6),
            "frame": [list(step) for step in self.frame],
            "data": self.data,
        }


@dataclass(slots=True)
class RunStarted(Event):
    type: ClassVar[str] = "run_started"
    data_fields: ClassVar[tuple[str, ...]] = ("inputs", "app_id", "version")

    inputs: Mapping[str, Any]
    app_id: str | None
    version: int | None
    origin: Mapping[str, Any] | None = None
    """For a run that repeats part of another: the other's `run_id`, and the `node_id` from which on it runs anew."""

    @property
    def data(self) -> dict[str, Any]:
        data = {"inputs": self.inputs, "app_id": self.app_id, "version": self.version}
        return data if self.origin is None else {**data, "origin": self.origin}


@dataclass(slots=True)
class NodeStarted(Event):
    type: ClassVar[str] = "node_started"
    data_fields: ClassVar[tuple[str, ...]] = ("title", "node_type", "inputs")

    title: str
    node_type: str
    inputs: Mapping[str, Any]


@dataclass(slots=True)
class NodeRetrying(Event):
    """The node failed and will run again. `next_at` is in seconds since the run's start; after a crash `reason` is
    "resumed". What the node, or what runs inside it, said with a seq from `discard_from` on is to be forgotten.
    """

    type: ClassVar[str] = "node_retrying"
    data_fields: ClassVar[tuple[str, ...]] = ("error", "attempt", "next_at", "reason", "discard_from")

    error: Mapping[str, str] | None
    attempt: int
    next_at: float
    reason: str = "failed"
    discard_from: int | None = None


@dataclass(slots=True)
class NodeSucceeded(Event):
    """`reused`: the node did not run, another run's result stands in."""

    type: ClassVar[str] = "node_succeeded"
    data_fields: ClassVar[tuple[str, ...]] = ("outputs", "usage", "elapsed_ms")

    outputs: Mapping[str, Any]
    usage: Mapping[str, Any] | None
    elapsed_ms: float
    reused: bool = False

    @property
    def data(self) -> dict[str, Any]:
        data = {"outputs": self.outputs, "usage": self.usage, "elapsed_ms": self.elapsed_ms}
        return {**data, "reused": True} if self.reused else data


@dataclass(slots=True)
class NodeFailed(Event):
    """The node failed for good. With `handled` ("fail-branch" or "default-value") the run goes on, with `outputs`."""

    type: ClassVar[str] = "node_failed"
    data_fields: ClassVar[tuple[str, ...]] = ("error", "attempt", "next_at", "handled", "outputs", "elapsed_ms")

    error: Mapping[str, str]
    attempt: int
    elapsed_ms: float
    next_at: float | None = None
    handled: str | None = None
    outputs: Mapping[str, Any] | None = None


@dataclass(slots=True)
class NodeSkipped(Event):
    type: ClassVar[str] = "node_skipped"


@dataclass(slots=True)
class TextChunk(Event):
    """A piece of the answer, in template order. `source` (wire name `from`) is the selector that it comes from."""

    type: ClassVar[str] = "text_chunk"

    text: str
    source: tuple[str, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        return {"text": self.text, "from": list(self.source)}


@dataclass(slots=True)
class ReasoningChunk(TextChunk):
    """A piece of a model's reasoning, kept apart from its answer."""

    type: ClassVar[str] = "reasoning_chunk"


@dataclass(slots=True)
class AgentStep(Event):
    """An agent has taken a step: `kind` is "thought" (a model's turn; `output` has its text and the calls that it asks
    for), "tool" (a finished call) or "notice" (what its user should know). `step` counts from 1 within the node.
    """

    type: ClassVar[str] = "agent_step"
    data_fields: ClassVar[tuple[str, ...]] = ("step", "kind", "tool", "input", "output")

    step: int
    kind: str
    tool: str | None
    input: Any
    output: Any


@dataclass(slots=True)
class RoundsEvent(Event):
    """What tells of a container's rounds. `length` is None where it is not known how many there will be."""

    data_fields: ClassVar[tuple[str, ...]] = ("index", "length", "outputs")

    index: int | None
    length: int | None
    outputs: Mapping[str, Any] | None = None


@dataclass(slots=True)
class IterationStarted(RoundsEvent):
    type: ClassVar[str] = "iteration_started"


@dataclass(slots=True)
class IterationNext(RoundsEvent):
    type: ClassVar[str] = "iteration_next"


@dataclass(slots=True)
class IterationSucceeded(RoundsEvent):
    type: ClassVar[str] = "iteration_succeeded"


@dataclass(slots=True)
class IterationFailed(RoundsEvent):
    type: ClassVar[str] = "iteration_failed"


@dataclass(slots=True)
class LoopStarted(RoundsEvent):
    type: ClassVar[str] = "loop_started"


@dataclass(slots=True)
class LoopNext(RoundsEvent):
    type: ClassVar[str] = "loop_next"


@dataclass(slots=True)
class LoopSucceeded(RoundsEvent):
    type: ClassVar[str] = "loop_succeeded"


@dataclass(slots=True)
class LoopFailed(RoundsEvent):
    type: ClassVar[str] = "loop_failed"


@dataclass(slots=True)
class InputRequired(Event):
    """A person is asked something. `expires_at` is in seconds since the epoch; None waits for ever."""

    type: ClassVar[str] = "input_required"
    data_fields: ClassVar[tuple[str, ...]] = ("form", "actions", "expires_at")

    form: Mapping[str, Any]
    actions: Sequence[Mapping[str, Any]]
    expires_at: float | None


@dataclass(slots=True)
class InputReceived(Event):
    """`action` is None where no answer came in time."""

    type: ClassVar[str] = "input_received"
    data_fields: ClassVar[tuple[str, ...]] = ("action", "values")

    action: str | None
    values: Mapping[str, Any]


@dataclass(slots=True)
class RunPaused(Event):
    """Nothing goes on before somebody answers or resumes. A reason is `{"type": "input", "node_id", "frame"}` or
    `{"type": "asked", "by"}`.
    """

    type: ClassVar[str] = "run_paused"
    data_fields: ClassVar[tuple[str, ...]] = ("reasons",)

    reasons: Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class RunResumed(Event):
    """The run goes on. `by` says who asked for it, in words; None where an answer did it."""

    type: ClassVar[str] = "run_resumed"
    data_fields: ClassVar[tuple[str, ...]] = ("by",)

    by: str | None


@dataclass(slots=True)
class RunSucceeded(Event):
    type: ClassVar[str] = "run_succeeded"
    data_fields: ClassVar[tuple[str, ...]] = ("outputs", "answer", "usage")

    outputs: Mapping[str, Any]
    answer: str | None
    usage: Mapping[str, Any]


@dataclass(slots=True)
class RunPartiallySucceeded(RunSucceeded):
    """The run came to its end, but a node failed on the way and its error strategy stood in."""

    type: ClassVar[str] = "run_partially_succeeded"


@dataclass(slots=True)
class RunFailed(Event):
    """`node_id` names the node that failed the run, where one did."""

    type: ClassVar[str] = "run_failed"

    error: Mapping[str, str]

    @property
    def data(self) -> dict[str, Any]:
        return {"error": dict(self.error), "node_id": self.node_id}


@dataclass(slots=True)
class RunStopped(Event):
    type: ClassVar[str] = "run_stopped"
    data_fields: ClassVar[tuple[str, ...]] = ("by",)

    by: str


TERMINAL: frozenset[str] = frozenset({"run_succeeded", "run_partially_succeeded", "run_failed", "run_stopped"})
"""A run's sequence ends with exactly one of these."""

RESTING: frozenset[str] = TERMINAL | {"run_paused"}
"""After one of these no process advances the run, until somebody asks for it."""

RUN_STATUS: Mapping[str, str] = {
    "run_succeeded": "succeeded",
    "run_partially_succeeded": "partial-succeeded",
    "run_failed": "failed",
    "run_stopped": "stopped",
}
"""The run's status after each terminal event."""


def is_taken_back(chunk: Mapping[str, Any], retrying: Mapping[str, Any]) -> bool:
    """Whether a `text_chunk` is to be forgotten after a `node_retrying`, both in wire form: it holds words of the node
    that runs again, or was said in a round of it.
    """
    discard_from = retrying["data"].get("discard_from")
    around, steps = list(retrying["frame"]), list(chunk["frame"])
    depth = len(around)
    if discard_from is None or chunk["seq"] < discard_from or steps[:depth] != around:
        return False
    source = chunk["data"]["from"]
    speaker = source[0] if source else chunk["node_id"]
    return retrying["node_id"] in (speaker, steps[depth][0] if len(steps) > depth else None)
