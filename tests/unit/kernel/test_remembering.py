"""What was read of a store is remembered for a moment, and read once for all who ask in it."""

import asyncio
from datetime import UTC, datetime

import pytest

from loomwork.kernel.remembering import MOST, Remembering


class HandClock:
    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.passed


class Shelf:
    """A store that answers once it may, with how often it was asked."""

    def __init__(self) -> None:
        self.reads = 0
        self.may_answer = asyncio.Event()
        self.fails = False

    async def read(self) -> int | None:
        self.reads += 1
        answer = self.reads
        await self.may_answer.wait()
        if self.fails:
            raise OSError("gone")
        return answer


async def test_those_who_ask_at_the_same_time_share_one_read() -> None:
    shelf, remembered = Shelf(), Remembering[int | None](HandClock(), 2)
    asking = [asyncio.create_task(remembered.get("a", shelf.read)) for _ in range(50)]
    await asyncio.sleep(0)
    shelf.may_answer.set()
    assert await asyncio.gather(*asking) == [1] * 50
    assert shelf.reads == 1


async def test_a_value_is_remembered_for_its_time_and_no_longer() -> None:
    shelf, clock = Shelf(), HandClock()
    shelf.may_answer.set()
    remembered = Remembering[int | None](clock, 2)
    assert [await remembered.get("a", shelf.read) for _ in range(2)] == [1, 1]
    clock.passed = 2
    assert await remembered.get("a", shelf.read) == 2


async def test_what_is_asked_for_all_the_time_is_read_anew_while_the_known_value_is_handed_out() -> None:
    shelf, clock = Shelf(), HandClock()
    shelf.may_answer.set()
    remembered = Remembering[int | None](clock, 2)
    assert await remembered.get("a", shelf.read) == 1
    clock.passed = 0.9
    assert await remembered.get("a", shelf.read) == 1
    assert shelf.reads == 1
    clock.passed = 1
    shelf.may_answer.clear()
    assert [await remembered.get("a", shelf.read) for _ in range(10)] == [1] * 10
    await asyncio.sleep(0)
    assert shelf.reads == 2
    shelf.may_answer.set()
    clock.passed = 2
    assert await remembered.get("a", shelf.read) == 2
    clock.passed = 2.9
    assert [await remembered.get("a", shelf.read) for _ in range(10)] == [2] * 10
    assert shelf.reads == 2


async def test_a_read_in_good_time_that_fails_costs_nobody_the_known_value() -> None:
    shelf, clock = Shelf(), HandClock()
    shelf.may_answer.set()
    remembered = Remembering[int | None](clock, 2)
    assert await remembered.get("a", shelf.read) == 1
    clock.passed, shelf.fails = 1.5, True
    assert await remembered.get("a", shelf.read) == 1
    await asyncio.sleep(0)
    assert await remembered.get("a", shelf.read) == 1
    clock.passed = 2
    with pytest.raises(OSError, match="gone"):
        await remembered.get("a", shelf.read)


async def test_what_is_known_is_told_without_a_read() -> None:
    shelf, clock = Shelf(), HandClock()
    shelf.may_answer.set()
    remembered = Remembering[int | None](clock, 2)
    assert remembered.known("a") is None
    await remembered.get("a", shelf.read)
    assert remembered.known("a") == 1
    clock.passed = 2
    assert remembered.known("a") is None
    assert shelf.reads == 1


async def test_whoever_gives_up_leaves_the_read_to_the_others() -> None:
    shelf, remembered = Shelf(), Remembering[int | None](HandClock(), 2)
    first, second = (asyncio.create_task(remembered.get("a", shelf.read)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    shelf.may_answer.set()
    assert await second == 1


async def test_a_failure_is_told_to_all_who_wait_and_not_remembered() -> None:
    shelf, remembered = Shelf(), Remembering[int | None](HandClock(), 2)
    shelf.fails = True
    shelf.may_answer.set()
    asking = (remembered.get("a", shelf.read) for _ in range(2))
    failures = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(failure) for failure in failures] == [OSError, OSError]
    shelf.fails = False
    assert await remembered.get("a", shelf.read) == 2


async def test_whoever_asks_after_a_write_does_not_get_what_an_older_read_brings() -> None:
    shelf, remembered = Shelf(), Remembering[int | None](HandClock(), 2)
    before = asyncio.create_task(remembered.get("a", shelf.read))
    await asyncio.sleep(0)
    await remembered.written(asyncio.sleep(0))
    after = asyncio.create_task(remembered.get("a", shelf.read))
    await asyncio.sleep(0)
    shelf.may_answer.set()
    assert (await before, await after) == (1, 2)
    assert await remembered.get("a", shelf.read) == 2


async def test_nothing_found_is_not_remembered() -> None:
    reads = []

    async def read() -> int | None:
        reads.append(1)
        return None

    remembered = Remembering[int | None](HandClock(), 2)
    assert [await remembered.get("a", read) for _ in range(2)] == [None, None]
    assert len(reads) == 2


async def test_the_oldest_are_forgotten_first() -> None:
    shelf, remembered = Shelf(), Remembering[int | None](HandClock(), 2)
    shelf.may_answer.set()
    for number in range(MOST + 1):
        await remembered.get(number, shelf.read)
    assert await remembered.get(MOST, shelf.read) == MOST + 1
    assert await remembered.get(0, shelf.read) == MOST + 2


def test_a_loop_that_ended_in_the_middle_of_a_read_keeps_nobody_waiting() -> None:
    remembered = Remembering[int | None](HandClock(), 2)

    async def hang() -> int | None:
        await asyncio.Event().wait()
        return 0

    async def answer() -> int | None:
        return 7

    loop = asyncio.new_event_loop()
    with pytest.raises(TimeoutError):
        loop.run_until_complete(asyncio.wait_for(remembered.get("a", hang), 0.01))
    assert asyncio.run(remembered.get("a", answer)) == 7
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


async def test_what_is_to_be_read_anew_soon_is_not_fresh() -> None:
    shelf, clock = Shelf(), HandClock()
    shelf.may_answer.set()
    remembered = Remembering[int | None](clock, 2)
    assert remembered.fresh("a") is None
    await remembered.get("a", shelf.read)
    clock.passed = 0.9
    assert remembered.fresh("a") == 1
    clock.passed = 1
    assert (remembered.fresh("a"), remembered.known("a")) == (None, 1)
