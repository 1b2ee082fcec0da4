"""Completion params as app files write them, in the types that vendors want."""

from math import isfinite
from typing import Any

from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.ports import Call

SAID = {"true": True, "enabled": True, "on": True, "false": False, "disabled": False, "off": False, "none": False}


def value(call: Call, name: str) -> Any:
    """The param as it stands; None where it is not set, or its provider refuses it."""
    given = call.params.get(name)
    return None if given == "" or name in call.profile.unsupported else given


def number(call: Call, name: str) -> float | int | None:
    """App files write numbers as text too, where a param comes from a template. Raises `ModelRefused` for others."""
    given = value(call, name)
    if given is None:
        return None
    read = given if isinstance(given, int | float) and not isinstance(given, bool) else _read(given)
    if read is None or read != read or read in (float("inf"), float("-inf")):
        raise ModelRefused(
            f"{name} of {call.name} must be a number, not {str(given)[:40]!r}.",
            cause="bad_request",
            param=name,
            model=call.name,
        )
    return read


def whole(call: Call, name: str) -> int | None:
    """A number without its fraction."""
    read = number(call, name)
    return None if read is None else int(read)


def stops(call: Call, name: str = "stop") -> list[str]:
    """The texts at which to stop; empty ones are left out."""
    given = value(call, name)
    if isinstance(given, str):
        return [given]
    return [one for one in given if isinstance(one, str) and one] if isinstance(given, list | tuple) else []


def switch(call: Call, name: str) -> bool | None:
    """Whether something is on, where that is said in any of the usual words."""
    given = value(call, name)
    if isinstance(given, str):
        return SAID.get(given.strip().lower())
    return given if isinstance(given, bool) else None


def word(call: Call, name: str) -> str | None:
    """A word out of a vendor's list, in small letters."""
    given = value(call, name)
    return given.strip().lower() or None if isinstance(given, str) else None


def plain(call: Call, name: str) -> Any:
    """A param whose type nobody here knows: as it stands, but a truth or a number that was written as text as such."""
    given = value(call, name)
    if not isinstance(given, str):
        return given
    said = given.strip().lower()
    if said in ("true", "false"):
        return said == "true"
    read = _read(given)
    if read is None or not isfinite(read):
        return given
    return int(read) if read.is_integer() and "." not in given else read


def _read(given: Any) -> float | None:
    if not isinstance(given, str):
        return None
    try:
        return float(given)
    except ValueError:
        return None
