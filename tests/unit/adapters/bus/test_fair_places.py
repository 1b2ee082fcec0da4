"""Places that many want: never too many at once, in turns, and none is ever lost."""

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest

from loomwork.adapters.bus.fair_places import FairPlaces
from loomwork.adapters.bus.local import LocalDispatcher
from loomwork.adapters.bus.local_gates import LocalGates
from loomwork.apps.ports import Inbox
from loomwork.kernel.ids import AppId, RunId, WorkspaceId, new_id
from loomwork.kernel.scope import Scope, embedded_scope

pytestmark = pytest.mark.anyio


class Crowd:
    """Tasks that take a place each and keep it until they are told to leave."""

    def __init__(self, places: FairPlaces) -> None:
        self._places = places
        self.inside: list[str] = []
        self.entered: list[str] = []
        self._leaving: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str, at_most: int | None = None) -> None:
        """Names such as `a1`: the key, and which of its own."""
        for name in names:
            self.tasks[name] = asyncio.create_task(self._stay(name, at_most))
        await settle()

    async def leave(self, *names: str) -> None:
        for name in names:
            self._leaving[name].set()
            await settle()

    async def _stay(self, name: str, at_most: int | None) -> None:
        leaving = self._leaving[name] = asyncio.Event()
        async with self._places.place(name[0], at_most=at_most):
            self.entered.append(name)
            self.inside.append(name)
            try:
                await leaving.wait()
            finally:
                self.inside.remove(name)

    async def cancel(self, *names: str) -> None:
        for name in names:
            self.tasks[name].cancel()
        await asyncio.gather(*(self.tasks[name] for name in names), return_exceptions=True)
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_go_in_than_there_are_places() -> None:
    crowd = Crowd(FairPlaces(3, 3))
    await crowd.come("a1", "a2", "a3", "a4")
    assert crowd.inside == ["a1", "a2", "a3"]
    await crowd.leave("a2")
    assert crowd.inside == ["a1", "a3", "a4"]
    await crowd.cancel(*crowd.tasks)


async def test_nobody_gets_more_than_their_share_while_places_are_free() -> None:
    crowd = Crowd(FairPlaces(10, 2))
    await crowd.come("a1", "a2", "a3", "b1")
    assert crowd.inside == ["a1", "a2", "b1"]
    await crowd.cancel(*crowd.tasks)


async def test_those_who_wait_take_turns_by_their_key() -> None:
    crowd = Crowd(FairPlaces(1, 1))
    await crowd.come("a1", "a2", "a3", "a4", "b1", "b2", "c1")
    for _ in range(6):
        await crowd.leave(crowd.inside[0])
    assert crowd.entered == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    await crowd.cancel(*crowd.tasks)


async def test_a_key_may_ask_for_less_than_its_share_and_never_gets_more() -> None:
    crowd = Crowd(FairPlaces(10, 2))
    await crowd.come("a1", "a2", at_most=1)
    await crowd.come("b1", "b2", "b3", at_most=5)
    assert crowd.inside == ["a1", "b1", "b2"]
    await crowd.cancel(*crowd.tasks)


async def test_whoever_stops_waiting_leaves_the_queue_to_the_others() -> None:
    crowd = Crowd(FairPlaces(1, 1))
    await crowd.come("a1", "a2", "a3")
    await crowd.cancel("a2")
    await crowd.leave("a1")
    assert crowd.inside == ["a3"]
    await crowd.cancel(*crowd.tasks)


async def test_a_place_that_was_given_to_somebody_who_stops_waiting_at_that_moment_is_not_lost() -> None:
    crowd = Crowd(FairPlaces(1, 1))
    await crowd.come("a1", "a2", "a3")
    crowd.tasks["a1"].cancel()
    # In the very turn of the loop in which a1 leaves and a2 is let in.
    await asyncio.sleep(0)
    await crowd.cancel("a2")
    assert crowd.inside == ["a3"]
    await crowd.cancel(*crowd.tasks)


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_happens_no_place_is_lost_and_none_is_taken_twice(seed: int) -> None:
    chance = random.Random(seed)
    places = FairPlaces(3, 2)
    inside: Counter[str] = Counter()

    async def visit(key: str) -> None:
        async with places.place(key):
            inside[key] += 1
            assert inside.total() <= 3
            assert inside[key] <= 2
            try:
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
            finally:
                inside[key] -= 1

    tasks = [asyncio.create_task(visit(chance.choice("abc"))) for _ in range(40)]
    while any(not task.done() for task in tasks):
        if chance.random() < 0.4:
            chance.choice(tasks).cancel()
        await asyncio.sleep(0)
    assert [task.exception() for task in tasks if not task.cancelled()].count(None) > 0
    assert all(task.cancelled() or task.exception() is None for task in tasks)
    assert places.is_unused


