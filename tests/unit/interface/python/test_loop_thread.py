"""The thread that flows run in."""

import asyncio
import os

import pytest

from loomwork.interface.python.loop_thread import LoopThread
from loomwork.kernel.errors import Conflict


class Closing:
    """Counts how often it was closed, and in how many loops."""

    def __init__(self) -> None:
        self.closed = 0

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.closed += 1


async def give(value: int) -> int:
    return value


async def for_ever() -> None:
    await asyncio.Event().wait()


def test_it_starts_when_needed_ends_when_closed_and_starts_again() -> None:
    closing = Closing()
    thread = LoopThread(closing.close)
    thread.close()
    assert closing.closed == 0
    assert thread.wait(give(1)) == 1
    thread.close()
    thread.close()
    assert closing.closed == 1
    assert thread.wait(give(2)) == 2
    thread.close()
    assert closing.closed == 2


def test_what_still_goes_when_it_closes_is_cancelled() -> None:
    closing = Closing()
    thread = LoopThread(closing.close)
    going = thread.submit(for_ever())
    thread.close()
    assert going.cancelled()
    assert closing.closed == 1


def test_a_close_that_fails_still_ends_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("cannot close")

    thread = LoopThread(fail)
    assert thread.wait(give(1)) == 1
    thread.close()
    assert "cannot close" in caplog.text


def test_waiting_inside_itself_would_never_end_and_is_refused() -> None:
    thread = LoopThread(Closing().close)

    async def inside() -> int:
        return thread.wait(give(1))

    with pytest.raises(Conflict):
        thread.wait(inside())
    thread.close()


def test_a_forked_child_is_told_to_make_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    thread = LoopThread(Closing().close)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(Conflict, match="forked"):
        thread.wait(give(1))
