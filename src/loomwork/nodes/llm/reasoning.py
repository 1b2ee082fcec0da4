"""Tells a model's reasoning (`<think>...</think>`) from its answer while both stream, tags split anywhere."""

import re
from dataclasses import dataclass
from typing import Literal

OPEN = "<think>"
CLOSE = "</think>"

_OPEN = re.compile(OPEN, re.IGNORECASE)
_CLOSE = re.compile(CLOSE, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Literal["text", "reasoning"]
    text: str


class ThoughtSplitter:
    """Give it the answer piece by piece; it holds back only what may become a tag.

    White space between a thought and the answer belongs to neither.
    """

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self._at_edge = True

    def feed(self, text: str) -> list[Piece]:
        text = self._held + text
        pieces: list[Piece] = []
        position = 0
        while tag := self._tag.search(text, position):
            self._release(text[position : tag.start()], pieces)
            position = tag.end()
            self._thinking = not self._thinking
            self._at_edge = True
        end = len(text) - _tag_begun(text[position:], CLOSE if self._thinking else OPEN)
        self._release(text[position:end], pieces)
        self._held = text[end:]
        return pieces

    def finish(self) -> list[Piece]:
        """What was held back and became no tag."""
        pieces: list[Piece] = []
        self._release(self._held, pieces)
        self._held = ""
        return pieces

    @property
    def _tag(self) -> re.Pattern[str]:
        return _CLOSE if self._thinking else _OPEN

    def _release(self, text: str, pieces: list[Piece]) -> None:
        if self._at_edge:
            text = text.lstrip()
        if text:
            self._at_edge = False
            pieces.append(Piece("reasoning" if self._thinking else "text", text))


def _tag_begun(text: str, tag: str) -> int:
    """How many characters at the end of the text may be the beginning of the tag."""
    for length in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-length:].lower()):
            return length
    return 0
