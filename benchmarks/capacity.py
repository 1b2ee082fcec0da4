"""How the engine grows: many runs at once, long graphs, runs that wait, and rounds beside a large variable."""

import statistics
import tempfile
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.rounds import medians
from benchmarks.runner_process import Runner, runners
from benchmarks.runners.shapes import shape

ROUNDS = 7
CROWD = 1000
CROWD_ROUNDS = 5
CROWD_SHAPE = "chain-5"
LENGTHS = (10, 100, 1000, 5000)
NODES_A_FIGURE = 10_000
"""Nodes run behind one figure of a length, over as many runs as that takes."""

WAITING = 5000
ITEMS = 10_000
POOL_MEGABYTES = 10


@dataclass(frozen=True)
class Bar:
    """A figure and what it has to hold: at least `bar` where `at_least`, at most that otherwise; None is for show."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False

    @property
    def held(self) -> bool:
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def measure(parent: Path) -> list[Bar]:
    """Measure all of them on our engine; LangGraph runs the crowd too, where it can be had."""
    with runners("langgraph") as started:
        ours = started["loomwork"]
        bars = [*_crowd(started), *_lengths(ours), *_pool(ours)]
    return [*bars, *_waiting(parent)]


def _crowd(started: dict[str, Runner]) -> list[Bar]:
    """By the clock, and by the time that the process had a processor: on a machine of its own they are one."""
    made = shape(CROWD_SHAPE)
    processor: dict[str, list[float]] = {engine: [] for engine in started}
    contenders = {engine: partial(_seconds_of_crowd, runner, processor[engine]) for engine, runner in started.items()}
    by_clock = medians(contenders, rounds=CROWD_ROUNDS)
    nodes = CROWD * made.count
    what = f"{CROWD:,} runs of {CROWD_SHAPE} at once"
    bars = [Bar(what, nodes / by_clock["loomwork"], "nodes/s", 20_000, at_least=True)]
    bars.append(Bar(f"{what}, processor time", nodes / statistics.median(processor["loomwork"]), "nodes/s"))
    if "langgraph" in started:
        bars.append(Bar(f"{what}, LangGraph", nodes / by_clock["langgraph"], "nodes/s"))
    return bars


def _seconds_of_crowd(runner: Runner, processor: list[float]) -> float:
    answer = runner.checked("crowd", shape(CROWD_SHAPE).expected, name=CROWD_SHAPE, runs=CROWD)
    processor.append(answer["processor_seconds"])
    return float(answer["seconds"])


def _lengths(ours: Runner) -> list[Bar]:
    contenders = {length: partial(_seconds_of_length, ours, length) for length in LENGTHS}
    seconds = medians(contenders, rounds=ROUNDS)
    bars = [
        Bar(f"chain of {length:,}, by node", taken / shape(f"chain-{length}").count * 1e6, "µs")
        for length, taken in seconds.items()
    ]
    further = [(seconds[longer] - seconds[shorter]) / (longer - shorter) * 1e6 for shorter, longer in pairwise(LENGTHS)]
    for (shorter, longer), cost in zip(pairwise(LENGTHS), further, strict=True):
        bars.append(Bar(f"each node from {shorter:,} to {longer:,}", cost, "µs"))
    return [*bars, Bar("dearest of these by cheapest", max(further) / min(further), "x", 1.5)]


def _seconds_of_length(ours: Runner, length: int) -> float:
    name = f"chain-{length}"
    return ours.seconds("run", shape(name).expected, name=name, repeats=max(2, NODES_A_FIGURE // length))


def _pool(ours: Runner) -> list[Bar]:
    name = f"iteration-{ITEMS}"
    expected = shape(name).expected
    contenders = {
        megabytes: partial(ours.seconds, "pool", expected, name=name, megabytes=megabytes)
        for megabytes in (0, POOL_MEGABYTES)
    }
    seconds = medians(contenders, rounds=ROUNDS)
    bars = [
        Bar(f"item of {ITEMS:,}, {megabytes} MB of variables", taken / ITEMS * 1e6, "µs")
        for megabytes, taken in seconds.items()
    ]
    return [*bars, Bar("with them by without", seconds[POOL_MEGABYTES] / seconds[0], "x", 1.25)]


def _waiting(parent: Path) -> list[Bar]:
    """Each in a process of its own, because memory that was once taken is not given back."""
    with runners() as started:
        plain = started["loomwork"].ask("parked", runs=WAITING, folder=None)
    with tempfile.TemporaryDirectory(dir=parent) as folder, runners() as started:
        journaled = started["loomwork"].ask("parked", runs=WAITING, folder=folder)
    what = f"each of {WAITING:,} waiting runs"
    return [
        Bar(f"{what}, resident", plain["bytes"] / 1024, "KB", 40),
        Bar(f"{what}, resident, with the journal", journaled["bytes"] / 1024, "KB", 40),
    ]


def show(bars: list[Bar], console: Console) -> bool:
    """Print the table; False where a bar is missed."""
    table = Table(title="Capacity (medians of interleaved rounds)")
    for heading in ("figure", "measured", "bar"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for item in bars:
        bar = "" if item.bar is None else f"{'>=' if item.at_least else '<='} {item.bar:,g} {item.unit}"
        table.add_row(item.name, f"{item.value:,.1f} {item.unit}", bar)
    console.print(table)
    return all(item.held for item in bars)
