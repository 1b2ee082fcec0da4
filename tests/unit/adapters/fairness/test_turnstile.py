"""Places that are given to whom their shares let in: none is lost, nobody is left out, a crowd steps back."""

import asyncio
import random
from collections import Counter
from typing import Protocol

import pytest

from loomwork.adapters.fairness.shares import BRIEFLY, MUCH, OF_LATE, Shares
from loomwork.adapters.fairness.turnstile import A_CROWD, Turnstile

pytestmark = pytest.mark.anyio


class Watch(Protocol):
    def __call__(self) -> float: ...

    def go_on(self, seconds: float) -> None: ...


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


class Visitors:
    """Tasks that go in by a name such as `a1`, of which the first letter is the key, and leave when they are told."""

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile
        self._leaving: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.entered: list[str] = []
        self.inside: list[str] = []
        self._in: dict[str, asyncio.Event] = {}

    async def has_entered(self, name: str) -> None:
        await self._in[name].wait()

    async def come(self, *names: str) -> None:
        for name in names:
            self.tasks[name] = asyncio.create_task(self._stay(name))
        await settle()

    async def leave(self, *names: str) -> None:
        for name in names:
            self._leaving[name].set()
            await settle()

    async def cancel(self, *names: str) -> None:
        for name in names or tuple(self.tasks):
            self.tasks[name].cancel()
            await asyncio.wait([self.tasks[name]])
        await settle()

    async def _stay(self, name: str) -> None:
        leaving = self._leaving[name] = asyncio.Event()
        entered = self._in[name] = asyncio.Event()
        async with self._turnstile.place(name[0]):
            self.entered.append(name)
            self.inside.append(name)
            entered.set()
            try:
                await leaving.wait()
            finally:
                self.inside.remove(name)


async def test_no_more_go_in_than_there_are_places_and_of_one_key_in_the_order_they_came(watch: Watch) -> None:
    turnstile = Turnstile(Shares(watch), 2)
    visitors = Visitors(turnstile)
    await visitors.come("a1", "a2", "a3", "a4")
    assert visitors.inside == ["a1", "a2"]
    await visitors.leave("a2")
    assert visitors.inside == ["a1", "a3"]
    await visitors.leave("a1", "a3", "a4")
    assert turnstile.is_unused


async def test_one_that_used_less_goes_before_all_who_wait(watch: Watch) -> None:
    visitors = Visitors(Turnstile(Shares(watch), 1))
    await visitors.come(*(f"n{each}" for each in range(9)))
    watch.go_on(1.0)
    await visitors.come("q")
    await visitors.leave("n0")
    assert visitors.entered == ["n0", "q"]
    await visitors.cancel()


async def test_between_the_steps_of_a_quiet_one_nobody_of_a_crowd_goes_in(watch: Watch) -> None:
    shares = Shares(watch)
    visitors = Visitors(Turnstile(shares, 4))
    await visitors.come(*(f"n{each:02}" for each in range(20)))
    watch.go_on(1.0)
    await visitors.leave("n00")
    for step in range(10):
        await visitors.come(f"q{step}")
        if step == 0:
            await visitors.leave("n01")
        watch.go_on(0.0005)
        await visitors.leave(f"q{step}")
        watch.go_on(0.001)
    # Four had been let in, and a fifth in the place of the first; the second's place was the quiet one's for good.
    assert [name for name in visitors.entered if name.startswith("n")] == [f"n{each:02}" for each in range(5)]
    assert len(visitors.entered) == 15
    watch.go_on(BRIEFLY)
    await visitors.leave("n02")
    assert visitors.inside[-2:] == ["n05", "n06"]
    await visitors.cancel()


async def test_a_crowd_that_was_held_back_goes_on_by_itself_when_nobody_comes_back(watch: Watch) -> None:
    shares = Shares(watch)
    visitors = Visitors(Turnstile(shares, 1))
    await visitors.come(*(f"n{each}" for each in range(5)))
    watch.go_on(1.0)
    await visitors.come("q")
    await visitors.leave("n0", "q")
    assert visitors.inside == []
    watch.go_on(BRIEFLY)
    async with asyncio.timeout(20):
        await visitors.has_entered("n1")
    await visitors.cancel()


