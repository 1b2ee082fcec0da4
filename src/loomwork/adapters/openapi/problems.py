"""What is wrong with a part of a document, and how parts are read that may be anything."""

from collections.abc import Mapping
from typing import Any


class Broken(Exception):
    """A part of a document that cannot be used, in words that go on after its place."""


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """An object; an empty one where there is none. Raises `Broken`."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Broken(f"{what} is no object")
    return value


def listing(value: Any, what: str) -> list[Any]:
    """A list; an empty one where there is none. Raises `Broken`."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Broken(f"{what} is no list")
    return value


def words(value: Any, most: int) -> str:
    """A text in so many characters; empty for what is none."""
    if not isinstance(value, str):
        return ""
    text = "".join(character for character in value if character.isprintable() or character in "\n\t").strip()
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
