"""One process of a plugin, seen from the server. All that it says is read as the words of somebody hostile."""

import asyncio
import base64
import binascii
import json
import secrets
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from loomwork.adapters.sandbox.inside.plugin_frames import HEAD, PROTOCOL, packed
from loomwork.adapters.sandbox.inside.worker import NO_WALLS
from loomwork.adapters.sandbox.keeper import ENDED, Worker
from loomwork.plugins.domain.errors import PluginBroken, PluginRaised
from loomwork.plugins.ports import Fetched, PluginTask, WorldRequest

LONGEST_FRAME = 32_000_000
LONGEST_PROGRESS = 1_000_000
"""Characters of progress that one call may tell."""

MOST_PROGRESS = 20_000
MOST_FETCHES = 100
GRACE_SECONDS = 1.0
"""How long a plugin may take to end a call that nobody waits for any more, before its process is ended."""

Fetch = Callable[[WorldRequest], Awaitable[Fetched]]
Frame = Mapping[str, Any]


class PluginProcess:
    """Serves one call at a time. It belongs to one workspace."""

    def __init__(self, worker: Worker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._worker = worker
        self._reader = reader
        self._writer = writer
        self._id = ""
        self._listening: asyncio.Task[Frame] | None = None
        self.ended = False

    @classmethod
    async def begin(cls, worker: Worker, hello: Mapping[str, Any]) -> "PluginProcess":
        """Greet a process that has just been made. Raises `PluginBroken`."""
        worker.channel.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=worker.channel)
        process = cls(worker, reader, writer)
        try:
            await process._say({"kind": "hello", "protocol": PROTOCOL, **hello})
            answer = await process._next()
            if answer.get("kind") != "hello" or answer.get("protocol") != PROTOCOL:
                raise _forged()
        except BaseException:
            await process.end()
            raise
        return process

    def listen(self) -> None:
        """Notice from now on whether it ends, or says anything, before it is called."""
        if self._listening is None:
            self._listening = asyncio.ensure_future(self._frame())

    @property
    def is_well(self) -> bool:
        """Whether it waits for a call: it has neither ended nor said anything that nobody asked for."""
        return not self.ended and (self._listening is None or not self._listening.done())

    async def describe(self) -> Mapping[str, str | None]:
        """By tool, None, or why its function cannot be had. Raises `PluginBroken`."""
        await self._say({"kind": "describe"})
        match await self._next():
            case {"kind": "described", "tools": dict(tools)}:
                return {str(name)[:100]: None if each is None else str(each)[:1000] for name, each in tools.items()}
        raise _forged()

    async def call(self, task: PluginTask, *, tell: Callable[[str], None], fetch: Fetch) -> Mapping[str, Any]:
        """What the tool leaves. Raises `PluginBroken`, `PluginRaised`."""
        # By chance, so that nothing said before can be an answer to it.
        self._id = secrets.token_hex(8)
        asked = {"tool": task.tool, "arguments": task.arguments, "key": task.key, "credentials": task.credentials}
        await self._say({"kind": "call", "id": self._id, **asked})
        told, pieces, fetches = 0, 0, 0
        while True:
            said = await self._next()
            if said.get("id") != self._id:
                raise _forged()
            match said:
                case {"kind": "progress", "text": str(text)}:
                    told, pieces = told + len(text), pieces + 1
                    if told > LONGEST_PROGRESS or pieces > MOST_PROGRESS:
                        raise _flood("tells more of its progress than it may")
                    tell(text)
                case {"kind": "fetch"}:
                    fetches += 1
                    if fetches > MOST_FETCHES:
                        raise _flood(f"has more than {MOST_FETCHES} requests sent in one call")
                    await self._say(await self._fetched(said, fetch))
                case {"kind": "result", "result": dict(result)}:
                    return result
                case {"kind": "error", "reason": str(reason), "message": str(message)}:
                    raise _failure(reason, message)
                case _:
                    raise _forged()

    async def settle(self) -> bool:
        """Tell it that nobody waits for its call any more. Whether it has ended the call in time, and can be called
        again.
        """
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._say({"kind": "cancel", "id": self._id})
                while (await self._next()).get("kind") not in ("result", "error"):
                    pass
        except (PluginBroken, TimeoutError):
            return False
        return True

    async def end(self) -> None:
        """End the process; more than once does no harm."""
        self.ended = True
        self._worker.stop()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        self._writer.transport.abort()
        self._worker.line.close()

    async def _say(self, frame: Mapping[str, Any]) -> None:
        try:
            self._writer.write(packed(dict(frame)))
            await self._writer.drain()
        except OSError:
            raise await self._death() from None

    async def _next(self) -> Frame:
        listening, self._listening = self._listening or asyncio.ensure_future(self._frame()), None
        try:
            # A frame that is half read is read on: whoever waits for it may leave, and its rest stays a rest.
            return await asyncio.shield(listening)
        except asyncio.CancelledError:
            self._listening = listening
            raise
        except (asyncio.IncompleteReadError, OSError):
            raise await self._death() from None

    async def _frame(self) -> Frame:
        (length,) = HEAD.unpack(await self._reader.readexactly(HEAD.size))
        if length > LONGEST_FRAME:
            raise _flood("says more at once than it may")
        try:
            said = json.loads(await self._reader.readexactly(length), parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise _forged() from None
        if not isinstance(said, dict):
            raise _forged()
        return said

    async def _death(self) -> PluginBroken:
        """How the process ended, as the one that made it says."""
        if self.ended:
            return PluginBroken("It was removed, or its place was needed, while it was called.", reason="gone")
        line = self._worker.line
        line.setblocking(False)
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                told = await asyncio.get_running_loop().sock_recv(line, ENDED.size)
        except (OSError, TimeoutError, ValueError):
            told = b""
        status, _ = ENDED.unpack(told) if len(told) == ENDED.size else (None, 0.0)
        return _ended_with(status)

    async def _fetched(self, said: Frame, fetch: Fetch) -> Mapping[str, Any]:
        match said:
            case {"method": str(method), "url": str(url), "headers": dict(headers), "body": str(body)}:
                try:
                    content = base64.b64decode(body, validate=True)
                except (binascii.Error, ValueError):
                    raise _forged() from None
                named = {str(name): str(value) for name, value in headers.items()}
                answer = await fetch(WorldRequest(method, url, named, content))
                return {"kind": "fetched", "id": self._id, **_told(answer)}
        raise _forged()


def _told(answer: Fetched) -> Mapping[str, Any]:
    if answer.code:
        return {"code": answer.code, "message": answer.message}
    body = base64.b64encode(answer.body).decode("ascii")
    return {"status": answer.status, "url": answer.url, "headers": dict(answer.headers), "body": body}


def _failure(reason: str, message: str) -> PluginBroken | PluginRaised:
    if reason == "memory":
        return PluginBroken("It needed more memory than its manifest asks for.", reason="memory")
    return PluginRaised(message[:1000] or "It did not say why.")


def _ended_with(status: int | None) -> PluginBroken:
    if status is None:
        return PluginBroken("Its process ended.", reason="crashed")
    killed = status & 0x7F
    if killed == signal.SIGKILL:
        return PluginBroken("Its process was ended by the system, which had no memory left for it.", reason="memory")
    if killed:
        return PluginBroken(f"Its process crashed (signal {killed}).", reason="crashed")
    if status >> 8 == NO_WALLS:
        return PluginBroken("The jail could not be closed around it, so that it was not run.", reason="crashed")
    return PluginBroken("Its process ended before it answered.", reason="crashed")


def _flood(what: str) -> PluginBroken:
    return PluginBroken(f"It {what}.", reason="flood")


def _forged() -> PluginBroken:
    return PluginBroken("It said what cannot be understood, so that its process was ended.", reason="forged")


def _no_number(_said: str) -> None:
    raise ValueError
