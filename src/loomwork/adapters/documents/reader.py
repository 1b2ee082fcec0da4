"""Documents as blocks, for knowledge; the same blocks as text, for apps."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from loomwork.adapters.documents.formats import IMAGES, Format, format_of, is_what_it_says
from loomwork.adapters.documents.processes import DocumentLimits, DocumentProcesses, Scratch, tessdata
from loomwork.adapters.documents.sheets import with_questions
from loomwork.adapters.documents.walls import Walls, walls_here
from loomwork.knowledge.domain.errors import DocumentTooLarge, DocumentUnusable
from loomwork.knowledge.domain.parsed import Block, ParsedDocument

NAME_SHOWN = 80
TESSERACT = "tesseract with its languages (on Debian and Ubuntu: apt-get install tesseract-ocr)"
SHEETS = frozenset({"csv", ".xlsx", ".xls", ".ods"})


class DocumentOfUnknownType(DocumentUnusable):
    """Nothing that is installed reads documents of this type."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A document that was looked at: what it is, and what it is called in sentences."""

    kind: Format | str
    shown: str


class ProcessDocumentReader:
    """Implements `DocumentReader`. Every document is read in a process of its own, walled in as the machine allows."""

    def __init__(
        self, *, processes: int = 2, limits: DocumentLimits | None = None, scratch: Path | None = None
    ) -> None:
        """`scratch` is a folder that nobody else writes to; it is made when the first PDF is read."""
        self._processes = DocumentProcesses(processes=processes, limits=limits, scratch=Scratch(scratch))

    @property
    def walls(self) -> Walls:
        """What keeps these processes from the rest of the machine."""
        return walls_here()

    @property
    def limits(self) -> DocumentLimits:
        return self._processes.limits

    async def read(self, content: bytes, *, name: str, media_type: str) -> ParsedDocument:
        """See `DocumentReader.read`."""
        seen = look_at(content, name, media_type)
        if not content.strip():
            raise DocumentUnusable(f"{seen.shown} is empty.")
        document = await self.blocks(content, seen)
        if not any(block.text.strip() for block in document.blocks):
            raise DocumentUnusable(f"{seen.shown} holds no text. If it was scanned, reading it takes {TESSERACT}.")
        return replace(document, blocks=with_questions(document.blocks)) if seen.kind in SHEETS else document

    async def blocks(self, content: bytes, seen: Seen) -> ParsedDocument:
        """All that it holds, which may be nothing. Raises `DocumentUnusable`."""
        if seen.kind in IMAGES and not tessdata(os.environ):
            raise DocumentOfUnknownType(f"{seen.shown} is an image, and reading text in images takes {TESSERACT}.")
        if not is_what_it_says(content, seen.kind):
            raise DocumentUnusable(f"{seen.shown} is not what its name says: its content is of another type.")
        return _document(await self._processes.run(content, seen.kind), seen.shown)

    def close(self) -> None:
        """End what is being read."""
        self._processes.close()


def look_at(content: bytes, name: str, media_type: str) -> Seen:
    """What a document is. Raises `DocumentOfUnknownType`."""
    shown = (name or "The document")[:NAME_SHOWN]
    kind = format_of(content, name, media_type)
    if kind is None:
        what = PurePath(name).suffix or media_type or "no known type"
        raise DocumentOfUnknownType(f"{shown} is of a type that cannot be read as text ({what[:NAME_SHOWN]}).")
    return Seen(kind, shown)


def _document(said: bytes, shown: str) -> ParsedDocument:
    try:
        found = json.loads(said)
    except ValueError:
        found = None
    match found:
        case {"blocks": list(blocks), "title": str(title), "pages": pages}:
            return ParsedDocument([_block(entry) for entry in blocks], title, pages)
        case {"costly": str(reason)}:
            raise DocumentTooLarge(f"{shown} {reason}.")
        case {"broke": str(reason)}:
            raise DocumentUnusable(f"{shown} {reason}.")
        case _:
            raise DocumentTooLarge(f"{shown} needs more memory or time than a document may.")


def _block(entry: list[Any]) -> Block:
    kind, text, level, page = entry
    return Block(kind, text, level, page)
