"""The engine beside graphon and LangGraph: the same graphs, interleaved rounds, medians and ratios."""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.peers_env import peers_python
from benchmarks.runners.shapes import SHAPES, shape

CHECKOUT = Path(__file__).resolve().parent.parent
ROUNDS = 9
WARM_UPS = 1
LEAST = {"graphon": 10.0, "langgraph": 3.0}
"""How many times as fast as each peer we have to be, on every shape."""


class Runner:
    """One engine's program, alive for the whole bench."""

    def __init__(self, python: Path, module: str) -> None:
        self._name = module
        self._process = subprocess.Popen(
            [str(python), "-m", f"benchmarks.runners.{module}"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def time_one(self, shape_name: str) -> float:
        """Seconds of one run of a shape."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{shape_name}\n")
        self._process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        """End the program."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the runner of {self._name} broke off")
        return line.strip()


@dataclass(frozen=True)
class Figures:
    """Median seconds of one run, by engine, for one shape."""

    shape: str
    seconds: Mapping[str, float]

    def ratio(self, peer: str) -> float:
        """How many times as fast as the peer we are."""
        return self.seconds[peer] / self.seconds["loomwork"]


def measure() -> list[Figures]:
    """Run every shape on every engine that can be had."""
    runners = {"loomwork": Runner(Path(sys.executable), "loomwork_runner")}
    python = peers_python()
    if python is not None:
        runners["graphon"] = Runner(python, "graphon_runner")
        runners["langgraph"] = Runner(python, "langgraph_runner")
    try:
        return [_measure_shape(name, runners) for name in SHAPES]
    finally:
        for runner in runners.values():
            runner.close()


def _measure_shape(name: str, runners: Mapping[str, Runner]) -> Figures:
    for runner in runners.values():
        for _ in range(WARM_UPS):
            runner.time_one(name)
    taken: dict[str, list[float]] = {engine: [] for engine in runners}
    for _ in range(ROUNDS):
        for engine, runner in runners.items():
            taken[engine].append(runner.time_one(name))
    return Figures(name, {engine: statistics.median(seconds) for engine, seconds in taken.items()})


def show(figures: list[Figures], console: Console) -> bool:
    """Print the table; False where a peer ran and we are not fast enough."""
    table = Table(title="Engine: microseconds a node, every event consumed (median of interleaved rounds)")
    for heading in ("shape", "nodes", "loomwork", "graphon", "langgraph", "x graphon", "x langgraph"):
        table.add_column(heading, justify="left" if heading == "shape" else "right")
    for item in figures:
        count = shape(item.shape).count
        per_node = {engine: f"{seconds / count * 1e6:,.1f}" for engine, seconds in item.seconds.items()}
        ratios = [f"{item.ratio(peer):,.1f}" if peer in item.seconds else "-" for peer in LEAST]
        engines = [per_node.get(engine, "-") for engine in ("loomwork", *LEAST)]
        table.add_row(item.shape, str(count), *engines, *ratios)
    console.print(table)
    if "graphon" not in figures[0].seconds:
        console.print("The peers did not run: there is no Python 3.12 that starts (set BENCH_PYTHON).")
    return all(item.ratio(peer) >= least for item in figures for peer, least in LEAST.items() if peer in item.seconds)


def as_json(figures: list[Figures]) -> str:
    """The figures for a file."""
    return json.dumps([{"shape": item.shape, "seconds": dict(item.seconds)} for item in figures], indent=2)
