"""Rounds one after the other. Inside, `[id, label]` is a loop variable; outputs are the variables and `loop_round`."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response, View
from loomwork.engine.variables import MISSING, Ref
from loomwork.nodes.if_else.conditions import Check, check_case
from loomwork.nodes.if_else.config import Case
from loomwork.nodes.loop.config import LoopConfig
from loomwork.nodes.reading import shown


class LoopRounds:
    """One execution of a loop. The condition is looked at before the first round and after each."""

    width = 1

    def __init__(
        self, count: int, variables: Mapping[str, Any], refs: Sequence[tuple[str, Ref]], breaks: Check | None
    ) -> None:
        self.length: int | None = count
        self._variables = dict(variables)
        self._refs = refs
        self._breaks = breaks
        self._rounds = 0

    def variables(self, index: int) -> Mapping[str, Any] | None:
        return self._variables if self.length is None or index < self.length else None

    def enter(self, index: int, view: View) -> bool:
        if index > 0 or self._breaks is None:
            return True
        try:
            return not self._breaks(view)
        except NodeError:
            # Before the first round nothing inside has run, so a condition on it cannot hold yet.
            return True

    def end(self, index: int, view: View, failure: Mapping[str, str] | None, *, exits: bool) -> bool:
        if failure is not None:
            raise NodeError(f"Round {index + 1} failed: {failure['message']}", code=failure["code"])
        self._rounds = index + 1
        self._variables = {label: _present(view.get(ref)) for label, ref in self._refs}
        return not exits and (self._breaks is None or not self._breaks(view))

    def result(self) -> NodeResult:
        return NodeResult({**self._variables, "loop_round": self._rounds})


class LoopNode:
    """`writable` is True: nodes inside change the loop's variables, and the next round sees them."""

    waits: Literal[False] = False
    family: Literal["loop"] = "loop"
    writable = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(
        self,
        count: int,
        starts: Sequence[tuple[str, Ref | None, Any]],
        refs: Sequence[tuple[str, Ref]],
        breaks: Check | None,
    ) -> None:
        self.inputs = shown(ref for _, ref, _ in starts if ref is not None)
        self._count = count
        self._starts = tuple(starts)
        self._refs = tuple(refs)
        self._breaks = breaks

    def open(self, context: NodeContext) -> LoopRounds:
        variables = {
            label: constant if ref is None else _present(context.get(ref)) for label, ref, constant in self._starts
        }
        return LoopRounds(self._count, variables, self._refs, self._breaks)


class LoopType:
    """`loop`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> LoopNode:
        config = LoopConfig.model_validate(spec.config)
        inside = binder.inside()
        starts = [
            (variable.label, binder.ref(variable.selector, field_name="loop_variables"), None)
            if variable.value_type == "variable"
            else (variable.label, None, variable.constant())
            for variable in config.loop_variables
        ]
        refs = [(variable.label, inside.ref((spec.id, variable.label))) for variable in config.loop_variables]
        return LoopNode(config.loop_count, starts, refs, _breaks(config, inside))


def _breaks(config: LoopConfig, inside: Binder) -> Check | None:
    if not config.break_conditions:
        return None
    case = Case(logical_operator=config.logical_operator, conditions=config.break_conditions)
    return check_case(case, inside, "break_conditions")


def _present(value: Any) -> Any:
    return None if value is MISSING else value
