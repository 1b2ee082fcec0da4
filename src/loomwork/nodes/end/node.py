"""Gathers the outputs of a run; what was never set is null."""

from collections.abc import Sequence
from typing import Literal

from loomwork.engine.ports import Binder, NodeContext, NodeResult, NodeSpec, Response
from loomwork.engine.variables import Missing, Ref
from loomwork.nodes.end.config import EndConfig


class EndNode:
    """Streams its variables in list order, a line each."""

    waits: Literal[False] = False
    branches = False
    ends = True

    def __init__(self, outputs: Sequence[tuple[str, Ref]], unset: Sequence[str]) -> None:
        self.inputs = tuple(outputs)
        self._unset = dict.fromkeys(unset)
        self.response = Response(_lines([ref for _, ref in outputs]), is_answer=False) if outputs else None

    def run(self, context: NodeContext) -> NodeResult:
        get = context.get
        outputs = dict(self._unset)
        for name, ref in self.inputs:
            value = get(ref)
            outputs[name] = None if isinstance(value, Missing) else value
        return NodeResult(outputs)


class EndType:
    """`end`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> EndNode:
        rows = [row for row in EndConfig.model_validate(spec.config).outputs if row.variable]
        outputs = [
            (row.variable, binder.ref(row.value_selector, field_name=f"outputs[{place}].value_selector"))
            for place, row in enumerate(rows)
            if row.value_selector
        ]
        return EndNode(outputs, [row.variable for row in rows if not row.value_selector])


def _lines(refs: Sequence[Ref]) -> list[str | Ref]:
    segments: list[str | Ref] = []
    for ref in refs:
        if segments:
            segments.append("\n")
        segments.append(ref)
    return segments
