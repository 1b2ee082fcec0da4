"""JSON Schemas of strangers, made so simple that a grammar can hold a model to them.

A server turns a schema into a grammar, and knows few words of JSON Schema; some it does not know make it fail, and
references lose their place once a schema stands within another. What is left out here makes the schema wider, never
narrower: what is written is always JSON of the right outline, and whoever runs a tool checks the rest.
"""

from collections.abc import Mapping
from typing import Any

DEEPEST = 12
"""Levels of nesting that are kept; below them anything may stand."""
UNFOLDED = 2
"""How often a schema that holds itself is written out."""
LARGEST = 2000
"""Parts of one schema, after which it is given up: its grammar would be slower than the model."""
LONGEST_REPEAT = 64
"""A grammar writes repetitions out, so larger counts of items or characters are left out."""
TYPES = frozenset({"string", "number", "integer", "boolean", "null", "array", "object"})
PRIMITIVES = (str, int, float, bool, type(None))
Schema = dict[str, Any]


class TooLarge(Exception):
    """The schema has more parts than a grammar should have."""


def simple_schema(schema: Mapping[str, Any]) -> Schema:
    """A schema of type, properties, required, items, enum, const, anyOf and small counts only, without references.
    Raises `TooLarge`.
    """
    return _Simplifier(schema).simple(schema, 0, ())


def simple_object(schema: Mapping[str, Any]) -> Schema:
    """The same for the arguments of a tool, which are always an object."""
    simple = simple_schema(schema)
    return simple if simple.get("type") == "object" else {"type": "object"}


class _Simplifier:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._parts = 0

    def simple(self, schema: Any, depth: int, within: tuple[str, ...]) -> Schema:
        """`within` are the references that led here."""
        self._parts += 1
        if self._parts > LARGEST:
            raise TooLarge
        if not isinstance(schema, Mapping) or depth > DEEPEST:
            return {}
        if isinstance(reference := schema.get("$ref"), str):
            return self._referred(reference, depth, within)
        if "const" in schema:
            return {"const": schema["const"]} if isinstance(schema["const"], PRIMITIVES) else {}
        if isinstance(values := schema.get("enum"), list):
            named = [value for value in values if isinstance(value, PRIMITIVES)]
            return {"enum": named} if named else {}
        for word in ("anyOf", "oneOf"):
            if isinstance(choices := schema.get(word), list) and choices:
                return self._choice(choices, depth, within)
        if isinstance(all_ := schema.get("allOf"), list) and all_:
            return self._merged(schema, all_, depth, within)
        return self._typed(schema, depth, within)

    def _referred(self, reference: str, depth: int, within: tuple[str, ...]) -> Schema:
        target = _looked_up(self._root, reference)
        if not isinstance(target, Mapping):
            return {}
        if within.count(reference) >= UNFOLDED:
            kind = target.get("type")
            return {"type": kind} if isinstance(kind, str) and kind in TYPES else {}
        return self.simple(target, depth + 1, (*within, reference))

    def _choice(self, choices: list[Any], depth: int, within: tuple[str, ...]) -> Schema:
        simple = [self.simple(choice, depth + 1, within) for choice in choices]
        # Where one of them may be anything, so may the whole.
        return {"anyOf": simple} if all(simple) else {}

    def _merged(self, schema: Mapping[str, Any], all_: list[Any], depth: int, within: tuple[str, ...]) -> Schema:
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        simple = [self.simple(part, depth + 1, within) for part in (*all_, rest)]
        told = [part for part in simple if part]
        if not told or any(part.get("type") != "object" for part in told):
            return told[0] if len(told) == 1 else {}
        merged: Schema = {"type": "object"}
        properties = {name: one for part in told for name, one in part.get("properties", {}).items()}
        required = {name: None for part in told for name in part.get("required", [])}
        return merged | _named(properties, list(required))

    def _typed(self, schema: Mapping[str, Any], depth: int, within: tuple[str, ...]) -> Schema:
        kind = schema.get("type")
        if isinstance(kind, list):
            kinds = [one for one in kind if isinstance(one, str) and one in TYPES]
            return self._choice([{**schema, "type": one} for one in kinds], depth, within) if kinds else {}
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, depth, within)
        if kind == "array" or (kind is None and "items" in schema):
            return self._array(schema, depth, within)
        if kind == "string":
            return {"type": "string", **_counts(schema, "minLength", "maxLength")}
        return {"type": kind} if isinstance(kind, str) and kind in TYPES else {}

    def _object(self, schema: Mapping[str, Any], depth: int, within: tuple[str, ...]) -> Schema:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping) or not properties:
            # `properties: {}` is how tools say that they want nothing; nothing at all said means anything.
            return {"type": "object", **(_named({}, []) if properties is not None else {})}
        required = schema.get("required")
        names = [name for name in properties if isinstance(required, list) and name in required]
        return {
            "type": "object",
            **_named({str(name): self.simple(one, depth + 1, within) for name, one in properties.items()}, names),
        }

    def _array(self, schema: Mapping[str, Any], depth: int, within: tuple[str, ...]) -> Schema:
        items = self.simple(schema.get("items", {}), depth + 1, within)
        return {"type": "array", "items": items, **_counts(schema, "minItems", "maxItems")}


def _named(properties: Mapping[str, Schema], required: list[str]) -> Schema:
    return {"properties": dict(properties), "required": required, "additionalProperties": False}


def _counts(schema: Mapping[str, Any], least: str, most: str) -> Schema:
    """Both bounds, as far as they are small and can both be kept."""
    kept = {
        word: int(schema[word])
        for word in (least, most)
        if isinstance(schema.get(word), int)
        and not isinstance(schema[word], bool)
        and 0 <= schema[word] <= LONGEST_REPEAT
    }
    return kept if kept.get(least, 0) <= kept.get(most, LONGEST_REPEAT) else {}


def _looked_up(root: Mapping[str, Any], reference: str) -> Any:
    """What a reference within the same schema points to (RFC 6901), or None."""
    if not reference.startswith("#"):
        return None
    found: Any = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
