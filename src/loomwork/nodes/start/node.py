"""Checks the inputs of a run against the form, and hands them to the graph."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.engine.variables import Ref
from loomwork.nodes.start.config import StartConfig
from loomwork.nodes.start.fields import FieldReader, FieldRefused


class StartNode:
    """Leaves one output per field, and `sys.*` under those names, for selectors that go through the start node."""

    waits: Literal[False] = False
    inputs: Sequence[tuple[str, Ref]] = ()
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, fields: Sequence[FieldReader]) -> None:
        self._fields = tuple(fields)

    def run(self, context: NodeContext) -> NodeResult:
        inputs = context.run.inputs
        outputs = {field.name: _read(field, inputs) for field in self._fields}
        for key, value in context.run.namespaces.get("sys", {}).items():
            outputs["sys." + key] = value
        return NodeResult(outputs)


def _read(field: FieldReader, inputs: Mapping[str, Any]) -> Any:
    try:
        return field.read(inputs)
    except FieldRefused as refused:
        raise NodeError(
            f"Input '{field.name}' {refused}.", code="invalid_input", retryable=False, field=field.name
        ) from None


class StartType:
    """`start`."""

    is_root = True

    def compile(self, spec: NodeSpec, binder: Binder) -> StartNode:
        fields: dict[str, FieldReader] = {}
        for place, field in enumerate(StartConfig.model_validate(spec.config).variables):
            if field.variable in fields:
                message = f"The form has two fields named '{field.variable}'; the later one counts."
                binder.problem("warning", "duplicate_field", message, field_name=f"variables[{place}]")
            if field.variable:
                fields[field.variable] = FieldReader(field, json_schema=field.json_schema)
        return StartNode(list(fields.values()))
