"""A session with a server of MCP over streamable HTTP (Model Context Protocol, revision 2025-11-25, Transports)."""

import asyncio
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from loomwork.adapters.mcp.events import ServerEvent, events
from loomwork.adapters.mcp.messages import Message, answer_to, answers, asks, notification, read, request, result
from loomwork.adapters.mcp.server import McpServer
from loomwork.adapters.tools.asking import failures, refused
from loomwork.nodes.ports import (
    EgressFailed,
    EgressLimits,
    EgressRequest,
    EgressResponse,
    EgressStream,
    EgressTimeout,
    EgressTooLarge,
    StreamingEgress,
)
from loomwork.tools.api import (
    ToolCredentialsRefused,
    ToolFailed,
    ToolOutputInvalid,
    ToolRefused,
    ToolTimeout,
    ToolUnavailable,
)

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26")
"""Revisions of the protocol that are spoken, the one that is asked for first."""

MOST_BYTES = 8 * 1024 * 1024
"""Of one answer, with all that the server says beside it."""

MOST_RESUMED = 5
MOST_ASKED = 20
"""What a server may ask of us within one answer."""

NO_SUCH_ENDPOINT = frozenset({400, 404, 405})
"""With which a server of the transport before answers the beginning (specification, Backwards Compatibility)."""

LONGEST_PAUSE = 10.0
GOODBYE = 2.0
"""Seconds for what is said in leaving. Nobody waits for an answer to it."""

_SESSION_ID = re.compile(r"[\x21-\x7e]{1,1024}")
_REFUSAL = 64 * 1024


class NotStreamable(ToolRefused):
    """There may be a server here that speaks the transport of before."""


class _Gone(Exception):
    """The stream has ended without the answer."""


class Session(ABC):
    """Asks a server questions, over whichever transport."""

    versions: Sequence[str] = VERSIONS

    def __init__(self, server: McpServer) -> None:
        self._server = server
        self._number = 0
        self._version = ""
        self.capabilities: Message = {}
        self.instructions = ""

    async def ask(self, method: str, params: Message) -> Message:
        """The result. A server that is not waited for any more is told so. Raises `ToolFailed`."""
        self._number += 1
        number = self._number
        try:
            async with asyncio.timeout(self._server.timeout):
                return await self._answer(number, request(number, method, params))
        except TimeoutError:
            await self._cancel(number, method)
            raise ToolTimeout(f"{self._server.label} did not answer in time.") from None
        except (asyncio.CancelledError, ToolTimeout):
            await self._cancel(number, method)
            raise

    async def initialize(self) -> None:
        """Agree on a revision of the protocol. Raises `ToolFailed`."""
        client = {"name": "loomwork", "version": version("loomwork")}
        said = await self.ask("initialize", {"protocolVersion": VERSIONS[0], "capabilities": {}, "clientInfo": client})
        spoken = said.get("protocolVersion")
        if not isinstance(spoken, str) or spoken not in self.versions:
            raise ToolOutputInvalid(
                f"{self._server.label} speaks a revision of MCP that is not spoken here; "
                f"it has to speak one of {', '.join(self.versions)}."
            )
        self._version = spoken
        capabilities, instructions = said.get("capabilities"), said.get("instructions")
        self.capabilities = capabilities if isinstance(capabilities, dict) else {}
        self.instructions = instructions if isinstance(instructions, str) else ""
        await self._tell(notification("notifications/initialized"))

    async def _cancel(self, number: int, method: str) -> None:
        # The specification forbids to cancel the beginning.
        if method != "initialize":
            said = {"requestId": number, "reason": "It is not waited for any more."}
            await self._leave(notification("notifications/cancelled", said))

    @abstractmethod
    async def _answer(self, number: int, asked: Message) -> Message:
        """Send it; the result that comes for it. Raises `ToolFailed`."""

    @abstractmethod
    async def _tell(self, message: Message) -> None:
        """Send what wants no answer. Raises `ToolFailed`."""

    @abstractmethod
    async def _leave(self, message: Message) -> None:
        """Say it in leaving: soon, and whether it arrives or not."""


