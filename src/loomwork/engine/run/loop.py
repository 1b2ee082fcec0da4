"""The loop around the core: starts nodes, waits for the world, journals in order and feeds back what came of it.

A node that does not wait is called here directly, with no task and no context switch; one that does gets a task of its
own, which is started only after the events and records before it are committed. What has been decided is shown in
batches: once before the loop waits, and once per fairness budget while it does not.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from loomwork.engine.commands import Answer, Cancel, Command, Pause, Resume
from loomwork.engine.events import ReasoningChunk
from loomwork.engine.graph.plan import Plan
from loomwork.engine.ports import EventSink, Gate, Journal, NodeError, Question, Record, RunContext, Step
from loomwork.engine.run.core import Core
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
    LeaveRounds,
    LimitReached,
    Opened,
    PauseAsked,
    ResumeAsked,
    Resumed,
    RetryDue,
    RetryNode,
    Said,
    Say,
    ShowStep,
    SkipNode,
    StartNode,
    Stepped,
    Succeeded,
    TakeAnswer,
    TellRounds,
)
from loomwork.engine.run.event_writer import EventWriter
from loomwork.engine.run.frames import Frame, Mark
from loomwork.engine.run.limits import RunLimits, opened, too_large
from loomwork.engine.run.node_run import FrameView, NodeRun, Speech, delay_of
from loomwork.engine.run.recorder import Durability, Recorder
from loomwork.engine.run.records import Beginning, Reused, Told, UnreadableJournal, beginning, found, result_of
from loomwork.engine.run.result import RunResult
from loomwork.engine.run.retelling import Place, Retelling
from loomwork.engine.run.waiting import within
from loomwork.kernel.clock import Clock

logger = logging.getLogger(__name__)

INLINE_BUDGET = 64
"""Inline nodes run before other runs get their turn (some hundred microseconds), where nobody says another number."""

DEFAULT_LIMITS = RunLimits()

BROKE = "node %s (%s) broke"

CLEAN_UP_SECONDS = 5.0
"""How long a cancelled node may take to let go before it is abandoned."""


@dataclass(slots=True)
class _Keeping:
    """A step, and what is done once it is kept."""

    stepped: Stepped
    done: "asyncio.Future[None]"


class GraphRun:
    """One run of a plan. Made, then `execute`d once; `send` may be called from the same event loop at any time.

    With the `records` of a journal it is taken up where they end: no node with a stored result runs again. With
    `reused` results of another run, by frame and node, those nodes do not run either. `elapsed` is how many seconds ago
    the run began, where it did not begin now. Waiting nodes take their places from `gate`, where there is one.
    `steps_at_once`, where given, is asked each time how many inline nodes to run before other runs get their turn.
    """

    def __init__(
        self,
        plan: Plan,
        context: RunContext,
        *,
        log: EventSink,
        clock: Clock,
        journal: Journal | None = None,
        durability: Durability = "node",
        epoch: int | None = None,
        root: str | None = None,
        limits: RunLimits = DEFAULT_LIMITS,
        gate: Gate | None = None,
        records: Sequence[Record] = (),
        reused: Reused | None = None,
        elapsed: float = 0.0,
        steps_at_once: Callable[[], int] | None = None,
    ) -> None:
        self._plan = plan
        self._context = context
        self._log = log
        self._clock = clock
        self._root = plan.root_named(root)
        self._limits = limits
        self._gate = gate
        self._records = records
        self._reused: Reused = reused or {}
        self._elapsed = elapsed
        self._steps_at_once = steps_at_once
        self._core = Core(plan)
        self._writer = EventWriter(self._core, clock)
        self._recorder: Recorder | None = None
        if journal is not None:
            self._recorder = Recorder(journal, context, epoch=epoch, durability=durability)
        self._steps = 0
        self._spent = 0.0
        self._rested = False
        self._over = False
        self._ready: deque[StartNode] = deque()
        self._waiting: list[StartNode] = []
        self._queued: deque[StartNode] = deque()
        self._tasks: dict[asyncio.Task[None], Frame] = {}
        self._outside: dict[Place, tuple[asyncio.Task[None], StartNode]] = {}
        """Tasks whose node has not begun: they wait for a place of the gate, or for their first turn."""
        self._withdrawn: set[asyncio.Task[None]] = set()
        self._timers: dict[Place, asyncio.TimerHandle] = {}
        self._kept: list[asyncio.Future[None]] = []
        """Who waits until what the core was told is committed."""
        self._inbox: deque[CoreEvent | ReasoningChunk | Answer | _Keeping] = deque()
        self._awake = asyncio.Event()

    def send(self, command: Command) -> bool:
        """Ask something of the run while it goes. False where it has come to rest before, and will not hear it."""
        match command:
            case Cancel(by=by):
                self._post(CancelAsked(by))
            case Pause(by=by):
                self._post(PauseAsked(by, ()))
            case Resume(by=by):
                self._post(ResumeAsked(by))
            case Answer():
                self._post(command)
            case _:
                assert_never(command)
        return not self._rested

    async def execute(self) -> RunResult:
        """Run until the run ends or is paused. Cancelling this call abandons the run without a terminal event, to be
        taken up later. Raises `UnreadableJournal` where the records do not fit the plan, `LeaseLost` where another
        process has taken the run.
        """
        await self._begin()
        too_long = f"The run took longer than the {self._limits.seconds:g} seconds that a run may take."
        deadline = asyncio.get_running_loop().call_later(
            max(0.0, self._limits.seconds - self._spent), self._post, _limit("run_too_long", too_long)
        )
        try:
            await self._advance()
        finally:
            self._rested = True
            deadline.cancel()
            await self._clean_up()
        result = self._writer.fold.result
        result.written = self._core.written
        result.usage = self._core.usage
        result.said = self._core.answers.text()
        if self._core.paused:
            times = (asked.expires_at for asked in self._core.asked.values() if asked.expires_at is not None)
            result.wakes_at = min(times, default=None)
        return result

    async def _begin(self) -> None:
        if self._records:
            await self._take_up()
            return
        context, root = self._context, self._plan.nodes[self._root].id
        if self._recorder is not None:
            self._recorder.begin(Beginning(root, context, self._reused).record())
        self._writer.begin(0.0)
        self._writer.run_started(context.inputs, context.app_id, context.version, context.origin)
        for decision in self._core.apply(Begin(self._root, context.namespaces)):
            self._carry_out(decision)

    async def _take_up(self) -> None:
        began = beginning(self._records[0], self._context)
        self._context, self._reused = began.context, began.reused
        told = Retelling(self._core, self._writer, began)
        told.retell(self._records)
        self._steps, self._spent = told.steps, told.spent
        self._writer.take()  # Told again, not anew: all of it is committed, and was shown.
        if self._recorder is not None:
            self._writer.seq = await self._recorder.take_up(told.records)
        self._writer.begin(max(told.at, self._elapsed))
        if not self._core.ended:
            self._within_steps()
            self._go_on(told)

    def _go_on(self, told: Retelling) -> None:
        lost = {place: start for place, start in told.starts.items() if told.was_in_flight(start)}
        self._mark()
        self._feed(Resumed(list(lost)))
        for place, start in told.starts.items():
            if place in lost:
                self._writer.node_resumed(start)
                self._writer.clock_started(start)
                self._waiting.append(start)
            else:
                self._ready.append(start)
        for retry, due in told.retries.values():
            self._set_retry(retry, due)
        for leaving in told.leaving.values():
            self._carry_out(leaving)
        for asked in self._core.asked.values():
            self._await_answer(asked)

    async def _advance(self) -> None:
        core = self._core
        self._take_in_all()  # What was asked of the run before it was let go: a cancel starts nothing.
        while True:
            while not core.ended and (not core.paused or self._inbox):
                self._run_inline()
                await self._turn()
            await self._flush()
            if core.ended or not self._inbox:
                return

    async def _turn(self) -> None:
        """Show what was decided, take in what came meanwhile (a cancel starts nothing), start what waits, and wait
        if there is nothing else to do.
        """
        committed, self._waiting = self._waiting, []
        await self._flush()
        self._queued.extend(committed)
        self._take_in_all()
        if self._core.ended:
            return
        self._start_queued()
        if self._ready:
            await asyncio.sleep(0)
        elif not (self._waiting or self._kept or self._writer.pending or self._core.paused):
            await self._awake.wait()
        self._awake.clear()
        self._take_in_all()

    def _take_in_all(self) -> None:
        while self._inbox and not self._core.ended:
            self._mark()
            self._take_in(self._inbox.popleft())

    def _take_in(self, event: CoreEvent | ReasoningChunk | Answer | _Keeping) -> None:
        match event:
            case Succeeded():
                self._node_succeeded(event)
            case ReasoningChunk():
                self._writer.write(event)
            case Answer():
                self._answer(event)
            case _Keeping():
                self._feed(event.stepped)
                self._kept.append(event.done)
            case PauseAsked():
                event.held = self._withdraw()
                self._feed(event)
            case _:
                self._feed(event)

    def _withdraw(self) -> list[Place]:
        """Take back all that was to start and has not begun; where it stands, and what it is."""
        for task, _ in self._outside.values():
            self._withdrawn.add(task)
            task.cancel()
        outside = [start for _, start in self._outside.values()]
        starts = [*outside, *self._queued, *self._waiting, *self._ready]
        for kept in (self._outside, self._queued, self._waiting, self._ready):
            kept.clear()
        return [(start.frame.id, start.node) for start in starts if start.frame.id in self._core.frames]

    def _mark(self) -> None:
        if self._recorder is not None:
            self._recorder.mark(self._writer)

    def _feed(self, event: CoreEvent) -> None:
        if self._recorder is not None:
            self._recorder.record(event, self._core)
        for decision in self._core.apply(event):
            self._carry_out(decision)

    def _post(self, event: CoreEvent | ReasoningChunk | Answer | _Keeping) -> None:
        self._inbox.append(event)
        self._awake.set()

    def _carry_out(self, decision: Decision) -> None:
        match decision:
            case StartNode():
                self._queue(decision)
            case TellRounds():
                self._writer.tell(decision)
                self._check_rounds(decision)
            case Say() | ShowStep() | SkipNode():
                self._writer.tell(decision)
            case RetryNode():
                due = self._writer.now() + delay_of(decision, self._context.run_id)
                self._writer.node_retrying(decision, due)
                self._set_retry(decision, due)
            case LeaveRounds():
                self._post(Succeeded(decision.frame.id, decision.node, decision.result))
            case DropFrame():
                self._drop_frame(decision.frame)
            case AskPerson():
                self._writer.tell(decision)
                self._await_answer(self._core.asked[decision.frame.id, decision.node])
            case TakeAnswer():
                self._stop_timer((decision.frame.id, decision.node))
                self._writer.tell(decision)
            case _:
                self._writer.tell(decision)

    def _queue(self, start: StartNode) -> None:
        if start.frame.plan.nodes[start.node].node.waits and self._stored(start) is None:
            may_step = start.again or self._may_step()
            self._announce(start)  # In any case, as whoever tells the run again does not know its limits.
            if may_step:
                self._waiting.append(start)
        else:
            self._ready.append(start)

    def _was_announced(self, start: StartNode) -> bool:
        """Whether the node was said to start before a pause held it back, as is said of those that wait."""
        return start.again and start.frame.plan.nodes[start.node].node.waits and self._stored(start) is None

    def _stored(self, start: StartNode) -> Told | None:
        """Another run's result that stands in for this node."""
        if not self._reused:
            return None
        return self._reused.get((start.frame.path_text, start.frame.plan.nodes[start.node].id))

    def _may_step(self) -> bool:
        """Count one more node execution; False where that is more than there may be, and the run ends by it."""
        self._steps += 1
        return self._within_steps()

    def _within_steps(self) -> bool:
        if self._steps <= self._limits.steps:
            return True
        self._go_no_further(
            "too_many_steps", f"The run took more than the {self._limits.steps:,} steps that a run may take."
        )
        return False

    def _go_no_further(self, code: str, message: str) -> None:
        """The run fails with this next, and runs nothing more until then."""
        self._over = True
        self._post(_limit(code, message))

    def _announce(self, start: StartNode) -> None:
        if start.attempt == 1 and not self._was_announced(start):
            self._writer.node_started(start)
        else:
            self._writer.clock_started(start)

    def _check_rounds(self, told: TellRounds) -> None:
        most = self._limits.rounds
        if told.what == "next" and told.index is not None and told.index >= most:
            title = told.frame.plan.nodes[told.node].title
            self._go_no_further("too_many_rounds", f"'{title}' went round more than the {most:,} times that it may.")

    def _run_inline(self) -> None:
        for _ in range(INLINE_BUDGET if self._steps_at_once is None else self._steps_at_once()):
            if not self._ready or self._core.ended or self._over:
                return
            start = self._ready.popleft()
            if start.frame.id in self._core.frames:
                self._run_now(start, start.frame)

    def _run_now(self, start: StartNode, frame: Frame) -> None:
        if not self._may_step():
            return
        self._mark()
        self._announce(start)
        try:
            outcome = self._outcome_now(start, frame)
        except NodeError as error:
            self._feed(self._failed(start, error))
        except Exception as error:
            logger.exception(BROKE, *_which(start))
            self._feed(self._broke(start, error))
        else:
            self._take_in(outcome)

    def _outcome_now(self, start: StartNode, frame: Frame) -> CoreEvent:
        plan_node = frame.plan.nodes[start.node]
        stored = self._stored(start)
        if stored is not None:
            return _reuse(start, stored)
        context = NodeRun(self._context, frame, plan_node.id, start.attempt, None)
        if plan_node.inline is not None:
            return Succeeded(frame.id, start.node, plan_node.inline.run(context))
        if plan_node.container is not None:
            rounds = opened(plan_node.container, context, self._limits, depth=len(frame.path))
            return Opened(frame.id, start.node, rounds)
        assert plan_node.asking is not None
        return self._asked(start, plan_node.asking.ask(context))

    def _asked(self, start: StartNode, question: Question) -> Asked:
        until = None if question.timeout is None else self._clock.now().timestamp() + question.timeout
        return Asked(start.frame.id, start.node, question, until)

    def _start_queued(self) -> None:
        """Start those that wait for their turn, as many as may run beside each other."""
        while self._queued and len(self._tasks) < max(1, self._limits.width):
            start = self._queued.popleft()
            if start.frame.id not in self._core.frames:
                continue
            task = asyncio.create_task(self._run_waiting(start, start.frame))
            self._tasks[task] = start.frame
            self._outside[start.frame.id, start.node] = task, start
            task.add_done_callback(partial(self._task_ended, start))

    def _task_ended(self, start: StartNode, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        place = (start.frame.id, start.node)
        if place in self._outside and self._outside[place][0] is task:
            del self._outside[place]
        if self._queued:
            self._awake.set()
        if task in self._withdrawn:
            self._withdrawn.remove(task)
            return
        if task.cancelled() and not self._core.ended:
            error = NodeError("The node cancelled itself.", code="node_cancelled", retryable=False)
            self._post(self._failed(start, error))
        elif not task.cancelled() and (broken := task.exception()) is not None:
            # Not an Exception, so the task did not report it: a panic in compiled code, for one.
            logger.error(BROKE, *_which(start), exc_info=broken)
            self._post(self._broke(start, broken))

    async def _run_waiting(self, start: StartNode, frame: Frame) -> None:
        if self._gate is None or not frame.plan.nodes[start.node].takes_place:
            await self._run_awaited(start, frame)
            return
        async with self._gate.place():
            self._writer.clock_started(start)
            await self._run_awaited(start, frame)

    async def _run_awaited(self, start: StartNode, frame: Frame) -> None:
        del self._outside[frame.id, start.node]
        plan_node = frame.plan.nodes[start.node]
        speech = Speech(asyncio.get_running_loop(), lambda output, text: self._hear(start, frame, output, text))
        done, keep = tuple(self._core.steps.get((frame.id, start.node), ())), partial(self._keep, start, frame)
        context = NodeRun(self._context, frame, plan_node.id, start.attempt, speech, steps=done, keep=keep)
        assert plan_node.waiting is not None
        outcome: CoreEvent
        try:
            running = plan_node.waiting.run(context)
            timeouts = plan_node.timeouts
            result = await (running if timeouts is None else within(timeouts, speech, running))
            if isinstance(result, Question):
                outcome = self._asked(start, result)
            else:
                outcome = Succeeded(frame.id, start.node, result)
        except NodeError as error:
            outcome = self._failed(start, error)
        except Exception as error:
            logger.exception(BROKE, *_which(start))
            outcome = self._broke(start, error)
        finally:
            speech.close()
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

    async def _keep(self, start: StartNode, frame: Frame, step: Step) -> None:
        """Come back when the step is committed, as a batch is."""
        keeping = _Keeping(Stepped(frame.id, start.node, step), asyncio.get_running_loop().create_future())
        self._post(keeping)
        await keeping.done

    def _node_succeeded(self, event: Succeeded) -> None:
        frame = self._core.frames.get(event.frame)
        if frame is None:
            return
        result = event.result
        problem = too_large(result.outputs.values(), self._limits.value_size)
        if result.writes:
            problem = problem or too_large((write.value for write in result.writes), self._limits.value_size)
        event.elapsed_ms = self._writer.elapsed_ms(event.frame, event.node)
        if problem is not None:
            error = {"code": "output_too_large", "message": problem}
            self._feed(Failed(event.frame, event.node, error, False, event.elapsed_ms, result.usage))
            return
        self._writer.node_succeeded(frame, event.node, result, event.elapsed_ms, reused=event.reused)
        self._feed(event)

    def _answer(self, answer: Answer) -> None:
        """Take in what a person answers. A question that is not open any more is nobody's fault."""
        try:
            place = found(self._core, answer.frame, answer.node_id)
        except UnreadableJournal:
            return
        asked = self._core.asked.get(place)
        if asked is None:
            return
        try:
            outcome = self._outcome_of(asked, answer)
        except NodeError as error:
            logger.info("an answer to node %s does not fit: %s", answer.node_id, error.message)
            return
        self._feed(Answered(*place, answer.action, answer.values))
        if outcome is not None:
            self._mark()
            self._take_in(outcome)

    def _outcome_of(self, asked: Asked, answer: Answer) -> CoreEvent | None:
        """What the node makes of an answer, or of none; None where it goes on by itself. Raises `NodeError` for one
        that does not fit.
        """
        frame = self._core.frames[asked.frame]
        halting, asking = frame.plan.nodes[asked.node].halting, frame.plan.nodes[asked.node].asking
        if halting is not None:
            halting.answered(asked.question, answer.action, answer.values)
            return None
        assert asking is not None
        start = StartNode(frame, asked.node, frame.attempts[asked.node])
        view = FrameView(frame, answer.node_id)
        try:
            result = asking.answer(view, asked.question, answer.action, answer.values)
        except NodeError as error:
            if answer.action is not None:
                raise
            return self._failed(start, error)
        except Exception as error:
            logger.exception(BROKE, *_which(start))
            return self._broke(start, error)
        return Succeeded(asked.frame, asked.node, result)

    def _await_answer(self, asked: Asked) -> None:
        if asked.expires_at is None:
            return
        frame = self._core.frames[asked.frame]
        over = Answer(frame.plan.nodes[asked.node].id, frame.path, None, {})
        seconds = asked.expires_at - self._clock.now().timestamp()
        if seconds <= 0:
            # At once: a run that has nothing else to do rests before any timer.
            self._post(over)
            return
        timer = asyncio.get_running_loop().call_later(seconds, self._post, over)
        self._timers[asked.frame, asked.node] = timer

    def _set_retry(self, retry: RetryNode, due: float) -> None:
        place = (retry.frame.id, retry.node)
        seconds = max(0.0, due - self._writer.now())
        self._timers[place] = asyncio.get_running_loop().call_later(seconds, self._retry_due, *place)

    def _retry_due(self, frame: int, node: int) -> None:
        del self._timers[frame, node]
        self._post(RetryDue(frame, node))

    def _stop_timer(self, place: Place) -> None:
        timer = self._timers.pop(place, None)
        if timer is not None:
            timer.cancel()

    def _drop_frame(self, frame: Frame) -> None:
        for task, its_frame in self._tasks.items():
            if its_frame is frame:
                task.cancel()
        for place in [place for place in self._outside if place[0] == frame.id]:
            del self._outside[place]
        for node, mark in enumerate(frame.marks):
            if mark is Mark.RUNNING:
                self._writer.forget(frame.id, node)
                self._stop_timer((frame.id, node))

    def _failed(self, start: StartNode, error: NodeError) -> Failed:
        frame = start.frame
        elapsed = self._writer.elapsed_ms(frame.id, start.node)
        failure = {"code": error.code, "message": error.message}
        return Failed(frame.id, start.node, failure, error.retryable, elapsed, error.usage)

    def _broke(self, start: StartNode, error: BaseException) -> Failed:
        """A bug in a node type: what users see names its kind; the log has the rest."""
        message = f"The node broke unexpectedly ({type(error).__name__}); the server's log has the details."
        return self._failed(start, NodeError(message, code="internal_error", retryable=False))

    async def _flush(self) -> None:
        """Commit, then show: nothing is seen that a crash could take back."""
        kept, self._kept = self._kept, []
        events = self._writer.take()
        if events and self._recorder is not None:
            await self._recorder.commit(events, rests=self._core.ended or self._core.paused)
        if events:
            await self._log.publish(self._context.scope, self._context.run_id, events)
        for done in kept:
            if not done.done():
                done.set_result(None)

    async def _clean_up(self) -> None:
        """Cancel what is still in flight and wait until it has let go."""
        for timer in self._timers.values():
            timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLEAN_UP_SECONDS)


def _reuse(start: StartNode, stored: Told) -> Succeeded | Failed:
    kind, data = stored
    if kind == "succeeded":
        return Succeeded(
            start.frame.id, start.node, result_of(data, start.frame), reused=True, partial=data.get("partial", False)
        )
    return Failed(start.frame.id, start.node, data["error"], retryable=False)


def _which(start: StartNode) -> tuple[str, str]:
    plan_node = start.frame.plan.nodes[start.node]
    return plan_node.id, plan_node.type


def _limit(code: str, message: str) -> LimitReached:
    return LimitReached({"code": code, "message": message})
