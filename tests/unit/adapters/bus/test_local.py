"""The bus of one process."""

import asyncio
from dataclasses import dataclass, field

import pytest

from loomwork.adapters.bus.local import LocalDispatcher
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope, embedded_scope

pytestmark = pytest.mark.anyio


@dataclass
class Counting:
    """An executor whose runs go until they are let go or cancelled."""

    let: asyncio.Event = field(default_factory=asyncio.Event)
    going: int = 0
    most: int = 0
    done: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    async def execute(self, scope: Scope, run_id: RunId) -> None:
        self.going += 1
        self.most = max(self.most, self.going)
        await self.let.wait()
        self.going -= 1
        self.done.append(run_id)

    def cancel(self, run_id: RunId, *, by: str) -> None:
        self.cancelled.append(run_id)
        self.let.set()


async def test_runs_beyond_the_limit_wait_their_turn_and_none_is_lost() -> None:
    executor = Counting()
    dispatcher = LocalDispatcher(executor, at_once=3)
    for number in range(10):
        await dispatcher.enqueue(embedded_scope(), RunId(str(number)))
    for _ in range(5):
        await asyncio.sleep(0)
    assert executor.going == 3
    executor.let.set()
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(executor.done) == 10
    assert executor.most == 3


async def test_a_step_of_a_run_that_holds_a_place_needs_none_itself() -> None:
    executor = Counting()
    dispatcher = LocalDispatcher(executor, at_once=1)
    await dispatcher.enqueue(embedded_scope(), RunId("parent"))
    await dispatcher.enqueue(embedded_scope(), RunId("waiting"))
    await dispatcher.enqueue(embedded_scope(), RunId("step"), step=True)
    for _ in range(5):
        await asyncio.sleep(0)
    assert executor.going == 2
    executor.let.set()
    for _ in range(50):
        await asyncio.sleep(0)
    assert (executor.done, executor.most) == (["parent", "step", "waiting"], 2)


async def test_closing_stops_what_goes_and_waits_for_it() -> None:
    executor = Counting()
    dispatcher = LocalDispatcher(executor)
    await dispatcher.enqueue(embedded_scope(), RunId("a"))
    await asyncio.sleep(0)
    await dispatcher.close(by="test")
    assert (executor.cancelled, executor.done) == (["a"], ["a"])


async def test_a_run_that_is_not_here_is_left_alone() -> None:
    executor = Counting()
    await LocalDispatcher(executor).cancel(embedded_scope(), RunId("elsewhere"), by="test")
    assert executor.cancelled == []
