"""A question to a model, and the pieces of its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str
    images: Sequence[str] = ()
    """Image URLs, `data:` URLs included, for models that see."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """`params` are the completion params as the app wrote them (temperature, top_p, max_tokens, stop, ...); a wire
    sends those its dialect knows. `json_schema` constrains the whole answer to JSON of that schema; the local model
    does so by grammar.
    """

    model: str
    messages: Sequence[Message]
    params: Mapping[str, Any] = field(default_factory=dict)
    json_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. None where the provider did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    @property
    def total_tokens(self) -> int | None:
        if self.prompt_tokens is None and self.completion_tokens is None:
            return None
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every answer that came to its end."""

    finish_reason: str
    usage: Usage


ChatEvent = TextDelta | ReasoningDelta | Finished
