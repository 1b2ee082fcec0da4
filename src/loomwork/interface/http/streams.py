"""Server-sent events as ready bytes (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from loomwork.interface.http.encoding import to_json
from loomwork.interface.http.hanging_up import while_connected
from loomwork.kernel.errors import InvalidInput

T = TypeVar("T")

ROOM = 65_536
"""Bytes of a stream that wait to be sent while more are made."""

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def frame(data: object, *, seq: int | None = None) -> bytes:
    """One event. `seq` becomes its `id:`, which a client sends back as `Last-Event-ID`."""
    prefix = b"" if seq is None else b"id: %d\n" % seq
    return prefix + b"data: " + to_json(data) + b"\n\n"


class EventStream(StreamingResponse):
    """Sends in the task of its request, and ends what makes the chunks once the client has gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with suppress(ClientDisconnect):
                await while_connected(Request(scope, receive), self.stream_response(send))
        finally:
            if self.background is not None:
                await self.background()


def event_stream(chunks: AsyncIterator[bytes], after: BackgroundTask | None = None) -> StreamingResponse:
    """An answer that goes on for as long as there are chunks. `after` is done once it is sent, or the client gone."""
    return EventStream(chunks, headers=_HEADERS, media_type="text/event-stream", background=after)


def closed_after(items: AsyncIterator[Any]) -> BackgroundTask:
    """Closes them once the answer has left: what they do at their end, nobody waits for."""
    return BackgroundTask(_close_later, items)


async def _close_later(items: AsyncIterator[Any]) -> None:
    try:
        # What was given to a socket leaves at the end of the loop's round.
        await asyncio.sleep(0)
    finally:
        await close(items)


def resume_point(request: Request, after: int | None) -> int:
    """The seq after which to go on. `Last-Event-ID` wins: a browser that reconnects repeats the address it was given
    at first, and knows better by then.
    """
    last = request.headers.get("last-event-id")
    if last is None or last == "":
        return after or 0
    if not last.isdecimal() or len(last) > 15:
        raise InvalidInput("`Last-Event-ID` must be the `id` of an event: a whole number.", field="Last-Event-ID")
    return int(last)


async def with_heartbeat(chunks: AsyncIterator[bytes], *, beat: bytes, every: float) -> AsyncGenerator[bytes, None]:
    """The chunks as they come, those that came together in one piece, and `beat` after each `every` seconds without
    one. Closing it closes the chunks.
    """
    pipe = _Pipe(every)
    pump = asyncio.ensure_future(pipe.fill(chunks))
    pump.add_done_callback(pipe.end)
    try:
        while (taken := await pipe.take()) is not None:
            yield taken or beat
        pump.result()
    finally:
        pipe.close()
        await _close(pump, chunks)


class _Pipe:
    """Chunks between whoever makes them and whoever sends them. To send each by itself would cost more than to make it,
    and to make them as fast as can be would fill the memory for a reader who is slow.

    Who waits is woken after `patience` seconds, by one timer for all waits: most are far shorter.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._chunks: list[bytes] = []
        self._room = ROOM
        self._arrived: asyncio.Future[None] | None = None
        self._taken: asyncio.Future[None] | None = None
        self._since = self._loop.time()
        self._is_ended = False
        self._timer = self._loop.call_later(patience, self._look)

    async def fill(self, chunks: AsyncIterator[bytes]) -> None:
        async for chunk in chunks:
            self._chunks.append(chunk)
            self._room -= len(chunk)
            _wake(self._arrived)
            if self._room <= 0:
                self._taken = self._loop.create_future()
                await self._taken
        # Said here as well, so that whoever takes the last chunk knows it for the last.
        self._is_ended = True

    def end(self, _pump: "asyncio.Future[None]") -> None:
        """Nothing more is made."""
        self._is_ended = True
        _wake(self._arrived)

    def close(self) -> None:
        """Wake nobody any more."""
        self._timer.cancel()

    async def take(self) -> bytes | None:
        """Everything that is here, as soon as something is; b"" where nothing came for long, None at the end."""
        if not self._chunks:
            if self._is_ended:
                return None
            await self._arrival()
        if not self._chunks and self._is_ended:
            return None
        whole = b"".join(self._chunks)
        self._chunks.clear()
        self._room = ROOM
        _wake(self._taken)
        return whole

    async def _arrival(self) -> None:
        self._since = self._loop.time()
        self._arrived = self._loop.create_future()
        try:
            await self._arrived
        finally:
            self._arrived = None

    def _look(self) -> None:
        """Wake whoever has waited for long, and look again when the next one will have."""
        left = self._since + self._patience - self._loop.time() if self._arrived is not None else self._patience
        if left <= 0:
            _wake(self._arrived)
            left = self._patience
        self._timer = self._loop.call_later(left, self._look)


def _wake(waiting: "asyncio.Future[None] | None") -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)


@asynccontextmanager
async def closing(items: AsyncIterator[T]) -> AsyncIterator[None]:
    """Close an iterator at the end, where it can be: what it does for its reader ends there, and not when the collector
    comes by.
    """
    try:
        yield
    finally:
        await close(items)


async def close(items: AsyncIterator[Any]) -> None:
    """End what makes them, where it can be ended."""
    aclose = getattr(items, "aclose", None)
    if aclose is not None:
        await aclose()


async def opened(items: AsyncIterator[T], *, patience: float) -> AsyncGenerator[T, None]:
    """The same items, once the first has come: what it raises is raised here, while an answer can still have a status
    of its own. After `patience` seconds without it they are handed out as they are, so that the client hears
    something. Who takes them has to close them.
    """
    first = asyncio.ensure_future(_next(items))
    try:
        await asyncio.wait({first}, timeout=patience)
        if first.done():
            first.result()
    except BaseException:
        await _close(first, items)
        raise
    return _continued(first, items)


async def _continued(first: "asyncio.Task[T | None]", items: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    try:
        item = await first
        while item is not None:
            yield item
            item = await _next(items)
    finally:
        await _close(first, items)


async def _next(chunks: AsyncIterator[T]) -> T | None:
    return await anext(chunks, None)


async def _close(pending: "asyncio.Task[Any]", chunks: AsyncIterator[T]) -> None:
    pending.cancel()
    if not pending.done():
        await asyncio.gather(pending, return_exceptions=True)
    elif not pending.cancelled():
        # Looked at, so that nobody is told that nobody did.
        pending.exception()
    await close(chunks)
