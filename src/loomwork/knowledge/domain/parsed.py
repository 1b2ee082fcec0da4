"""What a parser makes of a document: its blocks in reading order, each with the place that it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "text", "list", "table", "code", "qa"]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece that belongs together. `text` is Markdown: a table with its bars, a list with its bullets; of a heading
    the words alone. `level` is a heading's, from 1. `page` is counted from 1, where the format has pages (of a
    presentation the slide, of a workbook the sheet). `answer` is that of a question (`qa`).
    """

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """`title` is what the document itself says, "" where it says nothing. `pages` where the format has pages."""

    blocks: Sequence[Block]
    title: str = ""
    pages: int | None = None
