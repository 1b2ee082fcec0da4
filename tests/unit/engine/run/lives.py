"""Histories of one run, without a loop, a clock or a task: processes that advance it in random order, and die.

A `Life` does what the loop does, one step at a time; a `History` chooses the steps, from a seed.
"""

import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import pytest

from loomwork.engine.events import ReasoningChunk
from loomwork.engine.graph import Plan
from loomwork.engine.ports import LeaseLost, NodeError, NodeResult, RunContext
from loomwork.engine.run.decisions import (
    Answered,
    Asked,
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
    StartNode,
    Succeeded,
)
from loomwork.engine.run.event_writer import EventWriter
from loomwork.engine.run.node_run import FrameView, NodeRun, delay_of
from loomwork.engine.run.recorder import Durability, Recorder
from loomwork.engine.run.records import Beginning, Reused, Told, beginning, result_of
from loomwork.engine.run.retelling import Retelling
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import embedded_scope
from tests.unit.engine.retelling import check_retelling, check_told_again
from tests.unit.engine.run.invariants import Ledger, WatchedCore, check_ending
from tests.unit.engine.run.random_graphs import ANSWERED, Fate, FatedAsking, FatedWaiting, Level, Written

CONTEXT = RunContext(RunId("run"), embedded_scope())

MOST_CRASHES = 8

MOST_STEPS = 500
"""A history that goes on for longer is cancelled: nested rounds multiply."""


@dataclass
class Ticking:
    """A clock that goes on a little whenever somebody looks at it."""

    time: float = 0.0

    def monotonic(self) -> float:
        self.time += 0.001
        return self.time

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.monotonic(), UTC)


@dataclass
class Speaker:
    """A node that waits for the world, with what it has still to say."""

    start: StartNode
    chance: random.Random
    pieces: list[str]
    said: str = ""


