"""A runner as the bench sees it: another process that is asked, and waited for."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers_env import peers_python

CHECKOUT = Path(__file__).resolve().parent.parent
NO_PEERS = "The peers did not run: there is no Python 3.12 that starts (set BENCH_PYTHON)."


class Runner:
    """One engine's program, alive until it is closed."""

    def __init__(self, python: Path, engine: str) -> None:
        self._engine = engine
        self._process = subprocess.Popen(
            [str(python), "-m", f"benchmarks.runners.{engine}_runner"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def ask(self, what: str, **question: Any) -> dict[str, Any]:
        """Its answer. Raises `RuntimeError` where it broke off."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"what": what, **question}) + "\n")
        self._process.stdin.flush()
        return self._read()

    def seconds(self, what: str, expected: Any, **question: Any) -> float:
        """What it took. Raises `RuntimeError` where something else came out than was expected."""
        return float(self.checked(what, expected, **question)["seconds"])

    def checked(self, what: str, expected: Any, **question: Any) -> dict[str, Any]:
        """The whole answer of the same."""
        answer = self.ask(what, **question)
        if answer["output"] != expected:
            raise RuntimeError(f"{self._engine} came to another result than it should: {question}")
        return answer

    def close(self) -> None:
        """End the program."""
        with self._process:  # closes both ends, and waits
            pass

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the runner of {self._engine} broke off")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def runners(*peers: str) -> Iterator[dict[str, Runner]]:
    """Our runner, and those of the peers where they can be had."""
    python = peers_python() if peers else None
    with ExitStack() as closing:
        pythons = {"loomwork": Path(sys.executable)}
        if python is not None:
            pythons |= dict.fromkeys(peers, python)
        started = {engine: Runner(path, engine) for engine, path in pythons.items()}
        for runner in started.values():
            closing.callback(runner.close)
        yield started
