"""The child processes that run local models: one for each model file in use, ended when nobody asks for a while."""

import asyncio
import json
import os
import secrets
import select
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from loomwork.adapters.wires.local.server import Order
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.memory import Memory
from loomwork.model_gateway.ports import SuppliedWeights


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Seconds, and counts. By default prefill uses every core that we may use, and decoding all but one."""

    slots: int = 4
    idle_seconds: float = 600.0
    start_seconds: float = 120.0
    cores: int = field(default_factory=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)


class RunningServer:
    """A child process that serves one model file. It ends with this object, and with this process."""

    def __init__(self, process: subprocess.Popen[str], url: str, api_key: str) -> None:
        self._process = process
        self.connection = Connection(f"{url}/v1", api_key)
        self.calls = 0
        self.idle: threading.Timer | None = None
        self.stop = weakref.finalize(self, _stop, process)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    async def dies_within(self, seconds: float) -> bool:
        """Whether it is dead by then. A killed process breaks its connections a little before it counts as ended."""
        try:
            await asyncio.to_thread(self._process.wait, seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def pid(self) -> int:
        return self._process.pid


class LocalServers:
    """Hands out running servers, starting them as needed. Safe from any thread and any event loop."""

    def __init__(self, *, settings: ServerSettings | None = None, environment: Mapping[str, str]) -> None:
        self._settings = settings or ServerSettings()
        self._environment = environment
        self._lock = threading.Lock()
        self._running: dict[str, RunningServer] = {}
        self._starting: dict[str, Future[None]] = {}

    @asynccontextmanager
    async def leased(self, weights: SuppliedWeights) -> AsyncIterator[RunningServer]:
        """The server of these weights; while it is leased it is not idle. Raises `ModelUnavailable`."""
        while (server := self._taken(weights)) is None:
            await asyncio.shield(asyncio.wrap_future(self._started(weights)))
        try:
            yield server
        finally:
            self._given_back(server, str(weights.path))

    def holds(self, path: Path) -> Memory:
        """See `ModelMemory.holds`."""
        with self._lock:
            if str(path) in self._starting:
                return "loading"
            server = self._running.get(str(path))
        return "loaded" if server is not None and server.alive else "empty"

    async def close(self) -> None:
        """End every child process."""
        with self._lock:
            starting = list(self._starting.values())
        for start in starting:
            await asyncio.gather(asyncio.wrap_future(start), return_exceptions=True)
        with self._lock:
            servers = list(self._running.values())
            self._running.clear()
        for server in servers:
            _retire(server)

    def _taken(self, weights: SuppliedWeights) -> RunningServer | None:
        with self._lock:
            server = self._running.get(str(weights.path))
            if server is None:
                return None
            if not server.alive:
                _retire(self._running.pop(str(weights.path)))
                return None
            server.calls += 1
            if server.idle is not None:
                server.idle.cancel()
            return server

    def _given_back(self, server: RunningServer, path: str) -> None:
        with self._lock:
            server.calls -= 1
            if server.calls == 0:
                self._count_down(server, path)

    def _count_down(self, server: RunningServer, path: str) -> None:
        server.idle = threading.Timer(self._settings.idle_seconds, self._retired_if_idle, (server, path))
        server.idle.daemon = True
        server.idle.start()

    def _retired_if_idle(self, server: RunningServer, path: str) -> None:
        with self._lock:
            if server.calls > 0:
                return
            if self._running.get(path) is server:
                del self._running[path]
        _retire(server)

    def _started(self, weights: SuppliedWeights) -> "Future[None]":
        """Begin a start, or join the one under way."""
        path = str(weights.path)
        with self._lock:
            if path not in self._starting:
                self._starting[path] = Future()
                threading.Thread(target=self._start, args=(weights,), daemon=True).start()
            return self._starting[path]

    def _start(self, weights: SuppliedWeights) -> None:
        path = str(weights.path)
        try:
            server = start_server(weights, self._settings, self._environment)
        except ModelUnavailable as error:
            with self._lock:
                start = self._starting.pop(path)
            start.set_exception(error)
            return
        with self._lock:
            self._running[path] = server
            # Whoever asked for it may have given up by now.
            self._count_down(server, path)
            start = self._starting.pop(path)
        start.set_result(None)


def start_server(weights: SuppliedWeights, settings: ServerSettings, environment: Mapping[str, str]) -> RunningServer:
    """Start a child process and wait until its model is loaded. Raises `ModelUnavailable`."""
    order = Order(
        path=str(weights.path),
        api_key=secrets.token_urlsafe(32),
        context_size=weights.context_size,
        slots=settings.slots,
        decode_threads=max(1, settings.cores - 1),
        prefill_threads=max(1, settings.cores),
        embeds=weights.type == "embedding",
    )
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        process = _spawn(complaints, environment)
        try:
            url = _first_answer(process, order, settings.start_seconds)
        except (OSError, ValueError, KeyError) as error:
            _stop(process)
            raise ModelUnavailable(
                f"{weights.model} could not be loaded: {_complaint(error, complaints)}.", model=weights.model
            ) from None
    return RunningServer(process, url, order.api_key)


def _spawn(complaints: IO[str], environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    # A session of its own: Ctrl-C in the terminal is for us, and we end the child when we are done.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "loomwork.adapters.wires.local.server"],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        start_new_session=True,
    )


def _first_answer(process: "subprocess.Popen[str]", order: Order, seconds: float) -> str:
    """The address that the child serves on. The order goes by its standard input: arguments are seen by everyone."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("it has no pipes")
    process.stdin.write(order.line())
    process.stdin.flush()
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    if not ready:
        raise ValueError(f"it was not ready after {seconds:.0f} seconds")
    line = process.stdout.readline()
    if not line:
        raise ValueError("")
    return str(json.loads(line)["url"])


def _complaint(error: Exception, complaints: IO[str]) -> str:
    if str(error):
        return str(error).rstrip(".")
    complaints.seek(0)
    lines = [line.strip() for line in complaints.read().splitlines() if line.strip()]
    return lines[-1][:300].removeprefix("RuntimeError: ").rstrip(".") if lines else "its process ended"


def _retire(server: RunningServer) -> None:
    if server.idle is not None:
        server.idle.cancel()
    server.stop()


def _stop(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
