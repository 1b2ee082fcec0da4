"""JSON schemas that others wrote, made harmless before anything is checked against them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft7Validator

UNTRIED = frozenset({"$ref", "patternProperties", "pattern", "format"})
BY_NAME = frozenset({"properties", "definitions", "$defs", "dependencies"})
"""Keywords whose keys are names of the author's own, not keywords."""
AS_IT_IS = frozenset({"enum", "const", "default", "examples"})
LONGEST_FAULT = 300
"""Characters of what is wrong with a value."""


def tame_validator(schema: dict[str, Any] | None) -> "Draft7Validator | None":
    """None for a schema that is none. Regular expressions in it are not tried: a hostile one can run for ever."""
    if schema is None:
        return None
    # Here, because the library takes 2 MB, which a server spares that checks nothing.
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import SchemaError

    try:
        tame = _without_patterns(schema)
        Draft7Validator.check_schema(tame)
    except (SchemaError, RecursionError):
        return None
    return Draft7Validator(tame)


def fault_of(value: Any, validator: "Draft7Validator") -> str | None:
    """The first thing that is wrong with a value, and where, in a few words; None where it fits."""
    try:
        error = next(iter(validator.iter_errors(value)), None)
    except RecursionError:
        return "it is nested too deeply"
    if error is None:
        return None
    place = ".".join(str(step) for step in error.absolute_path)
    said = error.message if len(error.message) <= LONGEST_FAULT else f"{error.message[:LONGEST_FAULT]}..."
    return f"at {place}: {said}" if place else said


def _without_patterns(schema: Any) -> Any:
    """The schema without regular expressions and references, since nothing is fetched to check a value either."""
    if isinstance(schema, list):
        return [_without_patterns(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    # What only a pattern allows would count as forbidden once the pattern is gone.
    dropped = UNTRIED | {"additionalProperties"} if "patternProperties" in schema else UNTRIED
    return {key: _part(key, value) for key, value in schema.items() if key not in dropped}


def _part(keyword: str, value: Any) -> Any:
    if keyword in BY_NAME and isinstance(value, dict):
        return {name: _without_patterns(inner) for name, inner in value.items()}
    return value if keyword in AS_IT_IS else _without_patterns(value)
