"""The loop around the core: starts nodes, waits for the world, writes events in order and feeds back what came of it.

A node that does not wait is called here directly, with no task and no context switch; one that does gets a task of its
own, which is started only after the events and records before it are committed. What has been decided is shown in
batches: once before the loop waits, and once per fairness budget while it does not.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, assert_never

from loomwork.engine.commands import Cancel, Command
from loomwork.engine.events import (
    Event,
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
    ReasoningChunk,
    RoundsEvent,
    RunFailed,
    RunPartiallySucceeded,
    RunStarted,
    RunStopped,
    RunSucceeded,
    TextChunk,
)
from loomwork.engine.graph.plan import Plan
from loomwork.engine.ports import Batch, EventSink, Journal, NodeError, Record, RunContext
from loomwork.engine.run.core import Core
from loomwork.engine.run.decisions import (
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
    Opened,
    ReportFailure,
    RetryDue,
    RetryNode,
    Said,
    Say,
    SkipNode,
    StartNode,
    StopRun,
    Succeeded,
    TellRounds,
)
from loomwork.engine.run.frames import Frame, Mark, path_text
from loomwork.engine.run.limits import RunLimits, too_large
from loomwork.engine.run.node_run import NodeRun, Speech
from loomwork.engine.run.result import ResultFold, RunResult
from loomwork.engine.variables import MISSING
from loomwork.kernel.clock import Clock

logger = logging.getLogger(__name__)

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

INLINE_BUDGET = 64
"""Inline nodes run before other runs get their turn (some hundred microseconds)."""

DEFAULT_LIMITS = RunLimits()

CLEAN_UP_SECONDS = 5.0
"""How long a cancelled node may take to let go before it is abandoned."""


class GraphRun:
    """One run of a plan. Made, then `execute`d once; `send` may be called from the same event loop at any time."""

    def __init__(
        self,
        plan: Plan,
        context: RunContext,
        *,
        log: EventSink,
        clock: Clock,
        journal: Journal | None = None,
        root: str | None = None,
        limits: RunLimits = DEFAULT_LIMITS,
    ) -> None:
        self._plan = plan
        self._context = context
        self._log = log
        self._journal = journal
        self._clock = clock
        self._root = plan.root_named(root)
        self._core = Core(plan)
        self._fold = ResultFold()
        self._began = 0.0
        self._limits = limits
        self._steps = 0
        self._seq = 0
        self._records_made = 0
        self._events: list[Event] = []
        self._records: list[Record] = []
        self._ready: deque[StartNode] = deque()
        self._waiting: list[StartNode] = []
        self._tasks: dict[asyncio.Task[None], Frame] = {}
        self._timers: dict[tuple[int, int], asyncio.TimerHandle] = {}
        self._inbox: deque[CoreEvent | ReasoningChunk] = deque()
        self._awake = asyncio.Event()
        self._node_began: dict[tuple[int, int], float] = {}
        self._first_text: dict[tuple[int, int], int] = {}

    def send(self, command: Command) -> None:
        """Ask something of the run while it goes."""
        match command:
            case Cancel(by=by):
                self._post(CancelAsked(by))
            case _:
                assert_never(command)

    async def execute(self) -> RunResult:
        """Run to the end. Cancelling this call abandons the run without a terminal event, to be taken up later."""
        self._began = self._clock.monotonic()
        context = self._context
        self._emit(RunStarted(context.inputs, context.app_id, context.version))
        too_long = f"The run took longer than the {self._limits.seconds:g} seconds that a run may take."
        deadline = asyncio.get_running_loop().call_later(
            self._limits.seconds, self._post, _limit("run_too_long", too_long)
        )
        try:
            self._feed(Begin(self._root, context.namespaces))
            while not self._core.ended:
                self._run_inline()
                await self._turn()
            await self._flush()
        finally:
            deadline.cancel()
            await self._clean_up()
        self._fold.result.written = self._core.written
        return self._fold.result

    async def _turn(self) -> None:
        """Show what was decided, take in what came meanwhile (a cancel starts nothing), start what waits, and wait
        if there is nothing else to do.
        """
        committed, self._waiting = self._waiting, []
        await self._flush()
        self._take_in_all()
        if self._core.ended:
            return
        self._start_waiting(committed)
        if self._ready:
            await asyncio.sleep(0)
        elif not self._waiting and not self._events:
            await self._awake.wait()
        self._awake.clear()
        self._take_in_all()

    def _take_in_all(self) -> None:
        while self._inbox and not self._core.ended:
            self._take_in(self._inbox.popleft())

    def _take_in(self, event: CoreEvent | ReasoningChunk) -> None:
        match event:
            case ReasoningChunk():
                self._emit(event)
            case Succeeded():
                self._node_succeeded(event)
            case _:
                self._feed(event)

    def _feed(self, event: CoreEvent) -> None:
        for decision in self._core.apply(event):
            self._carry_out(decision)

    def _post(self, event: CoreEvent | ReasoningChunk) -> None:
        self._inbox.append(event)
        self._awake.set()

    def _carry_out(self, decision: Decision) -> None:
        match decision:
            case StartNode():
                self._queue(decision)
            case Say():
                self._show(decision)
            case SkipNode():
                frame = decision.frame
                self._emit(NodeSkipped(node_id=frame.plan.nodes[decision.node].id, frame=frame.path))
            case RetryNode():
                self._retry(decision)
            case ReportFailure():
                self._report_failure(decision)
            case TellRounds():
                self._tell_rounds(decision)
            case LeaveRounds():
                self._post(Succeeded(decision.frame.id, decision.node, decision.result))
            case DropFrame():
                self._drop_frame(decision.frame)
            case FinishRun(partial=partial, outputs=outputs, answer=answer, usage=usage):
                ending = RunPartiallySucceeded if partial else RunSucceeded
                self._emit(ending(outputs, answer, usage))
            case FailRun(frame=frame, node=node):
                failed = frame.plan.nodes[node].id if frame is not None and node is not None else None
                self._emit(RunFailed(decision.error, node_id=failed))
            case StopRun():
                self._emit(RunStopped(decision.by))
            case _:
                assert_never(decision)

    def _queue(self, start: StartNode) -> None:
        if start.frame.plan.nodes[start.node].node.waits:
            self._announce(start)
            self._waiting.append(start)
        else:
            self._ready.append(start)

    def _run_inline(self) -> None:
        for _ in range(INLINE_BUDGET):
            if not self._ready or self._core.ended:
                return
            start = self._ready.popleft()
            if start.frame.id in self._core.frames:
                self._run_now(start, start.frame)

    def _run_now(self, start: StartNode, frame: Frame) -> None:
        plan_node = frame.plan.nodes[start.node]
        self._announce(start)
        context = NodeRun(self._context, frame, plan_node.id, start.attempt, None)
        try:
            if plan_node.inline is not None:
                outcome: Succeeded | Opened = Succeeded(frame.id, start.node, plan_node.inline.run(context))
            else:
                assert plan_node.container is not None
                outcome = Opened(frame.id, start.node, plan_node.container.open(context))
        except NodeError as error:
            self._feed(_failed(start, error))
        except Exception as error:
            logger.exception("node %s (%s) broke", plan_node.id, plan_node.type)
            self._feed(_broke(start, error))
        else:
            self._take_in(outcome)

    def _start_waiting(self, starts: list[StartNode]) -> None:
        for start in starts:
            if start.frame.id not in self._core.frames:
                continue
            task = asyncio.create_task(self._run_waiting(start, start.frame))
            self._tasks[task] = start.frame
            task.add_done_callback(partial(self._task_ended, start))

    def _task_ended(self, start: StartNode, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if task.cancelled() and not self._core.ended:
            error = NodeError("The node cancelled itself.", code="node_cancelled", retryable=False)
            self._post(_failed(start, error))
        elif not task.cancelled() and (broken := task.exception()) is not None:
            # Not an Exception, so the task did not report it: a panic in compiled code, for one.
            plan_node = start.frame.plan.nodes[start.node]
            logger.error("node %s (%s) broke", plan_node.id, plan_node.type, exc_info=broken)
            self._post(_broke(start, broken))

    async def _run_waiting(self, start: StartNode, frame: Frame) -> None:
        plan_node = frame.plan.nodes[start.node]
        speech = Speech(asyncio.get_running_loop(), lambda output, text: self._hear(start, frame, output, text))
        context = NodeRun(self._context, frame, plan_node.id, start.attempt, speech)
        assert plan_node.waiting is not None
        outcome: CoreEvent
        try:
            outcome = Succeeded(frame.id, start.node, await plan_node.waiting.run(context))
        except NodeError as error:
            outcome = _failed(start, error)
        except Exception as error:
            logger.exception("node %s (%s) broke", plan_node.id, plan_node.type)
            outcome = _broke(start, error)
        finally:
            speech.flush()
        self._post(outcome)

    def _hear(self, start: StartNode, frame: Frame, output: str | None, text: str) -> None:
        if output is not None:
            self._post(Said(frame.id, start.node, output, text))
            return
        if frame.id not in self._core.frames:
            return
        # Reasoning is no part of the answer, so it needs no place in a template: it is shown as it comes.
        node_id = frame.plan.nodes[start.node].id
        self._post(ReasoningChunk(text, (node_id, "reasoning_content"), node_id=node_id, frame=frame.path))

    def _announce(self, start: StartNode) -> None:
        frame = start.frame
        self._node_began[frame.id, start.node] = self._clock.monotonic()
        self._steps += 1
        if self._steps > self._limits.steps:
            too_many = f"The run took more than the {self._limits.steps:,} steps that a run may take."
            self._post(_limit("too_many_steps", too_many))
        if start.attempt > 1:
            return
        plan_node = frame.plan.nodes[start.node]
        read = frame.read
        inputs = {name: _shown(read(ref)) for name, ref in plan_node.node.inputs}
        self._emit(NodeStarted(plan_node.title, plan_node.type, inputs, node_id=plan_node.id, frame=frame.path))

    def _node_succeeded(self, event: Succeeded) -> None:
        frame = self._core.frames.get(event.frame)
        if frame is None:
            return
        result = event.result
        problem = too_large(result.outputs.values(), self._limits.value_size)
        if result.writes:
            problem = problem or too_large((write.value for write in result.writes), self._limits.value_size)
        if problem is not None:
            error = {"code": "output_too_large", "message": problem}
            self._feed(Failed(event.frame, event.node, error, retryable=False))
            return
        node_id = frame.plan.nodes[event.node].id
        elapsed = self._elapsed_ms(event.frame, event.node)
        self._emit(NodeSucceeded(result.outputs, result.usage, elapsed, node_id=node_id, frame=frame.path))
        if self._journal is not None:
            self._record(frame, event.node, "succeeded", result.outputs, result.handle, usage=result.usage)
        self._feed(event)

    def _report_failure(self, report: ReportFailure) -> None:
        frame = report.frame
        event = NodeFailed(
            report.error,
            report.attempt,
            self._elapsed_ms(frame.id, report.node),
            handled=report.handled,
            outputs=report.outputs,
            node_id=frame.plan.nodes[report.node].id,
            frame=frame.path,
        )
        self._emit(event)
        if self._journal is not None:
            self._record(frame, report.node, "failed", report.outputs or {}, report.handled, error=report.error)

    def _retry(self, retry: RetryNode) -> None:
        frame = retry.frame
        due = self._clock.monotonic() - self._began + retry.delay
        event = NodeRetrying(
            retry.error,
            retry.attempt,
            round(due, 6),
            discard_from=self._first_text.pop((frame.id, retry.node), None),
            node_id=frame.plan.nodes[retry.node].id,
            frame=frame.path,
        )
        self._emit(event)
        loop = asyncio.get_running_loop()
        self._timers[frame.id, retry.node] = loop.call_later(retry.delay, self._retry_due, frame.id, retry.node)

    def _retry_due(self, frame: int, node: int) -> None:
        del self._timers[frame, node]
        self._post(RetryDue(frame, node))

    def _show(self, say: Say) -> None:
        teller = say.frame.plan.nodes[say.teller].id
        self._emit(TextChunk(say.text, say.source, node_id=teller, frame=say.frame.path))
        if self._runs(*say.producer):
            self._first_text.setdefault(say.producer, self._seq)

    def _runs(self, frame_id: int, index: int) -> bool:
        """Whether a node is running, so that what it says may have to be taken back."""
        frame = self._core.frames.get(frame_id)
        return frame is not None and 0 <= index < len(frame.marks) and frame.marks[index] is Mark.RUNNING

    def _tell_rounds(self, told: TellRounds) -> None:
        frame = told.frame
        plan_node = frame.plan.nodes[told.node]
        assert plan_node.container is not None
        event = ROUNDS[plan_node.container.family, told.what]
        self._emit(event(told.index, told.length, told.outputs, node_id=plan_node.id, frame=frame.path))

    def _drop_frame(self, frame: Frame) -> None:
        for task, its_frame in self._tasks.items():
            if its_frame is frame:
                task.cancel()
        for index, mark in enumerate(frame.marks):
            if mark is Mark.RUNNING:
                self._forget(frame.id, index)
                timer = self._timers.pop((frame.id, index), None)
                if timer is not None:
                    timer.cancel()

    def _record(
        self,
        frame: Frame,
        index: int,
        outcome: Literal["succeeded", "failed"],
        outputs: Mapping[str, Any],
        handle: str | None,
        *,
        error: Mapping[str, str] | None = None,
        usage: Mapping[str, Any] | None = None,
    ) -> None:
        self._records_made += 1
        node_id, attempt = frame.plan.nodes[index].id, frame.attempts[index]
        path = path_text(frame.path)
        self._records.append(Record(self._records_made, node_id, path, attempt, outcome, outputs, handle, error, usage))

    def _emit(self, event: Event) -> None:
        self._seq += 1
        event.seq = self._seq
        event.at = self._clock.monotonic() - self._began
        self._fold.add(event)
        self._events.append(event)

    def _elapsed_ms(self, frame: int, index: int) -> float:
        """Since the node's last attempt began. Called once, when it has ended."""
        elapsed = round((self._clock.monotonic() - self._node_began[frame, index]) * 1000, 3)
        self._forget(frame, index)
        return elapsed

    def _forget(self, frame: int, index: int) -> None:
        """The node has ended, or was given up."""
        self._node_began.pop((frame, index), None)
        self._first_text.pop((frame, index), None)

    async def _flush(self) -> None:
        """Commit, then show: nothing is seen that a crash could take back."""
        if not self._events:
            return
        events, self._events = self._events, []
        if self._journal is not None:
            records, self._records = self._records, []
            await self._journal.commit(self._context.scope, self._context.run_id, Batch(records, events))
        await self._log.publish(self._context.scope, self._context.run_id, events)

    async def _clean_up(self) -> None:
        """Cancel what is still in flight and wait until it has let go."""
        for timer in self._timers.values():
            timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLEAN_UP_SECONDS)


def _failed(start: StartNode, error: NodeError) -> Failed:
    return Failed(start.frame.id, start.node, {"code": error.code, "message": error.message}, error.retryable)


def _broke(start: StartNode, error: BaseException) -> Failed:
    """A bug in a node type: what users see names its kind; the log has the rest."""
    message = f"The node broke unexpectedly ({type(error).__name__}); the server's log has the details."
    return Failed(start.frame.id, start.node, {"code": "internal_error", "message": message}, retryable=False)


def _limit(code: str, message: str) -> LimitReached:
    return LimitReached({"code": code, "message": message})


def _shown(value: Any) -> Any:
    return None if value is MISSING else value
