"""The process that makes the workers. It is in the jail itself, imports what code is likely to need, and forks; it
never reads a job, so nothing of one is there for the next.

A worker is asked for by an empty message with two descriptors: the channel of the worker, and a line on which this
process says how the worker ended. When the server lets go of that line, the worker is ended.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from loomwork.adapters.sandbox.inside import landlock
from loomwork.adapters.sandbox.inside.javascript_code import has_javascript
from loomwork.adapters.sandbox.inside.packages import move, show
from loomwork.adapters.sandbox.inside.plugin_host import be_plugin
from loomwork.adapters.sandbox.inside.seccomp import keeper_rules, load, program, worker_rules
from loomwork.adapters.sandbox.inside.syscalls import this_machine
from loomwork.adapters.sandbox.inside.walls import (
    CHANNEL,
    Share,
    address_space,
    keep_few_capabilities,
)
from loomwork.adapters.sandbox.inside.worker import Plan, be_worker

ENDED = struct.Struct("=id")
"""How a worker ended, as `waitpid` says it, and its seconds of computing."""

M_ARENA_MAX = -8
LONGEST_MESSAGE = 1 << 16
LIKELY = [
    "base64",
    "bisect",
    "calendar",
    "collections",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "io",
    "itertools",
    "json",
    "logging",
    "math",
    "operator",
    "os",
    "random",
    "re",
    "statistics",
    "string",
    "textwrap",
    "time",
    "traceback",
    "typing",
    "unicodedata",
    "urllib.parse",
    "uuid",
    "xml.etree.ElementTree",
    "zoneinfo",
    "_strptime",
    "ast",
    "fractions",
    "secrets",
]


@dataclass(slots=True)
class Keeper:
    """`users` are those that workers may be, each one's own; where it is None, all are this process's. `become` is what
    a worker does.
    """

    control: socket.socket
    users: list[int] | None
    filter_program: bytes
    processes: int
    kept: dict[int, int]
    size: int
    become: Callable[[int, Plan], NoReturn]
    lines: dict[int, tuple[int, socket.socket, int | None]] = field(default_factory=dict)
    """By descriptor of the line: the worker's process, the line, and its user."""

    def serve(self) -> None:
        """Until the server is gone."""
        bell, ringing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ringing, warn_on_full_buffer=False)
        watched = select.poll()
        watched.register(self.control, select.POLLIN)
        watched.register(bell, select.POLLIN)
        while True:
            for descriptor, _ in watched.poll():
                if descriptor == self.control.fileno():
                    if not self._make_worker(watched):
                        return
                elif descriptor == bell:
                    os.read(bell, 4096)
                elif descriptor in self.lines:
                    os.kill(self.lines[descriptor][0], signal.SIGKILL)
                    watched.unregister(descriptor)
            self._bury(watched)

    def _make_worker(self, watched: select.poll) -> bool:
        """False where the server is gone."""
        message, descriptors, _, _ = socket.recv_fds(self.control, 1, 2)
        if not message:
            return False
        channel, line = descriptors
        told = socket.socket(fileno=line)
        user = self.users.pop(0) if self.users else None
        share = Share(user, self.processes)
        keeper = os.getpid()
        # Where every worker has to have a user of its own and none is free, there is none.
        process = self._fork() if user is not None or self.users is None else -1
        if process == 0:
            self.become(channel, Plan(keeper, share, self.filter_program, self.kept, self.size))
        os.close(channel)
        if process < 0:
            told.close()
            return True
        self.lines[line] = (process, told, user)
        watched.register(line, select.POLLIN)
        return True

    def _fork(self) -> int:
        try:
            return os.fork()
        except OSError:
            return -1

    def _bury(self, watched: select.poll) -> None:
        """Say of every worker that has ended how it did, and let its user go."""
        with contextlib.suppress(ChildProcessError):
            while True:
                process, status, used = os.wait4(-1, os.WNOHANG)
                if process == 0:
                    return
                self._tell(process, ENDED.pack(status, used.ru_utime + used.ru_stime), watched)

    def _tell(self, process: int, end: bytes, watched: select.poll) -> None:
        for descriptor, (other, line, user) in list(self.lines.items()):
            if other == process:
                del self.lines[descriptor]
                with contextlib.suppress(KeyError):
                    watched.unregister(descriptor)
                with contextlib.suppress(OSError):
                    line.send(end)
                line.close()
                if user is not None and self.users is not None:
                    self.users.append(user)


def main(descriptor: int) -> None:
    """The descriptor leads to the server, whose first message says what this jail is to be."""
    control = socket.socket(fileno=descriptor)
    orders = json.loads(control.recv(LONGEST_MESSAGE))
    try:
        keeper = _prepare(control, orders)
    except Exception as error:  # noqa: BLE001 - the server is told why there is no jail
        control.send(json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode())
        return
    control.send(json.dumps({"javascript": has_javascript()}).encode())
    with contextlib.suppress(KeyboardInterrupt):
        keeper.serve()


def _prepare(control: socket.socket, orders: dict[str, Any]) -> Keeper:
    machine = this_machine()
    if machine is None:
        raise OSError("system calls cannot be filtered on this machine")
    _forget_where_from()
    _share_one_heap()
    show(orders["packages"])
    sys.path += orders["paths"]
    for name in [*LIKELY, *orders["preloaded"]]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    kept = _by_descriptor(orders["moved"])
    if orders["users"]:
        keep_few_capabilities()
    if orders["readable"] is not None:
        landlock.read_only(orders["readable"])
    load(program(keeper_rules(), machine))
    # What never changes is never looked at by the collector, so its pages stay shared with the workers.
    gc.collect()
    gc.freeze()
    filter_program = program(worker_rules(threads=orders["processes"] > 0), machine)
    become = be_plugin if orders["plugin"] else be_worker
    return Keeper(control, orders["users"] or None, filter_program, orders["processes"], kept, address_space(), become)


def _forget_where_from() -> None:
    """Neither the environment nor the arguments of this process are anybody's business."""
    os.environ.clear()
    ctypes.CDLL(None).clearenv()
    sys.argv, sys.orig_argv = [""], [""]
    sys.path[:] = [place for place in sys.path if place.startswith(sys.base_prefix)]


def _share_one_heap() -> None:
    """Threads otherwise claim 64 MiB of address space each (glibc), which would count as memory of the call."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def _by_descriptor(folders: list[str]) -> dict[int, int]:
    """Open folders that the workers' users cannot walk to, and have modules imported through what is open. From which
    descriptor to which, in a worker.
    """
    kept, prefixes = {}, {}
    for place, folder in enumerate(folders, start=CHANNEL + 1):
        kept[os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)] = place
        prefixes[folder] = f"/proc/self/fd/{place}"
    move(prefixes)
    return kept
