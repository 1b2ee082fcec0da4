"""JSON as blocks: each record of a list a block of its own, each value with the names that lead to it."""

import json
from collections.abc import Iterator
from typing import Any

from loomwork.knowledge.domain.parsed import Block

DEEPEST = 64


class RecordsBroken(ValueError):
    """This is no JSON, or it goes too deep; the message goes on behind the name of the document."""


def blocks_of_json(text: str) -> list[Block]:
    """Of one JSON value, or of one in each line. Raises `RecordsBroken`."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        value = _lines(text, error)
    except RecursionError:
        raise RecordsBroken("is nested too deeply") from None
    return list(_blocks(value))


def _lines(text: str, whole: json.JSONDecodeError) -> list[Any]:
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        return [json.loads(line) for line in lines]
    except (json.JSONDecodeError, RecursionError):
        raise RecordsBroken(f"is no JSON: line {whole.lineno}, column {whole.colno}") from None


def _blocks(value: Any) -> Iterator[Block]:
    if isinstance(value, list):
        for entry in value:
            yield from _record(entry)
    elif isinstance(value, dict):
        yield from _record({name: inner for name, inner in value.items() if not isinstance(inner, list | dict)})
        for name, inner in value.items():
            if isinstance(inner, list | dict):
                yield Block("heading", name or "-", level=1)
                yield from _blocks(inner) if isinstance(inner, list) else _record(inner)
    else:
        yield from _record(value)


def _record(value: Any) -> Iterator[Block]:
    lines = [f"{path}: {said}" if path else said for path, said in _flat(value, "", 0) if said]
    if lines:
        yield Block("text", "\n".join(lines))


def _flat(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        raise RecordsBroken("is nested too deeply")
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list) and any(isinstance(inner, list | dict) for inner in value):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{place}]", depth + 1)
    elif isinstance(value, list):
        yield path, ", ".join(_said(inner) for inner in value)
    else:
        yield path, _said(value)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
