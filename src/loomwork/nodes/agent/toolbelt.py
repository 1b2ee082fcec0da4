"""The tools of an agent: which it is offered in a workspace, and a call of one of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loomwork.engine.ports import Binder, NodeContext, Question
from loomwork.engine.variables import MISSING, File
from loomwork.kernel.errors import LoomworkError
from loomwork.model_gateway.api import Tool, ToolCall
from loomwork.nodes.agent.config import OfferedTool
from loomwork.nodes.agent.names import function_names
from loomwork.nodes.approval import approval_question
from loomwork.nodes.ports import FileBytes
from loomwork.nodes.reading import Inputs, joined
from loomwork.nodes.tool.values import BoundValue, portable
from loomwork.tools.api import ApprovalPolicy, Caller, KnownTools, Mark, ToolInfo, ToolNotFound, ToolResult, Tools

MOST_SHOWN = 40_000
"""Characters of a result that a model is shown."""


class BoundTool:
    """A tool of the document, and what its author has set."""

    def __init__(self, config: OfferedTool, known: KnownTools | None, binder: Binder) -> None:
        self.described = config.extra.description
        self.credential = config.credential_id or None
        self.of_an_app = config.type in ("workflow", "app") or config.provider_name.startswith("app.")
        providers = [each for each in dict.fromkeys((config.provider_id, config.provider_name)) if each.strip()]
        found = [known.named(each, config.tool_name) for each in providers] if known is not None else []
        mapped = next(filter(None, found), None)
        own = [f"{each}/{config.tool_name}" for each in providers] or [config.tool_name]
        self.names = [mapped.name] if mapped is not None else own
        renamed = mapped.parameters if mapped is not None else {}
        self._values = [
            BoundValue(renamed.get(name, name), written, binder, f"agent_parameters.tools.{config.tool_name}")
            for name, written in config.given.items()
        ]
        self.inputs: Inputs = joined(*(value.shown for value in self._values))
        self.is_known = mapped is not None or any("." in each.partition("/")[0] for each in own)

    async def given(self, context: NodeContext, files: FileBytes) -> dict[str, Any]:
        """What the author has set, in this run."""
        values = {value.name: await portable(value.read(context), context, files) for value in self._values}
        return {name: value for name, value in values.items() if value is not MISSING}


@dataclass(frozen=True, slots=True)
class _Held:
    info: ToolInfo
    given: Mapping[str, Any]
    credential: str | None
    described: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call left; `failed` where it did not do what it was called for."""

    text: str
    marks: frozenset[Mark] = frozenset()
    files: Sequence[File] = ()
    json: Sequence[Any] = ()
    failed: bool = False


