"""A session over the transport of before: a stream of events that stays open, and messages that are posted beside it
(Model Context Protocol, revision 2024-11-05, Transports).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urljoin, urlsplit

from loomwork.adapters.mcp.events import events
from loomwork.adapters.mcp.messages import Message, answer_to, asks, read, result
from loomwork.adapters.mcp.server import McpServer
from loomwork.adapters.mcp.session import (
    GOODBYE,
    MOST_ASKED,
    MOST_BYTES,
    VERSIONS,
    NotStreamable,
    Session,
    media_type,
)
from loomwork.adapters.tools.asking import failures, refused
from loomwork.nodes.ports import EgressLimits, EgressRequest, EgressResponse, EgressStream, StreamingEgress
from loomwork.tools.api import ToolCredentialsRefused, ToolFailed, ToolOutputInvalid, ToolRefused, ToolUnavailable

SESSION_TURNS = 4
"""How many times the time of one answer a session may last: it begins, asks, and lists some pages."""

_REFUSAL = 64 * 1024


class SseSession(Session):
    """Made by `connected_by_events`."""

    versions = (*VERSIONS, "2024-11-05")

    def __init__(self, egress: StreamingEgress, server: McpServer) -> None:
        super().__init__(server)
        self._egress = egress
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._endpoint: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked = 0

    async def listen(self, stream: EgressStream) -> None:
        """Hand each message on to whoever waits for it, until the stream ends; then nobody waits any more."""
        problem: BaseException = ToolUnavailable(f"{self._server.label} broke off before its answer.")
        try:
            with failures(self._server.label):
                async for event in events(stream.pieces, limit=MOST_BYTES):
                    if event.name == "endpoint":
                        self._learn_endpoint(event.data)
                    elif event.name == "message" and event.data.strip():
                        await self._take(read(event.data, self._server.label))
        except ToolFailed as failure:
            problem = failure
        finally:
            self._give_up(problem)

    async def _answer(self, number: int, asked: Message) -> Message:
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._tell(asked)
            return result(await waiting, self._server.label, self._server.secrets)
        finally:
            self._waiting.pop(number, None)

    async def _tell(self, message: Message) -> None:
        endpoint = await asyncio.shield(self._endpoint)
        limits = EgressLimits(total=self._server.timeout, size=_REFUSAL, redirects=0)
        with failures(self._server.label):
            answer = await self._egress.fetch(self._post(endpoint, message), limits)
        if not 200 <= answer.status < 300:
            raise refused(answer, label=self._server.label, said="", let_in=bool(self._server.headers))

    async def _leave(self, message: Message) -> None:
        if self._endpoint.done() and not self._endpoint.exception():
            limits = EgressLimits(connect=GOODBYE, first_byte=GOODBYE, total=GOODBYE, size=_REFUSAL, redirects=0)
            with suppress(ToolFailed), failures(self._server.label):
                await self._egress.fetch(self._post(self._endpoint.result(), message), limits)

    async def _take(self, message: Message) -> None:
        number = message.get("id")
        if "method" not in message and isinstance(number, int) and number in self._waiting:
            waiting = self._waiting[number]
            if not waiting.done():
                waiting.set_result(message)
        elif asks(message):
            self._asked += 1
            if self._asked > MOST_ASKED:
                raise ToolRefused(f"{self._server.label} asks too much before it answers.")
            await self._tell(answer_to(message))

    def _learn_endpoint(self, said: str) -> None:
        url = urljoin(self._server.url, said.strip())
        if _origin(url) != _origin(self._server.url):
            # What lets us in would go there.
            raise ToolOutputInvalid(f"{self._server.label} wants its messages sent to another place.")
        if not self._endpoint.done():
            self._endpoint.set_result(url)

    def _give_up(self, problem: BaseException) -> None:
        everybody: list[asyncio.Future[Any]] = [self._endpoint, *self._waiting.values()]
        for waiting in everybody:
            if not waiting.done():
                waiting.set_exception(problem)
                # It may be that nobody asks for it any more.
                waiting.exception()

    def _post(self, endpoint: str, message: Message) -> EgressRequest:
        headers = [*self._server.headers.items(), ("Content-Type", "application/json")]
        return EgressRequest("POST", endpoint, headers, json.dumps(message).encode(), self._server.verify_tls)


@asynccontextmanager
async def connected_by_events(egress: StreamingEgress, server: McpServer) -> AsyncIterator[Session]:
    """A session that is ended with the block. Raises `ToolFailed`."""
    headers = [*server.headers.items(), ("Accept", "text/event-stream")]
    opened = EgressRequest("GET", server.url, headers, verify_tls=server.verify_tls)
    most = server.timeout * SESSION_TURNS
    limits = EgressLimits(first_byte=server.timeout, total=most, size=MOST_BYTES, redirects=0)
    with failures(server.label):
        async with egress.stream(opened, limits) as stream:
            _check(stream, server)
            session = SseSession(egress, server)
            listening = asyncio.create_task(session.listen(stream))
            try:
                await session.initialize()
                yield session
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)


def _check(stream: EgressStream, server: McpServer) -> None:
    if stream.status == 401:
        raise ToolCredentialsRefused(f"{server.label} wants to be shown credentials, or others (status 401).")
    if not 200 <= stream.status < 300:
        failed = EgressResponse(stream.status, stream.url, stream.headers, b"")
        raise refused(failed, label=server.label, said="", let_in=bool(server.headers))
    if media_type(stream) != "text/event-stream":
        raise NotStreamable(f"{server.label} answers as no server of MCP does; is this the address of its endpoint?")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
