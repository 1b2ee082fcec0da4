"""Whether a jail holds: code tries what no code may do, and every attempt has to fail."""

import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loomwork.adapters.sandbox.jails import NoJail
from loomwork.adapters.sandbox.keeper import AnswerBroken, AnswerTooLong, Gone, Keeper

SECONDS = 30.0
MEMORY = 64 << 20
ATTEMPTS = """
import os, socket

def attempts(file, user, process):
    yield "read a file", lambda: os.open(file, os.O_RDONLY)
    yield "list a folder", lambda: os.listdir(os.path.dirname(file))
    yield "write a file", lambda: os.open(file, os.O_WRONLY)
    yield "make a file", lambda: os.open("/tmp/made", os.O_WRONLY | os.O_CREAT)
    yield "change a file's mode", lambda: os.chmod(file, 0o777)
    yield "remove a file", lambda: os.unlink(file)
    yield "read a process's environment", lambda: os.open("/proc/self/environ", os.O_RDONLY)
    yield "start a process", os.fork
    yield "start a program", lambda: os.execv("/bin/true", ["true"])
    yield "signal a process", lambda: os.kill(process, 0)
    yield "limit a process", lambda: __import__("resource").prlimit(process, 7)
    yield "have another user", lambda: os.setuid(0)
    yield "open the network", socket.socket
    yield "open a local socket", lambda: socket.socket(socket.AF_UNIX)

def main(file, user, process):
    done = []
    for name, attempt in attempts(file, user, process):
        try:
            attempt()
        except OSError:
            continue
        done.append(name)
    if dict(os.environ):
        done.append("see an environment")
    if os.getuid() == 0:
        done.append("be root")
    return {"done": done, "sum": sum(range(5))}
"""


def prove(keeper: Keeper) -> None:
    """Raises `NoJail` where a trivial program does not run in it, or where anything was possible that must not be."""
    with _bait() as file:
        left = _ask(keeper, {"file": file, "user": os.getuid(), "process": os.getppid()})
    if left.get("sum") != 10:
        raise NoJail("a trivial program did not run in the jail")
    if left.get("done"):
        raise NoJail(f"the jail does not hold: code could {', '.join(map(str, left['done']))}")


@contextmanager
def _bait() -> Iterator[str]:
    """A file that everybody may read."""
    with tempfile.TemporaryDirectory(prefix="loomwork-probe-") as folder:
        Path(folder).chmod(0o755)
        file = Path(folder, "secret")
        file.write_text("x", encoding="ascii")
        file.chmod(0o644)
        yield str(file)


def _ask(keeper: Keeper, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    nonce = secrets.token_hex(16)
    limits = {"memory": MEMORY, "cpu": int(SECONDS), "size": 4096}
    job = {"nonce": nonce, "language": "python3", "source": ATTEMPTS, "inputs": inputs, **limits}
    try:
        worker = keeper.new_worker()
        try:
            answer = worker.ask(json.dumps(job).encode(), nonce, deadline=time.monotonic() + SECONDS, size=4096)
        finally:
            worker.end()
    except (OSError, Gone, AnswerTooLong, AnswerBroken) as error:
        raise NoJail(f"a trivial program did not run in the jail ({type(error).__name__})") from None
    left = json.loads(answer).get("left")
    return left if isinstance(left, dict) else {"sum": None}
