"""Tells a model's reasoning (`<think>...</think>`) from its answer while both stream, tags split anywhere."""

from dataclasses import dataclass
from typing import Literal

OPEN = "<think>"
CLOSE = "</think>"


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
        self._held += text
        pieces: list[Piece] = []
        while (place := self._held.lower().find(self._tag)) >= 0:
            self._release(self._held[:place], pieces)
            self._held = self._held[place + len(self._tag) :]
            self._thinking = not self._thinking
            self._at_edge = True
        keep = _tag_begun(self._held, self._tag)
        self._release(self._held[: len(self._held) - keep], pieces)
        self._held = self._held[len(self._held) - keep :]
        return pieces

    def finish(self) -> list[Piece]:
        """What was held back and became no tag."""
        pieces: list[Piece] = []
        self._release(self._held, pieces)
        self._held = ""
        return pieces

    @property
    def _tag(self) -> str:
        return CLOSE if self._thinking else OPEN

    def _release(self, text: str, pieces: list[Piece]) -> None:
        if self._at_edge:
            text = text.lstrip()
        if text:
            self._at_edge = False
            pieces.append(Piece("reasoning" if self._thinking else "text", text))


def _tag_begun(text: str, tag: str) -> int:
    """How many characters at the end of the text may be the beginning of the tag."""
    tail = text[-len(tag) + 1 :].lower()
    for length in range(len(tail), 0, -1):
        if tag.startswith(tail[-length:]):
            return length
    return 0
