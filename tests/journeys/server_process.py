"""Loomwork as users start it: processes of their own, spoken to over pipes and sockets only."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

LOOMWORK = (sys.executable, "-m", "loomwork")
LINK = re.compile(r"http://\S+/sign-in\?token=\S+")
START_SECONDS = 60
COMMAND_SECONDS = 120


def clean_environment(**variables: str) -> dict[str, str]:
    """This process's environment without its settings of Loomwork, and with these instead."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOOMWORK_", "COLUMNS"))}
    return kept | {"PYTHONUNBUFFERED": "1"} | variables


def _descendants(pid: int) -> list[int]:
    children = [
        int(child)
        for listing in Path(f"/proc/{pid}/task").glob("*/children")
        for child in listing.read_text(encoding="ascii").split()
    ]
    return children + [deeper for child in children for deeper in _descendants(child)]


@dataclass(frozen=True)
class Finished:
    """What a command has left behind."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Its output, each line of it JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def json(self) -> Any:
        """Its one line of JSON."""
        (line,) = self.lines
        return line


@dataclass(frozen=True)
class CommandLine:
    """`loomwork ...` in an environment and a working folder."""

    environment: Mapping[str, str]
    folder: Path

    def __call__(self, *arguments: str | Path) -> Finished:
        """Run a command to its end, whatever its exit status."""
        done = subprocess.run(
            [*LOOMWORK, *map(str, arguments)],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def done(self, *arguments: str | Path) -> Finished:
        """Run a command that must succeed."""
        finished = self(*arguments)
        assert finished.status == 0, (arguments, finished)
        return finished


@dataclass
class ServerProcess:
    """`loomwork up` on a data folder, or another server. It may be started again after it was stopped or killed."""

    data: Path
    port: int
    environment: Mapping[str, str]
    log: Path
    options: Sequence[str] = ()
    link: str = ""
    verb: Sequence[str] = ("up",)
    greeting: re.Pattern[str] = LINK
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """All that it has written, by every start."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    @property
    def command(self) -> CommandLine:
        """The command line beside this server, on the same data folder."""
        return CommandLine({**self.environment, "LOOMWORK_DATA": str(self.data)}, self.log.parent)

    def start(self, *, program: Sequence[str] | None = None, **variables: str) -> None:
        """Start, and wait for the link that it prints once it answers. `program` and `variables` are for this start."""
        said = len(self.output)
        self.launch(program=program, **variables)
        self.link = self._wait_for_link(said)

    def launch(self, *, program: Sequence[str] | None = None, **variables: str) -> None:
        """Start, and wait for nothing."""
        arguments = [*self.verb, "--port", str(self.port), "--data", str(self.data), *self.options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*(program or LOOMWORK), *arguments],
                env={**self.environment, **variables},
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _wait_for_link(self, said: int) -> str:
        assert self._process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            found = self.greeting.search(self.output, said)
            if found:
                return found.group()
            assert self._process.poll() is None, f"the server ended with {self._process.returncode}:\n{self.output}"
            time.sleep(0.02)
        raise AssertionError(f"the server printed no link within {START_SECONDS} s:\n{self.output}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C or a service manager does; its exit status."""
        return self._end(how)

    def kill(self) -> None:
        """Pull the plug."""
        self._end(signal.SIGKILL)

    def wait_for_death(self, seconds: float = 60) -> int:
        """Its exit status, once it has ended by itself."""
        assert self._process is not None
        return self._process.wait(timeout=seconds)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send(self, signal_number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(signal_number)

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        try:
            return self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the server did not end within 30 s of {how.name}:\n{self.output}") from None

    def children(self) -> list[int]:
        """The processes that it has started, and theirs."""
        assert self._process is not None
        return _descendants(self._process.pid)

    def sign_in(self) -> httpx.Client:
        """A client with the session that the printed link gives, as the console has it."""
        answer = httpx.get(self.link, trust_env=False)
        assert answer.status_code == 303, answer.text
        client = self.anyone()
        client.cookies.update(answer.cookies)
        client.headers["X-Loomwork-CSRF"] = "1"
        return client

    def anyone(self, key: str | None = None) -> httpx.Client:
        """A client with a key, or with nothing."""
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False, verify=False)
