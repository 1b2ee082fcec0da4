"""Other people's clients, each with its own packages, apart from ours: `openai` of two majors, and `taskingai`, need
versions that do not go together.

A client is a lock file beside this one. Its packages are installed once for each content of the lock, into the virtual
environment that runs the tests, and a program that uses it sees them and the standard library alone.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
KEPT = Path(sys.prefix) / ".clients"
SECONDS = 240


class NotInstalled(Exception):
    """The packages of a client could not be had; says why."""


@dataclass(frozen=True)
class ClientProgram:
    """A program of `programs/` with the packages that it runs on."""

    program: str
    packages: Path

    def run(self, *arguments: str, seconds: float = SECONDS) -> dict[str, Any]:
        """Run it to its end: the JSON object on its standard output."""
        done = subprocess.run(
            [sys.executable, "-S", "-B", str(HERE / "programs" / f"{self.program}.py"), *arguments],
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(self.packages), "NO_PROXY": "*"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        told: dict[str, Any] = json.loads(done.stdout)
        return told


def client_program(name: str, client: str) -> ClientProgram:
    """A program that uses a client, by both their names. Skips, saying why, where the client cannot be had."""
    try:
        return ClientProgram(name, packages_of(client))
    except NotInstalled as error:
        pytest.skip(str(error))


def packages_of(client: str) -> Path:
    """The folder with a client's packages, installed now where they are not yet. Raises `NotInstalled`."""
    lock = HERE / f"{client}.txt"
    version = ".".join(map(str, sys.version_info[:2]))
    digest = hashlib.sha256(lock.read_bytes() + version.encode()).hexdigest()[:12]
    folder = KEPT / f"{client}-{digest}"
    KEPT.mkdir(exist_ok=True)
    with (KEPT / f"{client}.lock").open("w") as only_one:
        fcntl.flock(only_one, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install(lock, folder)
    return folder


def _install(lock: Path, folder: Path) -> None:
    half_done = folder.with_suffix(".part")
    shutil.rmtree(half_done, ignore_errors=True)
    what = ["--quiet", "--require-hashes", "--target", str(half_done), "--requirement", str(lock)]
    done = subprocess.run([*_installer(), *what], capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        raise NotInstalled(f"the packages of {lock.stem} could not be installed: {done.stderr.strip()[-500:]}")
    half_done.rename(folder)


def _installer() -> list[str]:
    """uv where it is at hand, since it is many times as fast; else pip, which is always there."""
    own = REPO / ".tools" / "uv" / "bin" / "uv"
    uv = str(own) if own.exists() else shutil.which("uv")
    return [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
