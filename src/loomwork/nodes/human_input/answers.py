"""What a person answered, checked against what was asked. Only the question is looked at, so that an answer can be
checked where the app's document is not at hand.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.engine.ports import NodeError, Question
from loomwork.engine.variables import File
from loomwork.nodes.start.fields import FieldRefused, file_or_none

JSON_OBJECT = "json-object"
"""The `format` of a text field that takes JSON, or nothing."""
LONGEST_TEXT = 1_000_000
"""Characters of one field."""


def checked(question: Question, action: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the form's fields, files among them revived; what the form does not have is dropped. Every field
    is to be there, if only as an empty text or list. Without an action (the time is over) there are no values.

    Raises `NodeError` with code `invalid_input`.
    """
    if action is None:
        return {}
    offered = [str(row["id"]) for row in question.actions]
    if action not in offered:
        listed = ", ".join(f"'{name}'" for name in offered) or "none"
        raise _refusal("action", f"There is no action '{action[:50]}' here; what can be chosen is {listed}.")
    fields: Sequence[Mapping[str, Any]] = question.form.get("fields") or ()
    return {str(field["name"]): _value(field, values) for field in fields}


def title_of(question: Question, action: str) -> str:
    """What is written on the button of an action."""
    return next((str(row.get("title") or "") for row in question.actions if row["id"] == action), "")


def _value(field: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    name = str(field["name"])
    try:
        if name not in values:
            raise FieldRefused("is missing")
        return _read(field, values[name])
    except FieldRefused as error:
        raise _refusal(name, f"Field '{name}' {error}.") from None


def _read(field: Mapping[str, Any], value: Any) -> Any:
    match field["type"]:
        case "select":
            return _choice(field, value)
        case "file":
            return _file(field, value)
        case "file-list":
            return _files(field, value)
        case _:
            text = _text(value)
            if field.get("format") == JSON_OBJECT and text.strip():
                _check_object(text)
            return text


def _check_object(text: str) -> None:
    try:
        is_object = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise FieldRefused("must be one JSON object")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise FieldRefused("must be a text")
    if len(value) > LONGEST_TEXT:
        raise FieldRefused(f"must be at most {LONGEST_TEXT} characters long")
    return value.replace("\x00", "")


def _choice(field: Mapping[str, Any], value: Any) -> str:
    options = field.get("options") or ()
    if value not in options:
        raise FieldRefused("must be one of " + ", ".join(f"'{option}'" for option in list(options)[:20]))
    return str(value)


def _files(field: Mapping[str, Any], value: Any) -> list[File]:
    if not isinstance(value, list):
        raise FieldRefused("must be a list of files")
    most = int(field.get("number_limits") or 0)
    if most and len(value) > most:
        raise FieldRefused(f"takes at most {most} files")
    return [_file(field, item) for item in value]


def _file(field: Mapping[str, Any], value: Any) -> File:
    file = file_or_none(value)
    if file is None:
        raise FieldRefused("must be a file")
    methods = field.get("allowed_file_upload_methods")
    if methods and file.transfer_method not in methods:
        raise FieldRefused(f"takes no files by {file.transfer_method[:50]}")
    if not _taken(field, file):
        raise FieldRefused("takes no files of this type")
    return file


def _taken(field: Mapping[str, Any], file: File) -> bool:
    """Files whose type is not listed are taken where `custom` is, by their extensions."""
    types = field.get("allowed_file_types") or ()
    if not types or (file.type in types and file.type != "custom"):
        return True
    endings = {_ending(text) for text in field.get("allowed_file_extensions") or ()}
    return "custom" in types and (not endings or _ending(file.extension or file.name) in endings)


def _ending(text: str) -> str:
    return text.rpartition(".")[2].lower()


def _refusal(field: str, message: str) -> NodeError:
    return NodeError(message, code="invalid_input", retryable=False, field=field)
