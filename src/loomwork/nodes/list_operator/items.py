"""What a list is a list of, which its items say: a declared type may be wrong."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from loomwork.engine.ports import NodeError
from loomwork.engine.variables import File

ItemKind: TypeAlias = Literal["text", "number", "boolean", "file"]

_KINDS: Mapping[ItemKind, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "file": (File,),
}

TEXT_KEYS = frozenset({"name", "extension", "mime_type", "url", "type", "transfer_method", "related_id"})
NUMBER_KEYS = frozenset({"size"})


def item_kind(items: list[Any]) -> ItemKind:
    """What all the items are. Raises `NodeError` for a list of objects or lists, and for a mixed one."""
    for kind, types in _KINDS.items():
        if all(isinstance(item, types) and (kind == "boolean" or not isinstance(item, bool)) for item in items):
            return kind
    message = "The list must hold only texts, only numbers, only booleans or only files."
    raise NodeError(message, code="invalid_list", retryable=False)


def attribute_of(kind: ItemKind, key: str) -> tuple[ItemKind, Callable[[Any], Any]]:
    """What of an item is looked at, and what that is. Raises `NodeError` for an attribute that files do not have."""
    if kind != "file":
        return kind, lambda item: item
    if key in NUMBER_KEYS:
        return "number", lambda file: file.attribute(key)
    if key in TEXT_KEYS:
        return "text", lambda file: _text_attribute(file, key)
    known = ", ".join(sorted(TEXT_KEYS | NUMBER_KEYS))
    raise NodeError(f"Files have no attribute '{key}'; use one of {known}.", code="invalid_key", retryable=False)


def with_dot(extension: str) -> str:
    """An extension as it is compared: some files carry `pdf`, others `.pdf`."""
    return extension if not extension or extension.startswith(".") else f".{extension}"


def _text_attribute(file: File, key: str) -> str:
    value = str(file.attribute(key) or "")
    return with_dot(value) if key == "extension" else value
