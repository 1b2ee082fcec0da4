"""Markdown as blocks, read line by line: what headings, tables, lists and code are, and nothing of what is in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from loomwork.knowledge.domain.parsed import Block, BlockKind

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])[ \t]+\S")
_RULE = re.compile(r"\s*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_LINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_STRONG = re.compile(r"^(\*\*|__)(.+)\1$")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def blocks_of_markdown(text: str, page: int | None = None) -> list[Block]:
    """The blocks in order; their texts are the lines as they stand."""
    reading = _Reading(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), page)
    while reading.place < len(reading.lines):
        reading.step()
    reading.end_text()
    return reading.blocks


def blocks_of_text(text: str) -> list[Block]:
    """Paragraphs: what stands between empty lines."""
    paragraphs = re.split(r"\n[^\S\n]*\n\s*", text.replace("\r\n", "\n").replace("\r", "\n"))
    return [Block("text", paragraph.strip("\n")) for paragraph in paragraphs if paragraph.strip()]


def markdown_of_blocks(blocks: Sequence[Block]) -> str:
    """The document as one text."""
    return "\n\n".join(_markdown(block) for block in blocks)


def _markdown(block: Block) -> str:
    if block.kind == "heading":
        return f"{'#' * min(max(block.level, 1), 6)} {block.text}"
    return f"{block.text}\n\n{block.answer}" if block.answer else block.text


@dataclass(slots=True)
class _Reading:
    lines: Sequence[str]
    page: int | None
    place: int = 0
    blocks: list[Block] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)

    def step(self) -> None:
        line = self.lines[self.place]
        if heading := _HEADING.match(line):
            self._heading(heading.group(2), len(heading.group(1)))
            self.place += 1
        elif fence := _FENCE.match(line):
            self._code(fence.group(1))
        elif self._at_table(line):
            self._table()
        elif self.loose and self._underlined(line):
            self.place += 1
        elif line.strip():
            self._text(line)
        else:
            self._empty_line()

    def end_text(self) -> None:
        lines, self.loose = self.loose, []
        text = "\n".join(lines).strip("\n").rstrip()
        if text.strip():
            self._add("list" if _ITEM.match(lines[0]) else "text", text)

    def _text(self, line: str) -> None:
        if self.loose and _ITEM.match(line) and not _ITEM.match(self.loose[0]):
            self.end_text()
        self.loose.append(line)
        self.place += 1

    def _empty_line(self) -> None:
        """A list goes on behind empty lines, with an item or with what is set in beneath one."""
        self.place += 1
        next_line = self.lines[self.place] if self.place < len(self.lines) else ""
        in_list = bool(self.loose) and _ITEM.match(self.loose[0]) is not None
        if in_list and (_ITEM.match(next_line) or (next_line.startswith("  ") and next_line.strip())):
            self.loose.append("")
        else:
            self.end_text()

    def _underlined(self, line: str) -> bool:
        """A heading with a line beneath it (setext)."""
        found = _LINE.match(line)
        if found is None or len(self.loose) > 2 or _ITEM.match(self.loose[0]):
            return False
        words, self.loose = " ".join(self.loose), []
        self._heading(words, 1 if "=" in found.group(1) else 2)
        return True

    def _heading(self, words: str, level: int) -> None:
        self.end_text()
        words = words.strip()
        if strong := _STRONG.match(words):
            words = strong.group(2)
        if words:
            self._add("heading", _ESCAPED.sub(r"\1", words), level)

    def _code(self, fence: str) -> None:
        self.end_text()
        begin, self.place = self.place, self.place + 1
        while self.place < len(self.lines):
            line = self.lines[self.place].strip()
            self.place += 1
            if line.startswith(fence) and not line.strip(fence[0]):
                break
        self._add("code", "\n".join(self.lines[begin : self.place]))

    def _at_table(self, line: str) -> bool:
        below = self.lines[self.place + 1] if self.place + 1 < len(self.lines) else ""
        return "|" in line and "|" in below and _RULE.match(below) is not None

    def _table(self) -> None:
        self.end_text()
        begin = self.place
        while self.place < len(self.lines) and "|" in self.lines[self.place]:
            self.place += 1
        self._add("table", "\n".join(line.strip() for line in self.lines[begin : self.place]))

    def _add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        self.blocks.append(Block(kind, text, level=level, page=self.page))
