"""Tool calls of earlier messages, in the form that dialects with objects in place of JSON text want."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import orjson

from loomwork.model_gateway.domain.chat import Message, Tool, ToolCall

PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
UNREADABLE = "unreadable_json"
"""The name under which arguments go back that the model wrote, and that are no JSON object."""


def arguments_of(call: ToolCall) -> Mapping[str, Any]:
    """The arguments as an object, which these dialects insist on; broken ones as the text that they were."""
    if not call.arguments.strip():
        return {}
    try:
        value = orjson.loads(call.arguments)
    except orjson.JSONDecodeError:
        return {UNREADABLE: call.arguments}
    return value if isinstance(value, dict) else {UNREADABLE: call.arguments}


def plain_id(call_id: str) -> str:
    """The id as every dialect takes it. One that another vendor made otherwise becomes the same other one each time."""
    if PLAIN_ID.fullmatch(call_id):
        return call_id
    return f"call_{hashlib.sha256(call_id.encode()).hexdigest()[:24]}"


def new_id() -> str:
    """For a call whose provider gave it none."""
    return f"call_{uuid4().hex[:24]}"


def names_by_id(messages: Iterable[Message]) -> dict[str, str]:
    """Which function each call of these messages asked for."""
    return {call.id: call.name for message in messages for call in message.tool_calls}


def offered(tools: Iterable[Tool], messages: Iterable[Message]) -> list[Tool]:
    """The tools, and those that earlier messages called and that are no longer offered: a dialect that wants every
    tool of a conversation described gets them without parameters.
    """
    known = {tool.name: tool for tool in tools}
    for name in names_by_id(messages).values():
        known.setdefault(name, Tool(name, "No longer offered."))
    return list(known.values())
