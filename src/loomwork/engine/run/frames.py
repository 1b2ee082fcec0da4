"""A frame is one level of a run: the counters that say which nodes are ready, and the values that they left.

The run itself is frame 0. A container's rounds will be frames of their own that read through to their parent and write
only to themselves, so that no variable is ever copied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from loomwork.engine.events import FramePath
from loomwork.engine.graph.plan import Plan
from loomwork.engine.variables import MISSING, Ref
from loomwork.engine.variables.refs import walk


class Mark(IntEnum):
    """How a node of a frame stands."""

    PENDING = 0
    RUNNING = 1
    DONE = 2
    SKIPPED = 3


@dataclass(slots=True)
class Frame:
    """`unknown` and `taken` count each node's incoming edges: one is ready when none is unknown and some are taken."""

    path: FramePath
    unknown: list[int]
    taken: list[int]
    marks: list[Mark]
    values: list[Mapping[str, Any] | None]
    attempts: list[int]

    def read(self, ref: Ref) -> Any:
        """The value behind a compiled selector, or `MISSING`."""
        if ref.slot < 0:
            return MISSING
        outputs = self.values[ref.slot]
        if outputs is None:
            return MISSING
        value = outputs.get(ref.name, MISSING)
        return walk(value, ref.path) if ref.path else value


def root_frame(plan: Plan, namespaces: Mapping[str, Mapping[str, Any]]) -> Frame:
    """The outermost frame, before anything has run."""
    count = len(plan.nodes)
    values: list[Mapping[str, Any] | None] = [None] * count
    values.extend(namespaces.get(name, {}) for name in plan.namespaces)
    return Frame(
        path=(),
        unknown=[node.in_degree for node in plan.nodes],
        taken=[0] * count,
        marks=[Mark.PENDING] * count,
        values=values,
        attempts=[0] * count,
    )
