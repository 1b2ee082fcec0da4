"""A conversation as turns of two sides, for dialects that keep instructions apart and want both sides to alternate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

import orjson

from loomwork.model_gateway.domain.chat import Message
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.ports import Call


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says before the other does. Results of tools are the user's."""

    role: Literal["user", "assistant"]
    messages: tuple[Message, ...]


def instructions(call: Call) -> str:
    """What the system messages say, in one text; empty where they are sent as the user's."""
    if call.profile.system_role == "user":
        return ""
    return "\n\n".join(message.text for message in call.messages if message.role == "system" and message.text.strip())


def turns(call: Call) -> list[Turn]:
    """Messages in which nothing is said are left out. Raises `ModelRefused` where nothing is left."""
    said = [message for message in (_placed(call, one) for one in call.messages) if _says_something(message)]
    if not said:
        raise ModelRefused(f"The request to {call.name} holds no message.", cause="bad_request", model=call.name)
    return [Turn(role, tuple(messages)) for role, messages in groupby(said, key=_side)]


def ended_on_words(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages, as blocks of content. A last one of the assistant is gone on with, and must not end in white
    space.
    """
    last = messages[-1]["content"][-1:]
    if messages[-1]["role"] == "assistant" and last and "text" in last[0]:
        last[0]["text"] = last[0]["text"].rstrip()
    return messages


def wish(schema: Mapping[str, Any]) -> str:
    """A schema asked for in words."""
    return f"Answer with one JSON value of this JSON schema, and nothing around it:\n{orjson.dumps(schema).decode()}"


def _placed(call: Call, message: Message) -> Message:
    if message.role == "system" and call.profile.system_role == "user":
        return replace(message, role="user")
    return message


def _says_something(message: Message) -> bool:
    if message.role == "system":
        return False
    return bool(message.text.strip() or message.images or message.tool_calls or message.role == "tool")


def _side(message: Message) -> Literal["user", "assistant"]:
    return "assistant" if message.role == "assistant" else "user"
