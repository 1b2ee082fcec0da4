"""Tries its cases in order."""

from collections.abc import Sequence
from typing import Literal

from loomwork.engine.ports import Binder, NodeContext, NodeResult, NodeSpec, Response
from loomwork.nodes.if_else.conditions import Check, check_case
from loomwork.nodes.if_else.config import IfElseConfig
from loomwork.nodes.reading import Inputs, shown

ELSE = "false"
"""The handle of no case."""


class IfElseNode:
    """Outputs `result` and `selected_case_id`; the latter is also the handle it leaves by."""

    waits: Literal[False] = False
    branches = True
    ends = False
    response: Response | None = None

    def __init__(self, cases: Sequence[tuple[str, Check]], inputs: Inputs) -> None:
        self.inputs = inputs
        self._cases = tuple(cases)

    def run(self, context: NodeContext) -> NodeResult:
        for handle, holds in self._cases:
            if holds(context):
                return NodeResult({"result": True, "selected_case_id": handle}, handle)
        return NodeResult({"result": False, "selected_case_id": ELSE}, ELSE)


class IfElseType:
    """`if-else`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> IfElseNode:
        config = IfElseConfig.model_validate(spec.config)
        cases = [(case.handle, check_case(case, binder, f"cases[{place}]")) for place, case in enumerate(config.cases)]
        selectors = [condition.variable_selector for case in config.cases for condition in case.conditions]
        return IfElseNode(cases, shown(binder.ref(selector) for selector in selectors if selector))
