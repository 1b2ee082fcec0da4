"""The graphs that are measured, as plain descriptions that each engine is given in its own words.

Every node between start and end renders one small template, so each engine does the same visible work; `expected` is
what the end says, whichever engine runs it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SHAPES = ("chain-5", "chain-50", "fan-50", "branches-25", "iteration-1000", "loop-100")
"""Those that are measured on every engine."""

GREETING = "hello"
"""What every run is started with."""


@dataclass(frozen=True)
class Straight:
    """`nodes` render a template over their first predecessor's output; edges lead from `start` to `end`."""

    name: str
    nodes: list[str]
    edges: list[tuple[str, str]]

    @property
    def count(self) -> int:
        """Nodes that run, start and end included."""
        return len(self.nodes) + 2

    @property
    def expected(self) -> Any:
        return GREETING

    def first_predecessor(self, node: str) -> str:
        """Whose output a node renders."""
        return next(source for source, target in self.edges if target == node)


@dataclass(frozen=True)
class Branches:
    """`size` times in a row: a condition, one of two ways that each render a template, and a node where they join."""

    name: str
    size: int

    @property
    def count(self) -> int:
        """Nodes that run, start and end included; the ways that are not taken do not run."""
        return 3 * self.size + 2

    @property
    def expected(self) -> Any:
        return GREETING + "".join("+" if self.holds(index) else "-" for index in range(self.size))

    def holds(self, index: int) -> bool:
        """Which way a run goes at a condition: the two take turns."""
        return index % 2 == 0


@dataclass(frozen=True)
class Iteration:
    """One template, rendered for each of `size` items."""

    name: str
    size: int

    @property
    def count(self) -> int:
        """Items."""
        return self.size

    @property
    def items(self) -> list[str]:
        return [f"item {index}" for index in range(self.size)]

    @property
    def expected(self) -> Any:
        return self.items


@dataclass(frozen=True)
class Loop:
    """One template, rendered `size` times over, and the number of rounds at the end."""

    name: str
    size: int

    @property
    def count(self) -> int:
        """Rounds."""
        return self.size

    @property
    def expected(self) -> Any:
        return self.size


Shape = Straight | Branches | Iteration | Loop


def shape(name: str) -> Shape:
    """The shape of this name: a kind and a size."""
    kind, _, number = name.partition("-")
    return KINDS[kind](name, int(number))


def _chain(name: str, size: int) -> Straight:
    nodes = [f"n{index}" for index in range(size)]
    return Straight(name, nodes, list(pairwise(["start", *nodes, "end"])))


def _fan(name: str, size: int) -> Straight:
    nodes = [f"n{index}" for index in range(size)]
    edges = [("start", node) for node in nodes] + [(node, "join") for node in nodes]
    return Straight(name, [*nodes, "join"], [*edges, ("join", "end")])


KINDS: dict[str, Callable[[str, int], Shape]] = {
    "chain": _chain,
    "fan": _fan,
    "branches": Branches,
    "iteration": Iteration,
    "loop": Loop,
}
