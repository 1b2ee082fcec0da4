"""A server of MCP that can be made to misbehave: each test says what it answers."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiohttp import web

from tests.unit.adapters.mcp.authority import Authority

Answering = Callable[[web.Request, Mapping[str, Any]], Awaitable[web.StreamResponse]]
ECHO = {
    "name": "echo",
    "description": "Says it again.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
}


def as_json(asked: Mapping[str, Any], result: Any) -> web.Response:
    return web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": result})


def event(message: Mapping[str, Any], event_id: str = "") -> bytes:
    return ((f"id: {event_id}\n" if event_id else "") + f"data: {json.dumps(message)}\n\n").encode()


async def streaming(request: web.Request, *pieces: bytes) -> web.StreamResponse:
    """Those pieces as a stream, which then ends."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response


class Served:
    """Well-behaved, but for what `answers` says by method; `resumed` answers requests to go on."""

    def __init__(self) -> None:
        self.port = 0
        self.version = "2025-11-25"
        self.session = "session-1"
        self.tools: list[Any] = [ECHO]
        self.answers: dict[str, Answering] = {}
        self.resumed: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
        self.messages: list[Mapping[str, Any]] = []
        self.requests: list[web.Request] = []
        self.authority: Authority | None = None
        self.heard = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    async def until(self, method: str) -> Mapping[str, Any]:
        """The first message of that method, once it has come."""
        async with self.heard:
            await self.heard.wait_for(lambda: any(each.get("method") == method for each in self.messages))
        return next(each for each in self.messages if each.get("method") == method)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self.authority is not None and not self.authority.lets_in(request):
            where = f"http://127.0.0.1:{self.port}/.well-known/oauth-protected-resource/mcp"
            return web.Response(status=401, headers={"WWW-Authenticate": f'Bearer resource_metadata="{where}"'})
        if request.method == "DELETE":
            return web.Response()
        if request.method == "GET":
            return await self.resumed(request) if self.resumed is not None else web.Response(status=405)
        message = await request.json()
        async with self.heard:
            self.messages.append(message)
            self.heard.notify_all()
        if "method" not in message or "id" not in message:
            return web.Response(status=202)
        return await self.answers.get(message["method"], self._well)(request, message)

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """What the authority says, which is on the same port."""
        if self.authority is None:
            return web.Response(status=404)
        return await self.authority.handle(request, f"http://127.0.0.1:{self.port}")

    async def _well(self, request: web.Request, asked: Mapping[str, Any]) -> web.StreamResponse:
        match asked["method"]:
            case "initialize":
                said = {"protocolVersion": self.version, "capabilities": {"tools": {}}, "serverInfo": {"name": "far"}}
                response = as_json(asked, said)
                if self.session:
                    response.headers["Mcp-Session-Id"] = self.session
                return response
            case "tools/list":
                return as_json(asked, {"tools": self.tools})
            case _:
                text = str(asked["params"]["arguments"].get("text"))
                answer = {"jsonrpc": "2.0", "id": asked["id"], "result": {"content": [{"type": "text", "text": text}]}}
                return await streaming(request, event(answer))


@contextmanager
def served_apart() -> Iterator[Served]:
    """One on an event loop of its own, for callers that have none, or one each."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    serving = served()
    try:
        yield asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result()
        asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    server = Served()
    app = web.Application()
    app.router.add_route("*", "/mcp", server.handle)
    app.router.add_route("*", "/{path:.*}", server.authorize)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()
