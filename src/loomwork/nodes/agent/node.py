"""Binds an agent's model, tools and words, and runs its loop."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Question, Response, Step
from loomwork.engine.variables import MISSING, render_text
from loomwork.model_gateway.api import ChatModels, Message
from loomwork.nodes.agent import react
from loomwork.nodes.agent.budget import Budget, Spent
from loomwork.nodes.agent.config import AgentConfig, plain
from loomwork.nodes.agent.loop import AgentLoop, Work
from loomwork.nodes.agent.toolbelt import BoundTool, Toolbelt, bound_tools, check_known
from loomwork.nodes.approval import approval_step
from loomwork.nodes.llm.prompt import context_text
from loomwork.nodes.memory import as_messages, recent_turns
from loomwork.nodes.model_call import BoundModel, usage_output, usage_spent
from loomwork.nodes.not_runnable import NotRunnableNode, missing_outside
from loomwork.nodes.origins import origins
from loomwork.nodes.ports import FileBytes
from loomwork.nodes.reading import joined
from loomwork.nodes.tool.values import BoundValue
from loomwork.tools.api import KnownTools, Mark, Tools

NO_TOOLS = "is an agent with tools, and there are none here"
BOUND = "is an agent packed beside the graph whose package is missing, or that declares outputs of its own"


class AgentNode:
    """Outputs `text`, `files` (what tools have made), `json` (the calls), `usage`, and `ended_by`: what of the budget
    was used up, or None.
    """

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(
        self,
        config: AgentConfig,
        model: BoundModel,
        words: "BoundWords",
        bound: list[BoundTool],
        tools: Tools | None,
        files: FileBytes,
        *,
        origins: frozenset[Mark],
    ) -> None:
        """`origins`: whose words may flow into it."""
        self._origins = origins
        self.inputs = joined(words.inputs, model.inputs, *(tool.inputs for tool in bound))
        self.holds_place = not any(tool.of_an_app for tool in bound)
        policy = config.own.approval.policy
        self.halts = bool(policy.effects or policy.under)
        own = config.own.budget
        self._budget = Budget(
            config.most_turns,
            None if own.tokens is None else int(own.tokens),
            own.seconds,
            None if own.money is None else Decimal(str(own.money)),
            own.currency.upper() or "USD",
        )
        self._config = config
        self._model = model
        self._words = words
        self._bound = bound
        self._tools = tools
        self._files = files

    async def run(self, context: NodeContext) -> NodeResult | Question:
        belt = await self._belt(context)
        in_words = self._config.reasons_in_words and bool(belt.offered)
        messages, marks = self._words.messages(context, react.instructions(belt.offered) if in_words else "")
        must_call = self._config.own.must_use_tool
        loop = AgentLoop(
            context,
            self._model,
            belt,
            self._budget,
            messages,
            marks=marks | self._origins,
            in_words=in_words,
            must_call=must_call,
        )
        work = await loop.run()
        if isinstance(work, Question):
            return work
        return NodeResult(_outputs(work), usage=usage_spent(work.usage))

    def answered(self, question: Question, action: str | None, values: Mapping[str, Any]) -> Step:
        """What a person decided about a call. Raises `NodeError` for what does not fit the question."""
        return approval_step(question, action, values)

    async def _belt(self, context: NodeContext) -> Toolbelt:
        policy = self._config.own.approval.policy
        if self._tools is None:
            return Toolbelt(None, policy)
        belt = await Toolbelt.equipped(context, self._tools, self._bound, self._files, policy)
        told = {step.name for step in context.steps}
        for name in belt.missing:
            if f"missing {name}" not in told:
                message = f"The workspace has no tool '{name}', or it is switched off; the agent works without it."
                await context.finish_step(Step(f"missing {name}", "notice", name, output={"text": message}))
        return belt


class BoundWords:
    """What the model is told first: the instruction, the context, the conversation so far, the task."""

    def __init__(self, config: AgentConfig, binder: Binder) -> None:
        self._instruction = _bound("instruction", config.instruction, binder)
        self._query = _bound("query", config.query, binder)
        self._found = None if config.context in (None, "") else _bound("context", config.context, binder)
        self._memory = config.memory if config.memory is not None and config.memory.enabled else None
        parts = [self._instruction, self._query, *([self._found] if self._found else [])]
        self.inputs = joined(*(part.shown for part in parts))

    def messages(self, context: NodeContext, form: str) -> tuple[list[Message], frozenset[Mark]]:
        """`form` is how the model is to write. Raises `NodeError` where there is no task."""
        query = _text(self._query.read(context))
        if not query.strip():
            message = "The agent has no task. Write a query, or check that what it refers to has a value."
            raise NodeError(message, code="empty_prompt", retryable=False)
        found = "" if self._found is None else context_text(_or_none(self._found.read(context)))
        marks: frozenset[Mark] = frozenset({"user", "retrieved"} if found else {"user"})
        told = [_text(self._instruction.read(context)), f"Context:\n{found}" if found else "", form]
        system = "\n\n".join(part for part in told if part.strip())
        turns = [] if self._memory is None else as_messages(recent_turns(context.run.history, self._memory))
        return [*([Message("system", system)] if system else []), *turns, Message("user", query)], marks


class AgentType:
    """`agent`. Without tools in this installation an agent that names some cannot run."""

    is_root = False

    def __init__(self, models: ChatModels, tools: Tools | None, known: KnownTools | None, files: FileBytes) -> None:
        self._models = models
        self._tools = tools
        self._known = known
        self._files = files

    def compile(self, spec: NodeSpec, binder: Binder) -> AgentNode | NotRunnableNode:
        config = AgentConfig.model_validate(spec.config)
        if config.is_bound:
            return missing_outside(spec, binder, BOUND, inputs=())
        words = BoundWords(config, binder)
        bound = bound_tools(config.tools, self._known, binder)
        if bound and self._tools is None:
            return missing_outside(spec, binder, NO_TOOLS, inputs=words.inputs)
        check_known(bound, binder, spec.title)
        flowing = joined(words.inputs, *(tool.inputs for tool in bound))
        return AgentNode(
            config,
            BoundModel(self._models, config.model, binder, spec),
            words,
            bound,
            self._tools,
            self._files,
            origins=origins(flowing, binder),
        )


def _bound(name: str, written: Any, binder: Binder) -> BoundValue:
    """What is written without a type, and text that is called constant, may hold variables, too."""
    value = plain(written)
    kind = written.get("type") if isinstance(written, dict) else "mixed"
    kind = "variable" if kind == "variable" or isinstance(value, list) else "mixed"
    return BoundValue(name, {"type": kind, "value": value}, binder, f"agent_parameters.{name}")


def _or_none(value: Any) -> Any:
    return None if value is MISSING else value


def _text(value: Any) -> str:
    return "" if value is MISSING or value is None else render_text(value)


def _price(spent: Spent) -> dict[str, str]:
    """What the model cost, where all of it is known."""
    return {"total_price": str(spent.amount), "currency": spent.currency or "USD"} if spent.is_known else {}


def _outputs(work: Work) -> dict[str, Any]:
    return {
        "text": work.text,
        "files": work.files,
        "json": work.calls or [{"data": []}],
        "usage": {**usage_output(work.usage), **_price(work.spent)},
        "ended_by": work.ended_by,
    }
