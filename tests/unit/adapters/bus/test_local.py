"""The bus of one process."""

import asyncio
from dataclasses import dataclass, field

import pytest

from loomwork.adapters.bus.local import LocalDispatcher
from loomwork.apps.ports import Inbox
from loomwork.engine.commands import Cancel, Command
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope, embedded_scope

pytestmark = pytest.mark.anyio


@dataclass
class Counting:
    """An executor whose runs go until they are let go. Those that rest hear nothing any more, but take their time."""

    let: asyncio.Event = field(default_factory=asyncio.Event)
    rests: bool = False
    going: int = 0
    most: int = 0
    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    heard: list[Command] = field(default_factory=list)

    async def execute(self, scope: Scope, run_id: RunId, inbox: Inbox) -> None:
        self.going += 1
        self.most = max(self.most, self.going)
        inbox.open(self.hear)
        try:
            await self.let.wait()
            self.done.append(run_id)
        except asyncio.CancelledError:
            self.left.append(run_id)
            raise
        finally:
            self.going -= 1

    def hear(self, command: Command) -> bool:
        if not self.rests:
            self.heard.append(command)
        return not self.rests


async def turns(count: int = 50) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_runs_beyond_the_limit_wait_their_turn_and_none_is_lost() -> None:
    executor = Counting()
    dispatcher = LocalDispatcher(executor, at_once=3)
    for number in range(10):
        await dispatcher.enqueue(embedded_scope(), RunId(str(number)))
    await turns(5)
    assert executor.going == 3
    executor.let.set()
    await turns()
    assert len(executor.done) == 10
    assert executor.most == 3


async def test_a_step_of_a_run_that_holds_a_place_needs_none_itself() -> None:
    executor = Counting()
    dispatcher = LocalDispatcher(executor, at_once=1)
    await dispatcher.enqueue(embedded_scope(), RunId("parent"))
    await dispatcher.enqueue(embedded_scope(), RunId("waiting"))
    await dispatcher.enqueue(embedded_scope(), RunId("step"), step=True)
    await turns(5)
    assert executor.going == 2
    executor.let.set()
    await turns()
    assert (executor.done, executor.most) == (["parent", "step", "waiting"], 2)


async def test_closing_leaves_what_goes_and_takes_nothing_more() -> None:
    executor = Counting()
    dispatcher = LocalDispatcher(executor)
    await dispatcher.enqueue(embedded_scope(), RunId("a"))
    await turns()
    await dispatcher.close()
    assert (executor.left, executor.done) == (["a"], [])
    await dispatcher.enqueue(embedded_scope(), RunId("b"))
    await dispatcher.send(embedded_scope(), RunId("b"), Cancel("test"))
    await turns()
    assert executor.most == 1


async def test_a_run_hears_what_came_before_it_had_its_place() -> None:
    executor = Counting()
    dispatcher = LocalDispatcher(executor, at_once=1)
    await dispatcher.enqueue(embedded_scope(), RunId("first"))
    await dispatcher.enqueue(embedded_scope(), RunId("second"))
    await turns()
    await dispatcher.send(embedded_scope(), RunId("second"), Cancel("test"))
    assert executor.heard == []
    executor.let.set()
    await turns()
    assert executor.heard == [Cancel("test")]


async def test_what_is_asked_of_a_run_that_rests_has_it_executed_again_after_it_has_come_to_rest() -> None:
    executor = Counting()
    dispatcher = LocalDispatcher(executor)
    await dispatcher.enqueue(embedded_scope(), RunId("a"))
    await turns()
    executor.rests = True
    await dispatcher.send(embedded_scope(), RunId("a"), Cancel("test"))
    await turns()
    assert executor.going == 1, "never twice at the same time"
    executor.rests = False
    executor.let.set()
    await turns()
    assert (executor.done, executor.heard) == (["a", "a"], [Cancel("test")])


async def test_what_is_asked_of_a_run_that_nobody_executes_has_it_executed() -> None:
    executor = Counting()
    executor.let.set()
    await LocalDispatcher(executor).send(embedded_scope(), RunId("paused"), Cancel("test"))
    await turns()
    assert (executor.done, executor.heard) == (["paused"], [Cancel("test")])
