"""A process dies at every named point, every time that it comes there, and another takes its run up.

It dies in two ways: what it was doing raises, or hangs until it is given up.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import pytest

from loomwork.engine import GraphRun
from loomwork.engine.commands import Answer
from loomwork.engine.events import (
    TERMINAL,
    Event,
    InputRequired,
    IterationNext,
    IterationSucceeded,
    NodeSucceeded,
    RunPaused,
    TextChunk,
)
from loomwork.engine.ports import Batch, LeaseLost, Record
from loomwork.engine.run import loop
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from tests.unit.engine.retelling import check_retelling
from tests.unit.engine.run.invariants import Ledger, WatchedCore, check_ending
from tests.unit.engine.run.lives import CONTEXT
from tests.unit.engine.run.random_graphs import ANSWERED, Fate, Level, Written

Point = Literal[
    "before a commit",
    "after a node ended, before its commit",
    "after a commit, before it is shown",
    "after it is shown, before the next node starts",
    "in the middle of streaming",
    "in the middle of an iteration",
    "before a pause is committed",
    "while paused",
    "before the terminal commit",
    "after the terminal commit",
]

Way = Literal["raises", "hangs"]


SEED = "tour 3"
"""With it the list has four items, and the question waits for an answer."""


def tour() -> Level:
    """A bit of everything: speaks, iterates beside each other over nodes that wait, asks, and answers."""
    inside = Level(
        count=3,
        edges=[(0, "source", 1), (1, "source", 2)],
        answers={2},
        strategies={},
        retried=set(),
        waiting={1},
        asking=set(),
    )
    further = {"is_parallel": True, "parallel_nums": 2, "error_handle_mode": "terminated", "flatten_output": False}
    return Level(
        count=7,
        edges=[(index, "source", index + 1) for index in range(6)],
        answers={2, 6},
        strategies={},
        retried=set(),
        waiting={1, 5},
        asking={4},
        containers={3: ("iteration", further, inside)},
    )


class Died(Exception):
    """The process is no more."""


@dataclass
class Dying:
    """A journal and a log in one, at which a process dies when it comes to a point for the n-th time."""

    ledger: Ledger
    point: Point | None = None
    time: int = 0
    way: Way = "raises"
    reached: Counter[str] = field(default_factory=Counter)
    died: asyncio.Event = field(default_factory=asyncio.Event)

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        for point in _before(batch.events):
            await self._come_to(point)
        await self.ledger.commit(scope, run_id, batch)
        if batch.events[-1].type in TERMINAL:
            await self._come_to("after the terminal commit")
        await self._come_to("after a commit, before it is shown")

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        for point in _after(events, self.ledger.events):
            await self._come_to(point)

    async def _come_to(self, point: Point) -> None:
        self.reached[point] += 1
        if (point, self.reached[point]) != (self.point, self.time):
            return
        self.died.set()
        if self.way == "raises":
            raise Died
        await asyncio.Event().wait()

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        return self.ledger.told()

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        return await self.ledger.last_seq(scope, run_id)

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        return await self.ledger.ending(scope, run_id)


def _before(events: Sequence[Event]) -> Iterator[Point]:
    yield "before a commit"
    if any(isinstance(event, NodeSucceeded) for event in events):
        yield "after a node ended, before its commit"
    if isinstance(events[-1], RunPaused):
        yield "before a pause is committed"
    if events[-1].type in TERMINAL:
        yield "before the terminal commit"


def _after(events: Sequence[Event], so_far: Sequence[Event]) -> Iterator[Point]:
    yield "after it is shown, before the next node starts"
    if any(isinstance(event, TextChunk) for event in events):
        yield "in the middle of streaming"
    begun = sum(isinstance(event, IterationNext) for event in so_far)
    if begun and not any(isinstance(event, IterationSucceeded) for event in so_far):
        yield "in the middle of an iteration"
    if isinstance(events[-1], RunPaused):
        yield "while paused"


async def advance(ledger: Ledger, dying: Dying) -> None:
    """One process: takes the run up, answers what is asked, and ends when the run rests or it dies."""
    run = GraphRun(
        ledger.plan,
        CONTEXT,
        log=dying,
        clock=SystemClock(),
        journal=dying,
        epoch=ledger.take_lease(),
        records=ledger.told(),
    )
    for event in ledger.events:
        if isinstance(event, InputRequired) and event.expires_at is None:
            run.send(Answer(str(event.node_id), event.frame, ANSWERED, {}))
    life = asyncio.create_task(run.execute())
    death = asyncio.create_task(dying.died.wait())
    await asyncio.wait([life, death], return_when=asyncio.FIRST_COMPLETED)
    death.cancel()
    if dying.died.is_set():
        life.cancel()
        await asyncio.wait([life])
    else:
        await life


async def live_through(point: Point | None, time: int, way: Way) -> tuple[Ledger, Dying]:
    """The run, in which one process dies; and what it died at."""
    fate = Fate(SEED, 0.0)
    plan = Written(tour(), fate).plan()
    ledger = Ledger(plan)
    fate.told = ledger.executed
    dying = Dying(ledger, point, time, way)
    await advance(ledger, dying)
    for _ in range(5):
        if not ledger.ended:
            await advance(ledger, Dying(ledger) if dying.died.is_set() else dying)
    return ledger, dying


@pytest.mark.parametrize("way", ["raises", "hangs"])
@pytest.mark.parametrize("point", get_args(Point))
async def test_a_run_survives_its_process_wherever_it_dies(
    point: Point, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "Core", WatchedCore)
    whole, undisturbed = await live_through(None, 0, way)
    assert undisturbed.reached[point] > 0, "the run never comes to this point"
    assert whole.result is not None
    assert len(whole.result.outputs["answer"]) > 20
    for time in range(1, undisturbed.reached[point] + 1):
        ledger, dying = await live_through(point, time, way)
        assert dying.died.is_set()
        check_ending(ledger)
        check_retelling(ledger.plan, CONTEXT, ledger.batches)
        assert ledger.result is not None
        assert (ledger.result.outputs, ledger.result.usage) == (whole.result.outputs, whole.result.usage)
        assert max(ledger.runs.values()) <= 2, "one death, so nothing runs more than twice"


async def test_a_paused_run_that_nobody_asks_anything_of_stays_as_it_is() -> None:
    fate = Fate(SEED, 0.0)
    ledger = Ledger(Written(tour(), fate).plan())
    await advance(ledger, Dying(ledger))
    resting = len(ledger.events)
    assert isinstance(ledger.events[-1], RunPaused)
    fate.told = lambda execution: pytest.fail("a paused run runs a node")
    for _ in range(3):
        run = GraphRun(
            ledger.plan,
            CONTEXT,
            log=Dying(ledger),
            clock=SystemClock(),
            journal=Dying(ledger),
            epoch=ledger.take_lease(),
            records=ledger.told(),
        )
        assert (await run.execute()).status == "paused"
    assert len(ledger.events) == resting


async def test_a_process_that_has_lost_its_lease_stops_its_nodes_and_shows_nothing_more() -> None:
    fate = Fate(SEED, 0.0)
    ledger = Ledger(Written(tour(), fate).plan())
    shown: list[Event] = []

    class Frozen(Dying):
        """While it shows its first events, another process takes the run."""

        async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
            shown.extend(events)
            ledger.take_lease()

    both = Frozen(ledger)
    epoch = ledger.take_lease()
    run = GraphRun(ledger.plan, CONTEXT, log=both, clock=SystemClock(), journal=both, epoch=epoch)
    with pytest.raises(LeaseLost):
        await run.execute()
    assert [event.seq for event in shown] == [event.seq for event in ledger.events]
    assert not run._tasks
    fate.told = ledger.executed
    await advance(ledger, Dying(ledger))
    await advance(ledger, Dying(ledger))
    check_ending(ledger)
