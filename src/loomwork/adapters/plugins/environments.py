"""Environments of plugins: made by the venv of the standard library, and filled by pip with what a lock names, wheels
with their hashes alone. A package that would have to be built would run its own code out here.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from loomwork.plugins.domain.errors import PluginInvalid

SECONDS = 900.0
LONGEST_LINE = 200
KEPT_LINES = 5
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--no-color")
_WHEELS = ("--require-hashes", "--only-binary", ":all:", "--no-deps", "--progress-bar", "off")


class Environments:
    """Makes them. `environment` is what pip is given: its index, its proxy and its certificates."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}

    def make(self, folder: Path, lock: Sequence[str], say: Callable[[str], None]) -> Path:
        """The folder of its packages. Raises `PluginInvalid`."""
        say("Making an environment of its own")
        pip = () if lock else ("--without-pip",)
        self._run([sys.executable, "-I", "-m", "venv", *pip, str(folder)], lambda _line: None)
        packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        if lock:
            say(f"Installing {len(lock)} packages, each by its hash")
            wanted = folder / "lock.txt"
            wanted.write_text("\n".join(lock) + "\n", encoding="utf-8")
            self._run([*_python(folder), *_PIP, "install", *_WHEELS, "-r", str(wanted)], say)
        return packages

    def fetch(self, requirement: str, folder: Path, say: Callable[[str], None]) -> bytes:
        """The wheel that a requirement with its hashes names. Raises `PluginInvalid`."""
        say("Making an environment to fetch with")
        self._run([sys.executable, "-I", "-m", "venv", str(folder / "fetch")], lambda _line: None)
        wanted, found = folder / "wanted.txt", folder / "found"
        wanted.write_text(f"{requirement}\n", encoding="utf-8")
        command = ["download", *_WHEELS, "-r", str(wanted), "-d", str(found)]
        self._run([*_python(folder / "fetch"), *_PIP, *command], say)
        wheels = sorted(found.glob("*.whl"))
        if len(wheels) != 1:
            raise PluginInvalid("The requirement names no wheel.")
        return wheels[0].read_bytes()

    def _run(self, command: Sequence[str], say: Callable[[str], None]) -> None:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, with arguments that were checked
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            start_new_session=True,
            text=True,
            errors="replace",
        )
        patience = threading.Timer(SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        patience.start()
        last: list[str] = []
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                told = line.strip()[:LONGEST_LINE]
                if told:
                    last = [*last, told][-KEPT_LINES:]
                    say(told)
            status = process.wait()
        patience.cancel()
        if status != 0:
            raise PluginInvalid(f"Its environment cannot be made: {_said(last)}")


def _said(lines: Sequence[str]) -> str:
    """What pip complains of, without the addresses that it asks, which may hold a password."""
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
    words = " ".join(errors).split()
    return " ".join("an address" if "://" in word else word for word in words) or "it did not say why."


def _python(folder: Path) -> list[str]:
    return [str(folder / "bin" / "python"), "-I"]
