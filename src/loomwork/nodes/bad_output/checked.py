"""A node with a condition on what it leaves.

The condition stands in the node's data as `x-loomwork.retry.when`, in the form of an if-else case: `logical_operator`
and `conditions` with selectors on the node's own outputs. When it holds, the attempt has failed with code `bad_output`;
`retry_config` and the error strategy say what follows, as for any other failure. An output that the node did not leave
reads as null.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationError

from loomwork.engine.ports import (
    AskingNode,
    Binder,
    ContainerNode,
    HaltingNode,
    InlineNode,
    Node,
    NodeContext,
    NodeError,
    NodeResult,
    NodeSpec,
    NodeType,
    Question,
    View,
    WaitingNode,
)
from loomwork.engine.variables import MISSING, Ref, Template, render_text
from loomwork.engine.variables.refs import walk
from loomwork.nodes.if_else.conditions import Check, check_case
from loomwork.nodes.if_else.config import Case

CODE = "bad_output"
PLACE = "x-loomwork.retry.when"


def is_checked(spec: NodeSpec) -> bool:
    """Whether the node's data has such a condition."""
    return _condition(spec) is not None


class CheckedType:
    """Another type, whose nodes fail when the condition in their data holds for what they leave."""

    def __init__(self, real: NodeType) -> None:
        self._real = real
        self.is_root = real.is_root

    def compile(self, spec: NodeSpec, binder: Binder) -> Node:
        """The node with its check; without it, and with a warning, where the condition or the node allows none."""
        node = self._real.compile(spec, binder)
        if isinstance(node, ContainerNode | AskingNode) or node.response is not None:
            message = f"Node '{spec.title}' has no outputs that could be made again, so {PLACE} does not count."
            binder.problem("warning", "retry_without_effect", message, field_name=PLACE)
            return node
        case = _case(spec, binder)
        if case is None:
            return node
        if not _retries(spec):
            message = f"Node '{spec.title}' has {PLACE}, but no retry is enabled: a bad output fails it at once."
            binder.problem("warning", "retry_not_enabled", message, field_name=PLACE)
        condition = _OwnCondition(check_case(case, binder, PLACE), binder.ref((spec.id, "")).slot)
        if isinstance(node, HaltingNode):
            return CheckedHaltingNode(node, condition)
        return CheckedWaitingNode(node, condition) if node.waits else CheckedInlineNode(node, condition)


class _Checked:
    """What the engine sees of the node before it runs: its own face."""

    def __init__(self, node: InlineNode | WaitingNode | HaltingNode) -> None:
        self.inputs = node.inputs
        self.branches = node.branches
        self.ends = node.ends
        self.response = node.response


class CheckedInlineNode(_Checked):
    """A node that does not wait, with its check."""

    waits: Literal[False] = False

    def __init__(self, node: InlineNode, condition: "_OwnCondition") -> None:
        super().__init__(node)
        self._node = node
        self._condition = condition

    def run(self, context: NodeContext) -> NodeResult:
        return self._condition.passed(self._node.run(context), context)


class CheckedWaitingNode(_Checked):
    """A node that waits, with its check. Text that it streamed is taken back as after any failure."""

    waits: Literal[True] = True

    def __init__(self, node: WaitingNode, condition: "_OwnCondition") -> None:
        super().__init__(node)
        self.holds_place: bool = getattr(node, "holds_place", True)
        self._node = node
        self._condition = condition

    async def run(self, context: NodeContext) -> NodeResult:
        return self._condition.passed(await self._node.run(context), context)


class CheckedHaltingNode(_Checked):
    """A node that may ask a person before it goes on, with its check."""

    waits: Literal[True] = True

    def __init__(self, node: HaltingNode, condition: "_OwnCondition") -> None:
        super().__init__(node)
        self.holds_place: bool = getattr(node, "holds_place", True)
        self.halts = node.halts
        self.answered = node.answered
        self._node = node
        self._condition = condition

    async def run(self, context: NodeContext) -> NodeResult | Question:
        result = await self._node.run(context)
        return result if isinstance(result, Question) else self._condition.passed(result, context)


class _OwnCondition:
    """A condition on the outputs of the node in a slot, asked before they are anybody's to read."""

    def __init__(self, holds: Check, slot: int) -> None:
        self._holds = holds
        self._slot = slot

    def passed(self, result: NodeResult, context: NodeContext) -> NodeResult:
        """The result. Raises `NodeError` where it is what the node is to be retried for."""
        if self._holds(_WithOutputs(context, self._slot, result.outputs)):
            message = "The node left outputs that its retry condition refuses."
            raise NodeError(message, code=CODE, node_id=context.node_id, usage=result.usage)
        return result


class _WithOutputs:
    """The view of a node that sees its own outputs as well."""

    def __init__(self, view: View, slot: int, outputs: Mapping[str, Any]) -> None:
        self._view = view
        self._slot = slot
        self._outputs = outputs
        self.node_id = view.node_id

    def get(self, ref: Ref) -> Any:
        if ref.slot != self._slot or ref.level != 0:
            return self._view.get(ref)
        value = walk(self._outputs.get(ref.name), ref.path)
        return None if value is MISSING else value

    def render(self, template: Template) -> str:
        return template.render(self.get, render_text)


def _condition(spec: NodeSpec) -> Any:
    retry = _map(_map(spec.config, "x-loomwork"), "retry")
    return retry.get("when")


def _retries(spec: NodeSpec) -> bool:
    return bool(_map(spec.config, "retry_config").get("retry_enabled"))


def _map(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = data.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _case(spec: NodeSpec, binder: Binder) -> Case | None:
    """The condition as a case; None, with a warning, where it is none or has nothing to hold."""
    given = _condition(spec)
    try:
        case = Case.model_validate(given) if isinstance(given, Mapping) else None
    except ValidationError:
        case = None
    if case is None or not case.conditions:
        message = (
            f"Node '{spec.title}' has a {PLACE} without conditions, so it does not count; write them as in if-else."
        )
        binder.problem("warning", "invalid_config", message, field_name=PLACE)
        return None
    return case
