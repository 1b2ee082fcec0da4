"""Has the workspace run the other app, streams its answer, and leaves what it left."""

from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response, View
from loomwork.engine.variables import MISSING, Ref, Template
from loomwork.engine.variables.rendering import plain
from loomwork.kernel.errors import LoomworkError
from loomwork.nodes.not_runnable import NotRunnableNode, missing_outside
from loomwork.nodes.ports import SubflowRequest, SubflowResult, Subflows
from loomwork.nodes.reading import Inputs, joined, shown, template_inputs
from loomwork.nodes.sub_workflow.config import InputConfig, SubWorkflowConfig
from loomwork.nodes.wire_values import revived

NO_WORKSPACE = "runs another app of its workspace, and there is no workspace here: import both apps into one"
DONE = frozenset({"succeeded", "partial-succeeded"})


class BoundInput:
    """One input of the other app: a variable, a text with variables in it, or a constant."""

    def __init__(self, row: InputConfig, binder: Binder, place: int) -> None:
        self.name = row.variable
        self._constant = row.value
        self._ref: Ref | None = None
        self._template: Template | None = None
        if row.value_selector:
            self._ref = binder.ref(row.value_selector, field_name=f"inputs[{place}].value_selector")
        elif isinstance(row.value, str):
            self._template = binder.template(row.value, field_name=f"inputs[{place}].value")

    @property
    def shown(self) -> Inputs:
        if self._template is not None:
            return template_inputs(self._template)
        return ((self.name, self._ref),) if self._ref is not None else ()

    def read(self, view: View) -> Any:
        """The value as JSON, or `MISSING`."""
        if self._template is not None:
            return view.render(self._template)
        value = self._constant if self._ref is None else view.get(self._ref)
        return value if value is MISSING else plain(value)


class SubWorkflowNode:
    """Outputs are those of the other app; a chat app's answer is `answer`, and `text`, under which it streams.

    The key of the step outlives a crash, so that the resumed node finds the run that it had started.
    """

    waits: Literal[True] = True
    holds_place = False
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, config: SubWorkflowConfig, binder: Binder, subflows: Subflows) -> None:
        self._app = config.app_id
        self._version = config.version
        self._inputs = bound_inputs(config, binder)
        self._query = binder.template(config.query, field_name="query") if config.query else None
        self._subflows = subflows
        self.inputs = shown_inputs(self._inputs, self._query)

    async def run(self, context: NodeContext) -> NodeResult:
        request = SubflowRequest(
            parent=context.run.run_id,
            key=context.idempotency_key(),
            app=self._app,
            version=self._version,
            inputs=self._given(context),
            query=self._asked(context),
            attempt=context.attempt,
        )
        try:
            result = await self._subflows.run(context.run.scope, request, context.say)
        except LoomworkError as error:
            message = f"The app '{self._app}' could not be run: {error.message}"
            raise NodeError(message, code=error.code, retryable=False) from error
        return _left(result)

    def _given(self, context: NodeContext) -> dict[str, Any]:
        try:
            given = {row.name: row.read(context) for row in self._inputs}
        except RecursionError:
            message = "An input of the other app is nested too deeply to be handed on."
            raise NodeError(message, code="invalid_input", retryable=False) from None
        return {name: value for name, value in given.items() if value is not MISSING}

    def _asked(self, context: NodeContext) -> str | None:
        if self._query is not None:
            return context.render(self._query)
        query = context.run.namespaces.get("sys", {}).get("query")
        return query if isinstance(query, str) else None


class SubWorkflowType:
    """`sub-workflow`. Without a workspace its nodes say that they cannot run."""

    is_root = False

    def __init__(self, subflows: Subflows | None) -> None:
        self._subflows = subflows

    def compile(self, spec: NodeSpec, binder: Binder) -> SubWorkflowNode | NotRunnableNode:
        config = SubWorkflowConfig.model_validate(spec.config)
        if not config.app_id.strip():
            raise NodeError("it names no app to run; write its id as app_id", code="invalid_config", retryable=False)
        if self._subflows is None:
            seen = shown_inputs(bound_inputs(config, binder), None)
            return missing_outside(spec, binder, NO_WORKSPACE, inputs=seen)
        return SubWorkflowNode(config, binder, self._subflows)


def bound_inputs(config: SubWorkflowConfig, binder: Binder) -> tuple[BoundInput, ...]:
    """The inputs that have a name, bound to what they read."""
    return tuple(BoundInput(row, binder, place) for place, row in enumerate(config.inputs) if row.variable)


def shown_inputs(rows: tuple[BoundInput, ...], query: Template | None) -> Inputs:
    """All that the node reads."""
    asked = shown(query.refs) if query is not None else ()
    return joined(*(row.shown for row in rows), asked)


def _left(result: SubflowResult) -> NodeResult:
    """What the node leaves. Raises `NodeError` for a step that did not succeed, with the error that it ended with."""
    if result.status not in DONE:
        raise _failure(result)
    outputs = {name: revived(value) for name, value in result.outputs.items()}
    if result.answer is not None:
        outputs |= {"answer": result.answer, "text": result.answer}
    return NodeResult(outputs, usage=result.usage or None)


def _failure(result: SubflowResult) -> NodeError:
    error = result.error or {}
    name = result.app_name
    if result.status == "stopped":
        return NodeError(f"The app '{name}' was stopped.", code=str(error.get("code") or "stopped"), retryable=False)
    reason = error.get("message") or f"it ended as {result.status}."
    return NodeError(f"The app '{name}' failed: {reason}", code=str(error.get("code") or "subflow_failed"))
