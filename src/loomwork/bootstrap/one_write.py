"""Answers over HTTP whose head leaves together with their body."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = b"HTTP/1.1 "
LARGEST_JOINED = 64 * 1024
"""Bytes of a body that are copied behind its head; to copy more would cost more than a write."""


class HttpProtocol(HttpToolsProtocol):
    """As uvicorn speaks HTTP, with one write where it has two. The loop writes at once what it is given: a head by
    itself wakes its client for nothing, and often in the way of the body.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn itself
        super().connection_made(transport)
        self.transport = HeadKeeper(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(self.transport, HeadKeeper):
            self.transport.drop()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """A WebSocket has no heads."""
        if isinstance(self.transport, HeadKeeper):
            self.transport = self.transport.plain
        super().handle_websocket_upgrade()


class HeadKeeper(asyncio.Transport):
    """What uvicorn needs of the transport `plain`. A head is kept until its body is written, and until the loop's next
    round at most: the body of a stream may be long in coming.
    """

    def __init__(self, plain: asyncio.Transport) -> None:
        super().__init__()
        self.plain = plain
        self._head = b""

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        if self._head:
            self._write_behind_head(data)
        elif isinstance(data, bytes) and data.startswith(HEAD):
            self._head = data
            asyncio.get_running_loop().call_soon(self.flush)
        else:
            self.plain.write(data)

    def flush(self) -> None:
        """Write the head, if one is still kept."""
        if self._head:
            head, self._head = self._head, b""
            self.plain.write(head)

    def drop(self) -> None:
        """There is nobody left to write to."""
        self._head = b""

    def close(self) -> None:
        self.flush()
        self.plain.close()

    def is_closing(self) -> bool:
        return self.plain.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.plain.get_extra_info(name, default)

    def _write_behind_head(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        if len(data) > LARGEST_JOINED:
            self.flush()
            self.plain.write(data)
        else:
            head, self._head = self._head, b""
            self.plain.write(head + data)
