"""Examples for a document of OpenAPI, made from what its schemas say of each field."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_TEXT = "text"
_FORMATS = {"date-time": "2026-11-22T12:00:00Z", "date": "2026-11-22", "uuid": "0198c2a4-7000-7000-8000-000000000001"}
_DEEPEST = 6
"""How many schemas deep an example goes; what lies deeper is left empty, for a schema may hold itself."""


class Examples:
    """Valid values of schemas that refer to `components`."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def of(self, schema: Schema, depth: int = 0) -> Any:
        """A value as a person would write it: the schema's own example where it has one."""
        if "examples" in schema:
            return schema["examples"][0]
        if "$ref" in schema:
            return self.of(self._components[schema["$ref"].rpartition("/")[2]], depth + 1)
        for word in ("const", "default"):
            if schema.get(word) is not None:
                return schema[word]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return self._of_one(schema["anyOf"], depth)
        return self._of_type(schema, depth)

    def _of_one(self, choices: list[Schema], depth: int) -> Any:
        real = [choice for choice in choices if choice.get("type") != "null"]
        return self.of(real[0], depth) if depth < _DEEPEST else None

    def _of_type(self, schema: Schema, depth: int) -> Any:
        match schema.get("type"):
            case "object":
                return {name: self.of(each, depth + 1) for name, each in schema.get("properties", {}).items()}
            case "array":
                return self._of_array(schema, depth)
            case "string":
                return _FORMATS.get(schema.get("format", ""), _TEXT)
            case "integer" | "number":
                return max(1, schema.get("minimum", 1))
            case "boolean":
                return True
            case _:
                return None

    def _of_array(self, schema: Schema, depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [self.of(each, depth + 1) for each in schema["prefixItems"]]
        empty = depth >= _DEEPEST or not schema.get("items")
        return [] if empty else [self.of(schema["items"], depth + 1)]
