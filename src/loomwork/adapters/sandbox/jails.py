"""The two ways to build a jail, and what each needs of the machine."""

import os
import shutil
import socket
import subprocess
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from loomwork.adapters.sandbox.inside import landlock
from loomwork.adapters.sandbox.inside.seccomp import keeper_rules, program
from loomwork.adapters.sandbox.inside.syscalls import Machine, this_machine
from loomwork.adapters.sandbox.runtime import Runtime

JailName = Literal["bubblewrap", "landlock"]
THREADS = 16
"""What one call may have, where each has a user of its own."""

THREADS_OF_ALL = 256
"""What all calls may have together, where they share a user that is theirs alone."""

USERS = 256
"""More than calls can run and wait at once."""

FREE_RANGES = (1_879_050_000, 65_000)
"""Where users begin that nobody is: beyond all that containers are given by systemd, and, for containers that have
only 65,536, where Debian's policy reserves some.
"""

NOBODY = 65_534
ROOTS_OWN = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL")


class NoJail(Exception):
    """This way to build a jail is not open here; the message says what to do, as a sentence."""


@dataclass(frozen=True, slots=True)
class Start:
    """A process that was started with the server's end of its control line, and the orders that are its due."""

    process: "subprocess.Popen[bytes]"
    control: socket.socket
    orders: Mapping[str, Any]


class Jail(Protocol):
    """Starts the process that makes the workers, behind walls."""

    @property
    def name(self) -> JailName: ...

    def start(self, runtime: Runtime) -> Start:
        """Raises `NoJail`."""
        ...


class Bubblewrap:
    """Namespaces of its own for everything, a file system of what may be read alone, and filtered system calls."""

    name: JailName = "bubblewrap"

    def start(self, runtime: Runtime) -> Start:
        machine = _machine()
        wrapper = shutil.which("bwrap")
        if wrapper is None:
            raise NoJail("bubblewrap is not installed (on Debian and Ubuntu: apt-get install bubblewrap)")
        filters, filling = os.pipe()
        try:
            os.write(filling, program(keeper_rules(), machine))
            os.close(filling)
            process, control = _start(
                lambda end: [wrapper, *self._options(runtime, filters), *runtime.command(end)], filters
            )
        finally:
            os.close(filters)
        return Start(process, control, self._orders(runtime))

    def _options(self, runtime: Runtime, filters: int) -> list[str]:
        options = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        options += ["--hostname", "jail", "--cap-drop", "ALL"]
        if os.geteuid() == 0:
            options += [part for capability in ROOTS_OWN for part in ("--cap-add", capability)]
        else:
            options += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
        shown = _apart([*runtime.readable, *runtime.own, runtime.python, *_shared_python(runtime)])
        for folder in _above(shown):
            options += ["--dir", folder]  # Those that bubblewrap makes by itself, some versions make for root alone.
        for path in shown:
            options += ["--ro-bind", path, path]
        for folder in runtime.standard:
            options += [part for hidden in _installed(folder) for part in ("--tmpfs", hidden, "--remount-ro", hidden)]
        return [*options, "--remount-ro", "/", "--chdir", "/", "--seccomp", str(filters)]

    def _orders(self, runtime: Runtime) -> Mapping[str, Any]:
        users = _users(runtime) if os.geteuid() == 0 else []
        return _orders(runtime, users=users, processes=THREADS if users else THREADS_OF_ALL, readable=None, moved=[])


class Landlock:
    """Filtered system calls, no file but what may be read, and, started by root, a user of its own for each call.

    Weaker than namespaces: whether a path exists can be told. Without root, calls are the server's own user, and what
    keeps them from its processes and files is the list of system calls alone; they have no threads then, since the
    number of those could not be limited.
    """

    name: JailName = "landlock"

    def start(self, runtime: Runtime) -> Start:
        _machine()
        if not landlock.version():
            raise NoJail("Landlock is not to be had (it takes Linux 5.13 with landlock among its security modules)")
        is_root = os.geteuid() == 0
        process, control = _start(runtime.command)
        orders = _orders(
            runtime,
            users=_users(runtime) if is_root else [],
            processes=THREADS if is_root else 0,
            readable=runtime.readable,
            moved=runtime.folders if is_root else [],
        )
        return Start(process, control, orders)


def _machine() -> Machine:
    machine = this_machine()
    if machine is None:
        raise NoJail("system calls can be filtered only on Linux on x86-64 or AArch64")
    return machine


def _orders(
    runtime: Runtime, *, users: list[int], processes: int, readable: list[str] | None, moved: list[str]
) -> Mapping[str, Any]:
    return {
        "packages": runtime.packages,
        "paths": runtime.paths,
        "plugin": runtime.plugin is not None,
        "preloaded": [name for name in runtime.packages if name in ("_quickjs", "numpy", "pandas")],
        "users": users,
        "processes": processes,
        "readable": readable,
        "moved": moved,
    }


def _start(command: Any, *descriptors: int) -> "tuple[subprocess.Popen[bytes], socket.socket]":
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, in the wrapper that was found
                command(theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), *descriptors),
                # The first process of a jail can read its own: an empty environment holds no secret.
                env={},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise NoJail(f"{command(0)[0]} cannot be started: {error.strerror}") from error
    return process, ours


def _users(runtime: Runtime) -> list[int]:
    """Users that own nothing and run nothing, others for plugins than for code, so that neither takes the threads of
    the other. Raises `NoJail` where root has none to give.
    """
    skipped = 0 if runtime.plugin is None else USERS
    ranges = [
        (int(first), int(count))
        for first, _, count in map(str.split, Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines())
    ]
    for begin in (first + skipped for first in FREE_RANGES):
        if any(first <= begin and begin + USERS <= first + count for first, count in ranges):
            return _begun_elsewhere(list(range(begin, begin + USERS)), runtime.plugin)
    raise NoJail("root has no other users here to run code as (see the id mapping of this container)")


def _begun_elsewhere(users: list[int], plugin: str | None) -> list[int]:
    """Plugins draw from the same users: each begins at another one."""
    at = 0 if plugin is None else zlib.crc32(plugin.encode()) % len(users)
    return users[at:] + users[:at]


def _shared_python(runtime: Runtime) -> list[str]:
    """The library of a Python that is built as one."""
    folder = Path(runtime.python).parent.parent / "lib"
    return [str(path) for path in folder.glob("libpython*.so*")]


def _installed(folder: str) -> list[str]:
    """Where the packages of an interpreter lie, which are not for the code of others."""
    return [str(path) for path in Path(folder).glob("*-packages") if path.is_dir()]


def _apart(paths: list[str]) -> list[str]:
    """In an order in which none hides another."""
    return sorted({path for path in paths if Path(path).exists()}, key=lambda path: path.count("/"))


def _above(paths: list[str]) -> list[str]:
    """The folders that lead to these, the upper ones first."""
    folders = {str(folder) for path in paths for folder in Path(path).parents if str(folder) != "/"}
    return sorted(folders, key=lambda folder: folder.count("/"))
