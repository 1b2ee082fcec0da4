"""A real HTTP server on loopback that answers every POST with exactly the bytes a test tells it to."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from loomwork.model_gateway.domain.chat import ChatEvent, Message
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.ports import Call, ChatWire

KEY = "sk-very-secret-key-0123456789"


@dataclass
class Script:
    """`pieces` are written one by one; then the body ends, or the socket is torn (`cut`), or nothing more happens.
    With `drop` the request is read and its connection closed without an answer, with `reset` it is torn so that the
    other side hears of an error, with `mute` not even headers come.
    """

    pieces: Sequence[bytes] = ()
    status: int = 200
    content_type: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    hang: bool = False
    drop: bool = False
    reset: bool = False
    mute: bool = False


class ScriptedProvider:
    def __init__(self) -> None:
        self.script = Script()
        self.url = ""
        self.bodies: list[dict[str, Any]] = []
        self.forms: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.left = asyncio.Event()
        self._transports: list[asyncio.BaseTransport] = []

    def close_connections(self) -> None:
        for transport in self._transports:
            transport.close()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        self.paths.append(request.raw_path)
        if request.transport is not None:
            self._transports.append(request.transport)
        await self._keep(request)
        script = self.script
        if script.mute:
            await self._until_left()
        if script.drop and request.transport is not None:
            request.transport.close()
        response = web.StreamResponse(
            status=script.status, headers={"Content-Type": script.content_type, **script.headers}
        )
        await response.prepare(request)
        try:
            for piece in script.pieces:
                await response.write(piece)
            if script.hang:
                await asyncio.sleep(3600)
        finally:
            self.left.set()
        if script.reset:
            _reset(request)
        if script.cut and request.transport is not None:
            request.transport.close()
        return response

    async def _keep(self, request: web.Request) -> None:
        body = await request.read()
        if request.content_type == "application/json":
            self.bodies.append(json.loads(body))
        else:
            self.forms.append(body)

    async def _until_left(self) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            self.left.set()


def _reset(request: web.Request) -> None:
    """Close the socket so that what was not read yet counts as lost (RST in place of FIN)."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


@asynccontextmanager
async def provider() -> AsyncIterator[ScriptedProvider]:
    scripted = ScriptedProvider()
    app = web.Application()
    app.router.add_post("/{path:.*}", scripted.answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield scripted
    finally:
        await runner.cleanup()


def a_call(url: str, **changes: Any) -> Call:
    values: dict[str, Any] = {
        "provider": "acme",
        "model": "small",
        "messages": (Message("system", "Be brief."), Message("user", "Hello?")),
        "connection": Connection(url, KEY),
        "profile": Profile(structured_output="json_schema"),
    }
    return Call(**{**values, **changes})


def chunk(text: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return {"choices": [{"index": 0, "delta": {**delta, **more.pop("delta", {})}, **more}]}


def sse(*chunks: Mapping[str, Any] | str, ending: str = "\n") -> bytes:
    """Chunks as the bytes of an event stream."""
    texts = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in chunks]
    return "".join(f"data: {text}{ending}{ending}" for text in texts).encode()


async def events_of(wire: ChatWire, call: Call) -> list[ChatEvent]:
    return [event async for event in wire.chat(call)]
