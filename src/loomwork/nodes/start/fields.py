"""A form field as a function from what was sent to what the graph gets. Whoever takes inputs goes by these rules.

They are those of Dify 1.17: only an absent value is missing (empty text is a value), numbers may be sent as text, and
`max_length` counts characters, or files of a list. A default also stands in for a required value that is absent. What
was read once may be read again, and is the same.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from loomwork.engine.variables import File
from loomwork.kernel.json_schemas import tame_validator

Coerce: TypeAlias = Callable[[Any], Any]

TRUE_WORDS = frozenset({"true", "1", "yes", "on"})
FALSE_WORDS = frozenset({"false", "0", "no", "off", ""})
FILE_TYPES = frozenset({"image", "document", "audio", "video", "custom"})

DEEPEST = 100
"""Levels of lists and objects in a value: what a run carries (`engine.run.limits`)."""


class FieldRefused(ValueError):
    """What was sent cannot be this field's value; the message ends the sentence "Input 'x' ..."."""


class Field(Protocol):
    """What the rules need to know of a field, whoever has read it from the document."""

    @property
    def variable(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def default(self) -> Any: ...
    @property
    def max_length(self) -> int | None: ...
    @property
    def options(self) -> Sequence[str]: ...


class FieldReader:
    """Reads one field from the inputs of a run."""

    __slots__ = ("_coerce", "_default", "_required", "name")

    def __init__(self, field: Field, *, json_schema: dict[str, Any] | None = None) -> None:
        self.name = field.variable
        self._required = field.required
        self._default = field.default
        self._coerce = coerce_for(field, json_schema)

    def lacks(self, inputs: Mapping[str, Any]) -> bool:
        """Whether the field is required, and neither the inputs nor its default say anything. Many exports write an
        empty default beside every required field.
        """
        return self._required and inputs.get(self.name) is None and self._default in (None, "")

    def read(self, inputs: Mapping[str, Any]) -> Any:
        """What the graph gets. Raises `FieldRefused`."""
        if self.lacks(inputs):
            raise FieldRefused("is required")
        value = inputs.get(self.name)
        if value is None:
            value = self._default
        if value is None:
            return None
        found = self._coerce(value)
        _check_sound(found)
        return found


def _check_sound(value: Any) -> None:
    """Refuse what nobody could read again: JSON has no word for numbers that are not finite, and what is nested without
    end breaks whoever reads it by recursion.
    """
    level = [value]
    for _ in range(DEEPEST):
        if any(isinstance(item, float) and not math.isfinite(item) for item in level):
            raise FieldRefused("must not hold NaN or Infinity")
        level = [item for outer in level for item in _items(outer)]
        if not level:
            return
    raise FieldRefused(f"is nested more than {DEEPEST} levels deep")


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list | tuple) else ()


def coerce_for(field: Field, json_schema: dict[str, Any] | None) -> Coerce:
    """The rule of the field's type; a type that is not known passes values as they are."""
    match field.type:
        case "text-input" | "paragraph" | "string":
            return _text_up_to(field.max_length)
        case "select":
            return _one_of(field.options, required=field.required)
        case "number":
            return number
        case "checkbox":
            return checkbox
        case "file":
            return file_or_none
        case "file-list":
            return _files_up_to(field.max_length)
        case "json_object":
            return _object_of(json_schema)
        case _:
            return _as_it_is


def number(value: Any) -> int | float | None:
    """A number, or text that reads as one; blank text is no value. NaN and infinities are refused."""
    if isinstance(value, str):
        return _number_in(value.strip()) if value.strip() else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldRefused("must be a number")
    if not math.isfinite(value):
        raise FieldRefused("must be a finite number")
    return value


def _number_in(text: str) -> int | float:
    try:
        found = float(text) if any(mark in text for mark in ".eEnN") else int(text)
    except ValueError:
        raise FieldRefused(f"must be a number, not {text[:60]!r}") from None
    if not math.isfinite(found):
        raise FieldRefused(f"must be a finite number, not {text[:60]!r}")
    return found


def checkbox(value: Any) -> bool:
    """True or false, in the words that forms send."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in TRUE_WORDS or word in FALSE_WORDS:
            return word in TRUE_WORDS
    elif value in (0, 1):
        return bool(value)
    raise FieldRefused("must be true or false")


def file_or_none(value: Any) -> File | None:
    """A file in wire form; a form that was left empty sends empty text."""
    if value in ("", {}, []):
        return None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _file(value)


def _file(value: Any) -> File:
    if isinstance(value, File):
        return value
    if not isinstance(value, dict):
        raise FieldRefused("must be a file: an object with type, transfer_method and url or upload_file_id")
    if value.get("type", "custom") not in FILE_TYPES:
        raise FieldRefused("has a file of unknown type; use image, document, audio, video or custom")
    file = File.from_wire(value)
    if not file.url and not file.related_id:
        raise FieldRefused("has a file without url or upload_file_id")
    return file


def _files_up_to(limit: int | None) -> Coerce:
    def files(value: Any) -> list[File]:
        if value in ("", {}):
            return []
        items = value if isinstance(value, list) else [value]
        if limit is not None and len(items) > limit:
            raise FieldRefused(f"takes at most {limit} files")
        return [_file(item) for item in items]

    return files


def _text_up_to(limit: int | None) -> Coerce:
    def text(value: Any) -> str:
        if not isinstance(value, str):
            raise FieldRefused("must be text")
        if limit is not None and len(value) > limit:
            raise FieldRefused(f"must be at most {limit} characters long, not {len(value)}")
        return value.replace("\x00", "") if "\x00" in value else value

    return text


def _one_of(options: Sequence[str], *, required: bool) -> Coerce:
    allowed = frozenset(options)
    listed = ", ".join(f"'{option}'" for option in options[:20])

    def select(value: Any) -> str:
        if not isinstance(value, str):
            raise FieldRefused("must be text")
        if value in allowed or (value == "" and not required):
            return value
        raise FieldRefused(f"must be one of {listed}" if listed else "has no options to choose from")

    return select


def _object_of(schema: dict[str, Any] | None) -> Coerce:
    validator = tame_validator(schema)

    def json_object(value: Any) -> dict[str, Any] | None:
        found = _parsed(value) if isinstance(value, str) else value
        if found is None:
            return None
        if not isinstance(found, dict):
            raise FieldRefused("must be a JSON object")
        fault = None if validator is None else next(validator.iter_errors(found), None)
        if fault is not None:
            raise FieldRefused(f"does not fit its schema: {fault.message[:200]}")
        return found

    return json_object


def _parsed(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except RecursionError:
        raise FieldRefused(f"is nested more than {DEEPEST} levels deep") from None
    except json.JSONDecodeError as error:
        raise FieldRefused(f"must be a JSON object; the text breaks at character {error.pos + 1}") from None
    except ValueError:
        raise FieldRefused("must be a JSON object; the text holds a number of too many digits") from None


def _as_it_is(value: Any) -> Any:
    return value
