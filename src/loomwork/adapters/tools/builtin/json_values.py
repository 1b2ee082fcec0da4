"""Finds values in JSON by JSONPath (RFC 9535)."""

import asyncio
import itertools
import json
from typing import Any

import jsonpath

from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["parse", "read"]

MOST = 10_000
MOST_DESCENTS = 2


async def parse(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """What the path finds: the value itself where it finds one, else a list of them."""
    value = _read(call.arguments["content"])
    found = await asyncio.to_thread(_found, call.arguments["json_filter"], value)
    one = found[0] if len(found) == 1 else found
    is_plain = not isinstance(one, list | dict)
    text = str(one) if is_plain else json.dumps(one, ensure_ascii=call.arguments["ensure_ascii"])
    return ToolResult(text if found else "", json=[one] if found else [])


async def read(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """The value of a text in JSON."""
    value = _read(call.arguments["json_string"])
    return ToolResult(json.dumps(value, ensure_ascii=False), json=[value])


def _read(content: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise ToolInputInvalid("The content is no JSON.", parameter="content") from None


def _environment() -> jsonpath.JSONPathEnvironment:
    """Without its functions for regular expressions: a hostile one can run for ever."""
    environment = jsonpath.JSONPathEnvironment(strict=True)
    for name in ("match", "search"):
        environment.function_extensions.pop(name)
    return environment


def _found(path: str, value: Any) -> list[Any]:
    path = path.strip()
    if path.count("..") > MOST_DESCENTS:
        raise ToolInputInvalid(f"A path looks everywhere (..) {MOST_DESCENTS} times at most.", parameter="json_filter")
    try:
        # A path may be written without its beginning.
        found = _environment().finditer(path if path.startswith("$") else f"$.{path}", value)
        return [match.value for match in itertools.islice(found, MOST)]
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise ToolInputInvalid(f"This is no JSONPath: {str(error)[:200]}.", parameter="json_filter") from None
