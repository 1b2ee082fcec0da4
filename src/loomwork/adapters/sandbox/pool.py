"""The door: code in, outputs out, each call in a process of its own that was made beforehand and is thrown away.

The pool's threads do the waiting, so it serves any event loop, also several one after the other (`run_sync`). The jail
is chosen and built when it is first asked for.
"""

import asyncio
import contextlib
import json
import secrets
import signal
import threading
import time
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from loomwork.adapters.sandbox.answers import read_answer
from loomwork.adapters.sandbox.inside.worker import NO_WALLS
from loomwork.adapters.sandbox.jails import Bubblewrap, Jail, JailName, Landlock, NoJail
from loomwork.adapters.sandbox.keeper import AnswerBroken, AnswerTooLong, Gone, Keeper, Worker, build
from loomwork.adapters.sandbox.probe import prove
from loomwork.adapters.sandbox.runtime import SCIENCE, Runtime, shown_packages, this_runtime
from loomwork.nodes.ports import (
    CodeCpuExceeded,
    CodeFailed,
    CodeInputTooLarge,
    CodeLanguage,
    CodeMemoryExceeded,
    CodeOutputTooLarge,
    CodeRefused,
    CodeTimeout,
    SandboxFailed,
    SandboxLimits,
)

MARGIN = 16_384
"""Bytes that an answer may have beyond the outputs: its own words, and what went wrong."""

MOST = 200
"""Processes that wait and run in one jail; it has users for some more, since those that end need a moment."""

INSTALL = "Install bubblewrap (on Debian and Ubuntu: apt-get install bubblewrap), or allow Landlock"


@dataclass(slots=True)
class _Jailhouse:
    """A jail that holds, with the workers that wait in it. With `science`, NumPy and pandas are in them."""

    name: JailName
    keeper: Keeper
    idle: deque[Worker] = field(default_factory=deque)

    def close(self) -> None:
        while self.idle:
            self.idle.popleft().end()
        self.keeper.close()


@dataclass(slots=True)
class _Call:
    """One call on its way. A call that nobody waits for any more is ended where it is."""

    language: CodeLanguage
    source: str
    inputs: bytes
    limits: SandboxLimits
    worker: Worker | None = None
    dropped: bool = False

    def drop(self) -> None:
        self.dropped = True
        worker = self.worker
        if worker is not None:
            worker.stop()


class JailedSandbox:
    """A `Sandbox`. `idle` processes wait for calls, and `at_once` calls run at the same time; further ones wait.

    `jails` are tried in their order, and the first one that holds is taken.
    """

    def __init__(
        self, *, jails: Sequence[Jail] | None = None, idle: int = 2, at_once: int = 8, refused: str | None = None
    ) -> None:
        self._jails = (Bubblewrap(), Landlock()) if jails is None else jails
        if idle + at_once > MOST:
            raise ValueError(f"a jail holds no more than {MOST} processes")
        self._idle = idle
        self._closed = False
        self._missing: str | None = refused
        self._chosen: Jail | None = None
        self._houses: dict[bool, _Jailhouse] = {}
        self._lock = threading.RLock()
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="code")
        self._finalizer = weakref.finalize(self, _close_all, self._threads, self._houses)

    @property
    def jail(self) -> JailName | None:
        """Which jail holds code here; None where none does. It is tried at the first question."""
        return None if self.missing() is not None or self._chosen is None else self._chosen.name

    def chosen(self) -> Jail | None:
        """The jail that holds code here, for others to build more of its kind; it is tried at the first question."""
        return None if self.missing() is not None else self._chosen

    def known(self) -> tuple[JailName | None, str | None]:
        """Which jail holds code, or why none does, as far as it was tried; it is not tried for this."""
        return (self._chosen.name if self._chosen is not None else None), self._missing

    def missing(self) -> str | None:
        with self._lock:
            if self._missing is None and self._chosen is None:
                self._choose()
            return self._missing

    def packages(self) -> frozenset[str]:
        return frozenset(shown_packages())

    async def run(
        self, language: CodeLanguage, source: str, inputs: Mapping[str, Any], limits: SandboxLimits
    ) -> Mapping[str, Any]:
        given = json.dumps(inputs).encode()
        if len(given) > limits.size:
            raise CodeInputTooLarge(f"The inputs of the code have {len(given)} bytes; it may be given {limits.size}.")
        call = _Call(language, source, given, limits)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, call)
        except asyncio.CancelledError:
            call.drop()
            raise

    def close(self) -> None:
        """End the jail with all that runs in it."""
        self._closed = True
        self._finalizer()

    def processes(self) -> list[int]:
        """The first process of each jail that stands."""
        return [house.keeper.process_id for house in self._houses.values()]

    def _choose(self) -> None:
        reasons = []
        for jail in self._jails:
            try:
                self._houses[False] = _built(jail, this_runtime())
            except NoJail as error:
                reasons.append(str(error))
                continue
            self._chosen = jail
            self._fill(self._houses[False])
            return
        self._missing = f"No jail holds code on this machine: {'; '.join(reasons)}. {INSTALL}."

    def _answer(self, call: _Call) -> Mapping[str, Any]:
        missing = self.missing()
        if missing is not None:
            raise CodeRefused(missing)
        science = call.language == "python3" and any(name in call.source for name in SCIENCE[:2])
        house = self._house(science=science)
        if call.language == "javascript" and not house.keeper.javascript:
            raise CodeRefused("JavaScript cannot run here: the package quickjs-ng is not installed.")
        nonce = secrets.token_hex(16)
        call.worker = worker = self._worker(house)
        try:
            if call.dropped:
                raise CodeFailed("The call was given up.")
            return _asked(worker, call, nonce)
        except Gone as gone:
            if gone.lost or not house.keeper.alive:
                again = "the next call starts it again" if house.keeper.ended() else "try it again"
                raise SandboxFailed(f"The sandbox has let go of the code; {again}.") from None
            raise _death(gone, call.limits) from None
        finally:
            worker.end()
            # Only now, so that its making takes no time from the call.
            self._fill(house)

    def _house(self, *, science: bool) -> _Jailhouse:
        """The jail with these packages, built where it does not stand, or stands no more."""
        with self._lock:
            house = self._houses.get(science)
            if house is not None and house.keeper.alive:
                return house
            if house is not None:
                house.close()
            assert self._chosen is not None
            try:
                self._houses[science] = house = _built(self._chosen, this_runtime(science=science))
            except NoJail as error:
                raise SandboxFailed(f"The sandbox could not be used: {error}.") from error
            self._fill(house)
            return house

    def _worker(self, house: _Jailhouse) -> Worker:
        """One that waits, or a new one."""
        try:
            with self._lock:
                return house.idle.popleft() if house.idle else house.keeper.new_worker()
        except OSError as error:
            raise SandboxFailed("The sandbox has just ended; the next call starts it again.") from error

    def _fill(self, house: _Jailhouse) -> None:
        """Have as many wait as shall."""
        with self._lock, contextlib.suppress(OSError):
            while len(house.idle) < self._idle and not self._closed:
                house.idle.append(house.keeper.new_worker())


