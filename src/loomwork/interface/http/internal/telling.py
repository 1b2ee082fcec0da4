"""An answer told as lines for as long as its hearer is there, with a sign of life where it takes long."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Receive, Send

from loomwork.interface.http.streams import closing

BEAT = b"\n"
"""An empty line, which means nothing."""

_HEADERS = [
    (b"content-type", b"application/x-ndjson"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class Telling:
    """Tells lines over one connection. Once the other side is gone, the work on them is cancelled.

    There are two tasks a call and none a line: what is told most is a word of a model at a time.
    """

    def __init__(self, receive: Receive, send: Send, *, every: float) -> None:
        self._receive = receive
        self._send = send
        self._every = every
        self._silent = True

    async def tell(self, lines: AsyncIterator[bytes]) -> None:
        """Tell all of them, and end."""
        await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        telling = asyncio.ensure_future(self._tell(lines))
        others = [asyncio.ensure_future(self._left()), asyncio.ensure_future(self._beat())]
        try:
            await asyncio.wait({telling, *others}, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()
        finally:
            for task in (telling, *others):
                task.cancel()
            await asyncio.gather(telling, *others, return_exceptions=True)

    async def _tell(self, lines: AsyncIterator[bytes]) -> None:
        async with closing(lines):
            async for line in lines:
                self._silent = False
                await self._send({"type": "http.response.body", "body": line, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _beat(self) -> None:
        while True:
            self._silent = True
            await asyncio.sleep(self._every)
            if self._silent:
                await self._send({"type": "http.response.body", "body": BEAT, "more_body": True})