async def test_a_few_are_no_crowd_and_are_not_held_back(watch: Watch) -> None:
    visitors = Visitors(Turnstile(Shares(watch), 1))
    few = [f"n{each}" for each in range(A_CROWD - 1)]
    await visitors.come(*few)
    watch.go_on(MUCH / 2)
    await visitors.come("q")
    await visitors.leave("n0", "q")
    assert visitors.inside == ["n1"]
    await visitors.cancel()


async def test_one_that_sends_a_single_one_at_a_time_is_held_back_where_it_has_used_much(watch: Watch) -> None:
    visitors = Visitors(Turnstile(Shares(watch), 1))
    await visitors.come("n0")
    watch.go_on(2 * MUCH)
    await visitors.leave("n0")
    await visitors.come("q0")
    await visitors.leave("q0")
    await visitors.come("n1", "q1")
    assert visitors.entered == ["n0", "q0", "q1"]
    await visitors.cancel()


async def test_nobody_of_a_crowd_goes_in_while_a_quiet_one_is_at_another_turnstile(watch: Watch) -> None:
    shares = Shares(watch)
    here, there = Visitors(Turnstile(shares, 1)), Visitors(Turnstile(shares, 1))
    await here.come("n0")
    watch.go_on(2 * MUCH)
    await here.leave("n0")
    await there.come("q")
    watch.go_on(2 * BRIEFLY)
    await here.come("n1")
    assert here.inside == []
    await there.leave("q")
    watch.go_on(BRIEFLY)
    async with asyncio.timeout(20):
        await here.has_entered("n1")
    await here.cancel()


async def test_a_crowd_in_company_has_fewer_places_and_by_itself_all_of_them(watch: Watch) -> None:
    shares = Shares(watch)
    visitors = Visitors(Turnstile(shares, 4, crowd=1))
    await visitors.come(*(f"n{each:02}" for each in range(12)))
    assert len(visitors.inside) == 4
    watch.go_on(0.1)
    await visitors.come("q0")
    await visitors.leave("n00", "q0")
    watch.go_on(BRIEFLY)
    await visitors.leave("n01", "n02")
    assert visitors.inside == ["n03"]
    await visitors.come("q1", "r1")
    assert visitors.inside == ["n03", "q1", "r1"]
    await visitors.leave("q1", "r1")
    watch.go_on(BRIEFLY)
    await visitors.leave("n03")
    assert visitors.inside == ["n04"]
    watch.go_on(OF_LATE)
    await visitors.leave("n04")
    assert visitors.inside == ["n05", "n06", "n07", "n08"]
    await visitors.cancel()


async def test_turnstiles_with_the_same_shares_hold_a_crowd_back_for_one_that_is_at_another(watch: Watch) -> None:
    shares = Shares(watch)
    here, there = Visitors(Turnstile(shares, 1)), Visitors(Turnstile(shares, 1))
    await here.come("n0", "n1", "n2", "n3")
    watch.go_on(1.0)
    await there.come("q")
    await here.leave("n0")
    assert here.inside == []
    await there.leave("q")
    await here.cancel()


async def test_whoever_stops_waiting_leaves_the_place_to_the_others(watch: Watch) -> None:
    turnstile = Turnstile(Shares(watch), 1)
    visitors = Visitors(turnstile)
    await visitors.come("a1", "a2", "a3")
    await visitors.cancel("a2")
    await visitors.leave("a1")
    assert visitors.inside == ["a3"]
    visitors.tasks["a3"].cancel()
    await settle()
    assert turnstile.is_unused


async def test_a_place_given_to_one_that_gives_up_at_that_moment_is_not_lost(watch: Watch) -> None:
    visitors = Visitors(Turnstile(Shares(watch), 1))
    await visitors.come("a1", "a2", "a3")
    visitors.tasks["a1"].cancel()
    # In the very turn of the loop in which a1 leaves and a2 is let in.
    await asyncio.sleep(0)
    await visitors.cancel("a2")
    assert visitors.inside == ["a3"]
    await visitors.cancel()


