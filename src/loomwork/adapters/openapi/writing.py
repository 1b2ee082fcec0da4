"""Values written as OpenAPI's styles have them (OpenAPI 3.1, "Style Values" and RFC 6570)."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.api_definition import Parameter, Slot

KEPT_IN_QUERY = ":/?@!$'()*,;"
"""Of the reserved characters, those that change nothing in a query: not what splits or ends it, nor a plus sign."""

_BETWEEN = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}


def text(value: Any) -> str:
    """One value as text."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def in_path(slot: Slot, value: Any) -> str:
    """The value in its place of the path. Raises `ToolInputInvalid` for one that would be a step up."""
    if slot.media_type is not None:
        return _segment(text(value))
    written = _path_value(slot, value)
    if not written:
        raise ToolInputInvalid(f"{slot.name!r} cannot be empty, since it stands in the address.", parameter=slot.name)
    return written


def _path_value(slot: Slot, value: Any) -> str:
    match slot.style:
        case "label":
            parts = _parts(value, slot.explode)
            return "." + (("." if slot.explode else ",").join(parts))
        case "matrix":
            return _matrix(slot, value)
        case _:
            return ",".join(_parts(value, slot.explode))


def _matrix(slot: Slot, value: Any) -> str:
    name = quote(slot.wire, safe="")
    if isinstance(value, Mapping) and slot.explode:
        return "".join(f";{quote(str(key), safe='')}={_segment(text(each))}" for key, each in value.items())
    if isinstance(value, list | tuple) and slot.explode:
        return "".join(f";{name}={_segment(text(each))}" for each in value)
    joined = ",".join(_parts(value, False))
    return f";{name}={joined}" if joined else f";{name}"


def _parts(value: Any, explode: bool) -> list[str]:
    if isinstance(value, Mapping):
        if explode:
            return [f"{quote(str(key), safe='')}={_segment(text(each))}" for key, each in value.items()]
        return [_segment(text(one)) for pair in value.items() for one in pair]
    if isinstance(value, list | tuple):
        return [_segment(text(each)) for each in value]
    return [_segment(text(value))]


def _segment(said: str) -> str:
    if said.strip() in (".", ".."):
        raise ToolInputInvalid(f"{said!r} cannot stand in an address.")
    return quote(said, safe="")


def pairs(slot: Slot, value: Any) -> list[tuple[str, str]]:
    """Name and value of a query or a form, both written as they stand in it."""
    keep = KEPT_IN_QUERY if isinstance(slot, Parameter) and slot.reserved else ""
    name = quote(slot.wire, safe="[]" if slot.style == "deepObject" else "")

    def written(one: Any) -> str:
        return quote(text(one), safe=keep)

    if slot.media_type is not None:
        return [(name, written(json.dumps(value, ensure_ascii=False, default=str)))]
    if isinstance(value, Mapping):
        return _pairs_of_object(slot, name, value, written)
    if isinstance(value, list | tuple):
        if slot.style == "deepObject":
            return list(_deep(name, value, written))
        if slot.style == "form" and slot.explode:
            return [(name, written(each)) for each in value]
        return [(name, _BETWEEN.get(slot.style, ",").join(written(each) for each in value))]
    return [(name, written(value))]


def _pairs_of_object(slot: Slot, name: str, value: Mapping[str, Any], written: Any) -> list[tuple[str, str]]:
    if slot.style == "deepObject":
        return list(_deep(name, value, written))
    if slot.explode:
        return [(quote(str(key), safe=""), written(each)) for key, each in value.items()]
    between = _BETWEEN.get(slot.style, ",")
    return [(name, between.join(written(one) for pair in value.items() for one in pair))]


def _deep(name: str, value: Any, written: Any) -> list[tuple[str, str]]:
    """`name[key]=value`, further down as most servers read it: OpenAPI says nothing of that."""
    if isinstance(value, Mapping):
        inner = [(quote(str(key), safe=""), each) for key, each in value.items()]
    elif isinstance(value, list | tuple):
        inner = [(str(number), each) for number, each in enumerate(value)]
    else:
        return [(name, written(value))]
    return [pair for key, each in inner for pair in _deep(f"{name}[{key}]", each, written)]


def in_header(slot: Slot, value: Any) -> str:
    """The value of a header. Raises `ToolInputInvalid` for one that no header can have."""
    if slot.media_type is not None:
        said = json.dumps(value, default=str)
    elif isinstance(value, Mapping):
        said = ",".join(f"{key}={text(each)}" if slot.explode else f"{key},{text(each)}" for key, each in value.items())
    elif isinstance(value, list | tuple):
        said = ",".join(text(each) for each in value)
    else:
        said = text(value)
    if any(not each.isprintable() for each in said):
        raise ToolInputInvalid(f"{slot.name!r} holds characters that no header has.", parameter=slot.name)
    return said


def in_cookie(slot: Slot, value: Any) -> list[str]:
    """`name=value`, once or for each."""
    return [f"{name}={each}" for name, each in pairs(slot, value)]
