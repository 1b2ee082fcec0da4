"""What becomes of a question where the service is not there, dies, falls silent or says something else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from loomwork.adapters.remote.line import Line
from loomwork.adapters.remote.models import RemoteModels
from loomwork.kernel.scope import embedded_scope
from loomwork.model_gateway.api import ChatEvent, ChatRequest, Message, ModelUnavailable, TextDelta

KEY = "a-key-that-nobody-may-ever-read-0123"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
FINISHED = b'{"finished":{"finish_reason":"stop","usage":{"prompt_tokens":1,"completion_tokens":1}}}\n'

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@asynccontextmanager
async def service(answer: Answer) -> AsyncIterator[str]:
    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(size)
        await answer(writer)

    async with await asyncio.start_server(on_connect, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def heard(url: str, *, silent_seconds: float = 20) -> tuple[list[ChatEvent], ModelUnavailable | None]:
    """What came, and how it ended."""
    line = Line(url, KEY, silent_seconds=silent_seconds)
    events: list[ChatEvent] = []
    try:
        async for event in RemoteModels(line).chat(embedded_scope(), ChatRequest("a/b", [Message("user", "Hello?")])):
            events.append(event)  # noqa: PERF401 - what was heard before a failure counts too
    except ModelUnavailable as error:
        return events, error
    finally:
        await line.close()
    return events, None


async def test_a_service_that_dies_in_mid_answer_is_an_outage() -> None:
    async def die(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(b'{"text":"Once"}\n'))
        await writer.drain()
        writer.transport.abort()

    async with service(die) as url:
        events, error = await heard(url)
    assert error is not None
    assert error.cause == "outage"
    assert events in ([], [TextDelta("Once")])


async def test_an_answer_that_ends_without_its_end_is_an_outage() -> None:
    async def stop(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(b'{"text":"Once"}\n') + chunk(b"")[:3] + b"\r\n")
        await writer.drain()
        writer.close()

    async with service(stop) as url:
        events, error = await heard(url)
    assert events == [TextDelta("Once")]
    assert error is not None
    assert error.cause == "outage"


async def test_a_service_that_falls_silent_is_an_outage() -> None:
    ended = asyncio.Event()

    async def fall_silent(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(b'{"text":"Once"}\n'))
        await writer.drain()
        await ended.wait()
        writer.close()

    async with service(fall_silent) as url:
        events, error = await heard(url, silent_seconds=0.2)
        ended.set()
    assert events == [TextDelta("Once")]
    assert error is not None
    assert (error.cause, "sign of life" in error.message) == ("outage", True)


async def test_signs_of_life_are_no_events() -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(b"\n\n") + chunk(b'{"te') + chunk(b'xt":"Once"}\n\n' + FINISHED) + b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with service(answer) as url:
        events, error = await heard(url)
    assert error is None
    assert events[0] == TextDelta("Once")
    assert len(events) == 2


async def test_a_service_that_dies_right_after_the_end_has_answered() -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(FINISHED))
        await writer.drain()
        writer.close()

    async with service(answer) as url:
        events, error = await heard(url)
    assert error is None
    assert len(events) == 1


@pytest.mark.parametrize(
    "said", [b"<html>\n", b"[1]\n", b'{"new":1}\n', b'{"error":{}}\n', b'{"finished":{"usage":1}}\n']
)
async def test_what_is_no_answer_is_not_taken_for_one(said: bytes) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(said) + b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with service(answer) as url:
        events, error = await heard(url)
    assert events == []
    assert error is not None
    assert error.cause == "bad_answer"


async def test_nobody_there_is_an_outage() -> None:
    async with service(lambda _: asyncio.sleep(0)) as url:
        pass
    _, error = await heard(url)
    assert error is not None
    assert (error.cause, error.message) == ("outage", "The inference service cannot be reached.")


async def test_a_service_with_another_key_says_which_setting_to_look_at() -> None:
    async def refuse(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with service(refuse) as url:
        _, error = await heard(url)
    assert error is not None
    assert error.cause == "not_configured"
    assert "LOOMWORK_INTERNAL_KEY" in error.message
    assert KEY not in repr(error)
