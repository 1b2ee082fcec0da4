"""Streams of bytes with a heartbeat, and streams that are opened before their status is sent."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from loomwork.interface.http.streams import ROOM, closed_after, event_stream, opened, with_heartbeat

pytestmark = pytest.mark.anyio

BEAT = b"beat"


async def test_chunks_that_come_together_are_one_piece_and_none_is_lost() -> None:
    gate = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"a", b"b", b"c"):
            yield chunk
        await gate.wait()
        yield b"d"

    told = with_heartbeat(chunks(), beat=BEAT, every=60)
    assert await anext(told) == b"abc"
    gate.set()
    assert [piece async for piece in told] == [b"d"]


async def test_a_beat_is_heard_while_nothing_comes() -> None:
    gate = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        await gate.wait()
        yield b"late"

    told = with_heartbeat(chunks(), beat=BEAT, every=0.01)
    assert [await anext(told), await anext(told)] == [BEAT, BEAT]
    gate.set()
    assert [piece async for piece in told if piece != BEAT] == [b"late"]


async def test_whoever_reads_slowly_holds_the_maker_back() -> None:
    made = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal made
        while True:
            made += 1024
            yield b"x" * 1024

    told = with_heartbeat(chunks(), beat=BEAT, every=60)
    for taken in range(1, 4):
        assert len(await anext(told)) <= ROOM + 1024
        assert made <= taken * (ROOM + 1024) + ROOM + 1024
    await told.aclose()


async def test_an_error_comes_after_what_was_said_before_it() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"said"
        raise ValueError("cut")

    told = with_heartbeat(chunks(), beat=BEAT, every=60)
    assert await anext(told) == b"said"
    with pytest.raises(ValueError, match="cut"):
        await anext(told)


async def test_closing_a_stream_ends_what_makes_it() -> None:
    ended = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            await asyncio.Event().wait()
        finally:
            ended.set()

    told = with_heartbeat(chunks(), beat=BEAT, every=60)
    assert await anext(told) == b"first"
    await told.aclose()
    assert ended.is_set()


async def test_what_fails_at_once_fails_before_the_stream_is_opened() -> None:
    async def items() -> AsyncIterator[int]:
        raise ValueError("refused")
        yield 1

    with pytest.raises(ValueError, match="refused"):
        await opened(items(), patience=60)


async def test_what_takes_long_is_opened_without_its_first_item() -> None:
    gate = asyncio.Event()

    async def items() -> AsyncIterator[int]:
        await gate.wait()
        yield 1
        yield 2

    late = await opened(items(), patience=0.01)
    gate.set()
    assert [item async for item in late] == [1, 2]


async def test_giving_up_on_the_first_item_closes_the_stream() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def items() -> AsyncIterator[int]:
        try:
            begun.set()
            await asyncio.Event().wait()
            yield 1
        finally:
            ended.set()

    opening = asyncio.ensure_future(opened(items(), patience=60))
    await begun.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert ended.is_set()


async def test_the_end_of_a_stream_leaves_with_its_last_chunk_and_before_its_maker_tidies_up() -> None:
    happened: list[str] = []

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            yield b"last"
        finally:
            happened.append("tidied up")

    async def told(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            yield chunk
            if chunk == b"last":
                return

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            happened.append(f"{message['body'].decode()}, {message['more_body']}")
            asyncio.get_running_loop().call_soon(happened.append, "a round")

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    made = chunks()
    answer = event_stream(with_heartbeat(told(made), beat=BEAT, every=60), after=closed_after(made))
    await answer({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    assert happened[:2] == ["firstlast, True", ", False"]
    assert happened[-1] == "tidied up"
    assert "a round" in happened[2:-1]


async def test_what_was_to_be_done_after_a_stream_is_done_when_the_client_has_gone() -> None:
    closed = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def send(message: Message) -> None:
        del message

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    made = chunks()
    await event_stream(made, after=closed_after(made))({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    assert closed.is_set()
