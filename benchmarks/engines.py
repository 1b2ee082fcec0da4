"""The engine beside graphon and LangGraph: the same graphs, interleaved rounds, medians and ratios."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.table import Table

from benchmarks.rounds import medians
from benchmarks.runner_process import NO_PEERS, Runner, runners
from benchmarks.runners.shapes import SHAPES, shape

WAYS = {"loomwork": ("run",), "graphon": ("run",), "langgraph": ("run_sync", "run_async")}
"""How each engine can be called. Where there are two ways, the faster one counts."""

ROUNDS = {"iteration-1000": 3}
USUAL_ROUNDS = 9
REPEATS = {"chain-5": 20, "loop-100": 3, "iteration-1000": 1}
USUAL_REPEATS = 10
"""Runs behind one figure, so that waking a process up does not count as the engine's time."""

LEAST = {"graphon": 20.0, "langgraph": 5.0}
"""How many times as fast as each peer we have to be, on every shape."""


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
    with runners("graphon", "langgraph") as started:
        return [_measure_shape(name, started) for name in SHAPES]


def _measure_shape(name: str, started: Mapping[str, Runner]) -> Figures:
    expected = shape(name).expected
    repeats = REPEATS.get(name, USUAL_REPEATS)
    contenders = {
        (engine, way): partial(runner.seconds, way, expected, name=name, repeats=repeats)
        for engine, runner in started.items()
        for way in WAYS[engine]
    }
    return Figures(name, fastest(medians(contenders, rounds=ROUNDS.get(name, USUAL_ROUNDS))))


def fastest(by_way: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Each engine's seconds by the way that suits it best."""
    engines = dict.fromkeys(engine for engine, _ in by_way)
    return {name: min(seconds for (engine, _), seconds in by_way.items() if engine == name) for name in engines}


def show(figures: list[Figures], console: Console) -> bool:
    """Print the table; False where a peer ran and we are not fast enough."""
    table = Table(title="Engine: microseconds a node (item, round), every event consumed, median of interleaved rounds")
    for heading in ("shape", "nodes", "loomwork", "graphon", "langgraph", "x graphon", "x langgraph"):
        table.add_column(heading, justify="left" if heading == "shape" else "right")
    for item in figures:
        count = shape(item.shape).count
        per_node = {engine: f"{seconds / count * 1e6:,.1f}" for engine, seconds in item.seconds.items()}
        ratios = [f"{item.ratio(peer):,.1f}" if peer in item.seconds else "-" for peer in LEAST]
        engines = [per_node.get(engine, "-") for engine in ("loomwork", *LEAST)]
        table.add_row(item.shape, f"{count:,}", *engines, *ratios)
    console.print(table)
    if "graphon" not in figures[0].seconds:
        console.print(NO_PEERS)
    return all(item.ratio(peer) >= least for item in figures for peer, least in LEAST.items() if peer in item.seconds)
