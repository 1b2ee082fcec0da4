"""Writes in order, each assignment seeing what those before it wrote. No outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response, Write
from loomwork.engine.variables import Missing, Ref
from loomwork.engine.variables.refs import walk
from loomwork.nodes.assigner.config import AssignerConfig, Assignment
from loomwork.nodes.assigner.operations import OPERATIONS, WITHOUT_VALUE
from loomwork.nodes.config import as_selector
from loomwork.nodes.reading import shown


@dataclass(frozen=True, slots=True)
class Step:
    """One assignment, compiled: `source` is read for the value, or None where `constant` is it."""

    target: Ref
    operation: str
    source: Ref | None
    constant: Any


class AssignerNode:
    """Values are read as they were when the node began, but for what the node itself writes."""

    waits: Literal[False] = False
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, steps: Sequence[Step]) -> None:
        self.inputs = shown(step.source for step in steps if step.source is not None)
        self._steps = tuple(steps)

    def run(self, context: NodeContext) -> NodeResult:
        written: dict[tuple[str, ...], Any] = {}
        writes = []
        for step in self._steps:
            value = self._apply(step, context, written)
            written[step.target.selector] = value
            writes.append(Write(step.target, value))
        return NodeResult({}, writes=writes)

    def _apply(self, step: Step, context: NodeContext, written: dict[tuple[str, ...], Any]) -> Any:
        standing = _read(step.target, context, written)
        given = step.constant if step.source is None else _read(step.source, context, written)
        if isinstance(standing, Missing):
            raise _not_found(step.target, "there is no such variable to assign to")
        if isinstance(given, Missing):
            assert step.source is not None
            raise _not_found(step.source, "which was to be assigned, was never set")
        try:
            return OPERATIONS[step.operation](standing, given)
        except ValueError as error:
            name = ".".join(step.target.selector)
            message = f"'{name}' cannot be changed by '{step.operation}': {error}."
            raise NodeError(message, code="invalid_assignment", retryable=False) from error


class AssignerType:
    """`assigner`, in both its forms."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> AssignerNode:
        config = AssignerConfig.model_validate(spec.config)
        return AssignerNode([_step(item, binder) for item in config.items])


def _step(item: Assignment, binder: Binder) -> Step:
    if item.operation not in OPERATIONS:
        names = ", ".join(OPERATIONS)
        raise NodeError(f"there is no operation '{item.operation}'; use one of {names}", retryable=False)
    target = binder.target(item.variable_selector, field_name="items.variable_selector")
    if item.operation in WITHOUT_VALUE:
        return Step(target, item.operation, None, None)
    if item.input_type == "constant":
        return Step(target, item.operation, None, item.value)
    return Step(target, item.operation, binder.ref(as_selector(item.value), field_name="items.value"), None)


def _read(ref: Ref, context: NodeContext, written: dict[tuple[str, ...], Any]) -> Any:
    variable = ref.selector[:2]
    return walk(written[variable], ref.path) if variable in written else context.get(ref)


def _not_found(ref: Ref, why: str) -> NodeError:
    return NodeError(f"'{'.'.join(ref.selector)}': {why}.", code="variable_not_found", retryable=False)
