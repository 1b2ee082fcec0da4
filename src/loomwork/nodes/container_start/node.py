"""The entry of an iteration or a loop; does nothing."""

from collections.abc import Sequence
from typing import Literal

from loomwork.engine.ports import Binder, NodeContext, NodeResult, NodeSpec, Response
from loomwork.engine.variables import Ref


class ContainerStartNode:
    """No outputs."""

    waits: Literal[False] = False
    inputs: Sequence[tuple[str, Ref]] = ()
    branches = False
    ends = False
    response: Response | None = None

    def run(self, context: NodeContext) -> NodeResult:
        return NodeResult({})


class ContainerStartType:
    """`iteration-start` and `loop-start`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> ContainerStartNode:
        return ContainerStartNode()
