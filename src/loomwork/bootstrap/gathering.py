"""What one turn of the event loop writes to a client leaves in one piece.

An answer's head and its body are written one after the other, and so are a stream's last chunk and its end. Each by
itself would cost a call of the system, and would wake the client to read what it can do nothing with yet.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ROOM = 65_536
"""Bytes that are gathered at most: the transport has to know soon what waits, to say when it is enough."""


class GatheringProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, over a transport that gathers."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(Gathering(transport, self.loop))


class Gathering(asyncio.Transport):
    """A transport that hands on in one piece what is written in one turn of the loop."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes | bytearray | memoryview] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Gather it. What is more than there is room for leaves at once, with all that came before."""
        if not self._gathered:
            self._loop.call_soon(self._hand_on)
        self._gathered.append(data)
        self._size += len(data)
        if self._size > ROOM:
            self._hand_on()

    def _hand_on(self) -> None:
        if self._gathered:
            gathered, self._gathered, self._size = self._gathered, [], 0
            self._transport.write(b"".join(gathered))

    def close(self) -> None:
        """Send what was written, then close."""
        self._hand_on()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what was not sent is not sent."""
        self._gathered.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Somebody else speaks from now on."""
        self._hand_on()
        self._transport.set_protocol(protocol)
