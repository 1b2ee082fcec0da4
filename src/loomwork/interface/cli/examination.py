"""The examination behind `loomwork doctor`. It looks and changes nothing."""

import asyncio
import ipaddress
import os
import platform
import shutil
import socket
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loomwork.interface.cli.amounts import size
from loomwork.interface.cli.host import Host, Machine, Runtime
from loomwork.kernel.errors import LoomworkError

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35)
"""The first with RETURNING, which the stores use."""

LOW_SPACE = 1_000_000_000
NO_SPACE = 100_000_000
IMPORT_SECONDS = 60

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` says what to do; "" where nothing has to be done."""

    name: str
    status: Status
    message: str
    advice: str = ""


async def examine(host: Host, data: str | None) -> list[Finding]:
    """Every finding, in the order in which one would ask."""
    machine = host.machine(data)
    findings = [
        python(sys.version_info[:3]),
        shared(folder("Data folder", machine.data, "LOOMWORK_DATA"), machine.data),
        folder("Model cache", machine.cache, "LOOMWORK_CACHE_DIR"),
        sqlite(machine.data),
        Finding("Secret key", "ok", machine.secret_key),
        await local_runtime(),
    ]
    try:
        async with host.runtime() as runtime:
            findings += [
                await code(runtime),
                documents(runtime),
                *await weights(runtime, machine),
                *await providers(runtime),
            ]
    except LoomworkError as error:
        findings.append(Finding("Models", "fail", error.message))
    return [*findings, console(machine), await port(machine)]


def python(version: Sequence[int]) -> Finding:
    said = f"{'.'.join(map(str, version))} on {platform.system()} {platform.machine()}"
    if tuple(version[:2]) < OLDEST_PYTHON:
        return Finding("Python", "fail", said, "Loomwork needs Python 3.11 or newer.")
    return Finding("Python", "ok", said)


def folder(name: str, path: Path, variable: str) -> Finding:
    """Whether a folder can be written, or made, and has room."""
    there = existing(path)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding(name, "fail", f"{path} cannot be written.", f"Set {variable} to a folder that can.")
    free = shutil.disk_usage(there).free
    made = "" if path.exists() else ", made on first use"
    said = f"{path}, {size(free)} free{made}"
    if free < NO_SPACE:
        return Finding(name, "fail", said, f"Make room, or set {variable} to a folder on another disk.")
    if free < LOW_SPACE:
        return Finding(name, "warn", said, f"Room is short; {variable} may name a folder on another disk.")
    return Finding(name, "ok", said)


def shared(found: Finding, path: Path) -> Finding:
    """The finding, or a warning where other users may replace what lies in the folder."""
    if found.status != "ok" or not path.is_dir():
        return found
    mode = path.stat().st_mode
    # In a folder with the sticky bit, nobody replaces the files of others.
    if not mode & (stat.S_IWGRP | stat.S_IWOTH) or mode & stat.S_ISVTX:
        return found
    return Finding(found.name, "warn", f"{found.message}, and others may write to it", f"chmod go-w {path}")


def existing(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next((each for each in (path, *path.parents) if each.exists()), Path("/"))


def sqlite(data: Path) -> Finding:
    """Whether SQLite is new enough, and can keep a write-ahead log where the data is."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info[:2] < OLDEST_SQLITE:
        return Finding("SQLite", "fail", version, "SQLite 3.35 or newer is needed; a newer Python brings one.")
    try:
        mode = _journal_mode(existing(data))
    except (OSError, sqlite3.Error) as error:
        return Finding("SQLite", "fail", f"{version}, and no database could be made: {error}.")
    if mode != "wal":
        return Finding("SQLite", "fail", f"{version} without a write-ahead log", "Put the data folder on a local disk.")
    return Finding("SQLite", "ok", f"{version}, with a write-ahead log")


def _journal_mode(place: Path) -> str:
    with tempfile.TemporaryDirectory(dir=place, prefix=".loomwork-doctor-") as scratch:
        connection = sqlite3.connect(Path(scratch) / "probe.db")
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        finally:
            connection.close()


async def local_runtime() -> Finding:
    """Whether what runs local models can be loaded, tried in another process: on a wrong CPU it would kill this one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the working directory is not ours to import from
        "-c",
        "import xllamacpp",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complaint = await asyncio.wait_for(process.communicate(), IMPORT_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        complaint = b"it took too long to load"
    if process.returncode == 0:
        return Finding("Local runtime", "ok", "llama.cpp can be loaded")
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    reason = lines[-1] if lines else f"it ended with status {process.returncode}"
    advice = "Install it again (make up); models of other providers work without it."
    return Finding("Local runtime", "warn", f"llama.cpp cannot be loaded: {reason}", advice)


WALLS = {
    "bubblewrap": "bubblewrap: namespaces, filtered system calls, limits",
    "landlock": "Landlock: no files, filtered system calls, limits, but no namespaces",
    "remote": "run by the plugins service; what holds it there, doctor says on its machine",
}


async def code(runtime: Runtime) -> Finding:
    """Whether something holds the code of code nodes here, tried with a program in it."""
    jail, problem = await asyncio.to_thread(runtime.code_jail)
    if jail is None:
        why, _, advice = (problem or "").rpartition(". ")
        said = f"code nodes cannot run: {why or problem}"
        return Finding("Code", "warn", said, advice or "LOOMWORK_CODE_JAIL says what may hold it.")
    return Finding("Code", "ok", WALLS.get(jail, jail))


DOCUMENT_WALLS = {
    "landlock": "read in processes without network or files (Landlock, filtered system calls, limits)",
    "system calls": "read in processes without network (filtered system calls, limits), but with a view of files",
    "limits": "read in processes with limits of time and memory, and no further walls",
}

DOCUMENT_ADVICE = {
    "landlock": "",
    "system calls": "Linux 5.13 with landlock among its security modules has a wall around files, too.",
    "limits": "On Linux, parsers have walls around them: run Loomwork there where strangers may add documents.",
}


def documents(runtime: Runtime) -> Finding:
    """What holds the parsers of documents, which may be hostile."""
    walls = runtime.document_walls()
    return Finding("Documents", "ok" if walls == "landlock" else "warn", DOCUMENT_WALLS[walls], DOCUMENT_ADVICE[walls])


async def weights(runtime: Runtime, machine: Machine) -> list[Finding]:
    """Where the weights of the default local model are, or would come from."""
    statuses = await runtime.local_models.status()
    if not statuses:
        return [Finding("Local model", "warn", "the catalog has none", "Set LOOMWORK_DEFAULT_MODEL to another model.")]
    default = statuses[0]
    if default.state == "ready":
        return [Finding("Local model", "ok", f"{default.model}, {size(default.size)}: {default.source}")]
    free = shutil.disk_usage(existing(machine.cache)).free
    said = f"{default.model} is not here yet: {size(default.size)} from {default.source}"
    if free < default.size * 2:
        return [Finding("Local model", "fail", said, f"Only {size(free)} are free in {machine.cache}; make room.")]
    return [Finding("Local model", "warn", said, "It is fetched on first use; now: loomwork models fetch")]


async def providers(runtime: Runtime) -> list[Finding]:
    """Which providers can be called, and what keeps the others from it."""
    ready: dict[str, bool] = {}
    for model in await runtime.models.list_models(runtime.scope):
        ready[model.provider] = ready.get(model.provider, False) or model.ready
    able = [name for name, is_ready in ready.items() if is_ready]
    unable = [name for name, is_ready in ready.items() if not is_ready]
    advice = f"{len(unable)} more can be set up: loomwork models add NAME, or the page of models." if unable else ""
    return [Finding("Providers", "ok" if able else "fail", ", ".join(able) or "none can be called", advice)]


def console(machine: Machine) -> Finding:
    if machine.console is None:
        return Finding("Console", "warn", "it has not been built", "Build it with make web; the API works without it.")
    return Finding("Console", "ok", f"built, in {machine.console}")


async def port(machine: Machine) -> Finding:
    """Whether the server's port is free, or ours already."""
    where = f"{machine.host}:{machine.port}"
    family = socket.AF_INET6 if ":" in machine.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((machine.host, machine.port))
    except OSError as error:
        # Here, because an HTTP client takes longer to import than everything else that is examined.
        from loomwork.interface.cli.remote_workspace import is_loomwork

        if await is_loomwork(_reachable(machine.host), machine.port):
            return Finding("Port", "ok", f"{where}: a Loomwork server is running there")
        reason = error.strerror or "it cannot be bound"
        advice = "Another program has it; choose another port: LOOMWORK_PORT or --port."
        return Finding("Port", "warn", f"{where} is taken ({reason})", advice)
    return Finding("Port", "ok", f"{where} is free")


def _reachable(host: str) -> str:
    """Where to ask a server that listens on every address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"
