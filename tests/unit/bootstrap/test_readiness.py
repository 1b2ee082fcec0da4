"""A probe that tries a small write, for many who ask."""

import asyncio

import pytest

from loomwork.bootstrap.readiness import KEPT_SECONDS, STUCK, WriteProbe
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import LoomworkError

pytestmark = pytest.mark.anyio


class HandClock(SystemClock):
    time = 100.0

    def monotonic(self) -> float:
        return self.time


class Disk:
    """Takes writes while `gate` is open; fails with `error` where there is one."""

    def __init__(self) -> None:
        self.writes = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.written = asyncio.Event()
        self.gate.set()

    async def write(self) -> None:
        self.writes += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.written.set()


async def test_an_answer_is_kept_for_some_seconds_and_then_asked_for_again() -> None:
    clock, disk = HandClock(), Disk()
    probe = WriteProbe(disk.write, clock)
    assert [await probe.problem() for _ in range(3)] == [None, None, None]
    disk.error = LoomworkError("The disk is full.")
    assert await probe.problem() is None
    clock.time += KEPT_SECONDS
    assert await probe.problem() == "The disk is full."
    assert disk.writes == 2


async def test_what_breaks_is_a_problem_that_tells_strangers_nothing(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk()
    disk.error = RuntimeError("/srv/secret/loomwork.db")
    problem = await WriteProbe(disk.write, HandClock()).problem()
    assert problem is not None
    assert "secret" not in problem
    assert "secret" in caplog.text


async def test_a_write_that_hangs_is_said_and_tried_once_however_many_ask() -> None:
    disk = Disk()
    disk.gate.clear()
    probe = WriteProbe(disk.write, HandClock(), patience=0)
    assert await asyncio.gather(*(probe.problem() for _ in range(5))) == [STUCK] * 5
    assert disk.writes == 1


async def test_a_hung_write_that_goes_through_after_all_makes_it_ready() -> None:
    clock, disk = HandClock(), Disk()
    disk.gate.clear()
    probe = WriteProbe(disk.write, clock, patience=0)
    assert await probe.problem() == STUCK
    disk.gate.set()
    await disk.written.wait()
    assert await probe.problem() is None
