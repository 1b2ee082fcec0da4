"""Sessions with servers of MCP over real sockets, well-behaved ones and hostile ones."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from loomwork.adapters.egress import EgressGate
from loomwork.adapters.mcp import session as sessions
from loomwork.adapters.mcp.connecting import connected
from loomwork.adapters.mcp.server import McpServer
from loomwork.tools.api import (
    ToolCredentialsRefused,
    ToolOutputInvalid,
    ToolOutputTooLarge,
    ToolRefused,
    ToolTimeout,
    ToolUnavailable,
)
from tests.unit.adapters.mcp.mcp_server import Served, as_json, event, streaming

ECHOED = {"content": [{"type": "text", "text": "hi"}]}
CALL = {"name": "echo", "arguments": {"text": "hi"}}


async def called(gate: EgressGate, server: McpServer) -> Mapping[str, Any]:
    async with connected(gate, server) as session:
        return await session.ask("tools/call", CALL)


async def test_a_session_begins_asks_and_ends_as_the_protocol_says(
    far: Served, gate: EgressGate, server: McpServer
) -> None:
    assert await called(gate, server) == ECHOED
    assert [each["method"] for each in far.messages] == ["initialize", "notifications/initialized", "tools/call"]
    assert [each.method for each in far.requests] == ["POST", "POST", "POST", "DELETE"]
    first, *others = far.requests
    assert "Mcp-Session-Id" not in first.headers
    assert {each.headers["Mcp-Session-Id"] for each in others} == {"session-1"}
    assert {each.headers["MCP-Protocol-Version"] for each in others} == {"2025-11-25"}
    assert {each.headers["Authorization"] for each in far.requests} == {"Bearer secret-token"}


async def test_an_older_revision_of_the_server_is_spoken(far: Served, gate: EgressGate, server: McpServer) -> None:
    far.version, far.session = "2025-03-26", ""
    assert await called(gate, server) == ECHOED
    assert far.requests[-1].headers["MCP-Protocol-Version"] == "2025-03-26"
    assert far.requests[-1].method == "POST"


async def test_a_revision_that_nobody_knows_is_refused_and_nothing_more_is_asked(
    far: Served, gate: EgressGate, server: McpServer
) -> None:
    far.version = "1999-01-01"
    with pytest.raises(ToolOutputInvalid, match="has to speak one of 2025-11-25"):
        await called(gate, server)
    assert [each.get("method") for each in far.messages] == ["initialize"]


async def test_an_answer_that_breaks_off_is_taken_up_where_it_ended(
    far: Served, gate: EgressGate, server: McpServer
) -> None:
    async def breaks_off(request: web.Request, _: Mapping[str, Any]) -> web.StreamResponse:
        return await streaming(request, b"id: event-7\nretry: 1\ndata:\n\n")

    async def goes_on(request: web.Request) -> web.StreamResponse:
        return await streaming(request, event({"jsonrpc": "2.0", "id": 2, "result": ECHOED}, "event-8"))

    far.answers["tools/call"], far.resumed = breaks_off, goes_on
    assert await called(gate, server) == ECHOED
    assert [each.headers.get("Last-Event-ID") for each in far.requests if each.method == "GET"] == ["event-7"]
    assert [each["method"] for each in far.messages].count("tools/call") == 1


async def test_an_answer_that_cannot_be_taken_up_is_not_asked_for_again(
    far: Served, gate: EgressGate, server: McpServer
) -> None:
    async def breaks_off(request: web.Request, _: Mapping[str, Any]) -> web.StreamResponse:
        return await streaming(request, b": nothing\n\n")

    far.answers["tools/call"] = breaks_off
    with pytest.raises(ToolUnavailable, match="broke off before its answer") as caught:
        await called(gate, server)
    assert not caught.value.unsent
    assert [each["method"] for each in far.messages].count("tools/call") == 1


async def test_a_server_that_always_breaks_off_is_left_in_the_end(
    far: Served, gate: EgressGate, server: McpServer
) -> None:
    async def again(request: web.Request) -> web.StreamResponse:
        return await streaming(request, b"id: same\nretry: 1\ndata:\n\n")

    async def first(request: web.Request, _: Mapping[str, Any]) -> web.StreamResponse:
        return await again(request)

    far.answers["tools/call"], far.resumed = first, again
    with pytest.raises(ToolUnavailable, match="broke off"):
        await called(gate, server)
    assert [each.method for each in far.requests].count("GET") == sessions.MOST_RESUMED


async def test_a_server_that_hangs_is_told_that_nobody_waits(far: Served, gate: EgressGate, server: McpServer) -> None:
    async def hangs(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    far.answers["tools/call"] = hangs
    with pytest.raises(ToolTimeout):
        await called(gate, replace(server, timeout=0.3))
    assert (await far.until("notifications/cancelled"))["params"]["requestId"] == 2


async def test_a_call_that_is_cancelled_is_cancelled_there_too(
    far: Served, gate: EgressGate, server: McpServer
) -> None:
    async def hangs(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    far.answers["tools/call"] = hangs
    calling = asyncio.create_task(called(gate, server))
    await far.until("tools/call")
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert (await far.until("notifications/cancelled"))["params"]["requestId"] == 2


async def test_what_a_server_asks_before_its_answer_is_answered(
    far: Served, gate: EgressGate, server: McpServer
) -> None:
    async def asks_first(request: web.Request, asked: Mapping[str, Any]) -> web.StreamResponse:
        ping = {"jsonrpc": "2.0", "id": "p", "method": "ping"}
        wants = {"jsonrpc": "2.0", "id": 2, "method": "sampling/createMessage", "params": {}}
        answer = {"jsonrpc": "2.0", "id": asked["id"], "result": ECHOED}
        return await streaming(request, event(ping), event(wants), event(answer))

    far.answers["tools/call"] = asks_first
    assert await called(gate, server) == ECHOED
    said = [each for each in far.messages if "method" not in each]
    assert said[0] == {"jsonrpc": "2.0", "id": "p", "result": {}}
    assert said[1]["error"]["code"] == -32601


async def test_a_server_that_only_asks_is_left(far: Served, gate: EgressGate, server: McpServer) -> None:
    async def only_asks(request: web.Request, _: Mapping[str, Any]) -> web.StreamResponse:
        pings = [event({"jsonrpc": "2.0", "id": number, "method": "ping"}) for number in range(500)]
        return await streaming(request, *pings)

    far.answers["tools/call"] = only_asks
    with pytest.raises(ToolRefused, match="asks too much"):
        await called(gate, server)
    assert len([each for each in far.messages if "method" not in each]) == sessions.MOST_ASKED


@pytest.mark.parametrize("piece", [b"x" * 65_536, b"data: x\n\n" * 8_192], ids=["one line", "many events"])
async def test_a_flood_is_stopped_at_its_limit(
    far: Served, gate: EgressGate, server: McpServer, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_BYTES", 1024 * 1024)
    piece = piece.replace(b"data: x", b": xxxxx")

    async def floods(request: web.Request, _: Mapping[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            await response.write(piece)

    far.answers["tools/call"] = floods
    with pytest.raises(ToolOutputTooLarge):
        await called(gate, server)


@pytest.mark.parametrize("place", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "/mcp?again"])
async def test_no_redirect_is_followed(far: Served, gate: EgressGate, server: McpServer, place: str) -> None:
    async def elsewhere(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": place})

    far.answers["initialize"] = elsewhere
    with pytest.raises((ToolRefused, ToolUnavailable)):
        await called(gate, server)
    assert len(far.requests) == 1


async def test_a_server_inside_is_not_asked_at_all(gate: EgressGate) -> None:
    with pytest.raises(ToolRefused, match="metadata service of a cloud"):
        await called(gate, McpServer("http://169.254.169.254/mcp", "Inside"))


@pytest.mark.parametrize(
    ("status", "error"), [(401, ToolCredentialsRefused), (403, ToolCredentialsRefused), (500, ToolUnavailable)]
)
async def test_refusals_say_what_to_do_and_hold_no_secret(
    far: Served, gate: EgressGate, server: McpServer, status: int, error: type[Exception]
) -> None:
    async def refuses(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        return web.Response(status=status, text="you sent secret-token")

    far.answers["initialize"] = refuses
    with pytest.raises(error) as caught:
        await called(gate, server)
    assert "secret-token" not in str(caught.value)


async def test_the_sentence_of_a_server_is_told_without_our_secret(
    far: Served, gate: EgressGate, server: McpServer
) -> None:
    async def refuses(_: web.Request, asked: Mapping[str, Any]) -> web.StreamResponse:
        error = {"code": -32602, "message": "no echo for secret-token"}
        return web.json_response({"jsonrpc": "2.0", "id": asked["id"], "error": error})

    far.answers["tools/call"] = refuses
    with pytest.raises(ToolRefused, match=r"Far refuses: no echo for \*\*\*"):
        await called(gate, server)


async def test_a_session_that_was_forgotten_may_be_begun_anew(far: Served, gate: EgressGate, server: McpServer) -> None:
    async def forgot(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        return web.Response(status=404)

    far.answers["tools/call"] = forgot
    with pytest.raises(ToolUnavailable, match="forgotten") as caught:
        await called(gate, server)
    assert caught.value.unsent


@pytest.mark.parametrize("said", [b"<html>", b"[1]", b'{"jsonrpc":"2.0","id":99,"result":{}}', b"[" * 100_000])
async def test_what_is_no_answer_is_refused_in_words(
    far: Served, gate: EgressGate, server: McpServer, said: bytes
) -> None:
    async def nonsense(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        return web.Response(body=said, content_type="application/json")

    far.answers["tools/call"] = nonsense
    with pytest.raises(ToolOutputInvalid, match="Far answered"):
        await called(gate, server)


async def test_a_session_id_that_none_may_have_is_refused(far: Served, gate: EgressGate, server: McpServer) -> None:
    async def begins(_: web.Request, asked: Mapping[str, Any]) -> web.StreamResponse:
        response = as_json(asked, {"protocolVersion": "2025-11-25", "capabilities": {}})
        response.headers["Mcp-Session-Id"] = "a b"
        return response

    far.answers["initialize"] = begins
    with pytest.raises(ToolOutputInvalid, match="an id that none may have"):
        await called(gate, server)
