"""A difference in lines for people."""

from collections.abc import Iterator
from typing import Any

import orjson

from loomwork.apps.domain.difference import Difference, EdgeChange, FieldChange, NodeChange

_MARKS = {"added": "+", "removed": "-", "changed": "~"}
_MOST = 160
"""Characters of a value that are shown."""

_LEAD = 30
"""Characters that are shown of what two long texts begin with alike."""


def difference_lines(found: Difference) -> Iterator[str]:
    """Nodes, then edges, then settings; nothing where the two mean the same."""
    for node in found.nodes:
        yield from _node(node)
    for edge in found.edges:
        yield _edge(edge)
    for change in found.settings:
        yield _field(change)


def _node(node: NodeChange) -> Iterator[str]:
    yield f"{_MARKS[node.change]} node {node.id} '{node.title}' ({node.type})"
    for change in node.fields:
        yield f"    {_field(change)}"


def _edge(edge: EdgeChange) -> str:
    by = f" by '{edge.handle}'" if edge.handle != "source" else ""
    return f"{_MARKS[edge.change]} edge {edge.source} -> {edge.target}{by}"


def _field(change: FieldChange) -> str:
    match change.change:
        case "added":
            return f"+ {change.path}: {_value(change.after)}"
        case "removed":
            return f"- {change.path}: {_value(change.before)}"
        case _:
            before, after = _from_where_they_differ(change.before, change.after)
            return f"~ {change.path}: {_value(before)} -> {_value(after)}"


def _from_where_they_differ(before: Any, after: Any) -> tuple[Any, Any]:
    """Long texts without what they begin with alike."""
    if not (isinstance(before, str) and isinstance(after, str)) or max(len(before), len(after)) <= _MOST:
        return before, after
    alike = next((place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    start = (min(len(before), len(after)) if alike is None else alike) - _LEAD
    return (f"...{before[start:]}", f"...{after[start:]}") if start > 0 else (before, after)


def _value(value: Any) -> str:
    try:
        shown = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        shown = repr(value)
    return shown if len(shown) <= _MOST else f"{shown[:_MOST]}..."