async def test_apps_of_a_workspace_share_its_places_and_workspaces_do_not_wait_for_one_another() -> None:
    gates = LocalGates(app_nodes=2, workspace_nodes=3)
    one = embedded_scope()
    two = replace(one, workspace_id=WorkspaceId(new_id()))
    inside: list[str] = []

    async def node(scope: Scope, app: str) -> None:
        async with gates.nodes(scope, AppId(app)).place():
            inside.append(app)
            await asyncio.Event().wait()

    wanted = [(one, "a"), (one, "a"), (one, "a"), (one, "b"), (one, "b"), (two, "c")]
    tasks = [asyncio.create_task(node(*each)) for each in wanted]
    await settle()
    assert sorted(inside) == ["a", "a", "b", "c"]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert gates.is_unused


async def test_workspaces_take_turns_with_the_runs_of_one_process() -> None:
    begun: list[str] = []
    let = asyncio.Event()

    class Noting:
        async def execute(self, scope: Scope, run_id: RunId, inbox: Inbox) -> None:
            begun.append(run_id)
            await let.wait()

    one = embedded_scope()
    two = replace(one, workspace_id=WorkspaceId(new_id()))
    dispatcher = LocalDispatcher(Noting(), at_once=3, each=2)
    for name in ("a1", "a2", "a3", "a4", "b1", "b2", "b3"):
        await dispatcher.enqueue(one if name.startswith("a") else two, RunId(name))
    await settle()
    assert begun == ["a1", "a2", "b1"]
    let.set()
    for _ in range(50):
        await asyncio.sleep(0)
    assert sorted(begun) == ["a1", "a2", "a3", "a4", "b1", "b2", "b3"]
    await dispatcher.close()


async def test_a_key_that_weighs_more_has_so_many_turns_in_a_row() -> None:
    crowd = Crowd(FairPlaces(1, 100, weigh=lambda key: 3 if key == "a" else 1))
    await crowd.come("z1", *(f"a{each}" for each in range(7)), "b1", "b2", "b3", "c1", "c2")
    while crowd.inside:
        await crowd.leave(crowd.inside[0])
    assert "".join(name[0] for name in crowd.entered) == "zaaabcaaabcab"
    assert [name for name in crowd.entered if name.startswith("a")] == [f"a{each}" for each in range(7)]


async def test_however_many_places_others_keep_each_key_has_its_least() -> None:
    crowd = Crowd(FairPlaces(4, 4, least=2))
    await crowd.come("a1", "a2", "a3", "a4", "a5", "b1", "b2", "b3", "c1")
    assert crowd.inside == ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]
    await crowd.leave("a1", "a2")
    assert crowd.inside == ["a3", "a4", "b1", "b2", "c1"]
    await crowd.leave("a3")
    assert crowd.inside == ["a4", "b1", "b2", "c1", "a5"]
    await crowd.leave("c1")
    assert crowd.inside == ["a4", "b1", "b2", "a5"]
    await crowd.leave("a4")
    assert crowd.inside == ["b1", "b2", "a5", "b3"]
    await crowd.leave(*crowd.inside)
    await crowd.come("z1", "z2", "z3", "z4", "z5")
    assert crowd.inside == ["z1", "z2", "z3", "z4"]
    await crowd.cancel(*crowd.tasks)


@pytest.mark.parametrize("seed", range(10))
async def test_places_beyond_the_total_are_not_lost_either(seed: int) -> None:
    chance = random.Random(seed)
    places = FairPlaces(2, 3, least=1)
    inside: Counter[str] = Counter()

    async def visit(key: str) -> None:
        async with places.place(key):
            inside[key] += 1
            assert inside[key] <= 3
            assert sum(most - 1 for most in inside.values() if most) <= 2
            try:
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
            finally:
                inside[key] -= 1

    tasks = [asyncio.create_task(visit(chance.choice("aaabc"))) for _ in range(40)]
    while any(not task.done() for task in tasks):
        if chance.random() < 0.3:
            chance.choice(tasks).cancel()
        await asyncio.sleep(0)
    assert all(task.cancelled() or task.exception() is None for task in tasks)
    assert places.is_unused
    free = Crowd(places)
    await free.come("x1", "x2", "x3")
    assert free.inside == ["x1", "x2"]
    await free.cancel(*free.tasks)
