"""The decision core: a function over the state of one run. Events in, decisions out; no clock, no I/O, no task.

Readiness is counting: a node is ready when none of its incoming edges is unknown and at least one was taken; it is
skipped when all were skipped, and skipping propagates by the same counters. The frontier of a run is therefore a
function of what has finished, which is what makes a run replayable and resumable.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, assert_never

from loomwork.engine.graph.plan import Plan, PlanNode
from loomwork.engine.ports import FAIL_BRANCH, SOURCE, NodeError, Step, Write
from loomwork.engine.run.answers import Answers
from loomwork.engine.run.containers import ContainerRun
from loomwork.engine.run.decisions import (
    Answered,
    Asked,
    AskPerson,
    Begin,
    CancelAsked,
    CoreEvent,
    Decision,
    DropFrame,
    Failed,
    FailRun,
    FinishRun,
    LeaveRounds,
    LimitReached,
    NodeEvent,
    Opened,
    PauseAsked,
    PauseRun,
    ReportFailure,
    ResumeAsked,
    Resumed,
    ResumeRun,
    RetryDue,
    RetryNode,
    RunEvent,
    Said,
    ShowStep,
    SkipNode,
    StartNode,
    Stepped,
    StopRun,
    Succeeded,
    TakeAnswer,
    TellRounds,
)
from loomwork.engine.run.frames import Frame, Mark, new_frame
from loomwork.engine.run.node_run import FrameView

ROOT = 0
"""The id of the outermost frame."""


class Core:
    """The state of one run and the rules that move it. `apply` is deterministic: same events, same decisions.

    `asked` are the questions that are open, `held` the nodes that are ready but may not start because a pause was asked
    for, `retries` those that wait for their next attempt, all by frame and slot. `active` counts the nodes that were
    started, and no containers, whose rounds count for them. The run is paused when none is and it has not ended; one
    that nobody asked to pause goes on while a retry is to come, too. `steps` are what nodes that are not done yet have
    finished.
    """

    __slots__ = (
        "_active",
        "_frames_made",
        "_pause_by",
        "_retries_rest",
        "answers",
        "asked",
        "ended",
        "frames",
        "held",
        "outputs",
        "partial",
        "partly",
        "paused",
        "plan",
        "retries",
        "steps",
        "usage",
        "written",
    )

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.frames: dict[int, Frame] = {}
        self.answers = Answers()
        self.outputs: dict[str, Any] = {}
        self.usage: dict[str, Any] = {}
        self.written: dict[str, dict[str, Any]] = {}
        self.partial = False
        self.partly: set[tuple[int, int]] = set()
        self.ended = False
        self.paused = False
        self.asked: dict[tuple[int, int], Asked] = {}
        self.held: dict[tuple[int, int], StartNode] = {}
        self.retries: set[tuple[int, int]] = set()
        self.steps: dict[tuple[int, int], list[Step]] = {}
        self._active = 0
        self._pause_by: str | None = None
        self._retries_rest = False
        self._frames_made = 0

    def apply(self, event: CoreEvent) -> list[Decision]:
        """Take one event in and say what is to be done. What comes after the end, or from a frame that was given up, is
        ignored.
        """
        out: list[Decision] = []
        if self.ended:
            return out
        match event:
            case Succeeded() | Said() | Stepped() | Failed() | RetryDue() | Opened() | Asked() | Answered():
                frame = self.frames.get(event.frame)
                if frame is not None:
                    self._on_node(frame, event, out)
            case _:
                self._on_run(event, out)
        if not self._active and not self.ended and not self.paused and (self._retries_rest or not self.retries):
            self.paused = True
            out.append(PauseRun(self._pause_reasons()))
        return out

    def _on_run(self, event: RunEvent, out: list[Decision]) -> None:
        match event:
            case Begin():
                self._on_begin(event, out)
            case CancelAsked():
                self.ended = True
                out.append(StopRun(event.by))
            case LimitReached():
                self.ended = True
                out.append(FailRun(None, None, event.error))
            case PauseAsked():
                self._on_pause(event)
            case ResumeAsked():
                self._on_resume(event.by, out)
            case Resumed():
                for frame_id, node in event.lost:
                    self.answers.forget(self.frames[frame_id], node)
            case _:
                assert_never(event)

    def _on_node(self, frame: Frame, event: NodeEvent, out: list[Decision]) -> None:
        match event:
            case Succeeded():
                self._on_success(frame, event, out)
            case Said():
                if self.answers.hear(frame, event.node, event.output, event.text):
                    out.extend(self.answers.speak())
            case Stepped():
                self._on_step(frame, event, out)
            case Failed():
                if event.usage:
                    self._add_usage(event.usage)
                self._on_failure(
                    frame, event.node, event.error, retryable=event.retryable, elapsed_ms=event.elapsed_ms, out=out
                )
            case RetryDue():
                self.retries.remove((frame.id, event.node))
                self._launch(frame, event.node, out)
            case Opened():
                self._on_opened(frame, event, out)
            case Asked():
                self._active -= 1
                self.asked[frame.id, event.node] = event
                out.append(AskPerson(frame, event.node, event.question, event.expires_at))
            case Answered():
                self._on_answer(frame, event, out)
            case _:
                assert_never(event)

    def _on_step(self, frame: Frame, event: Stepped, out: list[Decision]) -> None:
        done = self.steps.setdefault((frame.id, event.node), [])
        done.append(event.step)
        out.append(ShowStep(frame, event.node, len(done), event.step))

    def _on_answer(self, frame: Frame, event: Answered, out: list[Decision]) -> None:
        asked = self.asked.pop((frame.id, event.node))
        out.append(TakeAnswer(frame, event.node, event.action, event.values))
        self._go_on(None, out)
        halting = frame.plan.nodes[event.node].halting
        if halting is None:
            self._active += 1
            return
        step = halting.answered(asked.question, event.action, event.values)
        self._on_step(frame, Stepped(frame.id, event.node, step), out)
        self.answers.forget(frame, event.node)
        self._launch(frame, event.node, out, again=True)

    def _on_pause(self, event: PauseAsked) -> None:
        """A run that waits for people already says anew that it is paused, so that it is kept who else asked for it."""
        if self._pause_by is None:
            self._pause_by = event.by
            self.paused = False
        if event.held is None:
            return
        self._retries_rest = True
        for frame_id, node in event.held:
            frame = self.frames[frame_id]
            self.held[frame_id, node] = StartNode(frame, node, frame.attempts[node], again=True)
        self._active -= len(event.held)

    def _on_resume(self, by: str, out: list[Decision]) -> None:
        if self._pause_by is None:
            return
        self._pause_by = None
        self._retries_rest = False
        self._go_on(by, out)
        held, self.held = self.held, {}
        self._active += len(held)
        out.extend(held.values())

    def _go_on(self, by: str | None, out: list[Decision]) -> None:
        if self.paused:
            self.paused = False
            out.append(ResumeRun(by))

    def _pause_reasons(self) -> Sequence[Mapping[str, Any]]:
        reasons: list[Mapping[str, Any]] = []
        if self._pause_by is not None:
            reasons.append({"type": "asked", "by": self._pause_by})
        for frame_id, node in self.asked:
            frame = self.frames[frame_id]
            path = [list(step) for step in frame.path]
            reasons.append({"type": "input", "node_id": frame.plan.nodes[node].id, "frame": path})
        return reasons

    def _on_begin(self, event: Begin, out: list[Decision]) -> None:
        frame = self._open_frame(new_frame(ROOT, self.plan, event.namespaces))
        self.answers.make_certain(frame, (event.root,))
        for root in self.plan.roots:
            if root != event.root:
                self._skip(frame, root, out)
        self._start(frame, event.root, out)
        out.extend(self.answers.speak())

    def _on_success(self, frame: Frame, event: Succeeded, out: list[Decision]) -> None:
        plan_node = frame.plan.nodes[event.node]
        result = event.result
        self._active -= 1
        if result.usage and not event.reused:
            self._add_usage(result.usage)
        if event.partial:
            self.partly.add((frame.id, event.node))
            self._stood_in(frame)
        if plan_node.node.ends:
            self.outputs.update(result.outputs)
        for write in result.writes:
            self._write(frame, write)
        frame.exits = frame.exits or result.exits
        self._leave(frame, plan_node, result.outputs, result.handle, out)

    def _write(self, frame: Frame, write: Write) -> None:
        frame.write(write)
        home = frame.outer(write.ref.level)
        place = write.ref.slot - len(home.plan.nodes)
        if home.parent is None and place >= 0:
            self.written.setdefault(home.plan.namespaces[place], {})[write.ref.name] = write.value

    def _on_failure(
        self,
        frame: Frame,
        index: int,
        error: Mapping[str, str],
        *,
        retryable: bool,
        elapsed_ms: float,
        out: list[Decision],
    ) -> None:
        plan_node = frame.plan.nodes[index]
        attempt = frame.attempts[index]
        retry = plan_node.retry
        if retry is not None and retryable and attempt <= retry.max_retries:
            frame.attempts[index] += 1
            self._active -= 1
            self.retries.add((frame.id, index))
            self.answers.forget(frame, index)
            out.append(RetryNode(frame, index, attempt + 1, retry.delay(attempt), error))
            return
        self._active -= 1
        strategy = plan_node.strategy
        if strategy is None:
            frame.marks[index] = Mark.DONE
            out.append(ReportFailure(frame, index, attempt, error, None, None, elapsed_ms))
            self._fail_frame(frame, index, error, out)
            return
        outputs = {**strategy.defaults, "error_message": error["message"], "error_type": error["code"]}
        self._stood_in(frame)
        out.append(ReportFailure(frame, index, attempt, error, strategy.kind, outputs, elapsed_ms))
        handle = FAIL_BRANCH if strategy.kind == FAIL_BRANCH else SOURCE
        self._leave(frame, plan_node, outputs, handle, out)

    def _stood_in(self, frame: Frame) -> None:
        """An error strategy stood in for a node: the run is partial, and every container around the node knows."""
        self.partial = True
        container = frame.round
        while container is not None:
            self.partly.add((container.frame.id, container.node))
            container = container.frame.round

    def _leave(
        self, frame: Frame, plan_node: PlanNode, outputs: Mapping[str, Any], handle: str, out: list[Decision]
    ) -> None:
        """The node is done: keep its outputs, take the edges of its handle, skip the others."""
        index = plan_node.index
        self.steps.pop((frame.id, index), None)
        frame.values[index] = outputs
        frame.marks[index] = Mark.DONE
        frame.running -= 1
        if not frame.exits:
            for exit_handle, targets in plan_node.exits:
                if exit_handle == handle:
                    if plan_node.uncertain:
                        self.answers.make_certain(frame, targets)
                    self._take(frame, targets, out)
                else:
                    self._skip_edges(frame, targets, out)
        if self.answers.sessions and (plan_node.uncertain or index in frame.plan.watched):
            out.extend(self.answers.speak())
        if frame.running == 0:
            self._end_frame(frame, out)

    def _take(self, frame: Frame, targets: tuple[int, ...], out: list[Decision]) -> None:
        for target in targets:
            frame.taken[target] += 1
            frame.unknown[target] -= 1
            if frame.unknown[target] == 0:
                self._start(frame, target, out)

    def _skip_edges(self, frame: Frame, targets: tuple[int, ...], out: list[Decision]) -> None:
        """These edges will not be taken. A stack, not recursion: a skipped path may be as long as the graph."""
        stack = list(reversed(targets))
        while stack:
            target = stack.pop()
            frame.unknown[target] -= 1
            if frame.unknown[target] > 0:
                continue
            if frame.taken[target] > 0:
                self._start(frame, target, out)
                continue
            frame.marks[target] = Mark.SKIPPED
            out.append(SkipNode(frame, target))
            for _, further in frame.plan.nodes[target].exits:
                stack.extend(reversed(further))

    def _skip(self, frame: Frame, index: int, out: list[Decision]) -> None:
        frame.marks[index] = Mark.SKIPPED
        out.append(SkipNode(frame, index))
        for _, targets in frame.plan.nodes[index].exits:
            self._skip_edges(frame, targets, out)

    def _start(self, frame: Frame, index: int, out: list[Decision]) -> None:
        frame.marks[index] = Mark.RUNNING
        frame.attempts[index] = 1
        frame.running += 1
        self._launch(frame, index, out)

    def _launch(self, frame: Frame, index: int, out: list[Decision], *, again: bool = False) -> None:
        start = StartNode(frame, index, frame.attempts[index], again)
        if self._pause_by is None:
            self._active += 1
            out.append(start)
        else:
            self.held[frame.id, index] = start

    def _open_frame(self, frame: Frame) -> Frame:
        self.frames[frame.id] = frame
        self._frames_made = max(self._frames_made, frame.id + 1)
        return frame

    def _end_frame(self, frame: Frame, out: list[Decision]) -> None:
        if frame.round is None:
            self._finish(out)
        else:
            self._end_round(frame, frame.round, None, out)

    def _fail_frame(self, frame: Frame, index: int, error: Mapping[str, str], out: list[Decision]) -> None:
        """A node failed and nothing stands in: the round around it fails, or the whole run."""
        if frame.round is None:
            self.ended = True
            out.append(FailRun(frame, index, error))
            return
        self._drop(frame, out)
        self._end_round(frame, frame.round, error, out)

    def _drop(self, frame: Frame, out: list[Decision]) -> None:
        """Give a frame up, with all frames inside it."""
        for container in list(frame.containers.values()):
            for inner in list(container.open.values()):
                self._drop(inner, out)
        for index, mark in enumerate(frame.marks):
            self.steps.pop((frame.id, index), None)
            if mark is Mark.RUNNING and index not in frame.containers:
                self._give_up(frame, index)
        del self.frames[frame.id]
        self.answers.drop(frame)
        out.append(DropFrame(frame))

    def _give_up(self, frame: Frame, index: int) -> None:
        """A node will not come to its end: it was started, or is ready and held back, or waits for its next attempt, or
        asks somebody.
        """
        place = (frame.id, index)
        if place in self.retries:
            self.retries.remove(place)
        elif self.held.pop(place, None) is None and self.asked.pop(place, None) is None:
            self._active -= 1

    def _on_opened(self, frame: Frame, event: Opened, out: list[Decision]) -> None:
        self._active -= 1
        container = ContainerRun(frame, event.node, event.rounds)
        frame.containers[event.node] = container
        out.append(TellRounds(frame, event.node, "started", None, event.rounds.length))
        self._open_rounds(container, out)

    def _open_rounds(self, container: ContainerRun, out: list[Decision]) -> None:
        """Open as many rounds as may run beside each other; leave the container when there are none left."""
        try:
            while container.wants_more():
                self._open_round(container, out)
            result = None if container.open else container.rounds.result()
        except NodeError as error:
            self._fail_container(container, error, out)
            return
        if result is not None:
            self._close(container, "succeeded", result.outputs, out)
            out.append(LeaveRounds(container.frame, container.node, result))

    def _open_round(self, container: ContainerRun, out: list[Decision]) -> None:
        index = container.opened
        variables = container.rounds.variables(index)
        if variables is None:
            container.exhausted = True
            return
        frame = self._round_frame(container, index, variables)
        if not container.rounds.enter(index, _view(frame)):
            container.exhausted = True
            return
        container.opened += 1
        container.open[index] = self._open_frame(frame)
        out.append(TellRounds(container.frame, container.node, "next", index, container.rounds.length))
        entry = frame.plan.roots[0]
        self.answers.make_certain(frame, (entry,))
        self._start(frame, entry, out)

    def _round_frame(self, container: ContainerRun, index: int, variables: Mapping[str, Any]) -> Frame:
        around = container.frame
        plan_node = around.plan.nodes[container.node]
        assert plan_node.body is not None
        path = (*around.path, (plan_node.id, index))
        frame = new_frame(self._frames_made, plan_node.body, {plan_node.id: variables}, path=path, parent=around)
        frame.round, frame.index = container, index
        return frame

    def _end_round(
        self, frame: Frame, container: ContainerRun, error: Mapping[str, str] | None, out: list[Decision]
    ) -> None:
        del container.open[frame.index]
        if error is None:
            del self.frames[frame.id]
            self.answers.end(frame)
        try:
            goes_on = container.rounds.end(frame.index, _view(frame), error, exits=frame.exits)
        except NodeError as failure:
            self._fail_container(container, failure, out)
            return
        container.exhausted = container.exhausted or frame.exits or not goes_on
        if self.answers.inside:
            out.extend(self.answers.speak())
        self._open_rounds(container, out)

    def _fail_container(self, container: ContainerRun, failure: NodeError, out: list[Decision]) -> None:
        for inner in list(container.open.values()):
            self._drop(inner, out)
        container.open.clear()
        self._close(container, "failed", None, out)
        if self.answers.sessions:
            out.extend(self.answers.speak())
        error = {"code": failure.code, "message": failure.message}
        self._on_failure(container.frame, container.node, error, retryable=failure.retryable, elapsed_ms=0.0, out=out)

    def _close(
        self,
        container: ContainerRun,
        how: Literal["succeeded", "failed"],
        outputs: Mapping[str, Any] | None,
        out: list[Decision],
    ) -> None:
        frame, node = container.frame, container.node
        del frame.containers[node]
        self._active += 1
        out.append(TellRounds(frame, node, how, container.opened, container.rounds.length, outputs))

    def _finish(self, out: list[Decision]) -> None:
        self.ended = True
        self.answers.end(self.frames[ROOT])
        out.extend(self.answers.speak())
        answer = self.answers.text() if self.plan.answers else None
        outputs = {**self.outputs, "answer": answer} if answer is not None else self.outputs
        out.append(FinishRun(self.partial, outputs, answer, self.usage))

    def _add_usage(self, usage: Mapping[str, Any]) -> None:
        for name, amount in usage.items():
            if isinstance(amount, int | float) and not isinstance(amount, bool):
                self.usage[name] = self.usage.get(name, 0) + amount


def _view(frame: Frame) -> FrameView:
    """What the container of a round sees of it."""
    assert frame.round is not None
    return FrameView(frame, frame.round.frame.plan.nodes[frame.round.node].id)
