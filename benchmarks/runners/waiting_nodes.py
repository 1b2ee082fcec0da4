"""Node types of the bench's own: one that gives way before it renders, as a node does that asks the world, and one that
waits for good.
"""

import asyncio
from typing import Literal

from loomwork.engine.ports import Binder, InlineNode, NodeContext, NodeResult, NodeSpec, Response
from loomwork.nodes.template_transform import TemplateTransformType


class GivingWayNode:
    """An inline node, run in a task of its own after one turn of the event loop."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, inner: InlineNode) -> None:
        self.inputs = inner.inputs
        self._inner = inner

    async def run(self, context: NodeContext) -> NodeResult:
        await asyncio.sleep(0)
        return self._inner.run(context)


class GivingWayType:
    """A template that waits."""

    is_root = False

    def __init__(self, inner: TemplateTransformType) -> None:
        self._inner = inner

    def compile(self, spec: NodeSpec, binder: Binder) -> GivingWayNode:
        node = self._inner.compile(spec, binder)
        assert not node.waits
        return GivingWayNode(node)


class Gate:
    """Where nodes wait until it is opened. `full` is set once so many of them have come."""

    def __init__(self, expected: int) -> None:
        self._missing = expected
        self.full = asyncio.Event()
        self.is_open = asyncio.Event()

    async def wait(self) -> None:
        """Come, and wait."""
        self._missing -= 1
        if self._missing == 0:
            self.full.set()
        await self.is_open.wait()


class ParkedNode:
    """Waits for the gate that its type has when it runs."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, its_type: "ParkedType") -> None:
        self.inputs = ()
        self._type = its_type

    async def run(self, context: NodeContext) -> NodeResult:
        await self._type.gate.wait()
        return NodeResult({"output": "waited"})


class ParkedType:
    """A node that waits for a gate."""

    is_root = False

    def __init__(self) -> None:
        self.gate = Gate(0)

    def compile(self, spec: NodeSpec, binder: Binder) -> ParkedNode:
        return ParkedNode(self)
