"""Server-sent events as ready bytes (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse

from loomwork.interface.http.encoding import to_json
from loomwork.kernel.errors import InvalidInput

T = TypeVar("T")

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def frame(data: object, *, seq: int | None = None) -> bytes:
    """One event. `seq` becomes its `id:`, which a client sends back as `Last-Event-ID`."""
    prefix = b"" if seq is None else b"id: %d\n" % seq
    return prefix + b"data: " + to_json(data) + b"\n\n"


def event_stream(chunks: AsyncIterator[bytes]) -> StreamingResponse:
    """An answer that goes on for as long as there are chunks."""
    return StreamingResponse(chunks, headers=_HEADERS, media_type="text/event-stream")


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


async def with_heartbeat(chunks: AsyncIterator[bytes], *, beat: bytes, every: float) -> AsyncIterator[bytes]:
    """The chunks as they come, and `beat` after each `every` seconds without one. Closing it closes the chunks."""
    pending = asyncio.ensure_future(_next(chunks))
    try:
        while True:
            done, _ = await asyncio.wait({pending}, timeout=every)
            if not done:
                yield beat
                continue
            chunk = pending.result()
            if chunk is None:
                return
            yield chunk
            pending = asyncio.ensure_future(_next(chunks))
    finally:
        await _close(pending, chunks)


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)


async def _close(pending: "asyncio.Task[bytes | None]", chunks: AsyncIterator[bytes]) -> None:
    pending.cancel()
    await asyncio.gather(pending, return_exceptions=True)
    aclose = getattr(chunks, "aclose", None)
    if aclose is not None:
        await aclose()
