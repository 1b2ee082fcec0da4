"""An app as the tool of a node: what was published as a tool elsewhere, and is one of the workspace's apps here."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from loomwork.engine.ports import NodeContext, NodeError, NodeResult, Question, Response, Step
from loomwork.engine.variables import MISSING
from loomwork.engine.variables.rendering import plain
from loomwork.kernel.errors import LoomworkError
from loomwork.nodes.approval import approval_of, approval_question, approval_step, marks_of_inputs
from loomwork.nodes.ports import SubflowRequest, SubflowResult, Subflows
from loomwork.nodes.reading import Inputs, joined
from loomwork.nodes.tool.values import BoundValue
from loomwork.nodes.wire_values import revived
from loomwork.tools.api import ApprovalPolicy, Effect

CALL = "call"
EFFECT: Effect = "write"
"""An app may do anything; it counts as what changes something, as it does among the tools of a workspace."""
DONE = frozenset({"succeeded", "partial-succeeded"})


class AppToolNode:
    """Outputs `text`, `files` and `json` as of any tool, and those of the app by their names. Which app `name` stands
    for, the bindings of the app say that the node is of.
    """

    waits: Literal[True] = True
    holds_place = False
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, name: str, values: Sequence[BoundValue], subflows: Subflows, policy: ApprovalPolicy) -> None:
        self.inputs: Inputs = joined(*(value.shown for value in values))
        self._name = name
        self._values = values
        self._subflows = subflows
        self._policy = policy
        self.halts = bool(policy.effects or policy.under)

    async def run(self, context: NodeContext) -> NodeResult | Question:
        read = {value.name: value.read(context) for value in self._values}
        given = {name: plain(value) for name, value in read.items() if value is not MISSING}
        decided = approval_of(context.steps, CALL)
        marks = marks_of_inputs(self.inputs)
        if decided is None and self._policy.asks(EFFECT, marks):
            return approval_question(CALL, self._name, given, EFFECT, marks)
        return await self._called(context, given if decided is None else decided.applied(given))

    def answered(self, question: Question, action: str | None, values: Mapping[str, Any]) -> Step:
        """What a person decided about the call. Raises `NodeError` for what does not fit the question."""
        return approval_step(question, action, values)

    async def _called(self, context: NodeContext, given: dict[str, Any]) -> NodeResult:
        query = given.pop("query", None)
        request = SubflowRequest(
            parent=context.run.run_id,
            key=context.idempotency_key(),
            app=self._name,
            inputs=given,
            query=query if isinstance(query, str) else None,
            attempt=context.attempt,
        )
        try:
            result = await self._subflows.run(context.run.scope, request, context.say)
        except LoomworkError as error:
            message = f"The app '{self._name}' could not be called: {error.message}"
            raise NodeError(message, code=error.code, retryable=False) from error
        return NodeResult(_outputs(result), usage=result.usage or None)


def _outputs(result: SubflowResult) -> dict[str, Any]:
    if result.status not in DONE:
        error = result.error or {}
        message = f"The app '{result.app_name}' failed: {error.get('message') or result.status}"
        raise NodeError(message, code=str(error.get("code") or "tool_failed"), retryable=False)
    outputs = dict(result.outputs)
    text = result.answer if result.answer is not None else json.dumps(outputs, ensure_ascii=False)
    own = {"text": text, "files": _files(outputs), "json": [outputs]}
    return {**{name: revived(value) for name, value in outputs.items()}, **own}


def _files(outputs: dict[str, Any]) -> list[Any]:
    found = [each for value in outputs.values() for each in (value if isinstance(value, list) else [value])]
    return [revived(each) for each in found if isinstance(each, dict) and "dify_model_identity" in each]
