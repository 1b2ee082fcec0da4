"""A run's events, folded into the one object that people ask for at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from loomwork.engine.events import (
    RUN_STATUS,
    AgentStep,
    Event,
    InputReceived,
    InputRequired,
    NodeFailed,
    NodeRetrying,
    NodeSkipped,
    NodeStarted,
    NodeSucceeded,
    RoundsEvent,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    RunSucceeded,
    TextChunk,
)


@dataclass(slots=True)
class NodeOutcome:
    """How a node of the run stands: running, succeeded, failed, exception (failed, but its error strategy stood in),
    skipped or stopped. `runs` counts executions, retries included.
    """

    status: str = "running"
    outputs: Mapping[str, Any] | None = None
    error: Mapping[str, str] | None = None
    elapsed_ms: float | None = None
    runs: int = 0


@dataclass(slots=True)
class RunResult:
    """A run at its end. `status` is succeeded, partial-succeeded, failed, stopped or paused; `written` holds, by
    namespace (`conversation`), the last value of each variable that the run wrote, however it ended. The first question
    of a paused run that goes unanswered is over at `wakes_at`, in seconds since the epoch. `said` is as much of the
    answer as was shown, also where the run did not come to its end.
    """

    status: str = "running"
    outputs: Mapping[str, Any] = field(default_factory=dict)
    answer: str | None = None
    error: Mapping[str, Any] | None = None
    nodes: dict[str, NodeOutcome] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    elapsed_ms: float = 0.0
    written: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    wakes_at: float | None = None
    said: str = ""


class ResultFold:
    """Takes a run's events in order; `result` is right after each."""

    def __init__(self) -> None:
        self.result = RunResult()

    def add(self, event: Event) -> None:
        match event:
            case NodeStarted():
                node = self._node(event)
                node.status = "running"
                node.runs += 1
            case NodeSucceeded():
                self._end_node(event, "succeeded", event.outputs, event.elapsed_ms)
            case TextChunk() | AgentStep() | RoundsEvent() | RunStarted() | InputRequired() | InputReceived():
                return
            case NodeFailed():
                status = "exception" if event.handled else "failed"
                self._end_node(event, status, event.outputs, event.elapsed_ms).error = event.error
            case NodeSkipped():
                self._node(event).status = "skipped"
            case NodeRetrying():
                self._node(event).runs += 1
            case RunPaused() | RunResumed():
                self._rest(event)
            case RunSucceeded():
                self._end(event)
                self.result.outputs, self.result.answer = event.outputs, event.answer
                self.result.usage = event.usage
            case RunFailed():
                self._end(event)
                self.result.error = {**event.error, "node_id": event.node_id}
            case RunStopped():
                self._end(event)
            case Event():
                assert_never(event)  # type: ignore[arg-type]  # Event itself is never made, only its kinds

    def _node(self, event: Event) -> NodeOutcome:
        assert event.node_id is not None
        node = self.result.nodes.get(event.node_id)
        if node is None:
            node = self.result.nodes[event.node_id] = NodeOutcome()
        return node

    def _end_node(self, event: Event, status: str, outputs: Mapping[str, Any] | None, elapsed_ms: float) -> NodeOutcome:
        node = self._node(event)
        node.status, node.outputs, node.elapsed_ms = status, outputs, elapsed_ms
        return node

    def _rest(self, event: RunPaused | RunResumed) -> None:
        self.result.status = "paused" if isinstance(event, RunPaused) else "running"
        self.result.elapsed_ms = round(event.at * 1000, 3)

    def _end(self, event: Event) -> None:
        self.result.status = RUN_STATUS[event.type]
        self.result.elapsed_ms = round(event.at * 1000, 3)
        for node in self.result.nodes.values():
            if node.status == "running":
                node.status = "stopped"
