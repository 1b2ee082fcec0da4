"""What is written in one turn of the loop leaves in one piece, in order, and no more of it waits than it should."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from loomwork.bootstrap.gathering import ROOM, Gathering, GatheringProtocol
from loomwork.bootstrap.listening import bound_socket

pytestmark = pytest.mark.anyio

HEAD = {"type": "http.response.start", "status": 200, "headers": []}


class Wire(asyncio.Transport):
    """Writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.told.append(bytes(data))

    def close(self) -> None:
        self.told.append("close")

    def abort(self) -> None:
        self.told.append("abort")


async def test_what_is_written_in_one_turn_is_one_write() -> None:
    wire = Wire()
    transport = Gathering(wire, asyncio.get_running_loop())
    transport.write(b"head ")
    transport.write(memoryview(b"body"))
    assert wire.told == []
    await asyncio.sleep(0)
    assert wire.told == [b"head body"]
    transport.write(b"more")
    await asyncio.sleep(0)
    assert wire.told == [b"head body", b"more"]


async def test_what_is_large_leaves_at_once_and_in_order() -> None:
    wire = Wire()
    transport = Gathering(wire, asyncio.get_running_loop())
    transport.write(b"a")
    transport.write(b"b" * ROOM)
    transport.write(b"c")
    assert wire.told == [b"a" + b"b" * ROOM]
    await asyncio.sleep(0)
    assert wire.told[1:] == [b"c"]


async def test_closing_sends_what_was_written_and_aborting_does_not() -> None:
    closed, aborted = Wire(), Wire()
    for wire, end in ((closed, Gathering.close), (aborted, Gathering.abort)):
        transport = Gathering(wire, asyncio.get_running_loop())
        transport.write(b"last")
        end(transport)
        await asyncio.sleep(0)
    assert closed.told == [b"last", "close"]
    assert aborted.told == ["abort"]


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[int]:
    config = uvicorn.Config(app, http=GatheringProtocol, ws="none", lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    with bound_socket("127.0.0.1", 0) as listening:
        # So that whoever connects before the server accepts waits.
        listening.listen()
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            await serving


async def test_requests_on_one_connection_are_answered_whole() -> None:
    async def app(_: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(HEAD)
        await send({"type": "http.response.body", "body": b"hello"})

    async with served(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readuntil(b"0\r\n\r\n") == b"5\r\nhello\r\n0\r\n\r\n"
        writer.close()
        await writer.wait_closed()


async def test_whoever_does_not_read_holds_the_answer_back() -> None:
    made = 0
    stuck = asyncio.Event()

    async def app(_: Any, receive: Any, send: Any) -> None:
        nonlocal made
        await receive()
        await send(HEAD)
        for _ in range(10_000):
            sending = asyncio.ensure_future(
                send({"type": "http.response.body", "body": b"x" * ROOM, "more_body": True})
            )
            await asyncio.wait([sending], timeout=1)
            if not sending.done():
                stuck.set()
            await sending
            made += 1

    async with served(app) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        async with asyncio.timeout(60):
            await stuck.wait()
        assert made * ROOM < 100_000_000
        writer.transport.abort()
