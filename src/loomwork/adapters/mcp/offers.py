"""What a server offers, read with suspicion."""

import hashlib
import json
from typing import Any

from loomwork.adapters.mcp.session import Session
from loomwork.adapters.openapi.naming import Names
from loomwork.tools.api import ToolOutputInvalid
from loomwork.tools.domain.mcp_server import Offer, Offers

MOST_TOOLS = 500
MOST_PAGES = 50
LONGEST_NAME = 256
LONGEST_DESCRIPTION = 16_384
LONGEST_SCHEMA = 131_072
DEEPEST = 40


async def offers_of(session: Session, label: str) -> Offers:
    """All pages of it. Raises `ToolFailed`."""
    if "tools" not in session.capabilities:
        return Offers(problems=(f"{label} offers no tools.",))
    said, problems = await _listed(session, label)
    names, found, seen = Names(), [], set[str]()
    for each in said:
        problem = _problem(each, seen)
        if problem:
            problems.append(problem)
        else:
            seen.add(each["name"])
            found.append(_offer(each, names.tool(each["name"])))
    return Offers(tools=tuple(found), problems=tuple(problems))


async def _listed(session: Session, label: str) -> tuple[list[Any], list[str]]:
    found: list[Any] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await session.ask("tools/list", {} if cursor is None else {"cursor": cursor})
        tools = page.get("tools")
        if not isinstance(tools, list):
            raise ToolOutputInvalid(f"{label} answers with no list of tools.")
        found += tools
        following = page.get("nextCursor")
        if len(found) > MOST_TOOLS:
            break
        if not isinstance(following, str) or not following or following == cursor:
            return found, []
        cursor = following
    return found[:MOST_TOOLS], [f"{label} offers more than can be read; the first {min(len(found), MOST_TOOLS)} count."]


def _problem(said: Any, seen: set[str]) -> str:
    """Why it cannot be used, as a sentence; empty where it can."""
    if not isinstance(said, dict) or not isinstance(said.get("name"), str) or not said["name"].strip():
        return "A tool without a name is left out."
    name = said["name"]
    if len(name) > LONGEST_NAME or not name.isprintable():
        return f"The name {name[:40]!r} is too long, or holds what cannot be shown; its tool is left out."
    if name in seen:
        return f"{name} is offered twice; the first counts."
    description = said.get("description", "")
    if not isinstance(description, str | None) or len(description or "") > LONGEST_DESCRIPTION:
        return f"{name} has a description of more than {LONGEST_DESCRIPTION} characters, and is left out."
    if _depth(said) > DEEPEST:
        return f"{name} is described in more than {DEEPEST} levels, and is left out."
    if reason := _unfit(said.get("inputSchema"), of_object=True):
        return f"{name} takes what cannot be checked: its schema {reason}."
    if said.get("outputSchema") is not None and (reason := _unfit(said["outputSchema"], of_object=False)):
        return f"{name} leaves what cannot be checked: its schema {reason}."
    return ""


def _unfit(schema: Any, *, of_object: bool) -> str:
    if not isinstance(schema, dict) or (of_object and schema.get("type") != "object"):
        return "is of no object"
    if len(json.dumps(schema)) > LONGEST_SCHEMA:
        return f"has more than {LONGEST_SCHEMA} characters"
    if _points_away(schema):
        return "refers to another document"
    return ""


def _depth(value: Any) -> int:
    """Level by level: a description may be deeper than Python's stack."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        level = [part for each in level if isinstance(each, dict | list) for part in _parts(each)]
    return depth


def _parts(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _points_away(value: Any) -> bool:
    """Whether a reference in it leads out of it: whoever checks arguments by it must never fetch one."""
    if isinstance(value, dict):
        for key in ("$ref", "$dynamicRef"):
            if isinstance(value.get(key), str) and not value[key].startswith("#"):
                return True
        return any(_points_away(each) for each in value.values())
    return isinstance(value, list) and any(_points_away(each) for each in value)


def _offer(said: dict[str, Any], safe_name: str) -> Offer:
    hints, title = said.get("annotations"), said.get("title")
    shown = {
        key: said.get(key) for key in ("name", "title", "description", "inputSchema", "outputSchema", "annotations")
    }
    return Offer(
        name=said["name"],
        safe_name=safe_name,
        title=title if isinstance(title, str) else "",
        description=said.get("description") or "",
        input_schema=said["inputSchema"],
        output_schema=said.get("outputSchema"),
        hints=hints if isinstance(hints, dict) else {},
        pin=hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest(),
    )
