"""Schemas of a document as a model can be shown them: without references, of an end, and not too long.

What refers to itself is cut where it comes round again; what is too much, at the level where it is little enough. A
cut part says of what type it is, and no more: it takes everything of that type.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from loomwork.adapters.openapi.problems import Broken, words
from loomwork.adapters.openapi.references import References

MOST_NODES = 1_500
"""Keywords and members of one schema."""
LEVELS = (12, 6, 4, 3, 2, 1)
LONGEST_WORDS = 1_000
MOST_MEMBERS = 300
LONGEST_MEMBER = 200

_NUMBERS = ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_CHOICES = ("anyOf", "oneOf", "allOf")
TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
BINARY = "binary"
HIDDEN = "x-constant"
"""Where an author says what is always sent, and asked of nobody."""


class _TooMuch(Exception):
    """More than one schema may have at this depth."""


class Schemas:
    """Cuts the schemas of one document. `request`: what only answers carry is left out, else what only requests do."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._known: dict[tuple[str, bool, int], dict[str, Any]] = {}

    def cut(self, schema: Any, *, request: bool = True, most: int = MOST_NODES) -> dict[str, Any]:
        """The schema in full, or as deep as it may be. Raises `Broken`."""
        reference = schema.get("$ref") if isinstance(schema, Mapping) and len(schema) == 1 else None
        key = (reference, request, most) if isinstance(reference, str) else None
        if key is not None and key in self._known:
            return self._known[key]
        found = self._cut(schema, request, most)
        if key is not None:
            self._known[key] = found
        return found

    def _cut(self, schema: Any, request: bool, most: int) -> dict[str, Any]:
        for levels in LEVELS:
            try:
                return _Cutting(self._references, request, levels, most).of(schema, (), 0)
            except _TooMuch:
                continue
        return _stump(self._references.followed(schema, "a schema"))


