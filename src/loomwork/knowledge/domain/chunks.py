"""Cuts a parsed document into chunks, as the settings of its knowledge base say.

The structure is the parser's: headings, tables and code are known, so what remains is to put sentences together and
to count. Nothing of a document is lost but white space and what the settings remove.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from loomwork.knowledge.domain.chunking import ChunkDraft, ChunkSettings
from loomwork.knowledge.domain.cleaning import cleaned
from loomwork.knowledge.domain.packing import Gauge, Packed, Packer, cut_by_tokens
from loomwork.knowledge.domain.parsed import Block, BlockKind, ParsedDocument
from loomwork.knowledge.domain.pieces import BETWEEN_BLOCKS, Part, pieces_of, whole_text, with_paths
from loomwork.knowledge.domain.questions import with_questions

TINY = 8
"""A section of less than this part of a chunk goes with the next one."""

SECTION_LEVELS = (1, 2)
_STAYS_BEHIND = re.compile(r"[\s。！？!?.;；,，:：、]$")


def chunks_of(
    document: ParsedDocument, settings: ChunkSettings, *, title: str, count: Callable[[str], int]
) -> list[ChunkDraft]:
    """The chunks in order. `count` says how many tokens a text has for the model that embeds it: no chunk of
    `general`, no question and no child has more than `settings.size`, no parent more than `settings.parent_size` but
    where it is the whole document; `one_chunk` is as large as its document. A single letter is never cut.

    The context of a chunk is not counted in its size.
    """
    cutter = _Cutter(settings, title.strip() or document.title.strip(), Gauge(count))
    parts = with_paths([cleaned(block, settings) for block in document.blocks])
    return list(cutter.drafts(parts)) if parts else []


@dataclass(frozen=True, slots=True)
class _Cutter:
    settings: ChunkSettings
    title: str
    gauge: Gauge

    def drafts(self, parts: Sequence[Part]) -> Iterator[ChunkDraft]:
        match self.settings.mode:
            case "general":
                return self._general(parts)
            case "parent_child":
                return self._parents(parts)
            case "qa":
                return self._questions(parts)
            case "one_chunk":
                return iter([self._draft(self._whole(parts))])

    def _general(self, parts: Sequence[Part]) -> Iterator[ChunkDraft]:
        yield from map(self._draft, self._packed(parts, self.settings.size, self.settings.overlap))

    def _parents(self, parts: Sequence[Part]) -> Iterator[ChunkDraft]:
        if self.settings.parent == "full_document":
            yield replace(self._draft(self._whole(parts)), children=self._children(parts))
            return
        for packed in self._packed(parts, self.settings.parent_size, 0):
            yield replace(self._draft(packed), children=self._children_of(packed))

    def _children(self, parts: Sequence[Part]) -> tuple[str, ...]:
        return tuple(child.text for child in self._packed(parts, self.settings.size, self.settings.overlap))

    def _children_of(self, parent: Packed) -> tuple[str, ...]:
        if parent.tokens <= self.settings.size:
            return (parent.text,)
        if whole_text(parent.parts).rstrip() == parent.text:
            return self._children(parent.parts)
        block = replace(parent.parts[0].block, kind=_kind_of(parent), text=parent.text, answer="")
        return self._children([replace(parent.parts[0], block=block)])

    def _questions(self, parts: Sequence[Part]) -> Iterator[ChunkDraft]:
        loose: list[Part] = []
        for part in with_questions(parts):
            if part.block.kind == "qa" and part.block.text.strip():
                yield from self._general(_with_words(loose))
                loose = []
                yield from self._question(part)
            else:
                loose.append(part)
        yield from self._general(_with_words(loose))

    def _question(self, part: Part) -> Iterator[ChunkDraft]:
        for text in cut_by_tokens(part.block.text.strip(), self.gauge, self.settings.size):
            packed = Packed(text, self.gauge.count(text), (part,))
            yield replace(self._draft(packed), answer=part.block.answer.strip())

    def _packed(self, parts: Sequence[Part], limit: int, overlap: int) -> Iterator[Packed]:
        for stretch in _separated(parts, self.settings.separators):
            for section in self._sections(stretch, limit):
                pieces = pieces_of(section, lambda text: self.gauge.fits(text, limit))
                yield from Packer(pieces, self.gauge, limit=limit, overlap=overlap).chunks()

    def _sections(self, parts: Sequence[Part], limit: int) -> Iterator[list[Part]]:
        """Stretches that no chunk crosses: those under headings of the upper levels, tiny ones with the next."""
        tiny, size, section = self.gauge.bytes_for(limit / TINY), 0, list[Part]()
        for part in parts:
            if part.block.kind == "heading" and part.block.level in SECTION_LEVELS and size > tiny:
                yield section
                section, size = [], 0
            section.append(part)
            size += 0 if part.block.kind == "heading" else len(part.block.text.encode("utf-8", "replace"))
        if section:
            yield section

    def _whole(self, parts: Sequence[Part]) -> Packed:
        text = whole_text(parts)
        return Packed(text, self.gauge.count(text), tuple(parts))

    def _draft(self, packed: Packed) -> ChunkDraft:
        content = next((part for part in packed.parts if part.block.kind != "heading"), packed.parts[0])
        return ChunkDraft(
            text=packed.text,
            tokens=packed.tokens,
            headings=content.path,
            page=packed.parts[0].block.page,
            begin=packed.parts[0].place,
            end=packed.parts[-1].place + 1,
            context=self._context(content.path, packed.text),
        )

    def _context(self, path: Sequence[str], text: str) -> str:
        if self.settings.prefix == "none":
            return ""
        if self.settings.prefix == "title":
            return self.title
        # What the chunk begins with need not be said twice.
        above = [words for words in path if words != self.title and not _begins_with(text, words)]
        return " > ".join([self.title, *above] if self.title else above)


def _begins_with(text: str, heading: str) -> bool:
    return any(line.lstrip("# ").startswith(heading) for line in text.split("\n", 6)[:6] if line.startswith("#"))


def _kind_of(parent: Packed) -> BlockKind:
    return parent.parts[0].block.kind if len(parent.parts) == 1 else "text"


def _with_words(parts: Sequence[Part]) -> Sequence[Part]:
    """None where only headings are left between questions: each question has them in its path."""
    return parts if any(part.block.kind != "heading" for part in parts) else []


def _separated(parts: Sequence[Part], separators: Sequence[str]) -> Iterator[list[Part]]:
    """The document cut wherever a separator stands, also one that reaches from one block into the next. White space
    and marks that end a sentence stay with what they end; all else opens what follows, so that nothing is lost.
    """
    if not separators:
        yield list(parts)
        return
    text = whole_text(parts)
    wanted = re.compile("|".join(re.escape(each) for each in sorted(separators, key=len, reverse=True)))
    cuts = [found.end() if _STAYS_BEHIND.search(found.group()) else found.start() for found in wanted.finditer(text)]
    stretch: list[Part] = []
    begin = before = 0
    for part in parts:
        end = begin + len(part.markdown)
        if stretch and bisect_left(cuts, before) < bisect_right(cuts, begin):
            yield stretch
            stretch = []
        for number, piece in enumerate(_slices(part, _inside(cuts, begin, end))):
            if number and stretch:
                yield stretch
                stretch = []
            stretch.append(piece)
        before, begin = end, end + len(BETWEEN_BLOCKS)
    if stretch:
        yield stretch


def _inside(cuts: Sequence[int], begin: int, end: int) -> list[int]:
    return [cut - begin for cut in cuts[bisect_right(cuts, begin) : bisect_left(cuts, end)]]


def _slices(part: Part, cuts: Sequence[int]) -> Iterator[Part]:
    if not cuts:
        yield part
        return
    text = part.markdown
    for begin, end in pairwise([0, *cuts, len(text)]):
        if text[begin:end].strip():
            yield replace(part, block=Block("text", text[begin:end].strip("\n"), page=part.block.page))
