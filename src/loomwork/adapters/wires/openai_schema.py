"""Which JSON schemas OpenAI can hold an answer to without fail, as its guide to structured outputs says."""

from collections.abc import Mapping
from typing import Any

UNSUPPORTED = frozenset(
    {
        "allOf",
        "not",
        "oneOf",
        "dependentRequired",
        "dependentSchemas",
        "if",
        "then",
        "else",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
        "prefixItems",
        "contains",
        "default",
    }
)
DEEPEST = 10
"""Levels of nesting that are taken."""


def can_be_strict(schema: Mapping[str, Any]) -> bool:
    """Whether it is an object whose objects all name, and insist on, all they may hold."""
    return schema.get("type") == "object" and "anyOf" not in schema and _is_strict(schema, 0)


def _is_strict(schema: Any, depth: int) -> bool:
    if not isinstance(schema, Mapping) or depth > DEEPEST or not UNSUPPORTED.isdisjoint(schema):
        return False
    return _is_closed(schema) and all(_is_strict(one, depth + 1) for one in _parts(schema))


def _is_closed(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type")
    if kinds != "object" and not (isinstance(kinds, list) and "object" in kinds) and "properties" not in schema:
        return bool(not {"type", "enum", "const", "anyOf", "$ref"}.isdisjoint(schema))
    named, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(named, Mapping) or not isinstance(required, list):
        return False
    return schema.get("additionalProperties") is False and set(named) == {one for one in required if str(one) == one}


def _parts(schema: Mapping[str, Any]) -> list[Any]:
    parts: list[Any] = [schema["items"]] if "items" in schema else []
    for key in ("properties", "$defs", "definitions"):
        named = schema.get(key)
        parts += named.values() if isinstance(named, Mapping) else []
    choices = schema.get("anyOf")
    return [*parts, *choices] if isinstance(choices, list) else parts
