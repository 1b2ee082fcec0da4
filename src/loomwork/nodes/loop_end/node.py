"""Ends a loop, or an iteration, from within; what follows it in this round does not run."""

from collections.abc import Sequence
from typing import Literal

from loomwork.engine.ports import Binder, NodeContext, NodeResult, NodeSpec, Response
from loomwork.engine.variables import Ref


class LoopEndNode:
    """No outputs. It counts as a branch, as nothing that follows it is certain to run."""

    waits: Literal[False] = False
    inputs: Sequence[tuple[str, Ref]] = ()
    branches = True
    ends = False
    response: Response | None = None

    def run(self, context: NodeContext) -> NodeResult:
        return NodeResult({}, exits=True)


class LoopEndType:
    """`loop-end`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> LoopEndNode:
        return LoopEndNode()
