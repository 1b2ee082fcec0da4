"""Conditions on the items of a list, by what the items are (the operators of Dify 1.17)."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from loomwork.engine.ports import NodeError
from loomwork.nodes.if_else.operators import SPELLINGS, kind_of
from loomwork.nodes.list_operator.items import ItemKind, attribute_of, with_dot

Keep: TypeAlias = Callable[[Any], bool]
Compare: TypeAlias = Callable[[Any, Any], bool]

ON_TEXT: Mapping[str, Compare] = {
    "contains": lambda item, wanted: wanted in item,
    "not contains": lambda item, wanted: wanted not in item,
    "start with": lambda item, wanted: item.startswith(wanted),
    "end with": lambda item, wanted: item.endswith(wanted),
    "is": lambda item, wanted: item == wanted,
    "is not": lambda item, wanted: item != wanted,
    "in": lambda item, wanted: item in wanted,
    "not in": lambda item, wanted: item not in wanted,
    "empty": lambda item, _: not item,
    "not empty": lambda item, _: bool(item),
}
ON_NUMBERS: Mapping[str, Compare] = {
    "=": lambda item, wanted: item == wanted,
    "≠": lambda item, wanted: item != wanted,
    ">": lambda item, wanted: item > wanted,
    "<": lambda item, wanted: item < wanted,
    "≥": lambda item, wanted: item >= wanted,
    "≤": lambda item, wanted: item <= wanted,
}
ON_BOOLEANS: Mapping[str, Compare] = {
    "is": lambda item, wanted: item is wanted,
    "is not": lambda item, wanted: item is not wanted,
}
OPERATORS: Mapping[ItemKind, Mapping[str, Compare]] = {
    "text": ON_TEXT,
    "number": ON_NUMBERS,
    "boolean": ON_BOOLEANS,
}
NUMBER_SPELLINGS: Mapping[str, str] = {"is": "=", "is not": "≠"}
UNARY = frozenset({"empty", "not empty"})
WITH_LISTS = frozenset({"in", "not in"})


def item_filter(kind: ItemKind, key: str, written: str, value: Any) -> Keep:
    """Whether an item stays. Raises `NodeError` for a comparison that items of this kind do not have, and for a value
    that they cannot be compared with.
    """
    looked_at, read = attribute_of(kind, key)
    name = _operator_name(looked_at, written)
    compare = OPERATORS[looked_at].get(name)
    if compare is None:
        raise _refused(f"cannot be filtered by '{written}'; use one of {', '.join(OPERATORS[looked_at])}", looked_at)
    wanted = None if name in UNARY else _wanted(looked_at, name, value)
    if key == "extension" and wanted is not None:
        wanted = [with_dot(each) for each in wanted] if isinstance(wanted, list) else with_dot(wanted)
    return lambda item: compare(read(item), wanted)


def _operator_name(kind: ItemKind, written: str) -> str:
    name = SPELLINGS.get(written.strip(), written.strip())
    return NUMBER_SPELLINGS.get(name, name) if kind == "number" else name


def _wanted(kind: ItemKind, name: str, value: Any) -> Any:
    match kind:
        case "number":
            return _number(value)
        case "boolean":
            return _boolean(value)
        case _ if name in WITH_LISTS and isinstance(value, list | tuple):
            return [str(each) for each in value]
        case _:
            return _text(value)


def _text(value: Any) -> str:
    """Text, which "in" then looks inside; a list has one value where forms write one."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise _refused(f"cannot be compared with {kind_of(value)}", "text")


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        return json_number(value)
    except ValueError:
        raise _refused(f"cannot be compared with {kind_of(value)} that is no number", "number") from None


def json_number(value: Any) -> int | float:
    """A number written as text. Raises `ValueError`."""
    if not isinstance(value, str):
        raise ValueError("not text")
    text = value.strip()
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def _boolean(value: Any) -> bool:
    try:
        found = json.loads(value.strip().lower()) if isinstance(value, str) else value
    except ValueError:
        found = None
    if isinstance(found, bool) or found in (0, 1):
        return bool(found)
    raise _refused(f"cannot be compared with {kind_of(value)} that is neither true nor false", "boolean")


def _refused(what: str, kind: ItemKind) -> NodeError:
    words = {"text": "Texts", "number": "Numbers", "boolean": "Booleans", "file": "Files"}
    return NodeError(f"{words[kind]} {what}.", code="condition_failed", retryable=False)
