"""The variables that a document brings along: environment (fixed) and conversation (defaults), by their value type."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from loomwork.dsl.values import as_flag, as_number, as_text, mappings, plain
from loomwork.engine.ports import Problem


def read_variables(value: Any, place: str, problems: list[Problem]) -> dict[str, Any]:
    """Name to value. A missing value is the empty one of its type; one of another type is converted where it can be."""
    found: dict[str, Any] = {}
    for index, item in mappings(value, place, problems):
        name = as_text(item.get("name"))
        if name:
            found[name] = _typed(plain(item.get("value")), as_text(item.get("value_type")))
        else:
            here = f"{place}[{index}]"
            message = f"The variable '{here}' has no name; it is left out."
            problems.append(Problem("warning", "variable_without_name", message, place=here))
    return found


def _typed(value: Any, value_type: str) -> Any:
    if value_type.startswith("array"):
        return [] if value is None else _parsed(value, list)
    convert = _CONVERSIONS.get(value_type)
    return convert(value) if convert is not None else value


def _number(value: Any) -> Any:
    if value is None or value == "":
        return 0
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    number = as_number(value)
    if number is None:
        return value
    return int(number) if number.is_integer() and "." not in as_text(value) else number


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else as_flag(value)


def _text(value: Any) -> Any:
    return value if isinstance(value, Mapping | list) else as_text(value)


def _object(value: Any) -> Any:
    return {} if value is None else _parsed(value, dict)


def _parsed(value: Any, kind: type) -> Any:
    """Objects and lists are sometimes written as JSON text."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return kind()
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return parsed if isinstance(parsed, kind) else value


_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "string": _text,
    "secret": _text,
    "number": _number,
    "integer": _number,
    "float": _number,
    "boolean": _boolean,
    "object": _object,
}
