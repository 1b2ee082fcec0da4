"""How much of a result is handed on."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from loomwork.tools.domain.call import ToolResult

CUT = "\n[cut here: the tool said more]"


def weight_of(result: ToolResult) -> int:
    """Characters of what is said: text, JSON and variables. Files are not counted."""
    return len(result.text) + len(_json(result.json)) + (len(_json(result.variables)) if result.variables else 0)


def whole_text(result: ToolResult) -> str:
    """All that a result says, as JSON."""
    links = [{"url": each.url, "title": each.title} for each in result.links]
    return _json({"text": result.text, "json": result.json, "links": links, "variables": result.variables})


def cut_to(result: ToolResult, most: int) -> ToolResult:
    """The result with so many characters at most. Text is cut; values, which half of would be wrong, go whole: the last
    ones first.
    """
    text = result.text if len(result.text) <= most else result.text[:most] + CUT
    left = most - len(text)
    kept, left = _first(result.json, left)
    variables = result.variables if len(_json(result.variables)) <= max(left, 2) else {}
    return replace(result, text=text, json=kept, variables=variables, cut=True)


def _first(values: Sequence[Any], room: int) -> tuple[list[Any], int]:
    kept: list[Any] = []
    for value in values:
        size = len(_json(value))
        if size > room:
            break
        kept.append(value)
        room -= size
    return kept, room


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
