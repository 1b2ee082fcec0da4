"""Writes the events of one run: gives each its place and its time, and turns what was decided into what is told."""

from collections.abc import Mapping
from typing import Any

from loomwork.engine.events import (
    AgentStep,
    Event,
    InputReceived,
    InputRequired,
    IterationFailed,
    IterationNext,
    IterationStarted,
    IterationSucceeded,
    LoopFailed,
    LoopNext,
    LoopStarted,
    LoopSucceeded,
    NodeFailed,
    NodeRetrying,
    NodeSkipped,
    NodeStarted,
    NodeSucceeded,
    RoundsEvent,
    RunFailed,
    RunPartiallySucceeded,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    RunSucceeded,
    TextChunk,
)
from loomwork.engine.ports import NodeResult
from loomwork.engine.run.core import Core
from loomwork.engine.run.decisions import (
    AskPerson,
    Decision,
    FailRun,
    FinishRun,
    PauseRun,
    ReportFailure,
    ResumeRun,
    RetryNode,
    Say,
    ShowStep,
    SkipNode,
    StartNode,
    StopRun,
    TakeAnswer,
    TellRounds,
)
from loomwork.engine.run.frames import Frame, Mark
from loomwork.engine.run.result import ResultFold
from loomwork.engine.variables import MISSING
from loomwork.kernel.clock import Clock

ROUNDS: Mapping[tuple[str, str], type[RoundsEvent]] = {
    ("iteration", "started"): IterationStarted,
    ("iteration", "next"): IterationNext,
    ("iteration", "succeeded"): IterationSucceeded,
    ("iteration", "failed"): IterationFailed,
    ("loop", "started"): LoopStarted,
    ("loop", "next"): LoopNext,
    ("loop", "succeeded"): LoopSucceeded,
    ("loop", "failed"): LoopFailed,
}
"""The event that tells of a container's rounds, by the container's family and what there is to tell."""


