"""Text to a tree of plain data: JSON, or YAML as JSON has it, within limits that hold before anything is built."""

import json
import re
from typing import Any, NoReturn

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent

from loomwork.tools.api import ApiDocumentInvalid

LARGEST = 24 * 1024 * 1024
LARGEST_YAML = 8 * 1024 * 1024
"""Bytes. The largest documents that are known have 14 MB of JSON, and 3 MB of YAML."""

DEEPEST = 150
MOST_NODES = 3_000_000
"""Values of all levels, those behind an alias counted each time."""
MOST_ALIASES = 10_000


class _Loader(yaml.CSafeLoader):
    """YAML with the types of JSON alone: no dates, and `yes` is a text."""


_Loader.yaml_implicit_resolvers = {}
_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,400})", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]{1,400}(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?", "-+.0123456789"),
)
for _name, _pattern, _first in _SCALARS:
    letters = ["" if letter == "\0" else letter for letter in _first]
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(rf"^(?:{_pattern})$"), letters)


def load(content: bytes) -> dict[str, Any]:
    """The object that a document is. Raises `ApiDocumentInvalid`."""
    if len(content) > LARGEST:
        raise ApiDocumentInvalid(f"The document is larger than {LARGEST // 1024 // 1024} MB.")
    text = _text(content)
    tree = _json(text) if text.lstrip()[:1] in ("{", "[") else _yaml(text)
    _weigh(tree)
    if not isinstance(tree, dict):
        raise ApiDocumentInvalid("The document is no object, so it is no OpenAPI document.")
    return tree


def _text(content: bytes) -> str:
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ApiDocumentInvalid("The document is not UTF-8 text.") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        if text.lstrip().startswith("{") and len(text) <= LARGEST_YAML:
            return _yaml(text)  # YAML may begin with a brace, too
        raise ApiDocumentInvalid(f"The document is no JSON: {_said(error)}.") from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _said(error: ValueError) -> str:
    return f"line {error.lineno}, {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)[:100]


def _yaml(text: str) -> Any:
    if len(text) > LARGEST_YAML:
        raise ApiDocumentInvalid(f"A document in YAML may have {LARGEST_YAML // 1024 // 1024} MB; use JSON for more.")
    try:
        _check_events(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # a CSafeLoader that knows fewer types still
    except yaml.MarkedYAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ApiDocumentInvalid(f"The document is no YAML: {error.problem or 'unreadable'}{place}.") from None
    except RecursionError:
        raise _too_deep() from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ApiDocumentInvalid(f"The document is no YAML: {type(error).__name__}.") from None


def _check_events(text: str) -> None:
    """Before anything is built, since the composer recurses in C without a limit of its own."""
    depth = nodes = aliases = 0
    for event in yaml.parse(text, Loader=_Loader):
        nodes += isinstance(event, NodeEvent)
        aliases += isinstance(event, AliasEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise _too_deep()
        if nodes > MOST_NODES or aliases > MOST_ALIASES:
            raise _too_many()


def _weigh(tree: Any) -> None:
    """Refuse what is too deep or too much once its aliases are written out, or has no end."""
    sizes: dict[int, int] = {}
    if _nodes(tree, sizes, 0) > MOST_NODES:
        raise _too_many()


def _nodes(value: Any, sizes: dict[int, int], depth: int) -> int:
    if not isinstance(value, dict | list):
        return 1
    if depth > DEEPEST:
        raise _too_deep()
    known = sizes.get(id(value))
    if known is not None:
        if known == 0:
            raise ApiDocumentInvalid("The document contains itself, so it has no end.")
        return known
    sizes[id(value)] = 0
    parts = value.values() if isinstance(value, dict) else value
    total = 1 + sum(_nodes(each, sizes, depth + 1) for each in parts)
    sizes[id(value)] = total
    return total


def _too_deep() -> ApiDocumentInvalid:
    return ApiDocumentInvalid(f"The document is nested deeper than {DEEPEST} levels.")


def _too_many() -> ApiDocumentInvalid:
    return ApiDocumentInvalid("The document is too large once its aliases are written out.")
