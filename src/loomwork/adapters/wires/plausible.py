"""Small values of JSON schemas, for those who have to answer with one and know nothing."""

import json
from collections.abc import Mapping
from math import ceil, floor, isfinite
from typing import Any

DEEPEST = 32
MOST_VALUES = 1000
"""Values within a value. Schemas of strangers may ask for twenty times twenty times ... of them."""
CHARACTERS_A_VALUE = 50
"""Longer ones count for several."""
LONGEST_TEXT = 1000
USUAL = "text"
FORMATS: Mapping[str, str] = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T12:00:00Z",
    "time": "12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
}


class _NoneIsSmall(Exception):
    """A value would have to hold itself, or too many others."""


def plausible(schema: Any) -> Any:
    """A small value of this JSON schema: the first of an enum, every property's own plausible value, and so on. What
    would go on without end is left out where that may be. A text for what is no schema, and where no value is small.
    """
    try:
        return _Maker(schema).value(schema, 0)
    except _NoneIsSmall:
        return USUAL


class _Maker:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._open: list[str] = []
        self._left = MOST_VALUES

    def value(self, schema: Any, depth: int) -> Any:
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            raise _NoneIsSmall
        if not isinstance(schema, Mapping):
            return USUAL
        if isinstance(schema.get("$ref"), str):
            return self._referred(schema["$ref"], depth)
        for key in ("const", "default"):
            if key in schema:
                return self._copied(schema[key])
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._copied(schema["enum"][0])
        for key in ("anyOf", "oneOf", "allOf"):
            if isinstance(schema.get(key), list) and schema[key]:
                return self._first_of(schema[key], depth)
        return self._of_type(schema, depth)

    def _copied(self, given: Any) -> Any:
        """A value that stands in the schema, which may be large, and be referred to again and again."""
        self._left -= len(json.dumps(given, default=str)) // CHARACTERS_A_VALUE
        return given

    def _referred(self, reference: str, depth: int) -> Any:
        if reference in self._open:
            raise _NoneIsSmall
        self._open.append(reference)
        try:
            return self.value(_found(self._root, reference), depth + 1)
        finally:
            self._open.pop()

    def _first_of(self, choices: list[Any], depth: int) -> Any:
        for choice in choices[:-1]:
            try:
                return self.value(choice, depth + 1)
            except _NoneIsSmall:
                continue
        return self.value(choices[-1], depth + 1)

    def _of_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        match _type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "integer":
                return _number(schema, 1, whole=True)
            case "number":
                return _number(schema, 1.5)
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return _text(schema)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties, required = schema.get("properties"), schema.get("required")
        made: dict[str, Any] = {}
        for name, inner in (properties if isinstance(properties, Mapping) else {}).items():
            self._left -= len(str(name)) // CHARACTERS_A_VALUE
            try:
                made[name] = self.value(inner, depth + 1)
            except _NoneIsSmall:
                if isinstance(required, list) and name in required:
                    raise
        return made

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        wanted = int(_bound(schema, "minItems") or 0)
        most = _bound(schema, "maxItems")
        if most is not None and most < 1:
            return []
        try:
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(max(1, min(wanted, MOST_VALUES + 1)))]
        except _NoneIsSmall:
            if wanted > 0:
                raise
            return []


def _found(root: Any, reference: str) -> Any:
    """What a reference within the schema leads to (RFC 6901); None where it leads nowhere, or out of it."""
    found = root
    for part in reference.removeprefix("#").split("/")[1:]:
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return found if reference.startswith("#") else None


def _type(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((one for one in kind if one != "null"), "null")
    if kind is None and "properties" in schema:
        return "object"
    return "array" if kind is None and "items" in schema else kind


def _number(schema: Mapping[str, Any], usual: float, *, whole: bool = False) -> float:
    """The usual one, moved to where the schema wants it."""
    lowest, above = _bound(schema, "minimum"), _bound(schema, "exclusiveMinimum")
    highest, below = _bound(schema, "maximum"), _bound(schema, "exclusiveMaximum")
    if lowest is not None and usual < lowest:
        usual = ceil(lowest) if whole else lowest
    if above is not None and usual <= above:
        usual = floor(above) + 1
    if highest is not None and usual > highest:
        usual = floor(highest) if whole else highest
    if below is not None and usual >= below:
        usual = ceil(below) - 1
    return usual


def _text(schema: Mapping[str, Any]) -> str:
    made = FORMATS.get(str(schema.get("format")), USUAL)
    least, most = _bound(schema, "minLength"), _bound(schema, "maxLength")
    if least is not None and len(made) < least:
        made = made.ljust(int(min(least, LONGEST_TEXT)), "x")
    return made if most is None else made[: max(0, int(most))]


def _bound(schema: Mapping[str, Any], name: str) -> float | None:
    value = schema.get(name)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return value if usable else None
