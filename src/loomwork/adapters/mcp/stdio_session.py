"""A session with a server of MCP that is a program of this machine (Model Context Protocol, 2025-11-25, stdio).

Which programs there are, the operator says in the settings; nothing that a workspace, an app file or a model says
becomes one, or an argument of one.
"""

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from loomwork.adapters.mcp.messages import Message, answer_to, answers, asks, read, result
from loomwork.adapters.mcp.server import McpServer
from loomwork.adapters.mcp.session import GOODBYE, MOST_ASKED, MOST_BYTES, Session
from loomwork.tools.api import ToolOutputInvalid, ToolRefused, ToolUnavailable

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ")
"""Of our environment, which has secrets in it."""


class StdioSession(Session):
    """One question at a time. Made by `connected_to_program`."""

    def __init__(self, server: McpServer, process: asyncio.subprocess.Process) -> None:
        super().__init__(server)
        self._process = process
        self._asked = 0

    async def _answer(self, number: int, asked: Message) -> Message:
        await self._tell(asked)
        while True:
            message = read(await self._line(), self._server.label)
            if answers(message, number):
                return result(message, self._server.label, self._server.secrets)
            if asks(message):
                self._asked += 1
                if self._asked > MOST_ASKED:
                    raise ToolRefused(f"{self._server.label} asks too much before it answers.")
                await self._tell(answer_to(message))

    async def _tell(self, message: Message) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()
        except (ConnectionError, RuntimeError):
            raise ToolUnavailable(f"{self._server.label} ended before its answer.") from None

    async def _leave(self, message: Message) -> None:
        with suppress(ToolUnavailable, TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self._tell(message)

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
        except ValueError:
            raise ToolOutputInvalid(f"{self._server.label} says more than {MOST_BYTES} bytes at once.") from None
        if not line:
            raise ToolUnavailable(f"{self._server.label} ended before its answer.")
        return line


@asynccontextmanager
async def connected_to_program(server: McpServer, command: Sequence[str]) -> AsyncIterator[Session]:
    """A session with the program, which is started for it and ended with the block, with all that it started. It has an
    empty folder of its own, and nothing of our environment but where programs are. Raises `ToolFailed`.
    """
    with tempfile.TemporaryDirectory(prefix="loomwork-mcp-") as folder:
        process = await _started(server, command, Path(folder))
        session = StdioSession(server, process)
        try:
            await session.initialize()
            yield session
        finally:
            await asyncio.shield(_end(process))


async def _started(server: McpServer, command: Sequence[str], folder: Path) -> asyncio.subprocess.Process:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**kept, "HOME": str(folder)},
            cwd=folder,
            limit=MOST_BYTES,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolUnavailable(
            f"The program of {server.label} cannot be started: {error.strerror}.", unsent=True
        ) from None


async def _end(process: asyncio.subprocess.Process) -> None:
    """As the specification has it: its input is closed, then it is asked, then it is made to."""
    if process.stdin is not None:
        process.stdin.close()
    for asked in (None, signal.SIGTERM):
        if asked is not None:
            _signal(process, asked)
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await process.wait()
                break
    # What it started may be there still.
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, which: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, which)