class Life:
    """One process that advances the run, from its beginning or from where its journal ends."""

    def __init__(
        self, plan: Plan, ledger: Ledger, clock: Ticking, durability: Durability, reused: Reused | None = None
    ) -> None:
        self.core = WatchedCore(plan)
        self.writer = EventWriter(self.core, clock)
        self.recorder = Recorder(ledger, CONTEXT, epoch=ledger.take_lease(), durability=durability)
        self.ready: list[StartNode] = []
        self.waiting: list[StartNode] = []
        self.queued: list[StartNode] = []
        self.running: list[Speaker] = []
        self.due: list[RetryNode] = []
        self.leaving: list[LeaveRounds] = []
        self.late: list[StartNode] = []
        self._reused: Reused = reused or {}
        records = ledger.told()
        if not records:
            self._begin(plan)
            return
        began = beginning(records[0], CONTEXT)
        self._reused = began.reused
        told = Retelling(self.core, self.writer, began)
        told.retell(records)
        check_told_again(self.writer.take(), ledger.events)
        self.writer.seq = at_once(self.recorder.take_up(told.records))
        self.writer.begin(told.at)
        if not self.core.ended:
            self._go_on(told)

    def _begin(self, plan: Plan) -> None:
        root = plan.roots[0]
        self.recorder.begin(Beginning(plan.nodes[root].id, CONTEXT, self._reused).record())
        self.writer.begin(0.0)
        self.writer.run_started({}, None, None, None)
        for decision in self.core.apply(Begin(root, {})):
            self.carry_out(decision)

    def _go_on(self, told: Retelling) -> None:
        lost = [place for place, start in told.starts.items() if told.was_in_flight(start)]
        self.feed(Resumed(lost))
        for place, start in told.starts.items():
            if place in lost:
                self.writer.node_resumed(start)
                self.waiting.append(start)
            else:
                self.ready.append(start)
        self.due.extend(retry for retry, _ in told.retries.values())
        self.leaving.extend(told.leaving.values())

    def feed(self, event: CoreEvent, *, marked: bool = False) -> None:
        if not marked:
            self.recorder.mark(self.writer)
        self.recorder.record(event, self.core)
        for decision in self.core.apply(event):
            self.carry_out(decision)

    def carry_out(self, decision: Decision) -> None:
        match decision:
            case StartNode():
                self._queue(decision)
            case RetryNode():
                self.writer.node_retrying(decision, self.writer.now() + delay_of(decision, CONTEXT.run_id))
                self.due.append(decision)
            case LeaveRounds():
                self.leaving.append(decision)
            case DropFrame(frame=frame):
                self.late += [speaker.start for speaker in self.running if speaker.start.frame is frame]
                self.running = [speaker for speaker in self.running if speaker.start.frame is not frame]
                self.waiting = [start for start in self.waiting if start.frame is not frame]
                self.queued = [start for start in self.queued if start.frame is not frame]
                self.ready = [start for start in self.ready if start.frame is not frame]
                self.due = [retry for retry in self.due if retry.frame is not frame]
                self.leaving = [leaving for leaving in self.leaving if leaving.frame is not frame]
            case _:
                self.writer.tell(decision)

    def _queue(self, start: StartNode) -> None:
        plan_node = start.frame.plan.nodes[start.node]
        if plan_node.node.waits and self._stored(start) is None:
            self._announce(start)
            self.waiting.append(start)
        else:
            self.ready.append(start)

    def _announce(self, start: StartNode) -> None:
        self.writer.clock_started(start)
        waits = start.frame.plan.nodes[start.node].node.waits
        if start.attempt == 1 and not (start.again and waits and self._stored(start) is None):
            self.writer.node_started(start)

    def _stored(self, start: StartNode) -> Told | None:
        return self._reused.get((start.frame.path_text, start.frame.plan.nodes[start.node].id))

    def pause(self) -> None:
        """What has not begun is held, wherever it waits for that."""
        held = [(start.frame.id, start.node) for start in (*self.queued, *self.waiting, *self.ready)]
        self.queued, self.waiting, self.ready = [], [], []
        self.feed(PauseAsked("test", held))

    def run(self, start: StartNode) -> None:
        """Run a node that does not wait."""
        frame, plan_node = start.frame, start.frame.plan.nodes[start.node]
        self.recorder.mark(self.writer)
        self._announce(start)
        stored = self._stored(start)
        context = NodeRun(CONTEXT, frame, plan_node.id, start.attempt, None)
        try:
            if stored is not None:
                self._reuse(start, *stored)
            elif plan_node.inline is not None:
                self.succeed(start, plan_node.inline.run(context))
            elif plan_node.container is not None:
                self.feed(Opened(frame.id, start.node, plan_node.container.open(context)), marked=True)
            else:
                assert plan_node.asking is not None
                question = plan_node.asking.ask(context)
                self.feed(Asked(frame.id, start.node, question, question.timeout), marked=True)
        except NodeError as error:
            self.fail(start, error)

    def _reuse(self, start: StartNode, kind: str, data: Any) -> None:
        if kind == "succeeded":
            self.succeed(start, result_of(data, start.frame), reused=True, partial=data.get("partial", False))
        else:
            self.feed(Failed(start.frame.id, start.node, data["error"], retryable=False), marked=True)

    def succeed(self, start: StartNode, result: NodeResult, *, reused: bool = False, partial: bool = False) -> None:
        elapsed = self.writer.elapsed_ms(start.frame.id, start.node)
        self.writer.node_succeeded(start.frame, start.node, result, elapsed, reused=reused)
        self.feed(Succeeded(start.frame.id, start.node, result, elapsed, reused, partial), marked=True)

    def fail(self, start: StartNode, error: NodeError) -> None:
        failure = {"code": error.code, "message": error.message}
        self.feed(Failed(start.frame.id, start.node, failure, error.retryable, 1.0), marked=True)

    def commit(self) -> None:
        """Store what was decided, and let the world hear of it."""
        events = self.writer.take()
        if events:
            at_once(self.recorder.commit(events, rests=self.core.ended or self.core.paused))
        self.queued.extend(self.waiting)
        self.waiting = []

    def begin(self, start: StartNode) -> None:
        """Let a node begin that waits for the world: it has its place."""
        node = cast(FatedWaiting, start.frame.plan.nodes[start.node].node)
        chance = node.begin(NodeRun(CONTEXT, start.frame, node.node_id, start.attempt, None))
        self.running.append(Speaker(start, chance, list(node.pieces(chance))))

    def hear(self, speaker: Speaker) -> None:
        """Let a node that waits say its next piece, or come to its end."""
        start = speaker.start
        node = cast(FatedWaiting, start.frame.plan.nodes[start.node].node)
        if speaker.pieces:
            text = speaker.pieces.pop(0)
            speaker.said += text
            if text:
                self.feed(Said(start.frame.id, start.node, "text", text))
            else:
                self.writer.write(ReasoningChunk("hm", (node.node_id, "r"), node_id=node.node_id))
            return
        self.running.remove(speaker)
        self.recorder.mark(self.writer)
        try:
            self.succeed(start, node.end(speaker.chance, FrameView(start.frame, node.node_id), speaker.said))
        except NodeError as error:
            self.fail(start, error)

    def answer(self, asked: Asked) -> None:
        """Answer a question, or let its time pass where that is its fate."""
        frame = self.core.frames[asked.frame]
        node = cast(FatedAsking, frame.plan.nodes[asked.node].node)
        action = ANSWERED if asked.expires_at is None else None
        start = StartNode(frame, asked.node, frame.attempts[asked.node])
        self.feed(Answered(asked.frame, asked.node, action, {"of": node.node_id}))
        self.recorder.mark(self.writer)
        try:
            self.succeed(
                start, node.answer(FrameView(frame, node.node_id), asked.question, action, {"of": node.node_id})
            )
        except NodeError as error:
            self.fail(start, error)


