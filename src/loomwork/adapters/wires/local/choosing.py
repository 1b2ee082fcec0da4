"""Which of two tools does what is asked for: the one whose description is nearer to the request, by the embedding model
of this machine.

A model of half a billion parameters that sees two tools is drawn to the first, or to the shorter name: it picks the
right one for 29 of 40 questions, where the nearer description is the right one for all 40. With more tools it is right
for two of three, no better than the model: then the model sees them all. A request has a say in what it is near to, so
this is a hint for a choice and never a permission.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from loomwork.adapters.wires.tool_router import needs_routing
from loomwork.model_gateway.domain.chat import Tool
from loomwork.model_gateway.ports import Call

EMBEDDING = "multilingual-e5-small"
"""A model of the provider `local`."""

CHOSEN_FROM = 2
LONGEST = 1000
"""Characters of a request or a description that are compared: they begin with what they are about."""

Embed = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]


def must_choose(call: Call) -> bool:
    """Whether there are two tools for something that a user has just asked a model for that knows none."""
    if not needs_routing(call) or len(call.tools) != CHOSEN_FROM or call.tool_choice.mode not in ("auto", "required"):
        return False
    return bool(call.messages) and call.messages[-1].role == "user" and bool(call.messages[-1].text.strip())


async def narrowed(embed: Embed, call: Call) -> Call:
    """The call with the nearer tool alone, the first of equals. The other is offered again once this one has been
    called. Raises as embedding does.
    """
    asked = call.messages[-1].text[:LONGEST]
    request, *described = await embed([f"query: {asked}", *(f"passage: {_described(each)}" for each in call.tools)])
    nearness = [sum(one * other for one, other in zip(request, each, strict=True)) for each in described]
    return replace(call, tools=(call.tools[nearness.index(max(nearness))],))


def _described(tool: Tool) -> str:
    return f"{tool.name.replace('_', ' ')}: {' '.join(tool.description.split())}"[:LONGEST]
