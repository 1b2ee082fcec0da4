"""Models that are not models: for trying out an app, and for tests of what goes wrong.

`echo` gives back the last user message, or a plausible JSON value where a schema is asked for; `slow` does so a piece
at a time, with a pause before each; `fail` is never there.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from loomwork.model_gateway.domain.chat import ChatEvent, Finished, Message, TextDelta
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call

PAUSE = 0.05
"""Seconds between the pieces of `slow`."""

DEEPEST_SCHEMA = 32
LONGEST_ARRAY = 20


class DebugWire:
    """Implements `Wire` without leaving the process."""

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `Wire.chat`. A piece counts as a token."""
        if call.model == "fail":
            raise ModelUnavailable(f"{call.name} always fails.", model=call.name)
        pieces = _pieces(_answer(call))
        for piece in pieces:
            if call.model == "slow":
                await asyncio.sleep(PAUSE)
            yield TextDelta(piece)
        asked = sum(len(_pieces(message.text)) for message in call.messages)
        yield Finished("stop", Usage(prompt_tokens=asked, completion_tokens=len(pieces)))

    async def close(self) -> None:
        """Nothing is held."""


def _answer(call: Call) -> str:
    if call.json_schema is not None:
        return json.dumps(plausible(call.json_schema), ensure_ascii=False, default=str)
    return _last_question(call.messages)


def _last_question(messages: tuple[Message, ...]) -> str:
    return next((message.text for message in reversed(messages) if message.role == "user"), "")


def _pieces(text: str) -> list[str]:
    """Pieces of at most six letters and the space around them. Joined, they are the text again."""
    return re.findall(r"\s*\S{1,6}\s*|\s+", text)


def plausible(schema: Any, depth: int = 0) -> Any:
    """A small value of this JSON schema: the first of an enum, a required property's own plausible value, and so on."""
    if not isinstance(schema, Mapping) or depth > DEEPEST_SCHEMA:
        return "text"
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return plausible(schema[key][0], depth + 1)
    return _of_type(schema, depth)


def _of_type(schema: Mapping[str, Any], depth: int) -> Any:
    match _type(schema):
        case "object":
            properties = schema.get("properties")
            named = properties if isinstance(properties, Mapping) else {}
            return {name: plausible(inner, depth + 1) for name, inner in named.items()}
        case "array":
            length = min(int(_number(schema.get("minItems"), 1)), LONGEST_ARRAY)
            return [plausible(schema.get("items", {}), depth + 1)] * max(1, length)
        case "integer":
            return _number(schema.get("minimum"), 1)
        case "number":
            return _number(schema.get("minimum"), 1.5)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "text"


def _type(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((one for one in kind if one != "null"), "null")
    if kind is None and "properties" in schema:
        return "object"
    return kind


def _number(value: Any, otherwise: float) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
