"""Where sentences end, in writing with spaces between words and in Chinese and Japanese."""

import re
from collections.abc import Iterator
from itertools import pairwise

_END = re.compile(
    r"""
    \n+\s*                                   # a line of its own: an item of a list, a row, a verse
    | [。！？｡…]+[」』”’）】》]*\s*            # full-width marks need no space after them
    | (?<=[^\s.!?])[.!?]+["'”’)\]]*\s+        # a full stop counts where a space follows: 3.5 and example.org stay whole
    | ；\s*
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:mr|mrs|ms|dr|prof|st|no|nr|vs|etc|e\.g|i\.e|fig|sec|art|approx|inc|ltd|co|cf|al|p|pp|[A-Z])\.$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 12


def sentences_of(text: str) -> list[str]:
    """The sentences in order, each with the white space after it: joined they are the text again."""
    places = [0, *_borders(text), len(text)]
    return [text[begin:end] for begin, end in pairwise(places) if end > begin]


def _borders(text: str) -> Iterator[int]:
    for found in _END.finditer(text):
        if found.end() < len(text) and not _is_abbreviation(text, found):
            yield found.end()


def _is_abbreviation(text: str, found: re.Match[str]) -> bool:
    mark = found.group().rstrip()
    if mark != "." or "\n" in found.group():
        return False
    place = found.start() + 1
    return _ABBREVIATION.search(text[max(0, place - _LONGEST_ABBREVIATION) : place]) is not None
