"""JSON Schema as Anthropic's structured outputs accept it.

Objects must be closed (`additionalProperties: false`), and bounds of numbers and lengths are refused; what falls away
is told the model in the description instead. See "Structured outputs" in the documentation of the Claude API.
"""

from collections.abc import Mapping
from typing import Any

import orjson

KEPT = frozenset({"type", "enum", "const", "$ref", "title", "description", "default", "required"})
FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})
NESTED = {"anyOf": "anyOf", "oneOf": "anyOf", "allOf": "allOf"}
NAMED = frozenset({"properties", "$defs", "definitions"})
DEEPEST = 64


class OpenSchema(Exception):
    """It allows objects with properties of any name, which a closed schema cannot say."""


def closed_schema(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema with every object closed; None where that would forbid what it allows."""
    try:
        return _closed(schema, 0)
    except OpenSchema:
        return None


def _closed(schema: Any, depth: int) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or not schema or depth > DEEPEST:
        raise OpenSchema
    said: dict[str, Any] = {}
    lost: dict[str, Any] = {}
    for name, value in schema.items():
        _take(name, value, said, lost, depth)
    if _is_object(schema):
        _close(schema, said)
    if lost:
        said["description"] = " ".join(filter(None, [said.get("description"), orjson.dumps(lost).decode()]))
    return said


def _take(name: str, value: Any, said: dict[str, Any], lost: dict[str, Any], depth: int) -> None:
    if name in KEPT or (name == "format" and value in FORMATS) or (name == "minItems" and value in (0, 1)):
        said[name] = value
    elif name in NESTED and isinstance(value, list):
        said[NESTED[name]] = [_closed(one, depth + 1) for one in value]
    elif name in NAMED and isinstance(value, Mapping):
        said[name] = {key: _closed(one, depth + 1) for key, one in value.items()}
    elif name == "items":
        said[name] = _closed(value, depth + 1)
    elif name not in ("additionalProperties", "$schema", "$id"):
        lost[name] = value


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" or "properties" in schema


def _close(schema: Mapping[str, Any], said: dict[str, Any]) -> None:
    further = schema.get("additionalProperties")
    if isinstance(further, Mapping) or further is True or "patternProperties" in schema:
        raise OpenSchema
    if not schema.get("properties") and further is not False:
        raise OpenSchema
    said["additionalProperties"] = False
