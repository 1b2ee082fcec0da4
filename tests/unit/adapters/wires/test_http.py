import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from loomwork.adapters.wires.http import LONGEST_PAUSE, Http, address, headers_for, pause
from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.provider import Auth
from loomwork.model_gateway.domain.routes import Patience
from loomwork.model_gateway.ports import Target
from tests.unit.adapters.wires.scripted_provider import KEY, Script, a_call, events_of, provider

NOW = datetime(2026, 5, 4, 3, 2, 0, tzinfo=UTC)


def at(endpoint: str = "https://api.acme.test", **more: Any) -> Target:
    return Target("acme", "small", Connection(endpoint, "k", **more))


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://api.acme.test", "https://api.acme.test/v1/messages"),
        ("https://api.acme.test/v1", "https://api.acme.test/v1/messages"),
        ("https://api.acme.test/anthropic", "https://api.acme.test/anthropic/v1/messages"),
        ("https://acme.test/v1beta1/projects/p", "https://acme.test/v1beta1/projects/p/messages"),
        ("https://v1.acme.test", "https://v1.acme.test/v1/messages"),
    ],
)
def test_the_version_is_put_in_where_the_endpoint_does_not_say_it(endpoint: str, expected: str) -> None:
    assert address(at(endpoint), "chat", "/messages", "v1") == expected


def test_a_file_may_say_the_path_and_add_to_the_query() -> None:
    target = at(paths={"rerank": "/models/{model}/rank"}, query={"api-version": "2026-01-01"})
    assert address(target, "rerank", "/rerank") == "https://api.acme.test/models/small/rank?api-version=2026-01-01"
    assert address(target, "chat", "/chat") == "https://api.acme.test/chat?api-version=2026-01-01"


def test_an_endpoint_and_a_model_are_written_in_characters_of_an_address() -> None:
    target = replace(at("https://exämple.test/ä b/"), model="m/ö 1")
    assert address(target, "chat", "/chat") == "https://xn--exmple-cua.test/%C3%A4%20b/chat"
    filed = replace(target, connection=replace(target.connection, paths={"chat": "{model}"}))
    assert address(filed, "chat", "/chat").endswith("/%C3%A4%20b/m/%C3%B6%201")


def test_what_an_endpoint_asks_is_asked_of_every_path_and_a_file_says_it_otherwise() -> None:
    target = at("https://api.acme.test/openai/?api-version=1&tenant=a%20b#top")
    assert address(target, "chat", "/chat", "v1") == "https://api.acme.test/openai/v1/chat?api-version=1&tenant=a+b"
    filed = replace(target, connection=replace(target.connection, query={"api-version": "2"}))
    assert address(filed, "chat", "/chat") == "https://api.acme.test/openai/chat?api-version=2&tenant=a+b"


def test_an_endpoint_that_is_no_address_is_told() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        address(at("https://acme.test:99999"), "chat", "/chat")
    assert caught.value.cause == "not_configured"


def test_the_key_goes_as_the_file_or_else_the_dialect_wants_it() -> None:
    usual = Auth(header="x-api-key", prefix="")
    assert headers_for(at(), {}, usual=usual)["X-Api-Key"] == "k"
    filed = headers_for(at(auth=Auth()), {}, usual=usual)
    assert filed["Authorization"] == "Bearer k"
    assert "x-api-key" not in filed
    assert "Authorization" not in headers_for(Target("acme", "small"), {})


def test_what_a_file_adds_replaces_what_the_dialect_sends_in_any_case() -> None:
    headers = headers_for(at(headers={"Anthropic-Version": "tomorrow"}), {"anthropic-version": "today"})
    assert headers.getall("anthropic-version") == ["tomorrow"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "1e99"}, LONGEST_PAUSE),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 04 May 2026 03:02:30 +99999999999999"}, None),
        ({"Retry-After": "Mon, 04 May 2026 03:02:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 04 May 2026 03:01:00 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
    ],
)
def test_a_wish_for_a_pause_is_read_in_every_form(headers: dict[str, str], expected: float | None) -> None:
    assert pause(headers, now=NOW) == expected


@asynccontextmanager
async def saying(answer: bytes) -> AsyncIterator[str]:
    """A server that answers every request with these bytes, and leaves the connection open."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def failure_of(url: str, *, http: Http | None = None, **more: Any) -> ModelUnavailable:
    wire = OpenAIChatWire(http)
    try:
        with pytest.raises(ModelUnavailable) as caught:
            await events_of(wire, a_call(url, **more))
    finally:
        await wire.close()
    return caught.value


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-server\r\n",
        b"HTTP/1.1 200 OK\r\nX-Echo: " + KEY.encode() + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX\x00: " + KEY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nabcde",
    ],
)
async def test_what_is_not_http_is_a_bad_answer_and_is_not_shown(answer: bytes) -> None:
    async with saying(answer) as url:
        problem = await failure_of(f"{url}?token=t0ken")
    assert problem.cause == "bad_answer"
    assert str(problem) == "acme/small cannot be understood: it sent something that is not HTTP."


async def test_a_status_counts_though_the_words_of_its_error_never_end() -> None:
    head = b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nslow down"
    async with saying(head) as url:
        problem = await failure_of(url, patience=Patience(idle=0.05))
    assert (problem.cause, problem.retry_after, problem.status) == ("rate", 7.0, 429)
    assert "slow down" in str(problem)


async def test_a_name_whose_addresses_are_not_found_in_time_is_given_up() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    connection = Connection("http://models.example.com", KEY, vouched=False)
    patience = Patience(connect=0.05, first_token=3600, total=3600)
    problem = await failure_of("", http=Http(lookup=never), connection=connection, patience=patience)
    assert problem.cause == "timeout"


async def test_a_name_that_a_workspace_wrote_may_have_no_address_in_the_house() -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "127.0.0.1"]

    connection = Connection("http://models.example.com", KEY, vouched=False)
    problem = await failure_of("", http=Http(lookup=inside), connection=connection)
    assert problem.cause == "not_configured"
    assert "not on the public internet" in str(problem)


async def test_time_in_which_nobody_waits_for_more_of_an_answer_does_not_count() -> None:
    http = Http(patience=Patience(idle=0.5))
    async with provider() as acme:
        acme.script = Script([b"one", b"two"])
        async with http.post(a_call(acme.url), acme.url, b"{}", {"Content-Type": "application/json"}) as reply:
            said = await reply.piece()
            await asyncio.sleep(0.6)
            while received := await reply.piece():
                said += received
    await http.close()
    assert said == b"onetwo"


async def test_an_answer_is_not_read_before_the_turn_of_who_asked_has_come() -> None:
    turn, http = asyncio.Event(), Http()

    async def wait() -> None:
        await turn.wait()

    async def hear(url: str) -> bytes:
        async with http.post(a_call(url, turn=wait), url, b"{}", {"Content-Type": "application/json"}) as reply:
            return await reply.whole()

    async with provider() as acme:
        acme.script = Script([b"one"])
        asked = asyncio.create_task(hear(acme.url))
        await asyncio.sleep(0.2)
        assert acme.bodies
        assert not asked.done()
        turn.set()
        assert await asked == b"one"
    await http.close()
