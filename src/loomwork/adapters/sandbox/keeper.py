"""The server's side of the process that makes the workers, and of one worker."""

import contextlib
import json
import os
import secrets
import signal
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass

from loomwork.adapters.sandbox.inside.frames import LENGTH, NONCE
from loomwork.adapters.sandbox.jails import Jail, NoJail
from loomwork.adapters.sandbox.runtime import Runtime

START_SECONDS = 60.0
"""How long a jail may take to be built on a machine that has much else to do; it takes a tenth of a second."""

END_SECONDS = 10.0
END_PATIENCE = 0.4
"""Seconds in which the end of a process is told by the one that made it."""

AT_ONCE = 1 << 18
ENDED = struct.Struct("=id")


class AnswerTooLong(Exception):
    """More came than may."""


class AnswerBroken(Exception):
    """What came is no answer to this job."""


class Gone(Exception):
    """The process ended without an answer. `status` as `waitpid` says it, None where nobody knows; `computed` in
    seconds. It is `lost` where the jail has let go of it, because it was never made or because the jail has ended.
    """

    def __init__(self, status: int | None, computed: float = 0.0, *, lost: bool = False) -> None:
        super().__init__(status, computed)
        self.status = status
        self.computed = computed
        self.lost = lost


@dataclass(frozen=True, slots=True)
class Worker:
    """One process for one call."""

    channel: socket.socket
    line: socket.socket

    def ask(self, job: bytes, nonce: str, *, deadline: float, size: int) -> bytes:
        """The answer to a job that carries this nonce, of at most `size` bytes. Raises `TimeoutError`, `Gone`,
        `AnswerTooLong`, `AnswerBroken`.
        """
        self._hurry(deadline)
        # Code that ended before it had read all has its answer on the way.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.channel.sendall(LENGTH.pack(len(job)) + job)
        head = self._exactly(NONCE + LENGTH.size, deadline)
        if not secrets.compare_digest(head[:NONCE], nonce.encode()):
            raise AnswerBroken
        (length,) = LENGTH.unpack(head[NONCE:])
        if length > size:
            raise AnswerTooLong
        return self._exactly(length, deadline)

    def end(self) -> None:
        """Have the process ended and let go of it; from any thread, more than once."""
        for end in (self.channel, self.line):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def stop(self) -> None:
        """Have the process ended while another thread waits for it."""
        with contextlib.suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)

    def _exactly(self, count: int, deadline: float) -> bytes:
        pieces, missing = [], count
        while missing:
            self._hurry(deadline)
            try:
                piece = self.channel.recv(min(missing, AT_ONCE))
            except ConnectionResetError:
                piece = b""
            if not piece:
                raise self._gone()
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _hurry(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self.channel.settimeout(remaining)

    def _gone(self) -> Gone:
        """How the process ended. Of one that only closed its channel nothing is known, and it is ended next."""
        self.line.settimeout(END_PATIENCE)
        try:
            told = self.line.recv(ENDED.size)
        except ConnectionResetError:
            return Gone(None, lost=True)
        except OSError:
            return Gone(None)
        return Gone(*ENDED.unpack(told)) if len(told) == ENDED.size else Gone(None, lost=True)


class Keeper:
    """A jail that stands. Safe for several threads."""

    def __init__(self, process: "subprocess.Popen[bytes]", control: socket.socket, *, javascript: bool) -> None:
        self._process = process
        self._control = control
        self._lock = threading.Lock()
        self.javascript = javascript

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ended(self) -> bool:
        """Whether it has ended, or does within a moment."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_PATIENCE)
        return not self.alive

    @property
    def process_id(self) -> int:
        """Of the first process of the jail."""
        return self._process.pid

    def new_worker(self) -> Worker:
        """Ask for a worker; it is being made while one goes on. Raises `OSError` where the jail has fallen."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, other, self._lock:
                socket.send_fds(self._control, [b"w"], [theirs.fileno(), other.fileno()])
        except OSError:
            ours.close()
            line.close()
            raise
        return Worker(ours, line)

    def close(self) -> None:
        """End it with all its workers."""
        self._control.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            end_all(self._process)


def end_all(process: "subprocess.Popen[bytes]") -> None:
    """Kill what was started in a session of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def build(jail: Jail, runtime: Runtime) -> Keeper:
    """Raises `NoJail` where it does not come to stand."""
    start = jail.start(runtime)
    start.control.settimeout(START_SECONDS)
    try:
        start.control.send(json.dumps(start.orders).encode())
        said = start.control.recv(1 << 16)
    except OSError:
        said = b""
    if not said:
        start.control.close()
        end_all(start.process)
        raise NoJail(f"{jail.name} is refused on this machine (a container may keep its programs from building it)")
    answer = json.loads(said)
    if "failed" in answer:
        start.control.close()
        end_all(start.process)
        raise NoJail(f"{jail.name} could not be set up: {answer['failed']}")
    start.control.settimeout(None)
    return Keeper(start.process, start.control, javascript=bool(answer["javascript"]))
