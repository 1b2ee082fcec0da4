"""What an assignment makes of a variable. A value of the wrong type is an error, as is dividing by zero."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

LARGEST = sys.float_info.max
"""Beyond this a number is no number in JSON, and a loop that squares one would take all memory."""

Operation: TypeAlias = Callable[[Any, Any], Any]
"""From the value that stands and the one given, the value to write. Raises `ValueError`."""


def _over_write(standing: Any, given: Any) -> Any:
    if standing is not None and given is not None and kind(standing) != kind(given):
        raise ValueError(f"it holds {kind(standing)}, and cannot become {kind(given)}")
    return given


def _set(standing: Any, given: Any) -> Any:
    """A constant may be written as text where a number, a list or an object belongs."""
    if isinstance(given, str) and standing is not None and not isinstance(standing, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise ValueError(f"'{given[:40]}' is no {kind(standing)}") from None
    return _over_write(standing, given)


def _clear(standing: Any, _: Any) -> Any:
    zero: Mapping[str, Any] = {"text": "", "a number": 0, "a boolean": False, "an object": {}, "a list": []}
    return zero.get(kind(standing))


def _append(standing: Any, given: Any) -> Any:
    items = _list(standing)
    _check_item(items, given)
    return [*items, given]


def _extend(standing: Any, given: Any) -> Any:
    items = _list(standing)
    if not isinstance(given, list):
        raise ValueError(f"only a list can extend it, not {kind(given)}")
    for item in given:
        _check_item(items, item)
    return [*items, *given]


def _remove_first(standing: Any, _: Any) -> Any:
    return _list(standing)[1:]


def _remove_last(standing: Any, _: Any) -> Any:
    return _list(standing)[:-1]


def _arithmetic(compute: Callable[[Any, Any], Any]) -> Operation:
    def apply(standing: Any, given: Any) -> Any:
        left, right = _number(standing), _number(given)
        try:
            result = compute(left, right)
        except (ZeroDivisionError, OverflowError) as error:
            raise ValueError(f"it cannot be computed: {error}") from None
        if not -LARGEST <= result <= LARGEST:
            raise ValueError("the result is too large for a number")
        return result

    return apply


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"it holds {kind(value)}, not a list")
    return value


def _check_item(items: list[Any], given: Any) -> None:
    if items and kind(items[0]) != kind(given):
        raise ValueError(f"its items are {kind(items[0])}, and {kind(given)} does not fit")


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{kind(value)} is no number")
    if isinstance(value, str):
        try:
            return int(value) if value.strip().lstrip("+-").isdigit() else float(value)
        except ValueError:
            raise ValueError(f"'{value[:40]}' is no number") from None
    return value


def kind(value: Any) -> str:
    """A value's type in words."""
    match value:
        case bool():
            return "a boolean"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case dict():
            return "an object"
        case list():
            return "a list"
        case None:
            return "nothing"
        case _:
            return "a file"


OPERATIONS: Mapping[str, Operation] = {
    "over-write": _over_write,
    "set": _set,
    "clear": _clear,
    "append": _append,
    "extend": _extend,
    "remove-first": _remove_first,
    "remove-last": _remove_last,
    "+=": _arithmetic(lambda left, right: left + right),
    "-=": _arithmetic(lambda left, right: left - right),
    "*=": _arithmetic(lambda left, right: left * right),
    "/=": _arithmetic(lambda left, right: left / right),
}

WITHOUT_VALUE = frozenset({"clear", "remove-first", "remove-last"})
"""Operations that need nothing given."""
