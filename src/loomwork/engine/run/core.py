"""The decision core: a function over the state of one run. Events in, decisions out; no clock, no I/O, no task.

Readiness is counting: a node is ready when none of its incoming edges is unknown and at least one was taken; it is
skipped when all were skipped, and skipping propagates by the same counters. The frontier of a run is therefore a
function of what has finished, which is what makes a run replayable and resumable.
"""

from collections.abc import Mapping
from typing import Any, assert_never

from loomwork.engine.graph.plan import Plan, PlanNode
from loomwork.engine.ports import FAIL_BRANCH, SOURCE, NodeResult
from loomwork.engine.run.answers import Answers
from loomwork.engine.run.decisions import (
    Begin,
    CancelAsked,
    CoreEvent,
    Decision,
    Failed,
    FailRun,
    FinishRun,
    ReportFailure,
    RetryDue,
    RetryNode,
    Said,
    SkipNode,
    StartNode,
    StopRun,
    Succeeded,
)
from loomwork.engine.run.frames import Frame, Mark, root_frame


class Core:
    """The state of one run and the rules that move it. `apply` is deterministic: same events, same decisions."""

    __slots__ = ("_has_answer", "_running", "answers", "ended", "frame", "outputs", "partial", "plan", "usage")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.frame: Frame = root_frame(plan, {})
        self.answers = Answers(plan, self.frame, bytearray(len(plan.nodes)))
        self.outputs: dict[str, Any] = {}
        self.usage: dict[str, Any] = {}
        self.partial = False
        self.ended = False
        self._running = 0
        self._has_answer = any(node.node.response is not None and node.node.response.is_answer for node in plan.nodes)

    def apply(self, event: CoreEvent) -> list[Decision]:
        """Take one event in and say what is to be done. After the end, events are ignored."""
        out: list[Decision] = []
        if self.ended:
            return out
        match event:
            case Succeeded():
                self._on_success(event.node, event.result, out)
            case Said():
                if self.answers.hear((event.node, event.output), event.text):
                    out.extend(self.answers.speak())
            case Failed():
                self._on_failure(event, out)
            case RetryDue():
                out.append(StartNode(0, event.node, self.frame.attempts[event.node]))
            case Begin():
                self._on_begin(event, out)
            case CancelAsked():
                self.ended = True
                out.append(StopRun(event.by))
            case _:
                assert_never(event)
        return out

    def _on_begin(self, event: Begin, out: list[Decision]) -> None:
        self.frame = root_frame(self.plan, event.namespaces)
        self.answers = Answers(self.plan, self.frame, bytearray(len(self.plan.nodes)))
        self.answers.make_certain([event.root])
        for root in self.plan.roots:
            if root != event.root:
                self._skip(root, out)
        self._start(event.root, out)
        out.extend(self.answers.speak())

    def _on_success(self, index: int, result: NodeResult, out: list[Decision]) -> None:
        plan_node = self.plan.nodes[index]
        if result.usage:
            self._add_usage(result.usage)
        if plan_node.node.ends:
            self.outputs.update(result.outputs)
        self._leave(plan_node, result.outputs, result.handle, out)

    def _on_failure(self, event: Failed, out: list[Decision]) -> None:
        plan_node = self.plan.nodes[event.node]
        attempt = self.frame.attempts[event.node]
        retry = plan_node.retry
        if retry is not None and event.retryable and attempt <= retry.max_retries:
            self.frame.attempts[event.node] += 1
            self.answers.forget(event.node)
            out.append(RetryNode(0, event.node, attempt + 1, retry.interval, event.error))
            return
        strategy = plan_node.strategy
        if strategy is None:
            self.ended = True
            out.append(ReportFailure(0, event.node, attempt, event.error, None, None))
            out.append(FailRun(event.node, event.error))
            return
        outputs = {**strategy.defaults, "error_message": event.error["message"], "error_type": event.error["code"]}
        self.partial = True
        out.append(ReportFailure(0, event.node, attempt, event.error, strategy.kind, outputs))
        handle = FAIL_BRANCH if strategy.kind == FAIL_BRANCH else SOURCE
        self._leave(plan_node, outputs, handle, out)

    def _leave(self, plan_node: PlanNode, outputs: Mapping[str, Any], handle: str, out: list[Decision]) -> None:
        """The node is done: keep its outputs, take the edges of its handle, skip the others."""
        index = plan_node.index
        self.frame.values[index] = outputs
        self.frame.marks[index] = Mark.DONE
        self._running -= 1
        for exit_handle, targets in plan_node.exits:
            if exit_handle == handle:
                if plan_node.uncertain:
                    self.answers.make_certain(targets)
                self._take(targets, out)
            else:
                self._skip_edges(targets, out)
        if self.answers.sessions and (plan_node.uncertain or index in self.plan.watched):
            out.extend(self.answers.speak())
        if self._running == 0:
            self._finish(out)

    def _take(self, targets: tuple[int, ...], out: list[Decision]) -> None:
        frame = self.frame
        for target in targets:
            frame.taken[target] += 1
            frame.unknown[target] -= 1
            if frame.unknown[target] == 0:
                self._start(target, out)

    def _skip_edges(self, targets: tuple[int, ...], out: list[Decision]) -> None:
        """These edges will not be taken. A stack, not recursion: a skipped path may be as long as the graph."""
        frame = self.frame
        stack = list(reversed(targets))
        while stack:
            target = stack.pop()
            frame.unknown[target] -= 1
            if frame.unknown[target] > 0:
                continue
            if frame.taken[target] > 0:
                self._start(target, out)
                continue
            frame.marks[target] = Mark.SKIPPED
            out.append(SkipNode(0, target))
            for _, further in self.plan.nodes[target].exits:
                stack.extend(reversed(further))

    def _skip(self, index: int, out: list[Decision]) -> None:
        self.frame.marks[index] = Mark.SKIPPED
        out.append(SkipNode(0, index))
        for _, targets in self.plan.nodes[index].exits:
            self._skip_edges(targets, out)

    def _start(self, index: int, out: list[Decision]) -> None:
        self.frame.marks[index] = Mark.RUNNING
        self.frame.attempts[index] = 1
        self._running += 1
        out.append(StartNode(0, index, 1))

    def _finish(self, out: list[Decision]) -> None:
        self.ended = True
        answer = self.answers.text() if self._has_answer else None
        outputs = {**self.outputs, "answer": answer} if answer is not None else self.outputs
        out.append(FinishRun(self.partial, outputs, answer, self.usage))

    def _add_usage(self, usage: Mapping[str, Any]) -> None:
        for name, amount in usage.items():
            if isinstance(amount, int | float) and not isinstance(amount, bool):
                self.usage[name] = self.usage.get(name, 0) + amount