class _Cutting:
    """One way through one schema."""

    def __init__(self, references: References, request: bool, levels: int, most: int) -> None:
        self._references = references
        self._skipped = "readOnly" if request else "writeOnly"
        self._levels = levels
        self._left = most

    def of(self, schema: Any, within: tuple[str, ...], depth: int) -> dict[str, Any]:
        """`within` are the references that this schema stands in."""
        self._count(1)
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, Mapping):
            raise Broken("a schema is no object")
        if "$ref" in schema:
            return self._referred(schema, within, depth)
        if depth >= self._levels:
            return _stump(schema)
        found = _plain(schema)
        self._count(len(found) + len(found.get("enum", ())))
        found |= dict(self._inner(schema, within, depth))
        return _with_type(_merged(found))

    def _referred(self, schema: Mapping[str, Any], within: tuple[str, ...], depth: int) -> dict[str, Any]:
        reference = schema["$ref"]
        target = self._references.target(reference)
        if reference in within:
            return _stump(target if isinstance(target, Mapping) else {})
        found = self.of(target, (*within, reference), depth)
        description = words(schema.get("description"), LONGEST_WORDS)
        return {**found, "description": description} if description else found

    def _inner(self, schema: Mapping[str, Any], within: tuple[str, ...], depth: int) -> Iterator[tuple[str, Any]]:
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            shown = {str(name): self.of(each, within, depth + 1) for name, each in self._sent(properties)}
            yield "properties", shown
            required = schema.get("required")
            if isinstance(required, list):
                yield "required", [name for name in required if isinstance(name, str) and name in shown]
        additional = schema.get("additionalProperties")
        if isinstance(additional, bool):
            yield "additionalProperties", additional
        elif isinstance(additional, Mapping):
            yield "additionalProperties", self.of(additional, within, depth + 1)
        if isinstance(schema.get("items"), Mapping):
            yield "items", self.of(schema["items"], within, depth + 1)
        for keyword in _CHOICES:
            choices = schema.get(keyword)
            if isinstance(choices, list) and choices:
                yield keyword, [self.of(each, within, depth + 1) for each in choices]

    def _sent(self, properties: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, each in properties.items():
            if not (isinstance(each, Mapping) and each.get(self._skipped) is True):
                yield name, each

    def _count(self, nodes: int) -> None:
        self._left -= nodes
        if self._left < 0:
            raise _TooMuch


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema names, of both ways to write `null`."""
    said = schema.get("type")
    named = said if isinstance(said, list) else [said]
    types = [each for each in named if isinstance(each, str) and each in TYPES]
    if said == "file":
        types = ["string"]
    nullable = schema.get("nullable") is True or schema.get("x-nullable") is True
    return [*types, "null"] if nullable and types and "null" not in types else types


def is_binary(schema: Mapping[str, Any]) -> bool:
    """Whether the value is the bytes of a file, in any version's words."""
    if schema.get("type") == "file" or schema.get("format") == BINARY:
        return True
    return isinstance(schema.get("contentMediaType"), str) and "contentEncoding" not in schema


def _stump(schema: Mapping[str, Any]) -> dict[str, Any]:
    types = types_of(schema) or (["object"] if "properties" in schema else [])
    found: dict[str, Any] = _typed(types)
    description = words(schema.get("description") or schema.get("title"), LONGEST_MEMBER)
    return {**found, "description": description} if description else found


def _typed(types: list[str]) -> dict[str, Any]:
    return {} if not types else {"type": types[0] if len(types) == 1 else types}


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that hold no schemas."""
    found = _typed(types_of(schema))
    for name in ("title", "description"):
        said = words(schema.get(name), LONGEST_WORDS)
        if said:
            found[name] = said
    found |= {name: schema[name] for name in _COUNTS if _is_count(schema.get(name))}
    found |= _bounds(schema)
    if isinstance(schema.get("uniqueItems"), bool):
        found["uniqueItems"] = schema["uniqueItems"]
    if is_binary(schema):
        found["format"] = BINARY
    elif isinstance(schema.get("format"), str):
        found["format"] = schema["format"][:50]
    return found | _values(schema)


def _values(schema: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if HIDDEN in schema:
        found["const"] = schema[HIDDEN]
    members = schema.get("enum")
    if isinstance(members, list) and members and len(members) <= MOST_MEMBERS:
        small = [each for each in members if _is_small(each)]
        null = [None] if "null" in types_of(schema) and None not in small else []
        if len(small) == len(members):
            found["enum"] = [*dict.fromkeys(small), *null]
    if "const" in schema and _is_small(schema["const"]):
        found["const"] = schema["const"]
    default = schema.get("default")
    if default is not None and (_is_small(default) or default in ([], {})):
        found["default"] = default
    return found


def _is_small(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 500)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0 says by a switch that a bound is exclusive, later ones by the bound itself."""
    found = {name: schema[name] for name in _NUMBERS if _is_number(schema.get(name))}
    if found.get("multipleOf", 1) <= 0:
        del found["multipleOf"]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True and bound in found:
            found[exclusive] = found.pop(bound)
    return found


def _merged(found: dict[str, Any]) -> dict[str, Any]:
    """With what `allOf` brings together in one place, but for what is said twice in different words."""
    rest: list[dict[str, Any]] = []
    for part in found.pop("allOf", ()):
        said = {name: each for name, each in part.items() if name not in ("properties", "required")}
        clash = {name: each for name, each in said.items() if found.get(name, each) != each and name not in _TOLD}
        if clash or ("additionalProperties" in found and "additionalProperties" in part):
            rest.append(part)
            continue
        found = {**said, **found}
        if "properties" in part:
            own = found.get("properties", {})
            more = {name: each for name, each in part["properties"].items() if name not in own}
            found["properties"] = {**own, **more}
        if part.get("required"):
            found["required"] = list(dict.fromkeys([*found.get("required", ()), *part["required"]]))
    return {**found, "allOf": rest} if rest else found


_TOLD = ("title", "description", "default")


def _with_type(found: dict[str, Any]) -> dict[str, Any]:
    """Models are helped by a type that the author left to be guessed."""
    if "type" in found or any(keyword in found for keyword in _CHOICES):
        return found
    if "properties" in found:
        return {"type": "object", **found}
    return {"type": "array", **found} if "items" in found else found
