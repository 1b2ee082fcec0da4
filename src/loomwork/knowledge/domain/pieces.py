"""The smallest pieces a document is put together from again: sentences, rows of tables, lines of code, or any of these
whole where it fits.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loomwork.knowledge.domain.parsed import Block
from loomwork.knowledge.domain.sentences import sentences_of

HEADING_SHOWN = 120
DEEPEST_SHOWN = 6
BETWEEN_BLOCKS = "\n\n"


@dataclass(frozen=True, slots=True)
class Part:
    """A block, or what a separator left of it. `place` is the block's in its document, `path` the headings above,
    its own included.
    """

    block: Block
    place: int
    path: tuple[str, ...] = ()

    @property
    def markdown(self) -> str:
        """As it stands in a chunk."""
        return markdown_of(self.block)


@dataclass(frozen=True, slots=True)
class Piece:
    """`text` with the white space that follows it. `opens`: it is the first of its block. `head` is repeated before it
    where a chunk begins with it, and `foot` put after it where one ends with it.
    """

    text: str
    part: Part
    opens: bool
    head: str = ""
    foot: str = ""

    @property
    def is_heading(self) -> bool:
        return self.part.block.kind == "heading"

    @property
    def is_prose(self) -> bool:
        return self.part.block.kind in ("text", "list")


def markdown_of(block: Block) -> str:
    """The text of a block with the marks of a heading, or with the answer after its question."""
    if block.kind == "heading":
        return f"{'#' * min(max(block.level, 1), 6)} {block.text}"
    return f"{block.text}\n{block.answer}" if block.answer else block.text


def whole_text(parts: Sequence[Part]) -> str:
    """All of it, as one chunk shows it."""
    return BETWEEN_BLOCKS.join(part.markdown for part in parts)


def with_paths(blocks: Sequence[Block]) -> list[Part]:
    """The blocks with the headings above them. Empty ones are left out."""
    above: list[tuple[int, str]] = []
    parts: list[Part] = []
    for place, block in enumerate(blocks):
        if not block.text.strip() and not block.answer.strip():
            continue
        if block.kind == "heading":
            above = [entry for entry in above if entry[0] < block.level][-DEEPEST_SHOWN + 1 :]
            above.append((block.level, " ".join(block.text.split())[:HEADING_SHOWN]))
        parts.append(Part(block, place, tuple(words for _, words in above)))
    return parts


def pieces_of(parts: Sequence[Part], fits: Callable[[str], bool]) -> list[Piece]:
    """The pieces of the parts in order. `fits` says whether a text is no more than a chunk."""
    found: list[Piece] = []
    headings = ""
    for part in parts:
        found += _cut(part, headings, fits)
        headings = f"{headings}{part.markdown}{BETWEEN_BLOCKS}" if part.block.kind == "heading" else ""
    return found


def _cut(part: Part, headings: str, fits: Callable[[str], bool]) -> Iterator[Piece]:
    text = part.markdown
    if part.block.kind in ("table", "code") and not fits(headings + text):
        texts, head, foot = _rows(text) if part.block.kind == "table" else _lines(text)
    elif part.block.kind in ("table", "code", "heading"):
        texts, head, foot = [text], "", ""
    else:
        texts, head, foot = sentences_of(text), "", ""
    for number, (piece, behind) in enumerate(zip(texts, _behind(len(texts)), strict=True)):
        yield Piece(piece + behind, part, number == 0, head if number else "", foot if behind == "" else "")


def _behind(pieces: int) -> list[str]:
    return ["" for _ in range(pieces - 1)] + [BETWEEN_BLOCKS]


def _rows(table: str) -> tuple[list[str], str, str]:
    """The rows of a table that must be cut, its head as the first piece, and the head to repeat."""
    lines = table.splitlines(keepends=True)
    if len(lines) > 2 and is_rule(lines[1]):
        return ["".join(lines[:3]), *lines[3:]], "".join(lines[:2]), ""
    return lines, "", ""


def is_rule(line: str) -> bool:
    """Whether it is the line under the head of a Markdown table."""
    return "-" in line and not line.strip().strip("|:- ")


def _lines(code: str) -> tuple[list[str], str, str]:
    lines = code.splitlines(keepends=True)
    if len(lines) < 3 or not lines[0].startswith("```"):
        return lines, "", ""
    closed = lines[-1].strip() == "```"
    body = [*lines[1:-2], lines[-2] + lines[-1]] if closed else lines[1:]
    return [lines[0] + body[0], *body[1:]], lines[0], "```"
