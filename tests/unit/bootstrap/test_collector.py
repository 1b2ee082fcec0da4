"""What the server asks of Python's collector of cycles."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest

from loomwork.bootstrap import collector
from loomwork.bootstrap.collector import LONGEST, LOOKS, THRESHOLDS, spare_in_company, spare_what_stays


class Knot:
    """Refers to itself, so that only the collector lets go of it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_the_start_left_is_not_looked_at_again() -> None:
    kept = Knot()
    spare_what_stays()
    assert gc.get_freeze_count() > 0
    assert not any(known is kept for known in gc.get_objects())
    assert gc.get_threshold() == THRESHOLDS


def test_garbage_of_the_start_is_let_go_of_and_so_is_what_comes_later() -> None:
    early = weakref.ref(Knot())
    spare_what_stays()
    late = weakref.ref(Knot())
    gc.collect()
    assert (early(), late()) == (None, None)


@dataclass
class House:
    """Who is there, and what time it is."""

    shared: bool = True
    kept_free: bool = False
    now: float = 0.0

    def is_shared(self) -> bool:
        return self.shared

    def is_kept_free(self) -> bool:
        return self.kept_free

    def monotonic(self) -> float:
        return self.now


def much() -> list[list[None]]:
    """So many new objects that the young are due."""
    return [[] for _ in range(THRESHOLDS[0] + 2000)]


@asynccontextmanager
async def sparing(house: House) -> AsyncIterator[None]:
    spare_what_stays()
    task = asyncio.create_task(spare_in_company(house, house.monotonic))
    await asyncio.sleep(2 * LOOKS)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert gc.get_threshold() == THRESHOLDS


@pytest.mark.anyio
async def test_what_is_new_is_passed_over_in_company_and_looked_at_when_it_has_gone() -> None:
    house, gone = House(), asyncio.Event()
    async with sparing(house):
        late = weakref.ref(Knot(), lambda _: gone.set())
        stays = much()
        rounds = collected()
        await asyncio.sleep(5 * LOOKS)
        assert gc.get_freeze_count() > len(stays)
        assert collected() == rounds
        house.shared, house.now = False, LONGEST
        async with asyncio.timeout(10):
            await gone.wait()
        assert late() is None


@pytest.mark.anyio
async def test_it_is_not_looked_at_while_somebody_would_wait_for_it() -> None:
    house = House(kept_free=True)
    async with sparing(house):
        late = weakref.ref(Knot())
        stays = much()
        await asyncio.sleep(5 * LOOKS)
        house.shared, house.now = False, LONGEST
        await asyncio.sleep(5 * LOOKS)
        assert late() is not None
        assert stays


@pytest.mark.anyio
async def test_where_no_good_moment_comes_any_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MOST_SPARED", THRESHOLDS[0] // 2)
    gone = asyncio.Event()
    async with sparing(House(kept_free=True)):
        late = weakref.ref(Knot(), lambda _: gone.set())
        stays = much()
        async with asyncio.timeout(10):
            await gone.wait()
        assert late() is None
        assert stays


@pytest.mark.anyio
async def test_company_that_stays_does_not_keep_cycles_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MOST_SPARED", THRESHOLDS[0])
    gone = asyncio.Event()
    async with sparing(House()):
        late = weakref.ref(Knot(), lambda _: gone.set())
        stays = much()
        async with asyncio.timeout(10):
            await gone.wait()
        assert late() is None
        assert stays


@pytest.mark.anyio
async def test_where_there_is_no_company_python_collects_as_it_does() -> None:
    async with sparing(House(shared=False)):
        assert gc.get_threshold() == THRESHOLDS
        frozen = gc.get_freeze_count()
        stays = much()
        await asyncio.sleep(5 * LOOKS)
        assert gc.get_freeze_count() <= frozen
        assert stays


def collected() -> int:
    """How many rounds there were of the young and the middle."""
    return sum(generation["collections"] for generation in gc.get_stats()[:2])
