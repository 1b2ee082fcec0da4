"""An agent, as Dify's documents of the first form declare it.

What its strategy is given stands in `agent_parameters`: `{name: {type, value}}`, as a tool node's parameters are, with
`model`, `tools`, `instruction`, `query`, `context` and `maximum_iterations`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from loomwork.nodes.approval import ApprovalConfig
from loomwork.nodes.config import NodeConfig, Rows, Text
from loomwork.nodes.memory import MemoryConfig
from loomwork.nodes.model_call import ModelConfig

DEFAULT_TURNS = 5
MOST_TURNS = 99


def _named(value: Any) -> dict[str, Any]:
    return {str(name): each for name, each in value.items()} if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if 0 < found < float("inf") else None


Named = Annotated[dict[str, Any], BeforeValidator(_named)]
Amount = Annotated[float | None, BeforeValidator(_number)]


def plain(written: Any) -> Any:
    """The value of `{type, value}`, or of what is written without a type."""
    if isinstance(written, Mapping) and "value" in written and set(written) <= {"type", "value", "auto"}:
        return written["value"]
    return written


class ExtraConfig(NodeConfig):
    description: Text = ""


class OfferedTool(NodeConfig):
    """A tool that the agent may call. Of `parameters` those that are not `auto` are set by the app's author, as are all
    of `settings`; `extra.description` is what the author says of the tool to the model.
    """

    provider_name: Text = ""
    provider_id: Text = ""
    type: Text = "builtin"
    tool_name: Text = ""
    enabled: bool = True
    parameters: Named = Field(default_factory=dict)
    settings: Named = Field(default_factory=dict)
    extra: ExtraConfig = ExtraConfig()
    credential_id: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _read_leniently(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return {"enabled": False}
        extra, enabled = data.get("extra"), data.get("enabled")
        return {
            **data,
            "extra": extra if isinstance(extra, Mapping) else {},
            "enabled": enabled if isinstance(enabled, bool) else True,
        }

    @property
    def given(self) -> dict[str, Any]:
        """What the author has set, in the form in which a tool node's parameters are written."""
        chosen = {name: each for name, each in self.parameters.items() if not _is_auto(each)}
        found = {name: _unwrapped(each) for name, each in {**self.settings, **chosen}.items()}
        return {name: each for name, each in found.items() if plain(each) not in (None, "")}


def _is_auto(written: Any) -> bool:
    return isinstance(written, Mapping) and written.get("auto") in (1, True, "1")


def _unwrapped(written: Any) -> Any:
    """`{auto, value: {type, value}}` as `{type, value}`."""
    inner = written.get("value") if isinstance(written, Mapping) and "value" in written else written
    return (
        inner if isinstance(inner, Mapping) or not isinstance(written, Mapping) else {"type": "mixed", "value": inner}
    )


class BudgetConfig(NodeConfig):
    """What one execution may use beside its turns: tokens in and out, seconds, and what its model may cost."""

    tokens: Amount = None
    seconds: Amount = None
    money: Amount = None
    currency: Text = "USD"


class OwnConfig(NodeConfig):
    """What stands under `x-loomwork`. With `must_use_tool` the first turn calls some tool, whatever the task."""

    must_use_tool: bool = False
    budget: BudgetConfig = BudgetConfig()
    approval: ApprovalConfig = ApprovalConfig()

    @model_validator(mode="before")
    @classmethod
    def _read_leniently(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return {}
        found = {name: data[name] for name in ("budget", "approval") if isinstance(data.get(name), Mapping)}
        return {**found, "must_use_tool": data.get("must_use_tool") is True}


class AgentConfig(NodeConfig):
    """`instruction`, `query` and `context` are as written: `{type, value}`, or text."""

    strategy: Text = ""
    model: ModelConfig = ModelConfig()
    tools: Rows[OfferedTool] = ()
    instruction: Any = ""
    query: Any = ""
    context: Any = None
    turns: Amount = None
    memory: MemoryConfig | None = None
    own: OwnConfig = OwnConfig()
    is_bound: bool = False
    """Whether it is of the second form, which names an agent that is packed beside the graph."""

    @model_validator(mode="before")
    @classmethod
    def _read_parameters(cls, data: Any) -> Any:
        written = data if isinstance(data, Mapping) else {}
        given = _named(written.get("agent_parameters"))
        memory = written.get("memory") or None
        return {
            "strategy": written.get("agent_strategy_name"),
            "model": _model(plain(given.get("model"))),
            "tools": plain(given.get("tools")),
            "instruction": given.get("instruction"),
            "query": given.get("query"),
            "context": given.get("context"),
            "turns": plain(given.get("maximum_iterations")),
            "memory": memory if isinstance(memory, Mapping) else None,
            "own": written.get("x-loomwork") or {},
            "is_bound": not given and bool(written.get("agent_binding") or str(written.get("version")) == "2"),
        }

    @property
    def reasons_in_words(self) -> bool:
        """Whether the strategy is ReAct, by whatever of its names."""
        return "react" in self.strategy.lower()

    @property
    def most_turns(self) -> int:
        return DEFAULT_TURNS if self.turns is None else max(1, min(int(self.turns), MOST_TURNS))


def _model(written: Any) -> Mapping[str, Any]:
    if not isinstance(written, Mapping):
        return {}
    return {**written, "name": written.get("name") or written.get("model")}
