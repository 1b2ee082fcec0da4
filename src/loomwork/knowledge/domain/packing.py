"""Pieces put together to chunks that are as large as they may be, and end where something ends."""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from loomwork.knowledge.domain.pieces import Part, Piece

Count = Callable[[str], int]
FIRST_GUESS = 0.3
"""Tokens to a byte, before any has been counted."""

FULL = 0.8
ENOUGH = 0.45
"""Shares of a chunk's size: from `FULL` on, nothing more is put in; below `ENOUGH`, no better end is sought."""

TRIES = 12
JOINERS = frozenset("\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class Packed:
    """A text that fits, how many tokens it has, and the parts of the document that are in it."""

    text: str
    tokens: int
    parts: tuple[Part, ...]


class Gauge:
    """Counts texts, and from what it counted guesses how many bytes make how many tokens: counting is what cutting
    costs, and most texts need to be counted once.
    """

    def __init__(self, count: Count) -> None:
        self._count = count
        self._tokens_a_byte = FIRST_GUESS

    def count(self, text: str) -> int:
        found, size = self._count(text), size_of(text)
        if size >= 16:
            self._tokens_a_byte = max(0.01, (self._tokens_a_byte + found / size) / 2)
        return found

    def fits(self, text: str, limit: int) -> bool:
        """Exact; guessed only where the guess is far off the limit."""
        guess = size_of(text) * self._tokens_a_byte
        return guess <= limit * 8 and self.count(text) <= limit

    def bytes_for(self, tokens: float) -> int:
        return int(tokens / self._tokens_a_byte)


def size_of(text: str) -> int:
    """In bytes; a guess of tokens by these serves writing of one byte a letter and of three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


class Packer:
    """Packs the pieces of one stretch of a document. `overlap` of a chunk is said again at the start of the next."""

    def __init__(self, pieces: Sequence[Piece], gauge: Gauge, *, limit: int, overlap: int) -> None:
        self._pieces, self._gauge, self._limit, self._overlap = pieces, gauge, limit, overlap
        self._ends = list(accumulate((size_of(piece.text) for piece in pieces), initial=0))

    def chunks(self) -> Iterator[Packed]:
        begin = done = 0
        while done < len(self._pieces):
            end, packed = self._furthest(begin, done)
            if packed is None and begin < done:
                begin = done
            elif packed is None:
                yield from self._in_tokens(self._pieces[done])
                begin, done = done + 1, done + 1
            else:
                yield packed
                begin, done = self._back(begin, end), end

    def _furthest(self, begin: int, done: int) -> tuple[int, Packed | None]:
        """Where a chunk from `begin` ends that goes beyond `done`, and the chunk; None where not even one more piece
        fits.
        """
        least, beyond = done + 1, len(self._pieces) + 1
        end = self._good_end(begin, least, self._guess(begin, least, self._limit * 0.98))
        best: tuple[int, Packed | None] = (done, None)
        for _ in range(TRIES):
            packed = self._pack(begin, end)
            if packed.tokens <= self._limit:
                best = (end, packed)
                if end == len(self._pieces) or end + 1 >= beyond or packed.tokens >= self._limit * FULL:
                    return best
                guess = self._guess(end, end, (self._limit - packed.tokens) * 0.9)
                further = self._good_end(begin, end, min(guess, beyond - 1))
                if further <= end:
                    return best
                end = further
            else:
                beyond = end
                least_now = max(least, best[0] + 1)
                if end <= least_now:
                    return best
                share = self._limit / packed.tokens * 0.97
                target = self._ends[begin] + (self._ends[end] - self._ends[begin]) * share
                end = self._good_end(begin, least_now, min(bisect_right(self._ends, target) - 1, end - 1))
        return best if best[1] is not None else self._least(begin, least)

    def _least(self, begin: int, least: int) -> tuple[int, Packed | None]:
        packed = self._pack(begin, least)
        return (least, packed) if packed.tokens <= self._limit else (least - 1, None)

    def _guess(self, begin: int, least: int, tokens: float) -> int:
        target = self._ends[begin] + self._gauge.bytes_for(tokens)
        return max(least, min(bisect_right(self._ends, target) - 1, len(self._pieces)))

    def _good_end(self, begin: int, least: int, most: int) -> int:
        """The best place to end from `least` to `most`, the later the better, and not so early that little is left."""
        most = max(least, most)
        if most >= len(self._pieces):
            return len(self._pieces)
        enough = self._ends[begin] + (self._ends[most] - self._ends[begin]) * ENOUGH
        places = [end for end in range(most, least - 1, -1) if self._ends[end] >= enough]
        return max(places, key=self._worth, default=most)

    def _worth(self, end: int) -> int:
        """Of ending before this piece; `max` takes the first, thus the last, of equals."""
        if self._pieces[end - 1].is_heading:
            return 0
        if self._pieces[end].is_heading:
            return 3
        return 2 if self._pieces[end].opens else 1

    def _back(self, begin: int, end: int) -> int:
        """Where the next chunk begins: some sentences before the end of this one, as many as may be said again."""
        if not self._overlap or end >= len(self._pieces) or not self._pieces[end].is_prose:
            return end
        room = self._ends[end] - self._gauge.bytes_for(self._overlap)
        back = end
        while back - 1 > begin and self._ends[back - 1] >= room and self._pieces[back - 1].is_prose:
            back -= 1
        while back < end and self._gauge.count(_joined(self._pieces[back:end])) > self._overlap:
            back += 1
        return back

    def _pack(self, begin: int, end: int) -> Packed:
        pieces = self._pieces[begin:end]
        text = _joined(pieces)
        return Packed(text, self._gauge.count(text), _parts(pieces))

    def _in_tokens(self, piece: Piece) -> Iterator[Packed]:
        """A piece that is larger than a chunk, cut between words where it has any."""
        for text in cut_by_tokens(piece.text.strip(), self._gauge, self._limit):
            yield Packed(text, self._gauge.count(text), (piece.part,))


def cut_by_tokens(text: str, gauge: Gauge, limit: int) -> Iterator[str]:
    """Texts of at most `limit` tokens each. One letter is never cut, whatever it counts."""
    place = 0
    while place < len(text):
        end = min(len(text), place + max(1, gauge.bytes_for(limit * 0.95)))
        end = _between_words(text, place, end)
        while end - place > 1 and (tokens := gauge.count(text[place:end].strip())) > limit:
            shorter = place + max(1, min(int((end - place) * limit / tokens * 0.95), end - place - 1))
            end = min(_between_words(text, place, shorter), end - 1)
        if piece := text[place:end].strip():
            yield piece
        place = end


def _between_words(text: str, place: int, end: int) -> int:
    """A place at or before `end` in which no word, and no letter with its marks, is cut."""
    if end >= len(text):
        return len(text)
    for back in range(end, max(place, end - (end - place) // 3), -1):
        if text[back].isspace() or text[back - 1].isspace() or text[back - 1] in ",;:，、；：|":
            return back
    back = end
    while back > place + 1 and end - back < 16 and _belongs_to_the_letter_before(text, back):
        back -= 1
    return back


def _belongs_to_the_letter_before(text: str, place: int) -> bool:
    return text[place] in JOINERS or text[place - 1] == "\u200d" or unicodedata.combining(text[place]) > 0


def _joined(pieces: Sequence[Piece]) -> str:
    if not pieces:
        return ""
    text = pieces[0].head + "".join(piece.text for piece in pieces)
    foot = pieces[-1].foot
    return f"{text.rstrip()}\n{foot}" if foot else text.strip("\n").rstrip()


def _parts(pieces: Sequence[Piece]) -> tuple[Part, ...]:
    return tuple({id(piece.part): piece.part for piece in pieces}.values())