@dataclass(slots=True)
class Toolbelt:
    """The tools that a run offers, by function name. `missing` are those that the workspace lacks or has off."""

    tools: Tools | None
    policy: ApprovalPolicy
    missing: list[str] = field(default_factory=list)
    _held: dict[str, _Held] = field(default_factory=dict)

    @classmethod
    async def equipped(
        cls,
        context: NodeContext,
        tools: Tools,
        bound: Sequence[BoundTool],
        files: FileBytes,
        policy: ApprovalPolicy,
    ) -> "Toolbelt":
        """The tools as the workspace has them now."""
        belt = cls(tools, policy)
        found: dict[str, _Held] = {}
        for tool in bound:
            info = await belt._found(context, tool)
            if info is None:
                belt.missing.append(tool.names[-1])
            else:
                found[info.name] = _Held(info, await tool.given(context, files), tool.credential, tool.described)
        belt._held = {function: found[name] for function, name in function_names(found).items()}
        return belt

    async def _found(self, context: NodeContext, tool: BoundTool) -> ToolInfo | None:
        if self.tools is None:
            return None
        for name in tool.names:
            try:
                info = await self.tools.find(context.run.scope, name)
            except ToolNotFound:
                continue
            return info if info.enabled else None
        return None

    @property
    def offered(self) -> list[Tool]:
        """As a model is shown them: without what the author has set."""
        return [Tool(name, _description(held), _open_schema(held)) for name, held in self._held.items()]

    def name_of(self, function: str) -> str:
        """The tool's own name; what was asked for, where there is no such tool."""
        held = self._held.get(function)
        return function if held is None else held.info.name

    def question(self, name: str, call: ToolCall, marks: frozenset[Mark]) -> Question | None:
        """What a person is asked before this call, where the policy asks and the call could be made."""
        held, arguments = self._held.get(call.name), self.whole_arguments(call)
        if held is None or arguments is None or not self.policy.asks(held.info.effect, marks):
            return None
        return approval_question(name, held.info.name, arguments, held.info.effect, marks)

    def whole_arguments(self, call: ToolCall) -> dict[str, Any] | None:
        """What the model wrote, and over it what the author has set; None where nothing can be called with it."""
        held, asked = self._held.get(call.name), arguments_of(call)
        return None if held is None or asked is None else {**asked, **held.given}

    async def call(
        self,
        context: NodeContext,
        call: ToolCall,
        *,
        key: str,
        marks: frozenset[Mark],
        seconds: float | None,
        all_given: bool = False,
    ) -> Outcome:
        """Call it once, whether or not it was to be approved. With `all_given` a person has seen all of the arguments,
        and what the author has set counts as that person left it. What goes wrong is an outcome, too.
        """
        held = self._held.get(call.name)
        if held is None or self.tools is None:
            return Outcome(
                f"There is no tool '{call.name}'. There are: {', '.join(self._held) or 'none'}.", failed=True
            )
        asked = arguments_of(call)
        if asked is None:
            return Outcome("The arguments are not one JSON object. Nothing was called.", failed=True)
        run = context.run
        caller = Caller(run_id=run.run_id, app_id=run.app_id, node_id=context.node_id, marks=marks)
        try:
            result = await self.tools.call(
                run.scope,
                held.info.name,
                asked if all_given else {**asked, **held.given},
                key=key,
                caller=caller,
                credential=held.credential,
                tell=lambda _text: context.say(""),
                seconds=seconds,
                most=MOST_SHOWN,
            )
        except LoomworkError as error:
            return Outcome(f"The call failed: {error.message}", frozenset({"tool"}), failed=True)
        return Outcome(_shown(result), frozenset(result.marks), tuple(result.files), tuple(result.json))


def arguments_of(call: ToolCall) -> dict[str, Any] | None:
    """What the model wrote, where it is a JSON object."""
    try:
        found = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def check_known(tools: Sequence[BoundTool], binder: Binder, title: str) -> None:
    """Say which tools Loomwork does not come with."""
    for tool in tools:
        if not tool.is_known:
            message = f"Node '{title}' offers the tool '{tool.names[-1]}', which Loomwork does not come with."
            binder.problem("warning", "tool_missing", message, field_name="agent_parameters.tools")


def bound_tools(configs: Sequence[OfferedTool], known: KnownTools | None, binder: Binder) -> list[BoundTool]:
    """Those that are switched on and named."""
    return [BoundTool(each, known, binder) for each in configs if each.enabled and each.tool_name.strip()]


def _description(held: _Held) -> str:
    return held.described or held.info.description


def _open_schema(held: _Held) -> Mapping[str, Any]:
    schema = held.info.model_schema
    properties = schema.get("properties", {})
    left = {name: each for name, each in properties.items() if name not in held.given}
    required = [name for name in schema.get("required", ()) if name not in held.given]
    return {**schema, "properties": left, "required": required}


def _shown(result: ToolResult) -> str:
    said = result.text or "\n".join(json.dumps(each, ensure_ascii=False, default=str) for each in result.json)
    links = [f"{link.title} {link.url}".strip() for link in result.links]
    files = [f"(a file for the user: {file.name})" for file in result.files]
    return "\n".join(filter(None, [said[:MOST_SHOWN], *links, *files])) or "(done; the tool says nothing)"
