"""Work begins where it is asked for, and goes on in a task of its own only where it has to wait."""

import asyncio

import pytest

from loomwork.kernel.begun import begun


class Steps:
    """Work of two steps with a wait between them."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.may_go_on = asyncio.Event()

    async def work(self) -> str:
        self.said.append("first")
        try:
            await self.may_go_on.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.said.append("cancelled")
            raise
        self.said.append("second")
        return "done"


async def test_work_that_waits_for_nothing_is_done_at_once_and_makes_no_task() -> None:
    done = []

    async def work() -> None:
        done.append(1)

    before = len(asyncio.all_tasks())
    assert begun(work()) is None
    assert (done, len(asyncio.all_tasks())) == ([1], before)


async def test_what_work_raises_at_once_is_raised_at_once() -> None:
    async def work() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        begun(work())


async def test_work_that_waits_goes_on_in_a_task() -> None:
    steps = Steps()
    task = begun(steps.work())
    assert task is not None
    assert steps.said == ["first"]
    steps.may_go_on.set()
    assert await task == "done"
    assert steps.said == ["first", "second"]


async def test_what_work_waits_for_may_fail() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        try:
            return await answer
        except OSError as error:
            return f"it is {error}"

    task = begun(work())
    answer.set_exception(OSError("gone"))
    assert task is not None
    assert await task == "it is gone"


async def test_the_task_can_be_cancelled_and_the_work_hears_of_it() -> None:
    steps = Steps()
    task = begun(steps.work())
    assert task is not None
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps.said == ["first", "cancelled"]


async def test_a_task_that_is_cancelled_before_its_first_round_tells_the_work_too() -> None:
    steps = Steps()
    task = begun(steps.work())
    assert task is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps.said[0] == "first"
    assert "second" not in steps.said
