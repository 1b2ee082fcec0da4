"""What people give a command: files to read, and values for an app's form."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loomwork.apps.api import FormField
from loomwork.apps.application.check_inputs import checked_inputs, missing_fields
from loomwork.engine.variables import File
from loomwork.interface.cli.reading import read_bytes
from loomwork.interface.python.files import file_at, file_of
from loomwork.kernel.errors import InvalidInput

SYSTEM_FILES = "sys.files"
FILE_TYPES = frozenset({"file", "file-list"})
TEXT_TYPES = frozenset({"text-input", "paragraph", "json_object"})
"""What may be read from a text file."""


def read_mocks(path: str) -> Mapping[str, Mapping[str, Any]]:
    """The mocks in a JSON file. Raises `InvalidInput`."""
    try:
        mocks = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is not JSON: {error}.") from None
    if not isinstance(mocks, dict) or not all(isinstance(value, dict) for value in mocks.values()):
        raise InvalidInput(f'{path} must hold an object such as {{"node id": {{"text": "..."}}}}.')
    return mocks


def name_and_value(pair: str, option: str) -> tuple[str, str]:
    """`NAME=VALUE`, split at the first `=`. Raises `InvalidInput`."""
    name, equals, value = pair.partition("=")
    if not name or not equals:
        raise InvalidInput(f"{option} takes NAME=VALUE, and {pair[:60]!r} is not that.")
    return name, value


def form_inputs(form: Sequence[FormField], pairs: Sequence[str], files: Sequence[str]) -> dict[str, Any]:
    """Values for a form from `-i` and `--file`, each read as its field's type says. Raises `InvalidInput` for a name
    that the form does not have, a value of the wrong type, and what is missing.
    """
    fields = {item.variable: item for item in form}
    inputs: dict[str, Any] = {}
    for pair in pairs:
        name, value = name_and_value(pair, "-i")
        field = _field(fields, name)
        inputs[name] = _file_value(field, value) if field.type in FILE_TYPES else value
    for pair in files:
        name, path = name_and_value(pair, "--file")
        if name != SYSTEM_FILES:
            _add_file(inputs, _field(fields, name), path)
    _check_required(form, inputs)
    return checked_inputs(form, inputs)


def system_files(files: Sequence[str]) -> list[File]:
    """The files given as `--file sys.files=PATH`."""
    pairs = [name_and_value(pair, "--file") for pair in files]
    return [file_of(Path(path)) for name, path in pairs if name == SYSTEM_FILES]


def _field(fields: Mapping[str, FormField], name: str) -> FormField:
    if name in fields:
        return fields[name]
    known = ", ".join(map(describe_field, fields.values()))
    has = f"It has: {known}." if known else "It takes no inputs."
    raise InvalidInput(f"This app has no input {name[:60]!r}. {has}", field=name)


def describe_field(field: FormField) -> str:
    """A field in a few words: `language (select: en, zh)`."""
    options = f": {', '.join(field.options)}" if field.options else ""
    return f"{field.variable} ({field.type}{options})"


def _file_value(field: FormField, value: str) -> Any:
    """A file may be an address, or an object as the API takes it; a path is given with `--file`."""
    if not value:
        return value
    if value.startswith(("http://", "https://", "data:")):
        return [file_at(value)] if field.type == "file-list" else file_at(value)
    if value.lstrip().startswith(("{", "[")):
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"'{field.variable}' must be JSON: {error}.", field=field.variable) from None
    raise InvalidInput(
        f"'{field.variable}' takes a file: write --file {field.variable}={value[:60]}.", field=field.variable
    )


def _add_file(inputs: dict[str, Any], field: FormField, path: str) -> None:
    match field.type:
        case "file-list":
            inputs[field.variable] = [*inputs.get(field.variable, ()), file_of(Path(path))]
        case "file":
            inputs[field.variable] = file_of(Path(path))
        case kind if kind in TEXT_TYPES:
            inputs[field.variable] = _text_of(path)
        case _:
            raise InvalidInput(f"'{field.variable}' is a {field.type}, not a file.", field=field.variable)


def _text_of(path: str) -> str:
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text.") from None


def _check_required(form: Sequence[FormField], inputs: Mapping[str, Any]) -> None:
    # An empty text is no answer here, as in the form of the console; over the API it is what was sent.
    missing = missing_fields(form, {name: value for name, value in inputs.items() if value != ""})
    if missing:
        options = " ".join(f"{_option(item)} {item.variable}=..." for item in missing)
        needed = ", ".join(map(describe_field, missing))
        raise InvalidInput(f"This app needs {needed}. Give {options}", field=missing[0].variable)


def _option(field: FormField) -> str:
    return "--file" if field.type in FILE_TYPES else "-i"