class EventWriter:
    """`pending` are the events that have not been taken yet; `fold` has taken in all of them."""

    def __init__(self, core: Core, clock: Clock) -> None:
        self.fold = ResultFold()
        self.pending: list[Event] = []
        self.seq = 0
        self._core = core
        self._monotonic = clock.monotonic
        self._began = 0.0
        self._retold_at: float | None = 0.0
        self._node_began: dict[tuple[int, int], float] = {}
        self._first_text: dict[tuple[int, int], int] = {}

    def begin(self, elapsed: float) -> None:
        """From now on events tell of the present; the run began `elapsed` seconds ago."""
        self._began = self._monotonic() - elapsed
        self._retold_at = None

    def retell(self, at: float, seq: int) -> None:
        """What is written next was told before: so many seconds after the run's start, after so many events."""
        self._retold_at = at
        self.seq = seq

    def now(self) -> float:
        """Seconds since the run began."""
        return self._monotonic() - self._began if self._retold_at is None else self._retold_at

    def take(self) -> list[Event]:
        """The events that nobody has taken yet."""
        taken, self.pending = self.pending, []
        return taken

    def write(self, event: Event) -> float:
        """Place an event; its time."""
        self.seq += 1
        event.seq = self.seq
        event.at = at = self.now()
        self.fold.add(event)
        self.pending.append(event)
        return at

    def run_started(self, inputs: Mapping[str, Any], app_id: str | None, version: int | None, origin: Any) -> None:
        self.write(RunStarted(inputs, app_id, version, origin))

    def clock_started(self, start: StartNode) -> None:
        """A further attempt of the node begins now."""
        self._node_began[start.frame.id, start.node] = self.now()

    def node_started(self, start: StartNode) -> None:
        """The first attempt of the node begins now."""
        frame = start.frame
        plan_node = frame.plan.nodes[start.node]
        read = frame.read
        inputs = {name: _shown(read(ref)) for name, ref in plan_node.node.inputs}
        started = NodeStarted(plan_node.title, plan_node.type, inputs, node_id=plan_node.id, frame=frame.path)
        self._node_began[frame.id, start.node] = self.write(started)

    def node_succeeded(
        self, frame: Frame, node: int, result: NodeResult, elapsed_ms: float, *, reused: bool = False
    ) -> None:
        node_id = frame.plan.nodes[node].id
        usage = None if reused else result.usage
        self.write(NodeSucceeded(result.outputs, usage, elapsed_ms, reused, node_id=node_id, frame=frame.path))
        self.forget(frame.id, node)

    def node_retrying(self, retry: RetryNode, due: float) -> None:
        """The node failed, and runs again `due` seconds after the run's start."""
        frame, node = retry.frame, retry.node
        self.write(
            NodeRetrying(
                retry.error,
                retry.attempt,
                round(due, 6),
                discard_from=self._first_text.pop((frame.id, node), None),
                node_id=frame.plan.nodes[node].id,
                frame=frame.path,
            )
        )

    def node_resumed(self, start: StartNode) -> None:
        """The node was in flight when its process died, or has asked a person; it runs again."""
        frame = start.frame
        self.write(
            NodeRetrying(
                None,
                start.attempt,
                round(self.now(), 6),
                "resumed",
                self._first_text.pop((frame.id, start.node), None),
                node_id=frame.plan.nodes[start.node].id,
                frame=frame.path,
            )
        )

    def tell(self, decision: Decision) -> None:
        """Tell of what was decided. Decisions that only concern whoever carries them out say nothing."""
        match decision:
            case Say():
                self._say(decision)
            case ShowStep(frame=frame, node=node, number=number, step=step):
                self._write_of(frame, node, AgentStep(number, step.kind, step.tool, step.input, step.output))
            case SkipNode(frame=frame, node=node):
                self.write(NodeSkipped(node_id=frame.plan.nodes[node].id, frame=frame.path))
            case ReportFailure():
                self._report(decision)
            case TellRounds():
                self._tell_rounds(decision)
            case AskPerson(frame=frame, node=node, question=question):
                asked = InputRequired(question.form, question.actions, decision.expires_at)
                self._write_of(frame, node, asked)
            case TakeAnswer(frame=frame, node=node):
                self._write_of(frame, node, InputReceived(decision.action, decision.values))
                if frame.plan.nodes[node].halting is not None:
                    self.node_resumed(StartNode(frame, node, frame.attempts[node], again=True))
            case PauseRun():
                self.write(RunPaused(decision.reasons))
            case ResumeRun():
                self.write(RunResumed(decision.by))
            case FinishRun() | FailRun() | StopRun():
                self._end(decision)
            case _:
                pass

    def _end(self, decision: FinishRun | FailRun | StopRun) -> None:
        match decision:
            case FinishRun(partial=partial, outputs=outputs, answer=answer, usage=usage):
                ending = RunPartiallySucceeded if partial else RunSucceeded
                self.write(ending(outputs, answer, usage))
            case FailRun(frame=frame, node=node):
                failed = frame.plan.nodes[node].id if frame is not None and node is not None else None
                self.write(RunFailed(decision.error, node_id=failed))
            case StopRun():
                self.write(RunStopped(decision.by))

    def elapsed_ms(self, frame: int, node: int) -> float:
        """Since the node's last attempt began; 0 where it never did."""
        began = self._node_began.get((frame, node))
        return 0.0 if began is None else round((self.now() - began) * 1000, 3)

    def forget(self, frame: int, node: int) -> None:
        """The node has ended, or was given up."""
        self._node_began.pop((frame, node), None)
        self._first_text.pop((frame, node), None)

    def _write_of(self, frame: Frame, node: int, event: Event) -> None:
        event.node_id, event.frame = frame.plan.nodes[node].id, frame.path
        self.write(event)

    def _say(self, say: Say) -> None:
        teller = say.frame.plan.nodes[say.teller].id
        self.write(TextChunk(say.text, say.source, node_id=teller, frame=say.frame.path))
        if self._runs(*say.producer):
            self._first_text.setdefault(say.producer, self.seq)
        inside = say.frame.round
        while inside is not None:
            self._first_text.setdefault((inside.frame.id, inside.node), self.seq)
            inside = inside.frame.round

    def _runs(self, frame_id: int, node: int) -> bool:
        """Whether a node is running, so that what it says may have to be taken back."""
        frame = self._core.frames.get(frame_id)
        return frame is not None and 0 <= node < len(frame.marks) and frame.marks[node] is Mark.RUNNING

    def _report(self, report: ReportFailure) -> None:
        frame = report.frame
        event = NodeFailed(
            report.error,
            report.attempt,
            report.elapsed_ms or self.elapsed_ms(frame.id, report.node),
            handled=report.handled,
            outputs=report.outputs,
            node_id=frame.plan.nodes[report.node].id,
            frame=frame.path,
        )
        self.write(event)
        self.forget(frame.id, report.node)

    def _tell_rounds(self, told: TellRounds) -> None:
        frame = told.frame
        plan_node = frame.plan.nodes[told.node]
        assert plan_node.container is not None
        event = ROUNDS[plan_node.container.family, told.what]
        self.write(event(told.index, told.length, told.outputs, node_id=plan_node.id, frame=frame.path))


def _shown(value: Any) -> Any:
    return None if value is MISSING else value
