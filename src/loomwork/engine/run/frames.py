"""A frame is one level of a run: the counters that say which nodes are ready, and the values that they left.

The run itself is frame 0; each round of a container is a frame of its own, which reads through to the frame around it
and writes only to itself, so that no variable is ever copied, however large the others are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from loomwork.engine.events import FramePath
from loomwork.engine.graph.plan import Plan
from loomwork.engine.ports import Write
from loomwork.engine.variables import MISSING, Ref
from loomwork.engine.variables.refs import walk

if TYPE_CHECKING:
    from loomwork.engine.run.containers import ContainerRun


class Mark(IntEnum):
    """How a node of a frame stands."""

    PENDING = 0
    RUNNING = 1
    DONE = 2
    SKIPPED = 3


@dataclass(slots=True, eq=False)
class Frame:
    """`unknown` and `taken` count each node's incoming edges: one is ready when none is unknown and some are taken.
    `running` counts nodes that have started and not ended; the frame ends when none has.
    """

    id: int
    plan: Plan
    path: FramePath
    unknown: list[int]
    taken: list[int]
    marks: list[Mark]
    values: list[Mapping[str, Any] | None]
    attempts: list[int]
    certain: bytearray
    parent: "Frame | None" = None
    round: "ContainerRun | None" = None
    index: int = 0
    running: int = 0
    exits: bool = False
    containers: dict[int, "ContainerRun"] = field(default_factory=dict)
    _path_text: str | None = None

    @property
    def path_text(self) -> str:
        """The path as one word, as journals keep it; empty outside."""
        if self._path_text is None:
            self._path_text = json.dumps(self.path) if self.path else ""
        return self._path_text

    def read(self, ref: Ref) -> Any:
        """The value behind a compiled selector, or `MISSING`."""
        if ref.slot < 0:
            return MISSING
        outputs = (self.outer(ref.level) if ref.level else self).values[ref.slot]
        if outputs is None:
            return MISSING
        value = outputs.get(ref.name, MISSING)
        return walk(value, ref.path) if ref.path else value

    def write(self, write: Write) -> None:
        """Give a variable a new value. The map is replaced, not changed: events that were shown hold the old one."""
        ref = write.ref
        values = self.outer(ref.level).values
        values[ref.slot] = {**(values[ref.slot] or {}), ref.name: write.value}

    def outer(self, level: int) -> "Frame":
        """The frame `level` steps further out."""
        frame = self
        for _ in range(level):
            assert frame.parent is not None
            frame = frame.parent
        return frame


def new_frame(
    frame_id: int,
    plan: Plan,
    namespaces: Mapping[str, Mapping[str, Any]],
    *,
    path: FramePath = (),
    parent: Frame | None = None,
) -> Frame:
    """A frame before anything has run in it."""
    count = len(plan.nodes)
    values: list[Mapping[str, Any] | None] = [None] * count
    values.extend(namespaces.get(name, {}) for name in plan.namespaces)
    return Frame(
        id=frame_id,
        plan=plan,
        path=path,
        unknown=list(plan.in_degrees),
        taken=[0] * count,
        marks=[Mark.PENDING] * count,
        values=values,
        attempts=[0] * count,
        certain=bytearray(count),
        parent=parent,
    )
