"""Files that people name, read whole; `-` is what is piped in."""

import difflib
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import IO

from loomwork.kernel.errors import InvalidInput

LARGEST_FILE = 40_000_000
"""Bytes read of a file: more than the largest document that is accepted, in its widest encoding."""

STDIN = "-"
SUFFIXES = frozenset({".yml", ".yaml", ".json"})
MOST_COMPARED = 2000
"""Files of a folder that are compared with a name that is not there."""


class AppFiles:
    """App files by the names that people give them. What is piped in is read at once, before there is an event loop
    that an interrupt would have to go through, and may be named once. Raises `InvalidInput`.
    """

    def __init__(self, names: Sequence[str]) -> None:
        if names.count(STDIN) > 1:
            raise InvalidInput("Standard input (-) can be read once; name it once.")
        self._piped = read_stdin() if STDIN in names else b""

    def read(self, name: str) -> bytes:
        return self._piped if name == STDIN else read_bytes(name)


def spoken(name: str) -> str:
    """The name of a file as sentences say it."""
    return "standard input" if name == STDIN else name


def read_bytes(path: str) -> bytes:
    """A file's content. Raises `InvalidInput` where it cannot be read or is far too large."""
    try:
        with Path(path).open("rb") as file:
            return _content(file, path)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "its name is no path"
        raise InvalidInput(f"{path} cannot be read: {reason}.{_meant(path, error)}") from None


def _meant(path: str, error: Exception) -> str:
    """What else may have been meant by the name of a file that is not there."""
    if not isinstance(error, FileNotFoundError):
        return ""
    folder = Path(path).parent
    near = difflib.get_close_matches(path, [str(each) for each in _app_files(folder)], n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _app_files(folder: Path) -> list[Path]:
    try:
        return [each for each in islice(folder.iterdir(), MOST_COMPARED) if each.suffix in SUFFIXES]
    except OSError:
        return []


def read_stdin() -> bytes:
    """What is piped in. Raises `InvalidInput` like `read_bytes`."""
    if sys.stdin is None:
        raise InvalidInput("Standard input is closed; pipe an app file in, or name one.")
    try:
        return _content(sys.stdin.buffer, spoken(STDIN))
    except OSError as error:
        raise InvalidInput(f"{spoken(STDIN)} cannot be read: {error.strerror}.") from None


def _content(file: IO[bytes], name: str) -> bytes:
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise InvalidInput(f"{name} is larger than {LARGEST_FILE // 1_000_000} MB.")
    return content