class McpSession(Session):
    """Over streamable HTTP, one question at a time. Made by `connecting.connected`."""

    def __init__(self, egress: StreamingEgress, server: McpServer) -> None:
        super().__init__(server)
        self._egress = egress
        self._session_id = ""

    async def close(self) -> None:
        """End the session at the server, if it keeps one."""
        if self._session_id:
            await self._send_away(EgressRequest("DELETE", self._server.url, self._headers("application/json")))

    async def _answer(self, number: int, asked: Message) -> Message:
        label = self._server.label
        last_id, pause, resumed = "", 0.0, 0
        sent = self._post(asked)
        while True:
            reader = _Reader(number, label, last_id)
            try:
                with failures(label):
                    message = await self._read(sent, reader)
                return result(message, label, self._server.secrets)
            except _Gone:
                last_id, pause = reader.last_id, reader.pause
            resumed += 1
            if not last_id or resumed > MOST_RESUMED:
                raise ToolUnavailable(f"{label} broke off before its answer.")
            await asyncio.sleep(pause)
            sent = self._get(last_id)

    async def _read(self, sent: EgressRequest, reader: "_Reader") -> Message:
        async with self._egress.stream(sent, self._limits()) as answer:
            await self._check(answer)
            self._remember_session(answer)
            if media_type(answer) != "text/event-stream":
                return await self._whole(answer, reader)
            try:
                async for event in events(answer.pieces, limit=MOST_BYTES):
                    for asked in reader.take(event):
                        await self._tell(answer_to(asked))
                    if reader.found is not None:
                        return reader.found
            except (EgressTimeout, EgressTooLarge):
                raise
            except EgressFailed:
                raise _Gone from None
        raise _Gone

    async def _whole(self, answer: EgressStream, reader: "_Reader") -> Message:
        if media_type(answer) != "application/json":
            raise ToolOutputInvalid(
                f"{self._server.label} answers as no server of MCP does; is this the address of its endpoint?"
            )
        message = read(b"".join([piece async for piece in answer.pieces]), self._server.label)
        if not answers(message, reader.number):
            raise ToolOutputInvalid(f"{self._server.label} answered another question than was asked.")
        return message

    async def _check(self, answer: EgressStream) -> None:
        """Raises `ToolFailed` for what is no success."""
        if 200 <= answer.status < 300:
            return
        label = self._server.label
        if answer.status == 404 and self._session_id:
            raise ToolUnavailable(f"{label} has forgotten the session.", unsent=True)
        if answer.status in NO_SUCH_ENDPOINT and not self._version:
            raise NotStreamable(f"{label} knows no streamable HTTP at this address (status {answer.status}).")
        if answer.status == 401:
            raise ToolCredentialsRefused(f"{label} wants to be shown credentials, or others (status 401).")
        body = await _beginning(answer)
        failed = EgressResponse(answer.status, answer.url, answer.headers, body)
        raise refused(failed, label=label, said="", let_in=bool(self._server.headers))

    def _remember_session(self, answer: EgressStream) -> None:
        given = answer.headers.get("mcp-session-id", "")
        if not given or self._version:
            return
        if _SESSION_ID.fullmatch(given) is None:
            raise ToolOutputInvalid(f"{self._server.label} gives a session an id that none may have.")
        self._session_id = given

    async def _tell(self, message: Message) -> None:
        with failures(self._server.label):
            async with self._egress.stream(self._post(message), self._limits()) as answer:
                await self._check(answer)

    async def _leave(self, message: Message) -> None:
        await self._send_away(self._post(message))

    async def _send_away(self, sent: EgressRequest) -> None:
        limits = EgressLimits(connect=GOODBYE, first_byte=GOODBYE, total=GOODBYE, size=_REFUSAL, redirects=0)
        with suppress(ToolFailed), failures(self._server.label):
            async with self._egress.stream(sent, limits):
                pass

    def _post(self, message: Message) -> EgressRequest:
        headers = [*self._headers("application/json, text/event-stream"), ("Content-Type", "application/json")]
        return self._sent("POST", headers, json.dumps(message).encode())

    def _get(self, last_id: str) -> EgressRequest:
        return self._sent("GET", [*self._headers("text/event-stream"), ("Last-Event-ID", last_id)], None)

    def _sent(self, method: str, headers: list[tuple[str, str]], body: bytes | None) -> EgressRequest:
        return EgressRequest(method, self._server.url, headers, body, self._server.verify_tls)

    def _headers(self, accept: str) -> list[tuple[str, str]]:
        """Ours come last, and no header of the server's settings stands in for one of them."""
        ours = {"Accept": accept}
        if self._version:
            ours["MCP-Protocol-Version"] = self._version
        if self._session_id:
            ours["Mcp-Session-Id"] = self._session_id
        taken = {name.lower() for name in ours} | {"content-type", "last-event-id"}
        theirs = [(name, value) for name, value in self._server.headers.items() if name.lower() not in taken]
        return [*theirs, *ours.items()]

    def _limits(self) -> EgressLimits:
        # A redirect would carry what lets us in, and what a model has said, to a host that nobody has named.
        seconds = self._server.timeout
        return EgressLimits(first_byte=seconds, total=seconds, size=MOST_BYTES, redirects=0)


class _Reader:
    """Finds the answer among all that comes."""

    def __init__(self, number: int, label: str, last_id: str) -> None:
        self.number = number
        self.last_id = last_id
        self.pause = 0.0
        self.found: Message | None = None
        self._label = label
        self._asked = 0

    def take(self, event: ServerEvent) -> list[Message]:
        """What is to be answered in it. Raises `ToolFailed`."""
        self.last_id = event.id or self.last_id
        if event.retry is not None:
            self.pause = min(event.retry / 1000, LONGEST_PAUSE)
        if event.name != "message" or not event.data.strip():
            return []
        message = read(event.data, self._label)
        if answers(message, self.number):
            self.found = message
            return []
        if not asks(message):
            return []
        self._asked += 1
        if self._asked > MOST_ASKED:
            raise ToolRefused(f"{self._label} asks too much before it answers.")
        return [message]


async def _beginning(answer: EgressStream) -> bytes:
    """Enough of a refusal to be read."""
    held = b""
    async for piece in answer.pieces:
        held += piece
        if len(held) >= _REFUSAL:
            break
    return held[:_REFUSAL]


def media_type(answer: EgressStream) -> str:
    """What an answer says that it is; "" where it says nothing."""
    headers: Mapping[str, Any] = answer.headers
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()
