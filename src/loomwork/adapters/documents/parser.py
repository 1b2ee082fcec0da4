"""Starts a process for each document, and ends it when the document takes too long in it.

Threads do the waiting, so it serves any event loop, also several one after the other (`run_sync`).
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import PurePath
from typing import IO, get_args

from loomwork.adapters.documents.formats import Format, format_of
from loomwork.adapters.documents.texts import decoded
from loomwork.nodes.ports import DocumentTooCostly, DocumentTypeUnsupported, DocumentUnreadable

EXTRA = "kreuzberg"
HOW_TO_INSTALL = "pip install 'loomwork[documents]'"
NAME_SHOWN = 80


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """Of one document: seconds, seconds of CPU time, bytes beyond what a process starts with, characters of text."""

    wall: float = 60.0
    cpu: int = 30
    memory: int = 512 << 20
    text: int = 5_000_000


class ProcessDocumentParser:
    """Implements `DocumentParser`. At most `processes` documents are read at once; the others wait for their turn."""

    def __init__(self, *, processes: int = 2, limits: DocumentLimits | None = None) -> None:
        self._limits = limits or DocumentLimits()
        self._threads = ThreadPoolExecutor(max_workers=processes, thread_name_prefix="document")
        self._jobs: set[_Job] = set()

    async def parse(self, content: bytes, *, name: str, mime_type: str) -> str:
        """See `DocumentParser.parse`."""
        shown = (name or "The document")[:NAME_SHOWN]
        kind = format_of(content, name, mime_type)
        if kind is None:
            what = PurePath(name).suffix or mime_type or "no known type"
            raise DocumentTypeUnsupported(f"{shown} is of a type that cannot be read as text ({what[:NAME_SHOWN]}).")
        if kind == "text":
            return self._within_limit(decoded(content), shown)
        if kind not in get_args(Format) and find_spec(EXTRA) is None:
            message = f"{shown} needs the parsers of the extra 'documents'. Install them with: {HOW_TO_INSTALL}"
            raise DocumentTypeUnsupported(message)
        job = _Job(content, kind, self._limits)
        self._jobs.add(job)
        try:
            return _text_of(await asyncio.get_running_loop().run_in_executor(self._threads, job.run), shown)
        finally:
            job.stop()
            self._jobs.discard(job)

    def close(self) -> None:
        """End what is being read."""
        for job in list(self._jobs):
            job.stop()
        self._threads.shutdown()

    def _within_limit(self, text: str, shown: str) -> str:
        if len(text) > self._limits.text:
            raise DocumentTooCostly(f"{shown} holds more than {self._limits.text} characters.")
        return text


@dataclass(eq=False, slots=True)
class _Job:
    """One document in its process. `stop` ends it from any thread, also before it has begun."""

    content: bytes
    kind: str
    limits: DocumentLimits
    _process: "subprocess.Popen[bytes] | None" = None
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> bytes:
        """What the process said; nothing where it ended without a word."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(self.content)
            given.seek(0)
            process = self._begin(given, said)
            if process is None:
                return b""
            try:
                process.wait(self.limits.wall)
            except subprocess.TimeoutExpired:
                return json.dumps({"costly": f"took longer than {self.limits.wall:g} seconds"}).encode()
            finally:
                process.kill()
                process.wait()
            said.seek(0)
            return said.read()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._process is not None and self._process.returncode is None:
                self._process.kill()

    def _begin(self, given: IO[bytes], said: IO[bytes]) -> "subprocess.Popen[bytes] | None":
        limits = self.limits
        command = [sys.executable, "-I", "-m", "loomwork.adapters.documents.child"]
        with self._lock:
            if self._stopped:
                return None
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own module
                [*command, str(limits.memory), str(limits.cpu), self.kind, str(limits.text)],
                stdin=given,
                stdout=said,
                stderr=subprocess.DEVNULL,
                env={"LANG": "C.UTF-8", "PYTHONUTF8": "1"},
                start_new_session=True,
            )
            return self._process


def _text_of(said: bytes, shown: str) -> str:
    try:
        found = json.loads(said)
    except ValueError:
        found = None
    match found:
        case {"text": str(text)}:
            return text
        case {"costly": str(reason)}:
            raise DocumentTooCostly(f"{shown} {reason}.")
        case {"broke": str(reason)}:
            raise DocumentUnreadable(f"{shown} {reason}.")
        case _:
            raise DocumentTooCostly(f"{shown} needs more memory or time than a document may.")
