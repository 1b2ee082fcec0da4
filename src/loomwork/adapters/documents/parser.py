"""Documents as one text, for apps: the blocks that knowledge is made of, as Markdown."""

from loomwork.adapters.documents.blocks import markdown_of_blocks
from loomwork.adapters.documents.formats import VERBATIM
from loomwork.adapters.documents.reader import DocumentOfUnknownType, ProcessDocumentReader, look_at
from loomwork.adapters.documents.texts import decoded
from loomwork.knowledge.domain.errors import DocumentTooLarge, DocumentUnusable
from loomwork.nodes.ports import DocumentTooCostly, DocumentTypeUnsupported, DocumentUnreadable


class ProcessDocumentParser:
    """Implements `DocumentParser` with what reads documents for knowledge."""

    def __init__(self, reader: ProcessDocumentReader) -> None:
        self._reader = reader

    async def parse(self, content: bytes, *, name: str, mime_type: str) -> str:
        """See `DocumentParser.parse`."""
        try:
            return await self._text(content, name, mime_type)
        except DocumentOfUnknownType as error:
            raise DocumentTypeUnsupported(str(error)) from None
        except DocumentTooLarge as error:
            raise DocumentTooCostly(str(error)) from None
        except DocumentUnusable as error:
            raise DocumentUnreadable(str(error)) from None

    async def _text(self, content: bytes, name: str, mime_type: str) -> str:
        seen = look_at(content, name, mime_type)
        if seen.kind not in VERBATIM:
            return markdown_of_blocks((await self._reader.blocks(content, seen)).blocks)
        text, most = decoded(content), self._reader.limits.text
        if len(text) > most:
            raise DocumentTooLarge(f"{seen.shown} holds more than {most} characters.")
        return text
