"""Arguments as a tool wants them. App files write numbers and switches as text, and models leave out or add what they
like; what a schema makes certain is mended, and the rest refused in a sentence.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from loomwork.engine.variables import File
from loomwork.engine.variables.files import FILE_MARK
from loomwork.kernel.json_schemas import fault_of, tame_validator
from loomwork.tools.domain.errors import ToolInputInvalid
from loomwork.tools.domain.tool import ToolCard

FILE = "file"
"""The `format` of a parameter that takes a file."""

_YES, _NO = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off"})


def fitted(card: ToolCard, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by their present names, with defaults, each of the type that the schema names, files as `File`.
    Parameters that the tool does not have are left out, unless it takes any. Raises `ToolInputInvalid`.
    """
    properties = card.input_schema.get("properties") or {}
    takes_any = card.input_schema.get("additionalProperties", False) is not False
    fit: dict[str, Any] = {}
    for given_name, value in arguments.items():
        name = given_name if given_name in properties else card.parameter_aliases.get(given_name, given_name)
        if name not in properties and not takes_any:
            continue
        schema = properties.get(name, {})
        value = _fit(value, schema if isinstance(schema, Mapping) else {})
        if not _is_absent(name, value, card):
            fit[name] = value
    defaults = {name: each["default"] for name, each in properties.items() if _has_default(each)}
    fit = {**defaults, **fit}
    _check(card, fit)
    return fit


def _has_default(schema: Any) -> bool:
    return isinstance(schema, Mapping) and "default" in schema and schema["default"] is not None


def _is_absent(name: str, value: Any, card: ToolCard) -> bool:
    """Forms write an empty text for what nobody filled in."""
    if value is None:
        schema = (card.input_schema.get("properties") or {}).get(name)
        return not (isinstance(schema, Mapping) and _takes(schema, "null"))
    return value == "" and name not in card.input_schema.get("required", ())


def _check(card: ToolCard, fit: Mapping[str, Any]) -> None:
    missing = [name for name in card.input_schema.get("required", ()) if name not in fit]
    if missing:
        raise ToolInputInvalid(
            f"The tool {card.name} needs a value for {missing[0]!r}.", tool=card.name, parameter=missing[0]
        )
    validator = tame_validator(dict(card.input_schema))
    fault = fault_of(_as_json(fit), validator) if validator is not None else None
    if fault is not None:
        raise ToolInputInvalid(f"The arguments do not fit the tool {card.name}: {fault}.", tool=card.name)


def _as_json(value: Any) -> Any:
    if isinstance(value, File):
        return value.wire()
    if isinstance(value, Mapping):
        return {name: _as_json(each) for name, each in value.items()}
    return [_as_json(each) for each in value] if isinstance(value, list | tuple) else value


def _fit(value: Any, schema: Mapping[str, Any]) -> Any:
    if schema.get("format") == FILE:
        return _file(value)
    if isinstance(value, str):
        return _of_text(value, schema)
    if isinstance(value, list | tuple | Mapping) and _only(schema, "string"):
        return json.dumps(_as_json(value), ensure_ascii=False, default=str)
    if isinstance(value, list | tuple):
        items = schema.get("items")
        return [_fit(each, items if isinstance(items, Mapping) else {}) for each in value]
    if isinstance(value, Mapping) and value.get("dify_model_identity") == FILE_MARK:
        return File.from_wire(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in (0, 1) and _only(schema, "boolean"):
        return bool(value)
    if isinstance(value, bool | int | float) and _only(schema, "string"):
        return json.dumps(value)
    if isinstance(value, float) and _takes(schema, "integer") and not _takes(schema, "number"):
        return int(value) if math.isfinite(value) and value.is_integer() else value
    return [value] if _only(schema, "array") and not isinstance(value, Mapping) and value is not None else value


def _file(value: Any) -> Any:
    """One file: of a list that holds one file, that one."""
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping) and (value.get("dify_model_identity") == FILE_MARK or value.get("url")):
        return File.from_wire(value)
    return value


def _of_text(text: str, schema: Mapping[str, Any]) -> Any:
    """The value that a text stands for, where the schema does not want text; the text where it stands for none."""
    if _takes(schema, "string") or not _types(schema):
        return text
    word = text.strip()
    separator = schema.get("x-separator")
    if isinstance(separator, str) and separator and _only(schema, "array") and not word.startswith("["):
        return [_fit(each.strip(), schema.get("items") or {}) for each in word.split(separator) if each.strip()]
    if _takes(schema, "boolean") and word.lower() in _YES | _NO:
        return word.lower() in _YES
    if not word:
        return text
    try:
        read = json.loads(word, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return [text] if _only(schema, "array") else text
    if read is None or (isinstance(read, float) and not math.isfinite(read)):
        return text
    if isinstance(read, list | Mapping) or not _only(schema, "array"):
        return _fit(read, schema) if not isinstance(read, str) else text
    return [read]


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    said = schema.get("type")
    if isinstance(said, str):
        return (said,)
    return tuple(each for each in said if isinstance(each, str)) if isinstance(said, list | tuple) else ()


def _takes(schema: Mapping[str, Any], kind: str) -> bool:
    types = _types(schema)
    return kind in types or (kind == "integer" and "number" in types)


def _only(schema: Mapping[str, Any], kind: str) -> bool:
    return tuple(each for each in _types(schema) if each != "null") == (kind,)
