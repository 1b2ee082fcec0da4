"""Servers of the transport before: a stream of events, and messages beside it; well-behaved ones and hostile ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.mcp.connecting import connected
from loomwork.adapters.mcp.offers import offers_of
from loomwork.adapters.mcp.server import McpServer
from loomwork.tools.api import ToolCredentialsRefused, ToolFailed, ToolOutputInvalid, ToolTimeout, ToolUnavailable
from tests.unit.adapters.mcp.mcp_server import ECHO

HEADERS = {"Authorization": "Bearer secret-token"}


@dataclass
class Older:
    """One that speaks no streamable HTTP. `endpoint` is where it wants its messages; `ends`: it goes after that."""

    endpoint: str = "/messages?session=1"
    refuses: int = 0
    first: list[Mapping[str, Any]] = field(default_factory=list)
    deaf: bool = False
    ends: bool = False
    port: int = 0
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)
    said: "asyncio.Queue[Mapping[str, Any]]" = field(default_factory=asyncio.Queue)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self.refuses:
            return web.Response(status=self.refuses)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(f"event: endpoint\ndata: {self.endpoint}\n\n".encode())
        for each in self.first:
            await self.say(response, each)
        while not self.ends:
            await self.say(response, await self.said.get())
        return response

    async def say(self, response: web.StreamResponse, message: Mapping[str, Any]) -> None:
        await response.write(f"event: message\ndata: {json.dumps(message)}\n\n".encode())

    async def post(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        message = await request.json()
        self.heard.append(message)
        results = {
            "initialize": {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": {}},
            "tools/list": {"tools": [ECHO]},
            "tools/call": {"content": [{"type": "text", "text": "hi"}]},
        }
        if message.get("method") in results and not self.deaf:
            self.said.put_nowait({"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]})
        return web.Response(status=202)


Serving = Callable[[Older], Awaitable[McpServer]]


@pytest.fixture
async def serve() -> AsyncIterator[Serving]:
    runners: list[web.AppRunner] = []

    async def serving(older: Older) -> McpServer:
        app = web.Application()
        app.router.add_get("/sse", older.stream)
        app.router.add_post("/messages", older.post)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        older.port = runner.addresses[0][1]
        return McpServer(f"http://127.0.0.1:{older.port}/sse", "Older", HEADERS, timeout=10.0)

    yield serving
    for runner in runners:
        await runner.cleanup()


async def called(older: Older, server: McpServer) -> Mapping[str, Any]:
    gate = EgressGate(EgressPolicy(allow=frozenset({f"127.0.0.1:{older.port}"})))
    try:
        async with connected(gate, server) as session:
            offers = await offers_of(session, server.label)
            assert [each.name for each in offers.tools] == ["echo"]
            return await session.ask("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    finally:
        await gate.close()


async def test_a_server_of_the_transport_before_is_found_to_be_one_and_asked(serve: Serving) -> None:
    older = Older()
    server = await serve(older)
    assert await called(older, server) == {"content": [{"type": "text", "text": "hi"}]}
    asked = ["initialize", "notifications/initialized", "tools/list", "tools/call"]
    assert [each["method"] for each in older.heard] == asked
    assert {each.headers["Authorization"] for each in older.requests} == {"Bearer secret-token"}


async def test_what_it_asks_of_us_is_answered(serve: Serving) -> None:
    older = Older(first=[{"jsonrpc": "2.0", "id": "p1", "method": "ping"}, {"jsonrpc": "2.0", "id": 7, "result": {}}])
    await called(older, await serve(older))
    assert {"jsonrpc": "2.0", "id": "p1", "result": {}} in older.heard


@pytest.mark.parametrize("endpoint", ["http://169.254.169.254/x", "https://127.0.0.1/messages", "//example.org/x"])
async def test_nothing_is_sent_to_another_place_than_it_is_at(serve: Serving, endpoint: str) -> None:
    older = Older(endpoint=endpoint)
    with pytest.raises(ToolFailed) as caught:
        await called(older, await serve(older))
    assert isinstance(caught.value.__cause__, ToolOutputInvalid)
    assert older.heard == []


async def test_one_that_breaks_off_is_not_waited_for(serve: Serving) -> None:
    older = Older(ends=True, deaf=True)
    with pytest.raises(ToolFailed) as caught:
        await called(older, await serve(older))
    assert isinstance(caught.value.__cause__, ToolUnavailable)


async def test_one_that_says_nothing_is_waited_for_as_long_as_was_said(serve: Serving) -> None:
    older = Older(deaf=True)
    server = await serve(older)
    with pytest.raises(ToolFailed) as caught:
        await called(older, McpServer(server.url, "Older", timeout=0.2))
    assert isinstance(caught.value.__cause__, ToolTimeout)


async def test_one_that_wants_to_be_shown_credentials_says_so(serve: Serving) -> None:
    older = Older(refuses=401)
    with pytest.raises(ToolCredentialsRefused):
        await called(older, await serve(older))


async def test_an_address_with_no_server_at_all_is_told_as_such(serve: Serving) -> None:
    older = Older(refuses=404)
    with pytest.raises(ToolFailed, match="nor the transport of before"):
        await called(older, await serve(older))
