"""Finds what a regular expression matches, within a time."""

import asyncio
import json

import regex

from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["extract"]

SECONDS = 2.0
MOST = 10_000
LONGEST_EXPRESSION = 5000


async def extract(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """Every match in the content: itself, or its groups where the expression has some."""
    found = await asyncio.to_thread(_matches, call.arguments["expression"], call.arguments["content"])
    return ToolResult(json.dumps(found, ensure_ascii=False), json=[{"matches": found}])


def _matches(expression: str, content: str) -> list[str | list[str]]:
    if len(expression) > LONGEST_EXPRESSION:
        raise ToolInputInvalid(f"An expression has {LONGEST_EXPRESSION} characters at most.", parameter="expression")
    found: list[str | list[str]] = []
    try:
        for match in regex.finditer(expression, content, timeout=SECONDS, concurrent=True):
            groups = [group or "" for group in match.groups()]
            found.append(match.group() if not groups else groups[0] if len(groups) == 1 else groups)
            if len(found) == MOST:
                break
    except regex.error as error:
        raise ToolInputInvalid(f"This is no regular expression: {str(error)[:200]}.", parameter="expression") from None
    except (TimeoutError, MemoryError, RecursionError):
        message = f"The expression needs more than {SECONDS:g} seconds for this content; make it simpler."
        raise ToolInputInvalid(message, parameter="expression") from None
    return found
