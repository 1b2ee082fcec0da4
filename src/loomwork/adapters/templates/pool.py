"""A small pool of rendering processes, each killed when a template takes too long in it.

The pool's threads do the waiting, so it serves any event loop, also several one after the other (`run_sync`).
"""

import asyncio
import json
import os
import queue
import selectors
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from loomwork.nodes.ports import TemplateFailed, TemplateTooCostly

CPU_SECONDS_PER_LIFE = 3600
READ_SIZE = 1 << 16
MARGIN = 200_000
"""Bytes that an answer may have beyond its text, escapes included."""


class _Child:
    """One rendering process. Not safe for several threads at once."""

    def __init__(self, memory: int) -> None:
        command = [sys.executable, "-I", "-m", "loomwork.adapters.templates.child"]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own module
            [*command, str(memory), str(CPU_SECONDS_PER_LIFE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8", "PYTHONUTF8": "1"},
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._jobs = self._process.stdin.fileno()
        self._answers = self._process.stdout.fileno()
        os.set_blocking(self._jobs, False)
        os.set_blocking(self._answers, False)

    def ask(self, job: bytes, *, deadline: float, limit: int) -> bytes:
        """One line for one line. Raises `TimeoutError` at the deadline, `EOFError` where the process has ended."""
        pending, answer = memoryview(job), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            selector.register(self._jobs, selectors.EVENT_WRITE)
            while not answer.endswith(b"\n"):
                remaining = deadline - time.monotonic()
                ready = selector.select(max(0.0, remaining))
                if not ready or remaining <= 0:
                    raise TimeoutError
                for key, _ in ready:
                    if key.fd == self._answers:
                        answer += self._read()
                    else:
                        pending = pending[self._write(pending) :]
                        if not pending:
                            selector.unregister(self._jobs)
                if len(answer) > limit:
                    raise EOFError
        return bytes(answer)

    def _read(self) -> bytes:
        piece = os.read(self._answers, READ_SIZE)
        if not piece:
            raise EOFError
        return piece

    def _write(self, pending: memoryview) -> int:
        try:
            return os.write(self._jobs, pending[:READ_SIZE])
        except BrokenPipeError:
            raise EOFError from None

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class ProcessTemplateWorker:
    """A `TemplateWorker`. Processes start when they are first needed and live until `close`, or the pool's end.

    `timeout` in seconds for one template, `memory` in bytes for one process beyond its start.
    """

    def __init__(self, *, processes: int = 2, timeout: float = 5.0, memory: int = 256 << 20) -> None:
        self._timeout = timeout
        self._memory = memory
        self._idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(max_workers=processes, thread_name_prefix="template")
        self._finalizer = weakref.finalize(self, _end_all, self._threads, self._idle)

    async def render(self, source: str, values: Mapping[str, Any], *, limit: int) -> str:
        job = json.dumps({"source": source, "values": values, "limit": limit}, default=str).encode() + b"\n"
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._render, job, limit)

    def close(self) -> None:
        """End the processes; what still renders is waited for, for as long as a template may take."""
        self._finalizer()

    def _render(self, job: bytes, limit: int) -> str:
        child = self._take()
        try:
            line = child.ask(job, deadline=time.monotonic() + self._timeout, limit=limit * 12 + MARGIN)
        except TimeoutError:
            child.end()
            raise TemplateTooCostly(f"The template took longer than {self._timeout:g} seconds.") from None
        except (EOFError, OSError):
            child.end()
            raise TemplateTooCostly("The template needs more memory or time than a template may.") from None
        self._idle.put(child)
        return _text_of(line)

    def _take(self) -> _Child:
        """An idle process, or a new one; one that was killed from outside meanwhile is left behind."""
        while True:
            try:
                child = self._idle.get_nowait()
            except queue.Empty:
                return _Child(self._memory)
            if child.alive:
                return child
            child.end()


def _text_of(line: bytes) -> str:
    match json.loads(line):
        case {"text": str(text)}:
            return text
        case {"costly": str(message)}:
            raise TemplateTooCostly(message)
        case {"broke": str(message)}:
            raise TemplateFailed(message)
        case _:
            raise TemplateFailed("The template's process gave no answer that can be read.")


def _end_all(threads: ThreadPoolExecutor, idle: "queue.SimpleQueue[_Child]") -> None:
    threads.shutdown()
    while True:
        try:
            idle.get_nowait().end()
        except queue.Empty:
            return
