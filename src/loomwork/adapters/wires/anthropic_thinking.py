"""How long a model of Anthropic is let think, said alike to Anthropic itself and to those who host its models."""

from collections.abc import Mapping
from typing import Any

from loomwork.adapters.wires import params
from loomwork.adapters.wires.block_answer import parts_of
from loomwork.model_gateway.ports import Call

LEAST = 1024
"""Tokens: no smaller budget is accepted."""


def thinking_of(call: Call, wire: str) -> dict[str, Any] | None:
    """The `thinking` of a request. The param `thinking` is "adaptive" or a switch, `thinking_budget` counts tokens;
    None where neither asks for it. A model whose profile names `thinking_budget` as unsupported knows no budgets, and
    thinks as long as it likes.
    """
    on, asked = params.switch(call, "thinking"), call.params.get("thinking_budget")
    if params.word(call, "thinking") != "adaptive" and (on is False or not (on or asked)):
        return None
    budget = params.whole(call, "thinking_budget")
    if params.word(call, "thinking") == "adaptive" or "thinking_budget" in call.profile.unsupported:
        # Newer models keep their thoughts to themselves unless they are asked for.
        return {"type": "adaptive", "display": "summarized"}
    if _called_without_thoughts(call, wire):
        return None
    return {"type": "enabled", "budget_tokens": max(budget or LEAST, LEAST)}


def _called_without_thoughts(call: Call, wire: str) -> bool:
    """Whether tools were called since the user last said something, without thoughts that can be shown again: on such
    an answer a model with a budget refuses to go on thinking.
    """
    for message in reversed(call.messages):
        if message.role == "user":
            return False
        if message.tool_calls:
            return not any(part.kind in ("thought", "redacted") for part in parts_of(message, call, wire))
    return False


def room_for(thinking: Mapping[str, Any], max_tokens: int, call: Call) -> int:
    """Output tokens to ask for, since these count thoughts too: where thoughts would leave no room for an answer of
    `max_tokens`, it gets its own beside them, as far as the model goes.
    """
    budget = thinking.get("budget_tokens", 0)
    wanted = max_tokens if max_tokens > budget else budget + max_tokens
    most = call.card.max_output if call.card else None
    return min(wanted, most) if most and most > budget else wanted
