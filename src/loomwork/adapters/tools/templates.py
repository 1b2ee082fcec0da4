"""Puts arguments and credentials into the request that a file describes."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from loomwork.tools.api import ToolInputInvalid

_PLACE = re.compile(r"\{(credentials\.)?([A-Za-z0-9_][A-Za-z0-9_-]*)\}")


class Absent:
    """Stands for a value that there is none of."""


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Values:
    """What there is to put in."""

    arguments: Mapping[str, Any]
    credentials: Mapping[str, str]

    def get(self, is_credential: bool, name: str) -> Any:
        """The value, or `ABSENT`."""
        return (self.credentials if is_credential else self.arguments).get(name, ABSENT)


def filled(template: Any, values: Values) -> Any:
    """The template with values. What is one place and nothing else becomes the value itself; where there is none, it
    goes away, as does what then is empty inside lists and objects.
    """
    if isinstance(template, str):
        place = _PLACE.fullmatch(template)
        return values.get(bool(place[1]), place[2]) if place else text_of(template, values)
    if isinstance(template, Mapping):
        return _kept({name: filled(each, values) for name, each in template.items()}, bool(template))
    if isinstance(template, list | tuple):
        items = [filled(each, values) for each in template]
        return [each for each in items if each is not ABSENT]
    return template


def _kept(filled_in: Mapping[str, Any], had_any: bool) -> Any:
    kept = {name: each for name, each in filled_in.items() if each is not ABSENT}
    return kept if kept or not had_any else ABSENT


def text_of(template: str, values: Values, write: Callable[[Any], str] | None = None) -> str:
    """The template as text; what there is no value for is empty."""
    write = write or written

    def put(place: re.Match[str]) -> str:
        value = values.get(bool(place[1]), place[2])
        return "" if value is ABSENT or value is None else write(value)

    return _PLACE.sub(put, template)


def is_whole(template: str, values: Values) -> bool:
    """Whether there is a value for every place."""
    return all(values.get(bool(found[1]), found[2]) is not ABSENT for found in _PLACE.finditer(template))


def url_of(template: str, values: Values) -> str:
    """An address. Arguments are written so that none leaves its place in it; a credential at its beginning is an
    address itself. Raises `ToolInputInvalid` for an argument that would be a step up in a path.
    """
    address = re.match(r"\{credentials\.([A-Za-z0-9_-]+)\}", template)
    if address is not None:
        base = values.credentials.get(address[1], "").strip().rstrip("/")
        return base + text_of(template[address.end() :], values, _in_url)
    whole = _PLACE.fullmatch(template)
    return written(values.get(bool(whole[1]), whole[2])) if whole else text_of(template, values, _in_url)


def written(value: Any) -> str:
    """A value within a text."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _in_url(value: Any) -> str:
    said = written(value)
    if said.strip() in (".", ".."):
        raise ToolInputInvalid(f"{said!r} cannot stand in an address.")
    return quote(said, safe="")