async def test_a_turn_lasts_until_the_loop_has_come_round(watch: Watch) -> None:
    turnstile = Turnstile(Shares(watch), 1)
    went: list[str] = []

    async def go(name: str) -> None:
        await turnstile.turn(name[0])
        went.append(name)
        assert not turnstile.is_unused

    tasks = [asyncio.create_task(go(f"a{each}")) for each in range(5)]
    rounds = 0
    while len(went) < 5:
        before = len(went)
        await asyncio.sleep(0)
        assert len(went) <= before + 1
        rounds += 1
    assert rounds < 50
    await asyncio.gather(*tasks)
    await settle()
    assert turnstile.is_unused


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_happens_no_place_is_lost_and_everybody_comes_to_an_end(seed: int, watch: Watch) -> None:
    chance = random.Random(seed)
    shares = Shares(watch, weigh=lambda key: 2 if key == "b" else 1)
    turnstiles = [Turnstile(shares, 1), Turnstile(shares, 3)]
    inside: Counter[str] = Counter()

    async def visit(key: str) -> None:
        for _ in range(chance.randrange(1, 4)):
            if chance.random() < 0.5:
                await turnstiles[0].turn(key)
            async with turnstiles[1].place(key):
                inside[key] += 1
                assert inside.total() <= 3
                try:
                    for _ in range(chance.randrange(3)):
                        watch.go_on(0.001)
                        await asyncio.sleep(0)
                        if chance.random() < 0.1:
                            raise ValueError
                finally:
                    inside[key] -= 1

    tasks = [asyncio.create_task(visit(chance.choice("aaaab"))) for _ in range(60)]
    async with asyncio.timeout(60):
        while any(not task.done() for task in tasks):
            if chance.random() < 0.2:
                chance.choice(tasks).cancel()
            watch.go_on(0.0005)
            await asyncio.sleep(0)
    await settle()
    assert all(task.cancelled() or isinstance(task.exception(), ValueError | None) for task in tasks)
    assert all(turnstile.is_unused for turnstile in turnstiles)


async def test_one_that_keeps_coming_back_does_not_keep_a_crowd_out_for_good(watch: Watch) -> None:
    turnstile = Turnstile(Shares(watch), 1)
    went: Counter[str] = Counter()
    over = False

    async def again(key: str, seconds: float) -> None:
        while not over:
            async with turnstile.place(key):
                went[key] += 1
                watch.go_on(seconds)
                await asyncio.sleep(0)

    tasks = [asyncio.create_task(again("n", 0.001)) for _ in range(10)]
    tasks.append(asyncio.create_task(again("q", 0.001)))
    async with asyncio.timeout(60):
        while went.total() < 2000:
            await asyncio.sleep(0)
            watch.go_on(0.0001)
    over = True
    watch.go_on(1.0)
    await asyncio.gather(*tasks)
    assert min(went["n"], went["q"]) > 700
    assert turnstile.is_unused


async def test_a_turn_may_last_and_keeps_its_place_meanwhile(watch: Watch) -> None:
    turnstile = Turnstile(Shares(watch), 1)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await turnstile.turn("a", seconds=0.02)
    assert not turnstile.is_unused
    await turnstile.turn("a")
    assert loop.time() - began >= 0.019
    await settle()
    assert turnstile.is_unused


async def test_a_turnstile_beside_another_has_places_of_its_own_and_the_same_shares(watch: Watch) -> None:
    shares = Shares(watch)
    turnstile = Turnstile(shares, 1)
    beside = turnstile.beside(2, crowd=1)
    async with turnstile.place("a"), beside.place("a"), beside.place("b"):
        watch.go_on(0.3)
    assert shares.used("a") == pytest.approx(0.2, rel=0.2)
    assert shares.used("b") == pytest.approx(0.1, rel=0.2)
