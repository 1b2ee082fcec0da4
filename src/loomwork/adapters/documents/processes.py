"""Starts a process for each document, and ends it when the document takes too long in it.

Threads do the waiting, so it serves any event loop, also several one after the other (`run_sync`).
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import IO

from loomwork.adapters.documents.formats import IMAGES

TESSDATA = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
"""Where tesseract's languages lie, where `TESSDATA_PREFIX` does not say."""

ROOT = str(Path(__file__).resolve().parents[3])
BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from loomwork.adapters.documents.child import main; "
    "main(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))"
)
"""What starts a process: the very source that the server runs, wherever that lies."""

FILL = "import sys; sys.path.insert(0, sys.argv[1]); from loomwork.adapters.documents.extraction import warm; warm()"
FILL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """Of one document: seconds, seconds of CPU time, bytes beyond what a process starts with, characters of text."""

    wall: float = 60.0
    cpu: int = 30
    memory: int = 512 << 20
    text: int = 5_000_000


class DocumentProcesses:
    """At most `processes` documents are read at once; the others wait for their turn."""

    def __init__(
        self, *, processes: int = 2, limits: DocumentLimits | None = None, scratch: "Scratch | None" = None
    ) -> None:
        self.limits = limits or DocumentLimits()
        self._scratch = scratch or Scratch()
        self._threads = ThreadPoolExecutor(max_workers=processes, thread_name_prefix="document")
        self._jobs: set[_Job] = set()

    async def run(self, content: bytes, kind: str) -> bytes:
        """What the process said of a document; nothing where it ended without a word."""
        job = _Job(content, kind, self.limits, self._scratch)
        self._jobs.add(job)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, job.run)
        finally:
            job.stop()
            self._jobs.discard(job)

    def close(self) -> None:
        """End what is being read."""
        for job in list(self._jobs):
            job.stop()
        self._threads.shutdown()
        self._scratch.close()


class Scratch:
    """The folder in which the library that reads PDFs lays its own parts down, once: one that nobody else can write
    to, or what lies there might be somebody else's. Without a folder given it is a temporary one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._given = folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._ready: str | None = None

    def ready(self, fill: Callable[[str], None]) -> str:
        """The folder, filled by the first who asks; the others wait for it."""
        with self._lock:
            if self._ready is None:
                folder = self._folder()
                fill(folder)
                self._ready = folder
            return self._ready

    def close(self) -> None:
        if self._temporary is not None:
            self._temporary.cleanup()

    def _folder(self) -> str:
        if self._given is None:
            self._temporary = self._temporary or tempfile.TemporaryDirectory(prefix="loomwork-documents-")
            return self._temporary.name
        # Another version of the library has other parts.
        folder = self._given / f"kreuzberg-{version('kreuzberg')}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(folder)


def tessdata(environment: Mapping[str, str]) -> str:
    """Where the languages of OCR lie, "" where there are none."""
    places = [environment.get("TESSDATA_PREFIX", ""), *TESSDATA]
    return next((place for place in places if place and any(Path(place).glob("*.traineddata"))), "")


@dataclass(eq=False, slots=True)
class _Job:
    """One document in its process. `stop` ends it from any thread, also before it has begun."""

    content: bytes
    kind: str
    limits: DocumentLimits
    scratch: Scratch
    _process: "subprocess.Popen[bytes] | None" = None
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> bytes:
        """What the process said; nothing where it ended without a word."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(self.content)
            given.seek(0)
            process = self._begin(
                given, said, self.scratch.ready(_fill) if self.kind == ".pdf" or self.kind in IMAGES else ""
            )
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

    def _begin(self, given: IO[bytes], said: IO[bytes], scratch: str) -> "subprocess.Popen[bytes] | None":
        limits = self.limits
        command = [sys.executable, "-I", "-c", BOOT, ROOT]
        with self._lock:
            if self._stopped:
                return None
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own module
                [*command, str(limits.memory), str(limits.cpu), self.kind, str(limits.text)],
                stdin=given,
                stdout=said,
                stderr=subprocess.DEVNULL,
                env=_environment(scratch),
                start_new_session=True,
            )
            return self._process


def _fill(folder: str) -> None:
    subprocess.run(  # noqa: S603 - our own interpreter with our own module
        [sys.executable, "-I", "-c", FILL, ROOT],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(folder),
        timeout=FILL_SECONDS,
        check=False,  # a document says then what is wrong
    )


def _environment(scratch: str) -> Mapping[str, str]:
    """Nothing of the server's own."""
    environment = {"LANG": "C.UTF-8", "PYTHONUTF8": "1", "TESSDATA_PREFIX": tessdata(os.environ)}
    return environment | ({"TMPDIR": scratch} if scratch else {})
