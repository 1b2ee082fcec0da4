"""A question to a model, and the pieces of its answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from loomwork.model_gateway.domain.usage import NOBODY, UNKNOWN_COST, Cost, Spender, Usage

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "other"]
"""Why an answer ended, whatever its vendor calls it. `other` stands for words that no dialect knows."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask for. `parameters` is a JSON Schema of type object."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether a tool has to be asked for: as the model likes, never, some tool, or the one that is named."""

    mode: Literal["auto", "none", "required", "named"] = "auto"
    name: str | None = None


AUTO = ToolChoice()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model asks for. `arguments` is the JSON text as the model wrote it: it may be broken, or not fit the
    schema, and whoever runs the tool checks it. `id` ties the call to its result.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `role` "tool" carries the result of the call `tool_call_id` in `text`; an assistant's message may
    carry the `tool_calls` it made. `images` are URLs, `data:` URLs included, for models that see. `carried` is what
    the message's `Finished.carried` said: the provider wants it back unread (signed thoughts), only its own wire
    looks into it, and another provider's is left out.
    """

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    images: Sequence[str] = ()
    tool_calls: Sequence[ToolCall] = ()
    tool_call_id: str | None = None
    carried: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """`params` are the completion params as the app wrote them (temperature, top_p, max_tokens, stop, ...); a wire
    sends those its dialect knows. `json_schema` constrains the whole answer to JSON of that schema; the local model
    does so by grammar. `fallbacks` are models to ask, in order, where `model` cannot answer and nothing has been said
    yet. `spender` is who the call is counted for. `cache_seconds` lets an equal request be answered from the cache.
    `whole`: nobody looks at the answer before its end, so the provider need not be asked to stream it; its events may
    then come all at once. `turn` is waited for when the provider has begun to answer, before the answer is looked at:
    who asks has its place among others there.
    """

    model: str
    messages: Sequence[Message]
    params: Mapping[str, Any] = field(default_factory=dict)
    json_schema: Mapping[str, Any] | None = None
    tools: Sequence[Tool] = ()
    tool_choice: ToolChoice = AUTO
    parallel_tool_calls: bool = True
    fallbacks: Sequence[str] = ()
    spender: Spender = NOBODY
    cache_seconds: float | None = None
    whole: bool = False
    turn: Callable[[], Awaitable[None]] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of the `index`-th tool call of this answer, from 0. `id` and `name` come with its first piece;
    `arguments` is more of the JSON text.
    """

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every answer that came to its end. `tool_calls` are the calls put together, in order; `model`
    says who answered (`provider/model`) where that is known; `carried`: see `Message`. The gateway says the `cost`.
    """

    finish_reason: str
    usage: Usage
    tool_calls: tuple[ToolCall, ...] = ()
    model: str | None = None
    carried: Mapping[str, Any] | None = None
    cost: Cost = field(default=UNKNOWN_COST, compare=False)


ChatEvent = TextDelta | ReasoningDelta | ToolCallDelta | Finished
