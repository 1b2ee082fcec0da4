"""What is taken out of a workspace: an archive that people and programs can read.

A ZIP file. `records/<kind>.jsonl` holds a line of JSON for each row (RFC 8259, moments in ISO 8601), `apps/...` the app
files as they were imported or drawn, and `manifest.json`, the last, says of each file how long it is and its SHA-256.
No secret is in it, and nothing that only a running server needs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loomwork.kernel.errors import InvalidInput

FORMAT = "loomwork export"
VERSION = 1
MANIFEST = "manifest.json"

MOST_END_USER = 255
"""Characters of the name of an end user."""

_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z_-]+")

Place = tuple[Any, ...]
"""The key of the last row of a page."""


@dataclass(frozen=True, slots=True)
class LinePage:
    """Whole lines of JSON, each with its end; `next` is where to go on, None at the end."""

    text: bytes
    count: int
    next: Place | None


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Names and texts of files."""

    files: Sequence[tuple[str, str]]
    next: Place | None


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was taken away of an end user: rows by kind. `id` stands in the audit trail, the name of the person does
    not.
    """

    id: str
    rows: Mapping[str, int]


def checked_end_user(text: str) -> str:
    """Raises `InvalidInput` for what names nobody."""
    if not text.strip() or len(text) > MOST_END_USER:
        raise InvalidInput(f"Say whom: the name of an end user has 1 to {MOST_END_USER} characters.", field="end_user")
    return text


def file_name(words: str) -> str:
    """Such words as part of the name of a file, on any machine."""
    return _NOT_IN_NAMES.sub("-", words).strip("-")[:60] or "export"
