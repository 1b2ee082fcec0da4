"""Runs that survive a crash: our journal at level `node` beside LangGraph's checkpointer, each on a SQLite file.

Both files lie in one folder and have a write-ahead log with `synchronous = NORMAL`. LangGraph writes the checkpoint of
a step before the next step begins; we commit what a node left before a node that waits is started, and before an event
is shown.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.engines import fastest
from benchmarks.rounds import medians
from benchmarks.runner_process import NO_PEERS, Runner, runners
from benchmarks.runners.shapes import shape

SHAPE = "chain-50"
LEAST = 5.0
"""How many times as fast as LangGraph we have to be."""


@dataclass(frozen=True)
class Case:
    """So many runs at once. With `waits` each of our nodes goes through a task, and is committed by itself."""

    name: str
    runs: int
    waits: bool
    rounds: int


CASES = (
    Case("one run, inline nodes", 1, False, 15),
    Case("one run, waiting nodes", 1, True, 15),
    Case("100 runs at once, inline nodes", 100, False, 3),
    Case("100 runs at once, waiting nodes", 100, True, 3),
)


@dataclass(frozen=True)
class Figures:
    """Median microseconds a node, by engine."""

    case: str
    per_node: Mapping[str, float]

    @property
    def ratio(self) -> float | None:
        """How many times as fast as LangGraph we are; None where it did not run."""
        peer = self.per_node.get("langgraph")
        return None if peer is None else peer / self.per_node["loomwork"]


def measure(parent: Path) -> list[Figures]:
    """Measure every case on files in a folder of their own under `parent`."""
    with tempfile.TemporaryDirectory(dir=parent) as folder, runners("langgraph") as started:
        return [_measure_case(case, started, folder) for case in CASES]


def _measure_case(case: Case, started: Mapping[str, Runner], folder: str) -> Figures:
    made = shape(SHAPE)
    asked = {"name": SHAPE, "runs": case.runs, "folder": folder}
    ask_us = partial(started["loomwork"].seconds, "durable", made.expected, waits=case.waits, **asked)
    contenders = {("loomwork", "durable"): ask_us}
    if "langgraph" in started:
        ways = ("durable_sync", "durable_async") if case.runs == 1 else ("durable_async",)
        contenders |= {
            ("langgraph", way): partial(started["langgraph"].seconds, way, made.expected, **asked) for way in ways
        }
    seconds = fastest(medians(contenders, rounds=case.rounds))
    return Figures(case.name, {engine: taken / case.runs / made.count * 1e6 for engine, taken in seconds.items()})


def show(figures: list[Figures], console: Console) -> bool:
    """Print the table; False where LangGraph ran and we are not fast enough."""
    table = Table(title=f"Journal on SQLite, {SHAPE}: microseconds a node, median of interleaved rounds")
    for heading in ("case", "loomwork", "langgraph", "x langgraph"):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    for item in figures:
        peer = item.per_node.get("langgraph")
        others = ("-", "-") if peer is None else (f"{peer:,.0f}", f"{item.ratio:,.1f}")
        table.add_row(item.case, f"{item.per_node['loomwork']:,.0f}", *others)
    console.print(table)
    if figures[0].ratio is None:
        console.print(NO_PEERS)
    return all(item.ratio is None or item.ratio >= LEAST for item in figures)