def _built(jail: Jail, runtime: Runtime) -> _Jailhouse:
    """Raises `NoJail` where it does not come to stand, or does not hold."""
    keeper = build(jail, runtime)
    try:
        prove(keeper)
    except NoJail:
        keeper.close()
        raise
    return _Jailhouse(jail.name, keeper)


def _asked(worker: Worker, call: _Call, nonce: str) -> Mapping[str, Any]:
    limits = call.limits
    head = {
        "nonce": nonce,
        "language": call.language,
        "source": call.source,
        "memory": limits.memory,
        "cpu": limits.cpu_seconds,
        "size": limits.size,
    }
    job = json.dumps(head).encode()[:-1] + b', "inputs": ' + call.inputs + b"}"
    deadline = time.monotonic() + limits.seconds
    try:
        answer = worker.ask(job, nonce, deadline=deadline, size=limits.size + MARGIN)
    except TimeoutError:
        raise CodeTimeout(f"The code took longer than {limits.seconds:g} seconds.") from None
    except AnswerTooLong:
        raise _output_too_large(limits) from None
    except AnswerBroken:
        raise CodeFailed("The code wrote to what is not its own, and left no outputs.") from None
    except OSError as error:
        raise SandboxFailed("The sandbox could not be reached.") from error
    return read_answer(answer, too_large=partial(_output_too_large, limits), memory=limits.memory)


def _output_too_large(limits: SandboxLimits) -> CodeFailed:
    return CodeOutputTooLarge(f"The outputs of the code have more than {limits.size} bytes.")


def _death(gone: Gone, limits: SandboxLimits) -> CodeFailed:
    """What the end of a process says that left no answer."""
    status = gone.status
    if status is None:
        return CodeFailed("The code left no outputs.")
    killed = status & 0x7F
    # Who ignores the first signal meets the second one, which cannot be told from others but by the time used.
    if killed == signal.SIGXCPU or (killed == signal.SIGKILL and gone.computed >= limits.cpu_seconds):
        return CodeCpuExceeded(f"The code computed for longer than {limits.cpu_seconds} seconds.")
    if killed == signal.SIGKILL:
        return CodeMemoryExceeded("The code was ended by the system, which had no time or no memory left for it.")
    if killed:
        return CodeFailed(f"The code crashed ({_signal_name(killed)}), as endless recursion does, among others.")
    if status >> 8 == NO_WALLS:
        return SandboxFailed("The sandbox could not be closed around the code, so that it was not run.")
    return CodeFailed("The code ended its process before it left outputs.")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _close_all(threads: ThreadPoolExecutor, houses: dict[bool, _Jailhouse]) -> None:
    """What runs is ended with its jail, so that nobody waits for it."""
    for house in list(houses.values()):
        house.close()
    threads.shutdown(cancel_futures=True)
