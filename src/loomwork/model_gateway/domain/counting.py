"""How many tokens a request or an answer has, as far as can be said without its model's own tokenizer.

An estimate that is meant to be too high rather than too low, for budgets: a token for every three bytes of UTF-8
(English has about four to a token; a Chinese or Japanese character has three, and is about one token).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.model_gateway.domain.chat import ChatRequest, Message
from loomwork.model_gateway.domain.provider import ModelCard

BYTES_OF_A_TOKEN = 3
OF_A_MESSAGE = 8
"""Tokens around one message: its role, and the marks between messages."""
OF_AN_IMAGE = 1600
"""Tokens of one image; vendors scale larger ones down to about this."""
DEFAULT_OUTPUT = 4096
"""Tokens of an answer to which neither the request nor the catalog sets a limit."""

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def text_tokens(*texts: str) -> int:
    """At most how many tokens these texts are, all but surely."""
    return tokens_in(sum(len(text.encode("utf-8", "surrogatepass")) for text in texts))


def tokens_in(size: int) -> int:
    """At most how many tokens so many bytes of text are, all but surely."""
    return -(-size // BYTES_OF_A_TOKEN)


def prompt_tokens(request: ChatRequest) -> int:
    """At most how many tokens the model is sent, all but surely."""
    tools = [str(part) for tool in request.tools for part in (tool.name, tool.description, tool.parameters)]
    schema = [] if request.json_schema is None else [str(request.json_schema)]
    return sum(map(_message_tokens, request.messages)) + text_tokens(*tools, *schema)


def output_tokens(params: Mapping[str, Any], cards: Sequence[ModelCard]) -> int:
    """At most how many tokens any of the models may answer with."""
    asked = next((limit for name in _LIMITS if (limit := _whole(params.get(name))) is not None), None)
    if asked is not None:
        return asked
    return max((_own_limit(card) for card in cards), default=DEFAULT_OUTPUT)


def _own_limit(card: ModelCard) -> int:
    given = next((limit for name in _LIMITS if (limit := _whole(card.defaults.get(name))) is not None), None)
    return given or card.max_output or DEFAULT_OUTPUT


def _message_tokens(message: Message) -> int:
    calls = [part for call in message.tool_calls for part in (call.name, call.arguments)]
    return text_tokens(message.text, *calls) + OF_A_MESSAGE + OF_AN_IMAGE * len(message.images)


def _whole(value: Any) -> int | None:
    """App files write numbers as text too."""
    try:
        number = int(float(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0
    except (ValueError, OverflowError):
        return None
    return number if number > 0 else None
