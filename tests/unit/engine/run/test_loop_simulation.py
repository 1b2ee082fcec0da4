"""The same random graphs through the real loop: its process dies at any moment, and another takes the run up from the
journal. Commands come at any moment too, those that come too late and those that nobody waits for included.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.engine import GraphRun
from loomwork.engine.commands import Answer, Cancel, Command, Pause, Resume
from loomwork.engine.events import Event, InputRequired
from loomwork.engine.graph import Plan
from loomwork.engine.ports import Batch, Record
from loomwork.engine.run import RunLimits, loop
from loomwork.engine.run.loop import DEFAULT_LIMITS
from loomwork.engine.run.recorder import Durability
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from tests.unit.engine.retelling import check_retelling
from tests.unit.engine.run.invariants import Ledger, WatchedCore, check_ending
from tests.unit.engine.run.lives import CONTEXT, check_same
from tests.unit.engine.run.random_graphs import ANSWERED, Execution, Fate, Level, Written, flat_graphs, nested_graphs

TROUBLED = 12
"""So many processes of a run have trouble; those after them are left in peace."""


class Died(Exception):
    """The process is no more."""


@dataclass
class Lived:
    """One run through the loop. `Ledger` is its journal, and it is its own log."""

    plan: Plan
    ledger: Ledger
    chance: random.Random
    limits: RunLimits = DEFAULT_LIMITS
    cancels: bool = False
    run: GraphRun | None = None
    lives: int = 0
    stopped: bool = False
    exited: bool = False
    dropped: bool = False
    published: list[Event] = field(default_factory=list)

    @property
    def troubled(self) -> bool:
        return self.lives <= TROUBLED

    async def go(self, durability: Durability) -> None:
        while not self.ledger.ended:
            self.lives += 1
            assert self.lives < 200, "the run does not come to an end"
            self.run = GraphRun(
                self.plan,
                CONTEXT,
                log=self,
                clock=SystemClock(),
                journal=self,
                durability=durability,
                epoch=self.ledger.take_lease(),
                limits=self.limits,
                records=self.ledger.told(),
            )
            self._ask()
            await self._live(self.run)
        check_ending(self.ledger)
        check_retelling(self.plan, CONTEXT, self.ledger.batches)
        if durability == "node":
            self._check_published()

    def _check_published(self) -> None:
        stored = {event.seq: event for event in self.ledger.events}
        assert all(stored[event.seq] is event for event in self.published), "something was shown that is not stored"
        seqs = [event.seq for event in self.published]
        assert seqs == sorted(set(seqs)), "something was shown twice, or out of order"

    async def _live(self, run: GraphRun) -> None:
        life = asyncio.create_task(run.execute())
        if self.troubled and self.chance.random() < 0.5:
            for _ in range(self.chance.randrange(40)):
                await asyncio.sleep(0)
            life.cancel()
        await asyncio.wait([life])
        if not life.cancelled() and (problem := life.exception()) is not None and not isinstance(problem, Died):
            raise problem
        core = run._core
        assert isinstance(core, WatchedCore)
        self.exited, self.dropped = self.exited or bool(core.watch.exited), self.dropped or bool(core.watch.dropped)

    def _ask(self) -> None:
        """Ask something of the run; of one that has rested, what lets it go on."""
        assert self.run is not None
        commands: list[Command] = [Resume("test"), *self._answers()]
        if self.troubled:
            commands = self.chance.choices([*commands, Pause("test")], k=self.chance.randrange(4))
        if self.cancels and self.chance.random() < 0.05:
            commands.append(Cancel("test"))
        for command in commands:
            self.run.send(command)
            self.stopped = self.stopped or isinstance(command, Cancel)

    def _answers(self) -> list[Answer]:
        """Answers to all questions that were ever asked, open or not."""
        asked = [event for event in self.ledger.events if isinstance(event, InputRequired) and event.expires_at is None]
        return [Answer(str(event.node_id), event.frame, ANSWERED, {"of": event.node_id}) for event in asked]

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        await self._trouble()
        await self.ledger.commit(scope, run_id, batch)
        await self._trouble()

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        await self._trouble()
        self.published.extend(events)

    async def _trouble(self) -> None:
        if not self.troubled:
            return
        for _ in range(self.chance.randrange(3)):
            await asyncio.sleep(0)
        if self.chance.random() < 0.05:
            raise Died
        if self.chance.random() < 0.1:
            self._ask()

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        return self.ledger.told()

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        return await self.ledger.last_seq(scope, run_id)

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        return await self.ledger.ending(scope, run_id)


def live_through(level: Level, seed: int, *, trouble: int, cancels: bool = False) -> Lived:
    """One run of a graph, with every invariant held on its way."""
    its_seed = f"{seed}/{level}"
    chance = random.Random(f"{trouble}/{its_seed}")
    fate = Fate(its_seed, random.Random(its_seed).choice((0.0, 0.1, 0.3)))
    plan = Written(level, fate).plan()
    ledger = Ledger(plan)
    lived = Lived(plan, ledger, chance, cancels=cancels, lives=0 if trouble else TROUBLED)
    if trouble:
        lived.stopped = chance.random() < 0.15
        steps = chance.randrange(5, 40) if lived.stopped else DEFAULT_LIMITS.steps
        lived.limits = RunLimits(width=chance.randrange(1, 4), steps=steps)

    def told(execution: Execution) -> None:
        assert lived.run is not None
        assert not lived.run._core.paused, "a paused run runs a node"
        ledger.executed(execution)

    fate.told = told
    durability: Durability = "exit" if trouble and chance.random() < 0.1 else "node"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "Core", WatchedCore)
        asyncio.run(asyncio.wait_for(lived.go(durability), 120))
    return lived


def check_runs(level: Level, seed: int, cancels: bool) -> None:
    """A run in trouble, another, and one in peace come to the same, but for one that was cancelled."""
    lives = [
        live_through(level, seed, trouble=1, cancels=cancels),
        live_through(level, seed, trouble=2),
        live_through(level, seed, trouble=0),
    ]
    comparable = [lived for lived in lives if not (lived.stopped or lived.exited)]
    for one, other in pairwise(comparable):
        check_same(one, other, loose=level.is_loose)


GRAPHS = flat_graphs() | nested_graphs(depth=2)


@settings(max_examples=100, deadline=None)
@given(GRAPHS, st.integers(0, 2**32), st.booleans())
def test_a_run_that_is_taken_up_again_and_again_comes_to_the_same_end(level: Level, seed: int, cancels: bool) -> None:
    check_runs(level, seed, cancels)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(4))
@settings(max_examples=500, deadline=None)
@given(level=GRAPHS, seed=st.integers(0, 2**32), cancels=st.booleans())
def test_so_does_every_one_of_two_thousand(part: int, level: Level, seed: int, cancels: bool) -> None:
    check_runs(level, seed, cancels)
