"""Files of the catalog: when they changed, and what they say, checked against the shape that they shall have."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

LARGEST_FILE = 256 * 1024
"""Bytes. A file of the catalog is a page of text; anything larger is not one."""

C = TypeVar("C", bound=BaseModel)
Named = tuple[str, int, int]
"""The name of a file's path, when it changed (nanoseconds), and its size."""


class UnusableFile(Exception):
    """A file of the catalog that cannot be read, in a sentence."""


def entries(folder: str | Path) -> Sequence["os.DirEntry[str]"]:
    """By name; none where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return ()


def stamp(entry: "os.DirEntry[str]") -> Named:
    try:
        return stamped(entry.path, entry.stat())
    except OSError:
        return entry.path, 0, -1


def stamped(name: str, status: os.stat_result) -> Named:
    return name, status.st_mtime_ns, status.st_size


def card_of(path: Path, shape: type[C]) -> C:
    """What the file says. Raises `UnusableFile`."""
    try:
        return shape.model_validate(document_of(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the document"
        raise UnusableFile(f"{path}: {place}: {first['msg']}.") from None


def document_of(path: Path) -> Any:
    """The file as YAML, whatever it says. Raises `UnusableFile`."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UnusableFile(f"{path} is larger than {LARGEST_FILE} bytes.")
        text = path.read_text(encoding="utf-8")
        # An alias can make a page of text expand without bound, and a description of a model has no use for one.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.CSafeLoader)):
            raise UnusableFile(f"{path}: aliases (*name) are not allowed here.")
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UnusableFile(f"{path}{place}: {error.problem or 'not YAML'}.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnusableFile(f"{path} cannot be read: {type(error).__name__}.") from None
