"""What is done for a client is done for as long as it is there."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of the work. Once the client hangs up, the work is cancelled, and `ClientDisconnect` is raised. The
    body of the request must have been read.
    """
    client = _Client(request)
    try:
        return await work
    except asyncio.CancelledError:
        if client.has_ended_it():
            raise ClientDisconnect from None
        raise
    finally:
        client.watch_no_more()


class _Client:
    """Ends what the current task waits for, once the client has gone: the work stays in the task of its request, and
    a second task costs each request two rounds of the loop.
    """

    def __init__(self, request: Request) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._asked_before = task.cancelling()
        self._is_watched = True
        self._is_gone = False
        self._leaving = asyncio.ensure_future(_gone(request))
        self._leaving.add_done_callback(self._left)

    def has_ended_it(self) -> bool:
        """Whether the task was cancelled for no other reason."""
        return self._is_gone and self._task.uncancel() <= self._asked_before

    def watch_no_more(self) -> None:
        self._is_watched = False
        self._leaving.cancel()

    def _left(self, leaving: "asyncio.Future[None]") -> None:
        if leaving.cancelled() or not self._is_watched:
            return
        leaving.exception()
        self._is_gone = True
        self._task.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
