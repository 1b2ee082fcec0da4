"""Reads YAML as JSON."""

import asyncio
import json
from typing import Any

import yaml

from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["to_json"]

LONGEST = 1_000_000


async def to_json(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """The same value, as JSON."""
    content = call.arguments["yaml_content"]
    if len(content) > LONGEST:
        raise ToolInputInvalid(f"The content has more than {LONGEST} characters.", parameter="yaml_content")
    value = await asyncio.to_thread(_read, content)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return ToolResult(text, json=[json.loads(text)])


def _read(content: str) -> Any:
    try:
        # An alias can make a page of text expand without bound.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(content, Loader=yaml.CSafeLoader)):
            raise ToolInputInvalid("Aliases (*name) are not read here.", parameter="yaml_content")
        return _with_names(yaml.load(content, Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError):
        raise ToolInputInvalid("The content is no YAML.", parameter="yaml_content") from None


def _with_names(value: Any) -> Any:
    """The names in objects of JSON are texts."""
    if isinstance(value, dict):
        return {name if isinstance(name, str) else str(name): _with_names(each) for name, each in value.items()}
    return [_with_names(each) for each in value] if isinstance(value, list) else value
