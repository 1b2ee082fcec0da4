"""The first variable that exists; null is a value, and counts. Where none exists, there is no output."""

from collections.abc import Sequence
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeResult, NodeSpec, Response
from loomwork.engine.variables import MISSING, Ref
from loomwork.nodes.reading import shown
from loomwork.nodes.variable_aggregator.config import AggregatorConfig


class AggregatorNode:
    """Output `output`."""

    waits: Literal[False] = False
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, refs: Sequence[Ref]) -> None:
        self.inputs = shown(refs)
        self._refs = tuple(refs)

    def run(self, context: NodeContext) -> NodeResult:
        value = first_set(context, self._refs)
        return NodeResult({} if value is MISSING else {"output": value})


class GroupAggregatorNode:
    """An output for each group, by the group's name: `{"output": value}`."""

    waits: Literal[False] = False
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, groups: Sequence[tuple[str, Sequence[Ref]]]) -> None:
        self.inputs = shown(ref for _, refs in groups for ref in refs)
        self._groups = tuple((name, tuple(refs)) for name, refs in groups)

    def run(self, context: NodeContext) -> NodeResult:
        outputs = {}
        for name, refs in self._groups:
            value = first_set(context, refs)
            if value is not MISSING:
                outputs[name] = {"output": value}
        return NodeResult(outputs)


class AggregatorType:
    """`variable-aggregator`, which old files call `variable-assigner`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> AggregatorNode | GroupAggregatorNode:
        config = AggregatorConfig.model_validate(spec.config)
        if not config.advanced_settings.group_enabled:
            return AggregatorNode([binder.ref(selector, field_name="variables") for selector in config.variables])
        return GroupAggregatorNode(
            [
                (group.group_name, [binder.ref(selector, field_name="variables") for selector in group.variables])
                for group in config.advanced_settings.groups
            ]
        )


def first_set(context: NodeContext, refs: Sequence[Ref]) -> Any:
    """The first value that was ever set, or `MISSING`."""
    get = context.get
    for ref in refs:
        value = get(ref)
        if value is not MISSING:
            return value
    return MISSING
