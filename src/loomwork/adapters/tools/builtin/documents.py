"""Reads documents: PDF, office files, pages."""

from loomwork.adapters.tools.answers import page_text
from loomwork.adapters.tools.asking import fetched, refused
from loomwork.adapters.tools.reading import bytes_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.engine.variables import File
from loomwork.nodes.ports import DocumentUnreadable, EgressRequest
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["read_document", "read_document_at"]


async def read_document(call: ToolCall, world: ToolWorld) -> ToolResult:
    """A file as Markdown."""
    file = call.arguments["file"]
    content = await bytes_of(call.scope, file, world)
    name, mime_type = (file.name, file.mime_type) if isinstance(file, File) else ("", "")
    try:
        text = await world.documents.parse(content, name=name, mime_type=mime_type)
    except DocumentUnreadable as error:
        raise ToolInputInvalid(error.message, reason=error.code) from error
    return ToolResult(text, marks=frozenset({"retrieved"}))


async def read_document_at(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The document at an address, as Markdown."""
    response = await fetched(world.egress, EgressRequest("GET", call.arguments["url"].strip()), label="The document")
    if not 200 <= response.status < 300:
        raise refused(response, label="The document", said="", let_in=False)
    return ToolResult(await page_text(response, world), marks=frozenset({"web"}))