def at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine comes to that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


class Ended(Protocol):
    """What is to be known of a run to hold it against another of the same graph."""

    @property
    def ledger(self) -> Ledger: ...

    @property
    def dropped(self) -> bool:
        """Whether rounds were given up, so that it depends on the moment what else they had come to."""
        ...


@dataclass
class History:
    """One run, from its beginning to its end. Without `faults` nothing is asked from outside and no process dies."""

    plan: Plan
    ledger: Ledger
    seed: str
    faults: bool = True
    stop_after: int | None = None
    reused: Reused | None = None
    life: Life = field(init=False)
    steps: int = 0
    stopped: bool = False
    crashes: int = 0
    exited: bool = False
    dropped: bool = False

    def go(self) -> None:
        self._chance = random.Random(self.seed)
        self._clock = Ticking()
        self._durability: Durability = "exit" if self.faults and self._chance.random() < 0.1 else "node"
        self._trouble = self._chance.choice((0.02, 0.1, 0.3)) if self.faults else 0.0
        self._live()
        while not self.ledger.ended:
            self.steps += 1
            if self.life.core.ended:
                self._commit()
            elif self.steps > (MOST_STEPS if self.stop_after is None else self.stop_after):
                self._stop()
            elif self._chance.random() < self._trouble:
                ways = (self._pause, self._say_late, *[self._die] * (2 if self.crashes < MOST_CRASHES else 0))
                self._chance.choice(ways)()
            else:
                self._step()
        check_ending(self.ledger)
        check_retelling(self.plan, CONTEXT, self.ledger.batches)
        self._look()
        assert Life(self.plan, self.ledger, self._clock, self._durability).core.ended, "I8: it goes on after its end"

    def _live(self) -> None:
        self.life = Life(self.plan, self.ledger, self._clock, self._durability, self.reused)

    def _look(self) -> None:
        watch = self.life.core.watch
        self.exited, self.dropped = self.exited or bool(watch.exited), self.dropped or bool(watch.dropped)

    def _step(self) -> None:
        life = self.life
        ways: list[Callable[[], None]] = []
        if life.ready:
            ways.append(lambda: life.run(self._any(life.ready)))
        if life.queued:
            ways.append(lambda: life.begin(self._any(life.queued)))
        if life.running:
            ways.append(lambda: life.hear(self._chance.choice(life.running)))
        if life.due:
            ways.append(lambda: self._retry(self._any(life.due)))
        if life.leaving:
            ways.append(lambda: self._leave(self._any(life.leaving)))
        if life.core.asked and (life.core.paused or self._chance.random() < 0.2):
            ways.append(lambda: life.answer(self._chance.choice(list(life.core.asked.values()))))
        if life.core._pause_by is not None and (life.core.paused or self._chance.random() < 0.2):
            ways.append(lambda: life.feed(ResumeAsked("test")))
        if life.waiting or life.core.paused or self._chance.random() < 0.3:
            ways.append(self._commit)
        assert ways, "the run hangs: nothing goes on and it is neither paused nor at its end"
        self._chance.choice(ways)()

    def _any(self, among: list[Any]) -> Any:
        return among.pop(self._chance.randrange(len(among)))

    def _retry(self, retry: RetryNode) -> None:
        self.life.feed(RetryDue(retry.frame.id, retry.node))

    def _leave(self, leaving: LeaveRounds) -> None:
        self.life.recorder.mark(self.life.writer)
        self.life.succeed(StartNode(leaving.frame, leaving.node, 1), leaving.result)

    def _commit(self) -> None:
        self.life.commit()
        if self.life.core.paused:
            life = self.life
            going = [*life.ready, *life.waiting, *life.queued, *life.running]
            assert going == [], "a paused run has something going"
            assert life.core._pause_by is not None or not life.due, "a run that nobody paused waits out its retries"
            if self.faults and self._chance.random() < 0.5:
                self._live_anew()

    def _die(self) -> None:
        """What is not stored is lost. At times the process does not know that it is dead, and goes on for a while."""
        self.crashes += 1
        zombie = self.life
        self._live_anew()
        if not (zombie.core.ended or zombie.core.paused) and zombie.ready:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Ledger, "executed", lambda ledger, execution: None)
                zombie.run(zombie.ready.pop())
        if zombie.writer.pending and self._durability == "node":
            stored = len(self.ledger.events)
            with pytest.raises(LeaseLost):
                zombie.commit()
            assert len(self.ledger.events) == stored, "I7: a process without the lease has written"

    def _live_anew(self) -> None:
        self._look()
        self._live()

    def _pause(self) -> None:
        life = self.life
        begun, due = len(life.running), len(life.due)
        life.pause()
        assert (len(life.running), len(life.due)) == (begun, due)
        assert life.core.paused == (not begun and not life.leaving), "a pause waits for what has not begun"

    def _stop(self) -> None:
        self.stopped = True
        limit = LimitReached({"code": "limit", "message": "Enough."})
        self.life.feed(CancelAsked("test") if self._chance.random() < 0.5 else limit)

    def _say_late(self) -> None:
        """A node of a frame that was given up answers all the same: nothing may come of it."""
        if self.life.late:
            start = self._any(self.life.late)
            assert self.life.core.apply(Succeeded(start.frame.id, start.node, NodeResult({"text": "late"}))) == []


