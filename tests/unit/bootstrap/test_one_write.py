"""The head of an answer leaves with its body."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from loomwork.bootstrap.listening import bound_socket
from loomwork.bootstrap.one_write import LARGEST_JOINED, HeadKeeper, HttpProtocol

ASK = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\n\r\n"

Send = Callable[[dict[str, Any]], Awaitable[None]]
Answering = Callable[[Send], Awaitable[None]]


class _Written(asyncio.Transport):
    """What was written, write by write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


@asynccontextmanager
async def _asked(answering: Answering) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server that answers so, on which one request was sent."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering(send)

    server = uvicorn.Server(
        uvicorn.Config(app, http=HttpProtocol, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=5)
    )
    with bound_socket("127.0.0.1", 0) as listening:
        listening.listen()
        serving = asyncio.create_task(server.serve([listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(ASK)
        try:
            yield reader, writer
        finally:
            writer.close()
            server.should_exit = True
            await serving


def _start(size: int | None = None) -> dict[str, Any]:
    headers = [] if size is None else [(b"content-length", b"%d" % size)]
    return {"type": "http.response.start", "status": 200, "headers": headers}


def _body(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def test_a_head_and_the_body_behind_it_are_one_write() -> None:
    plain = _Written()
    keeper = HeadKeeper(plain)

    keeper.write(HEAD)
    keeper.write(b"body")
    await asyncio.sleep(0)

    assert plain.writes == [HEAD + b"body"]


async def test_a_head_whose_body_is_long_in_coming_leaves_by_itself() -> None:
    plain = _Written()
    keeper = HeadKeeper(plain)

    keeper.write(HEAD)
    assert plain.writes == []
    await asyncio.sleep(0)
    assert plain.writes == [HEAD]
    keeper.write(b"body")

    assert plain.writes == [HEAD, b"body"]


async def test_a_large_body_is_not_copied_behind_its_head() -> None:
    plain = _Written()
    keeper = HeadKeeper(plain)
    large = bytes(LARGEST_JOINED + 1)

    keeper.write(HEAD)
    keeper.write(large)

    assert plain.writes == [HEAD, large]


async def test_what_is_closed_has_sent_its_head_before() -> None:
    plain = _Written()
    keeper = HeadKeeper(plain)

    keeper.write(HEAD)
    keeper.close()

    assert plain.writes == [HEAD]
    assert keeper.is_closing()


async def test_nothing_is_written_to_a_client_that_has_gone() -> None:
    plain = _Written()
    keeper = HeadKeeper(plain)

    keeper.write(HEAD)
    keeper.drop()
    await asyncio.sleep(0)

    assert plain.writes == []


@pytest.mark.parametrize("size", [0, 4, LARGEST_JOINED * 3])
async def test_an_answer_arrives_whole_whatever_its_size(size: int) -> None:
    async def answering(send: Send) -> None:
        await send(_start(size))
        await send(_body(b"x" * size))

    async with _asked(answering) as (reader, writer):
        for _ in range(2):
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"content-length: %d\r\n" % size in head
            assert await reader.readexactly(size) == b"x" * size
            writer.write(ASK)


async def test_the_head_of_a_stream_does_not_wait_for_its_first_piece() -> None:
    may_go_on = asyncio.Event()

    async def answering(send: Send) -> None:
        await send(_start())
        await may_go_on.wait()
        await send(_body(b"late"))

    async with _asked(answering) as (reader, _):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
        may_go_on.set()
        assert await reader.readuntil(b"0\r\n\r\n") == b"4\r\nlate\r\n0\r\n\r\n"
