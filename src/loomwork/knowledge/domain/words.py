"""The words that a text is found by. Texts and questions are cut the same way, so what is written alike meets."""

from collections.abc import Iterator
from itertools import pairwise
from unicodedata import normalize

import regex

__all__ = ["words_of"]

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー"
_RUNS = regex.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)"
    rf"|(?P<word>[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+(?:[-_./'’][[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+)*)",
    regex.VERSION1,
)
_PARTS = regex.compile(r"\p{N}+|[\p{L}\p{M}]+")
_PLAIN = regex.compile(r"[\p{L}\p{M}]+|\p{N}+")

LONGEST = 64
"""Characters of one word that count."""

LONGEST_LABEL = 6
"""Letters before a number that may be its label, as in RFC 7519."""


def words_of(text: str) -> list[str]:
    """In order, in lower case, of letters, marks and digits alone. Chinese characters and kana, which have no spaces
    around words, come as pairs, and singly where one stands alone. What has several parts comes whole, without what
    stands between, and in parts: E-4471 as `e4471`, `e`, `4471`; so does a label with its number: RFC 7519.
    """
    runs = list(_RUNS.finditer(normalize("NFKC", text).casefold()))
    words = [word for run in runs for word in _of_run(run)]
    return [*words, *_labelled(runs)]


def _of_run(run: "regex.Match[str]") -> Iterator[str]:
    if (unspaced := run["unspaced"]) is not None:
        yield from [one + other for one, other in pairwise(unspaced)] or [unspaced]
        return
    parts = _PARTS.findall(run["word"])
    whole = "".join(parts)
    yield whole[:LONGEST]
    if len(parts) > 1:
        yield from (part[:LONGEST] for part in parts)


def _labelled(runs: "list[regex.Match[str]]") -> Iterator[str]:
    for one, other in pairwise(runs):
        label, number = one["word"] or "", other["word"] or ""
        if (
            other.start() == one.end() + 1
            and len(label) <= LONGEST_LABEL
            and _PLAIN.fullmatch(label)
            and label.isalpha()
            and number.isdecimal()
        ):
            yield (label + number)[:LONGEST]
