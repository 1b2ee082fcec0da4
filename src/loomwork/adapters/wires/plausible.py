"""Small values of JSON schemas, for those who have to answer with one and know nothing."""

from collections.abc import Mapping
from typing import Any

DEEPEST_SCHEMA = 32
LONGEST_ARRAY = 20


def plausible(schema: Any, depth: int = 0) -> Any:
    """A small value of this JSON schema: the first of an enum, a required property's own plausible value, and so on."""
    if not isinstance(schema, Mapping) or depth > DEEPEST_SCHEMA:
        return "text"
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return plausible(schema[key][0], depth + 1)
    return _of_type(schema, depth)


def _of_type(schema: Mapping[str, Any], depth: int) -> Any:
    match _type(schema):
        case "object":
            properties = schema.get("properties")
            named = properties if isinstance(properties, Mapping) else {}
            return {name: plausible(inner, depth + 1) for name, inner in named.items()}
        case "array":
            length = min(int(_number(schema.get("minItems"), 1)), LONGEST_ARRAY)
            return [plausible(schema.get("items", {}), depth + 1)] * max(1, length)
        case "integer":
            return _number(schema.get("minimum"), 1)
        case "number":
            return _number(schema.get("minimum"), 1.5)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "text"


def _type(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((one for one in kind if one != "null"), "null")
    if kind is None and "properties" in schema:
        return "object"
    return kind


def _number(value: Any, otherwise: float) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
