"""What each comparison operator means, failures included.

The semantics are those of Dify 1.17 (observed): a value of the wrong type fails the node rather than give false, but an
empty one (empty text, 0, false, an empty list, null) is decided before its type is looked at.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Compare: TypeAlias = Callable[[Any, Any], bool]
"""Actual value, expected value. Raises `TypeError` or `ValueError` where they cannot be compared."""


def contains(actual: Any, expected: Any) -> bool:
    if not actual:
        return False
    if isinstance(actual, str):
        return (expected if isinstance(expected, str) else str(expected)) in actual
    if isinstance(actual, list):
        return expected in actual
    raise TypeError(f"needs text or a list, not {kind_of(actual)}")


def not_contains(actual: Any, expected: Any) -> bool:
    return not contains(actual, expected)


def start_with(actual: Any, expected: Any) -> bool:
    return bool(actual) and _text(actual).startswith(_text(expected))


def end_with(actual: Any, expected: Any) -> bool:
    return bool(actual) and _text(actual).endswith(_text(expected))


def is_(actual: Any, expected: Any) -> bool:
    return actual is not None and bool(_text_or_bool(actual) == expected)


def is_not(actual: Any, expected: Any) -> bool:
    return actual is not None and bool(_text_or_bool(actual) != expected)


def empty(actual: Any, _expected: Any) -> bool:
    return not actual


def not_empty(actual: Any, _expected: Any) -> bool:
    return bool(actual)


def null(actual: Any, _expected: Any) -> bool:
    return actual is None


def not_null(actual: Any, _expected: Any) -> bool:
    return actual is not None


def in_(actual: Any, expected: Any) -> bool:
    return bool(actual) and actual in _list(expected)


def not_in(actual: Any, expected: Any) -> bool:
    return not actual or actual not in _list(expected)


def all_of(actual: Any, expected: Any) -> bool:
    wanted = _list(expected)
    if not (all(isinstance(item, str) for item in wanted) or all(isinstance(item, bool) for item in wanted)):
        raise TypeError("needs a list of texts, or of booleans, to compare with")
    return bool(actual) and all(item in actual for item in wanted)


def equal(actual: Any, expected: Any) -> bool:
    return actual is not None and bool(actual == _same_kind(actual, expected))


def not_equal(actual: Any, expected: Any) -> bool:
    return actual is not None and bool(actual != _same_kind(actual, expected))


def greater(actual: Any, expected: Any) -> bool:
    return actual is not None and _number(actual) > _as_number(expected)


def less(actual: Any, expected: Any) -> bool:
    return actual is not None and _number(actual) < _as_number(expected)


def greater_or_equal(actual: Any, expected: Any) -> bool:
    return actual is not None and _number(actual) >= _as_number(expected)


def less_or_equal(actual: Any, expected: Any) -> bool:
    return actual is not None and _number(actual) <= _as_number(expected)


OPERATORS: Mapping[str, Compare] = {
    "contains": contains,
    "not contains": not_contains,
    "start with": start_with,
    "end with": end_with,
    "is": is_,
    "is not": is_not,
    "empty": empty,
    "not empty": not_empty,
    "in": in_,
    "not in": not_in,
    "all of": all_of,
    "=": equal,
    "≠": not_equal,
    ">": greater,
    "<": less,
    "≥": greater_or_equal,
    "≤": less_or_equal,
    "null": null,
    "not null": not_null,
    "exists": not_null,
    "not exists": null,
}

SPELLINGS: Mapping[str, str] = {
    "is null": "null",
    "is not null": "not null",
    "is empty": "empty",
    "is not empty": "not empty",
    "!=": "≠",
    "==": "=",
    ">=": "≥",
    "<=": "≤",
    "not_contains": "not contains",
    "starts with": "start with",
    "ends with": "end with",
}
"""Other spellings found in app files."""

UNARY = frozenset({"empty", "not empty", "null", "not null", "exists", "not exists"})
"""Operators that look at the actual value alone."""


def as_boolean(expected: Any) -> bool:
    """What a boolean is compared with: a boolean, a number, or the JSON text of one ("true", "1")."""
    try:
        found = json.loads(expected) if isinstance(expected, str) else expected
    except RecursionError:
        raise ValueError("cannot compare a boolean with JSON that is nested too deep") from None
    if isinstance(found, int):
        return bool(found)
    raise TypeError(f"cannot compare a boolean with {kind_of(expected)}")


def kind_of(value: Any) -> str:
    """The type of a value in the words of app files."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "a file"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"needs text, not {kind_of(value)}")


def _text_or_bool(value: Any) -> str | bool:
    if isinstance(value, str | bool):
        return value
    raise TypeError(f"needs text or a boolean, not {kind_of(value)}")


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise TypeError(f"needs a list to compare with, not {kind_of(value)}")


def _number(value: Any) -> float:
    if isinstance(value, int | float):
        return value
    raise TypeError(f"needs a number, not {kind_of(value)}")


def _as_number(expected: Any) -> float:
    if isinstance(expected, int | float):
        return expected
    return float(_text(expected))


def _same_kind(actual: Any, expected: Any) -> bool | int | float:
    """The expected value as the actual one's type: "3.5" is no whole number, and comparing 3 with it fails."""
    if not isinstance(expected, str | int | float):
        raise TypeError(f"cannot compare a number with {kind_of(expected)}")
    if isinstance(actual, bool):
        return bool(expected)
    if isinstance(actual, int):
        return int(expected)
    if isinstance(actual, float):
        return float(expected)
    raise TypeError(f"needs a number or a boolean, not {kind_of(actual)}")
