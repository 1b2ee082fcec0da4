"""JSON that a template made: nearly right, since texts were put between its quotes as they are.

What is repaired: line breaks and quotes inside texts, single quotes, commas too many or missing, names without quotes,
Python's True, False and None, and an end that is missing. One pass over the text, so that no text takes long.
"""

import json
import re
from typing import Any

from loomwork.engine.variables import MISSING

MAX_DEPTH = 64
_WORD = re.compile(r"[^\s,:{}\[\]\"']+")
_SPACE = re.compile(r"\s*")
_WORDS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class NotJson(ValueError):
    """The text is no JSON, and not nearly."""


def parsed(text: str) -> Any:
    """The value of a text that is JSON but for line breaks inside its texts, or `MISSING`."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return MISSING


def read_json(text: str) -> Any:
    """The value of a text, repaired where it has to be. Raises `NotJson`."""
    value = parsed(text)
    return _Repair(text).whole() if value is MISSING else value


class _Repair:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> Any:
        self._skip_space()
        if self._peek() not in ("{", "["):
            raise NotJson("it begins with neither { nor [")
        value = self._value(0)
        self._skip_space()
        if self._at < len(self._text):
            raise NotJson(f"something follows its end, at character {self._at + 1}")
        return value

    def _value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise NotJson(f"it is nested deeper than {MAX_DEPTH} levels")
        match self._peek():
            case "{":
                return self._object(depth)
            case "[":
                return self._array(depth)
            case '"' | "'":
                return self._string()
            case _:
                return self._word()

    def _object(self, depth: int) -> dict[str, Any]:
        self._at += 1
        found: dict[str, Any] = {}
        while self._more("}"):
            key = self._string() if self._peek() in ('"', "'") else str(self._bare())
            self._skip_space()
            if self._peek() != ":":
                raise NotJson(f"a colon is missing at character {self._at + 1}")
            self._at += 1
            self._skip_space()
            found[key] = None if self._peek() in (",", "}", "") else self._value(depth + 1)
        return found

    def _array(self, depth: int) -> list[Any]:
        self._at += 1
        found: list[Any] = []
        while self._more("]"):
            found.append(self._value(depth + 1))
        return found

    def _more(self, end: str) -> bool:
        """Skip commas; False at the end, or where the text is over."""
        self._skip_space()
        while self._peek() == ",":
            self._at += 1
            self._skip_space()
        if self._peek() == end:
            self._at += 1
            return False
        if self._peek() in ("}", "]", ":"):
            raise NotJson(f"'{self._peek()}' stands where it cannot, at character {self._at + 1}")
        return self._peek() != ""

    def _string(self) -> str:
        quote = self._text[self._at]
        self._at += 1
        parts: list[str] = []
        start = self._at
        stops = re.compile(rf"[\\{quote}]")
        while (stop := stops.search(self._text, self._at)) is not None:
            self._at = stop.start()
            if stop.group() == "\\":
                parts += [self._text[start : self._at], self._escaped()]
                start = self._at
            elif self._closes():
                parts.append(self._text[start : self._at])
                self._at += 1
                return "".join(parts)
            else:
                self._at += 1
        self._at = len(self._text)
        return "".join([*parts, self._text[start:]])

    def _closes(self) -> bool:
        """A quote ends its text only where JSON goes on after it."""
        following = _SPACE.match(self._text, self._at + 1)
        place = following.end() if following is not None else self._at + 1
        return place >= len(self._text) or self._text[place] in ",:]}"

    def _escaped(self) -> str:
        mark = self._text[self._at + 1 : self._at + 2]
        if mark == "u" and re.fullmatch(r"[0-9a-fA-F]{4}", digits := self._text[self._at + 2 : self._at + 6]):
            self._at += 6
            return chr(int(digits, 16))
        self._at += 2
        return _ESCAPES.get(mark, mark)

    def _word(self) -> Any:
        word = self._bare()
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        try:
            return json.loads(word)
        except ValueError:
            return word

    def _bare(self) -> str:
        found = _WORD.match(self._text, self._at)
        if found is None:
            raise NotJson(f"a value is missing at character {self._at + 1}")
        self._at = found.end()
        return found.group()

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip_space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found is not None else self._at
