"""JSON of strangers, read without trust: what is not of the shape that was promised counts as not said.

Every piece of every answer comes through here. Objects are asked for as `dict`, which is what decoding makes them:
asking for any `Mapping` takes several times as long.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from loomwork.adapters.wires.sse import BrokenStream


def as_object(data: str | bytes) -> Mapping[str, Any]:
    """Raises `BrokenStream` for what is not JSON, or is no object."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BrokenStream("it sent something that is not JSON") from None
    if not isinstance(value, dict):
        raise BrokenStream("it sent JSON that is not an object")
    return value


def inner(value: Any, *names: str) -> Mapping[str, Any]:
    """The object that is reached by these names one after another, or an empty one."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def first_object(value: Any) -> Mapping[str, Any]:
    """The first object of a list, or an empty one."""
    if isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                return one
    return {}


def text(value: Any) -> str:
    """The string, or an empty one."""
    return value if isinstance(value, str) else ""


def count(value: Any) -> int | None:
    """A number of tokens: whole, and not below nothing. Some servers write them as floats."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def added(*counts: int | None) -> int | None:
    """The sum of what is known; None where nothing is."""
    known = [one for one in counts if one is not None]
    return sum(known) if known else None
