"""JSON as it lies in a column.

A text that begins with a space holds something that the fast parser would bend (an integer beyond 64 bits) or refuse
(half of a surrogate pair), and is read by the exact one. White space before a value is part of no value (RFC 8259, 2).
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

import orjson
from sqlalchemy.exc import DontWrapMixin

from loomwork.engine.variables import File
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.exact_json import exact_json

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
_EXACT = " "

MAX_DEPTH = 254
"""Levels of lists and objects: what the fast encoder takes, and what every reader after it can be expected to."""


class NotStorable(InvalidInput, DontWrapMixin):
    """A value has no JSON form. It reaches the caller as it is, also from within a statement."""


def plain(value: Any) -> Any:
    """A value that JSON has no word for as one that it has. Raises `TypeError`."""
    match value:
        case File():
            return value.wire()
        case Mapping():
            return dict(value)
        case Sequence() | Set() if not isinstance(value, bytes | bytearray | memoryview):
            return list(value)
        case _:
            raise TypeError(f"{type(value).__name__} is not a JSON value")


def encode(value: Any, *, default: Callable[[Any], Any] = plain) -> str:
    """A value as JSON text; files become their wire form, numbers that are not finite null. Raises `NotStorable`
    for what JSON cannot say, and `default` neither.
    """
    try:
        return orjson.dumps(value, default=default, option=_OPTIONS).decode()
    except TypeError:
        return _encode_exactly(value, default)


def decode(text: str) -> Any:
    """The value behind a text that `encode` made."""
    return json.loads(text) if text.startswith(_EXACT) else orjson.loads(text)


def _encode_exactly(value: Any, default: Callable[[Any], Any]) -> str:
    _check_depth(value)
    try:
        return _EXACT + exact_json(value, default=default)
    except (TypeError, ValueError) as problem:
        raise NotStorable(f"A value cannot be stored as JSON: {problem}.") from problem
    except RecursionError as problem:
        raise NotStorable("A value is nested too deeply to be stored.") from problem


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH + 1:
            raise NotStorable(f"A value is nested too deeply to be stored: more than {MAX_DEPTH} levels.")
        level = [item for outer in level for item in _items(outer)]


def _items(value: Any) -> Iterable[Any]:
    match value:
        case Mapping():
            return value.values()
        case Sequence() | Set() if not isinstance(value, str | bytes | bytearray | memoryview):
            return value
        case _:
            return ()
