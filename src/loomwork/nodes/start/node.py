"""Checks the inputs of a run against the form, and hands them to the graph."""

from collections.abc import Sequence
from typing import Literal

from loomwork.engine.ports import Binder, NodeContext, NodeResult, NodeSpec, Response
from loomwork.engine.variables import Ref
from loomwork.nodes.start.config import StartConfig
from loomwork.nodes.start.fields import FormField


class StartNode:
    """Leaves one output per field, and `sys.*` under those names, for selectors that go through the start node."""

    waits: Literal[False] = False
    inputs: Sequence[tuple[str, Ref]] = ()
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, fields: Sequence[FormField]) -> None:
        self._fields = tuple(fields)

    def run(self, context: NodeContext) -> NodeResult:
        inputs = context.run.inputs
        outputs = {field.name: field.read(inputs) for field in self._fields}
        for key, value in context.run.namespaces.get("sys", {}).items():
            outputs["sys." + key] = value
        return NodeResult(outputs)


class StartType:
    """`start`."""

    is_root = True

    def compile(self, spec: NodeSpec, binder: Binder) -> StartNode:
        fields: dict[str, FormField] = {}
        for place, field in enumerate(StartConfig.model_validate(spec.config).variables):
            if field.variable in fields:
                message = f"The form has two fields named '{field.variable}'; the later one counts."
                binder.problem("warning", "duplicate_field", message, field_name=f"variables[{place}]")
            if field.variable:
                fields[field.variable] = FormField(field)
        return StartNode(list(fields.values()))
