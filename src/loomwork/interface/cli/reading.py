"""Files that people name, read whole; `-` is what is piped in."""

import difflib
import shlex
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
LONGEST_NAME = 200
"""Characters of the longest name that an app may have."""
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
        """The content of an app file. Raises `InvalidInput`."""
        if name == STDIN:
            return self._piped
        if is_bare(name) and not Path(name).exists():
            raise InvalidInput(_no_file_but_maybe_an_app(name))
        return read_bytes(name)


def is_bare(name: str) -> bool:
    """Whether it has neither a folder nor an ending, as names of apps have and those of app files have not."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and "/" not in name and not Path(name).suffix


def _no_file_but_maybe_an_app(name: str) -> str:
    near = _near(name)
    if near:
        return f"There is no file {name!r} here.{near}"
    app = shlex.quote(name)
    return (
        f"There is no file {name!r} here. An app of the workspace runs in the console, or here through its file: "
        f"`loomwork apps export {app} | loomwork run -`."
    )


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
    return _near(path) if isinstance(error, FileNotFoundError) else ""


def _near(path: str) -> str:
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
