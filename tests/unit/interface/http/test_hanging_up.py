"""Work for a client ends when the client goes, and costs its request no second task."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from loomwork.interface.http.hanging_up import while_connected


class Client:
    """The other end of a request."""

    def __init__(self) -> None:
        self.has_gone = asyncio.Event()
        self.request = Request({"type": "http", "headers": []}, self._receive)

    async def _receive(self) -> dict[str, Any]:
        await self.has_gone.wait()
        return {"type": "http.disconnect"}


async def hanging(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


async def test_the_result_is_that_of_the_work_which_runs_in_the_task_of_its_request() -> None:
    async def work() -> Any:
        await asyncio.sleep(0)
        return asyncio.current_task()

    assert await while_connected(Client().request, work()) is asyncio.current_task()


async def test_what_the_work_raises_is_raised() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await while_connected(Client().request, work())


async def test_the_work_of_a_client_that_goes_is_ended_before_that_is_told() -> None:
    client, ended = Client(), list[str]()
    waiting = asyncio.create_task(while_connected(client.request, hanging(ended)))
    await asyncio.sleep(0)
    client.has_gone.set()
    with pytest.raises(ClientDisconnect):
        await waiting
    assert ended == ["ended"]


async def test_the_task_of_a_client_that_went_can_go_on_waiting() -> None:
    client = Client()

    async def handler() -> str:
        client.has_gone.set()
        with pytest.raises(ClientDisconnect):
            await while_connected(client.request, hanging([]))
        await asyncio.sleep(0)
        return "told"

    assert await asyncio.create_task(handler()) == "told"


async def test_a_request_that_is_cancelled_is_cancelled_and_no_client_that_went() -> None:
    ended = list[str]()
    waiting = asyncio.create_task(while_connected(Client().request, hanging(ended)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == ["ended"]


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
async def test_a_client_that_goes_as_the_work_ends_cancels_nothing_that_comes_after(turn: int) -> None:
    client = Client()

    async def after(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)

    async def leave() -> None:
        await after(turn)
        client.has_gone.set()

    async def handler() -> str:
        leaving = asyncio.create_task(leave())
        with suppress(ClientDisconnect):
            await while_connected(client.request, after(3))
        await leaving
        await after(5)
        return "told"

    assert await asyncio.create_task(handler()) == "told"
