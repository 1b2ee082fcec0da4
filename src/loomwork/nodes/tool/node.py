"""Has the workspace call the tool, and leaves what it left."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Question, Response, Step
from loomwork.engine.variables import MISSING
from loomwork.kernel.errors import LoomworkError
from loomwork.nodes.approval import approval_of, approval_question, approval_step, marks_of_inputs
from loomwork.nodes.not_runnable import NotRunnableNode, missing_outside
from loomwork.nodes.ports import FileBytes, Subflows
from loomwork.nodes.reading import Inputs, joined
from loomwork.nodes.tool.app_node import AppToolNode
from loomwork.nodes.tool.config import ToolConfig
from loomwork.nodes.tool.values import BoundValue, portable
from loomwork.tools.api import (
    ApprovalPolicy,
    Caller,
    KnownTools,
    ToolFailed,
    ToolNotFound,
    ToolResult,
    Tools,
)

CALL = "call"
NO_TOOLS = "calls a tool, and there are none here"


class ToolNode:
    """Outputs `text`, `files`, `json` (a list of objects, as app files expect it), and what the tool names itself."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(
        self,
        names: Sequence[str],
        values: Sequence[BoundValue],
        tools: Tools,
        files: FileBytes,
        *,
        credential: str | None,
        holds_place: bool,
        policy: ApprovalPolicy,
    ) -> None:
        self.inputs: Inputs = joined(*(value.shown for value in values))
        self.holds_place = holds_place
        self._names = names
        self._values = values
        self._tools = tools
        self._files = files
        self._credential = credential
        self._policy = policy
        self.halts = bool(policy.effects or policy.under)

    async def run(self, context: NodeContext) -> NodeResult | Question:
        given = {value.name: value.read(context) for value in self._values}
        arguments = {name: await portable(value, context, self._files) for name, value in given.items()}
        arguments = {name: value for name, value in arguments.items() if value is not MISSING}
        decided = approval_of(context.steps, CALL)
        try:
            name = await self._name(context)
            question = None if decided is not None else await self._question(name, arguments, context)
            if question is not None:
                return question
            if decided is not None:
                arguments = decided.applied(arguments)
            return NodeResult(outputs_of(await self._called(name, arguments, context)))
        except LoomworkError as error:
            retryable = isinstance(error, ToolFailed) and error.retryable
            raise NodeError(error.message, code=error.code, retryable=retryable) from error

    def answered(self, question: Question, action: str | None, values: Mapping[str, Any]) -> Step:
        """What a person decided about the call. Raises `NodeError` for what does not fit the question."""
        return approval_step(question, action, values)

    async def _name(self, context: NodeContext) -> str:
        """The first of its names that the workspace knows."""
        for name in self._names[:-1]:
            try:
                await self._tools.find(context.run.scope, name)
            except ToolNotFound:
                continue
            return name
        return self._names[-1]

    async def _question(self, name: str, arguments: Mapping[str, Any], context: NodeContext) -> Question | None:
        """What a person is asked before the call, where the policy asks."""
        if not self.halts:
            return None
        info = await self._tools.find(context.run.scope, name)
        marks = marks_of_inputs(self.inputs)
        if not self._policy.asks(info.effect, marks):
            return None
        return approval_question(CALL, name, arguments, info.effect, marks)

    async def _called(self, name: str, arguments: Mapping[str, Any], context: NodeContext) -> ToolResult:
        run = context.run
        caller = Caller(run_id=run.run_id, app_id=run.app_id, node_id=context.node_id)
        return await self._tools.call(
            run.scope,
            name,
            arguments,
            key=context.idempotency_key(),
            caller=caller,
            credential=self._credential,
            tell=context.say,
        )


class ToolType:
    """`tool`. Without tools its nodes say that they cannot run."""

    is_root = False

    def __init__(
        self, tools: Tools | None, known: KnownTools | None, files: FileBytes, subflows: Subflows | None = None
    ) -> None:
        self._tools = tools
        self._known = known
        self._files = files
        self._subflows = subflows

    def compile(self, spec: NodeSpec, binder: Binder) -> ToolNode | AppToolNode | NotRunnableNode:
        config = ToolConfig.model_validate(spec.config)
        values = bound_values(config, binder)
        if config.names_an_app and self._subflows is not None:
            return AppToolNode(config.provider_id, values, self._subflows, config.policy)
        if self._tools is None:
            return missing_outside(spec, binder, NO_TOOLS, inputs=joined(*(value.shown for value in values)))
        if not config.tool_name.strip():
            raise NodeError("it names no tool", code="invalid_config", retryable=False)
        return ToolNode(
            self._names(spec, config, binder),
            values,
            self._tools,
            self._files,
            credential=config.credential_id or None,
            holds_place=not config.of_an_app,
            policy=config.policy,
        )

    def _names(self, spec: NodeSpec, config: ToolConfig, binder: Binder) -> list[str]:
        """What the tool may be called in a workspace, the likeliest first. One that nobody has is a problem."""
        providers = [name for name in dict.fromkeys((config.provider_id, config.provider_name)) if name.strip()]
        for provider in providers:
            known = self._known.named(provider, config.tool_name) if self._known is not None else None
            if known is not None:
                return [known.name]
        names = [f"{provider}/{config.tool_name}" for provider in providers] or [config.tool_name]
        # What has a dot is ours, and whoever drew it has it.
        if "." not in config.provider_id:
            binder.problem("warning", "tool_missing", _missing(spec, config, names[-1]), field_name="tool_name")
        return names


def bound_values(config: ToolConfig, binder: Binder) -> list[BoundValue]:
    """What the author has set, then what flows in: the latter counts where both name something."""
    found = {}
    for field_name in ("tool_configurations", "tool_parameters"):
        for name, written in getattr(config, field_name).items():
            found[name] = BoundValue(name, written, binder, field_name)
    return list(found.values())


def outputs_of(result: ToolResult) -> dict[str, Any]:
    """The node's outputs. Dify's list of `json` is of objects, and never empty."""
    objects = [each if isinstance(each, dict) else {"data": each} for each in result.json]
    own = {"text": result.text, "files": list(result.files), "json": objects or [{"data": []}]}
    return {**result.variables, **own}


def _missing(spec: NodeSpec, config: ToolConfig, name: str) -> str:
    if config.of_a_workspace:
        return f"Node '{spec.title}' calls '{name}', which the workspace needs to have before it runs."
    return f"Node '{spec.title}' calls the tool '{name}', which Loomwork does not come with."