def live_through(
    level: Level, seed: int, *, trouble: int, stop_after: int | None = None, reused: Reused | None = None
) -> History:
    """One history of a graph, with every invariant held on its way. What its nodes come to follows from the seed, when
    they do from the number of the `trouble`; in trouble 0 nothing is asked from outside, and no process dies.
    """
    # Hypothesis likes small seeds: each graph is to have others.
    its_seed = f"{seed}/{level}"
    fate = Fate(its_seed, random.Random(its_seed).choice((0.0, 0.1, 0.3)))
    plan = Written(level, fate).plan()
    ledger = Ledger(plan)
    fate.told = ledger.executed
    history = History(plan, ledger, f"{trouble}/{its_seed}", trouble > 0, stop_after, reused)
    history.go()
    return history


def check_history(level: Level, seed: int, stop_after: int | None) -> None:
    """A history with all that can happen, which may be stopped, and one in which nothing does: both come to the same,
    but for rounds that a node leaves, as what else runs in them depends on when it does.
    """
    troubled = live_through(level, seed, trouble=1, stop_after=stop_after)
    calm = live_through(level, seed, trouble=0)
    if not any(history.stopped or history.exited for history in (troubled, calm)):
        check_same(troubled, calm, loose=level.is_loose)


def check_same(one: Ended, other: Ended, *, loose: bool) -> None:
    """What comes of a graph does not depend on what happens around it, but for the order in which it answers."""
    first, second = one.ledger.result, other.ledger.result
    assert (first is None) == (second is None)
    if first is None or second is None:
        return
    assert _outputs(first.outputs) == _outputs(second.outputs)
    if not (one.dropped or other.dropped):
        assert (first.type, first.usage) == (second.type, second.usage)
        if not loose:
            assert _answers(first.answer) == _answers(second.answer)


def _answers(text: str | None) -> list[str] | None:
    """What each response node has said: they take turns as they come."""
    return None if text is None else sorted(text.split("<"))


def _outputs(outputs: Any) -> Any:
    return {name: value for name, value in outputs.items() if name != "answer"}
