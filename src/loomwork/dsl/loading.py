"""Text to a tree of plain data: YAML or JSON, in any encoding that people save files in, and never more than that."""

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.reader import ReaderError

from loomwork.dsl.composing import MAX_DEPTH, MAX_NUMBER_LENGTH, MAX_WEIGHT, NODE_WEIGHT, BoundedLoader, place_of
from loomwork.dsl.errors import DslError, refusal
from loomwork.engine.ports import Problem

MAX_BYTES = 10_000_000
"""Of the file as UTF-8; the limit that Dify itself sets."""

BODY_KEYS = ("app", "rag_pipeline", "workflow", "model_config", "agent")
_WRAPPER_KEYS = ("data", "yaml_content")
"""Where responses and requests of Dify's console carry an app file as text."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The tree of a document, keys and order kept, and what was noticed on the way."""

    tree: dict[Any, Any]
    warnings: list[Problem]


def load_tree(text: str | bytes) -> Loaded:
    """The mapping that a file holds, or the one inside when the file only wraps it. Raises `DslError`."""
    outer = _load_mapping(_as_bytes(text))
    inner = _wrapped(outer.tree)
    if inner is None:
        return outer
    if isinstance(inner, dict):
        return Loaded(inner, outer.warnings)
    return _load_mapping(_as_bytes(inner))


def _wrapped(tree: dict[Any, Any]) -> str | dict[Any, Any] | None:
    if any(key in tree for key in BODY_KEYS):
        return None
    for key in _WRAPPER_KEYS:
        value = tree.get(key)
        if isinstance(value, str) or (isinstance(value, dict) and any(body in value for body in BODY_KEYS)):
            return value
    return None


def _load_mapping(data: bytes) -> Loaded:
    value, warnings = _load(data)
    if value is None:
        raise refusal("empty_document", "The file is empty.")
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "a single value"
        raise refusal("not_a_mapping", f"The file holds {kind}, but an app file is a mapping with an 'app' in it.")
    return Loaded(value, warnings)


def _load(data: bytes) -> tuple[Any, list[Problem]]:
    try:
        return _load_yaml(data)
    except DslError as error:
        if error.problems[0].code != "invalid_yaml":
            raise
        value = _load_json(data)
        if value is None:
            raise
        return value, []


def _load_yaml(data: bytes) -> tuple[Any, list[Problem]]:
    loader = None
    try:
        loader = BoundedLoader(data)
        return loader.load(), loader.warnings
    except yaml.MarkedYAMLError as error:
        said = error.problem or error.context or "it cannot be parsed"
        raise refusal("invalid_yaml", f"The file is not valid YAML: {said}.", place_of(error.problem_mark)) from None
    except ReaderError as error:
        raise refusal("invalid_yaml", *_unreadable_character(data, error)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise refusal("invalid_yaml", f"The file is not valid YAML: {type(error).__name__}.") from None
    finally:
        if loader is not None:
            loader.dispose()


def _unreadable_character(data: bytes, error: ReaderError) -> tuple[str, str | None]:
    character = error.character
    shown = f"U+{character:04X}" if isinstance(character, int) else repr(character)
    place = _place_in(data, error.position) if isinstance(error.position, int) else None
    return f"The file holds a character that text files do not: {shown}.", place


def _load_json(data: bytes) -> Any:
    """JSON that is not YAML as well, such as text with escaped surrogate pairs; None where it is not JSON either."""
    if not data.lstrip().startswith((b"{", b"[")):
        return None
    try:
        value = json.loads(data, parse_int=_int_or_text)
    except (ValueError, RecursionError):
        return None
    _check_bounds(value)
    return value


def _int_or_text(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_NUMBER_LENGTH else digits


def _check_bounds(value: Any) -> None:
    weight = 0
    todo = [(value, 1)]
    while todo:
        item, depth = todo.pop()
        weight += NODE_WEIGHT
        if isinstance(item, Mapping):
            todo.extend((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, list):
            todo.extend((part, depth + 1) for part in item)
        elif isinstance(item, str):
            weight += len(item)
            _encoded(item)
        if depth > MAX_DEPTH + 1:
            raise refusal("too_deep", f"The document is nested deeper than {MAX_DEPTH} levels.")
        if weight > MAX_WEIGHT:
            raise refusal("too_large", "The document is too large.")


def _as_bytes(text: str | bytes) -> bytes:
    """The text as UTF-8 without a byte order mark."""
    if len(text) > MAX_BYTES:
        raise _too_large()
    data = _encoded(text.removeprefix("\ufeff")) if isinstance(text, str) else _as_utf8(text)
    if len(data) > MAX_BYTES:
        raise _too_large()
    return data


def _as_utf8(data: bytes) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return _encoded(data.decode("utf-16"))
        except UnicodeDecodeError:
            raise refusal("invalid_encoding", "The file says that it is UTF-16, but it is not.") from None
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        place = _place_in(data, error.start)
        raise refusal("invalid_encoding", "The file is not UTF-8 text; save it as UTF-8.", place) from None
    return data


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        message = "The text holds half of a surrogate pair, which is no character and cannot be stored."
        raise refusal("invalid_encoding", message, _place_in(text[: error.start].encode(), error.start)) from None


def _place_in(data: bytes, position: int) -> str:
    before = data[:position]
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    line = before.count(b"\n") + 1
    return f"line {line}, column {column}"


def _too_large() -> DslError:
    return refusal("too_large", f"The file is larger than {MAX_BYTES // 1_000_000} MB, the most for an app file.")
