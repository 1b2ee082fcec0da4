"""Makes files of texts."""

import re

from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.domain.call import ToolCall, ToolResult, file_of

__all__ = ["export_markdown", "export_text"]

_NOT_IN_NAMES = re.compile(r"[^\w. ()-]+")
LONGEST_NAME = 100


def file_name(wanted: str, extension: str) -> str:
    """A harmless name that ends so."""
    name = _NOT_IN_NAMES.sub("_", wanted.strip()).strip(". ")[:LONGEST_NAME] or "export"
    return name if name.lower().endswith(extension) else name + extension


async def export_text(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """The text as a file, as it is."""
    return _exported(call, ".txt", "text/plain")


async def export_markdown(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """The text as a Markdown file, without the fence that models like to put around it."""
    return _exported(call, ".md", "text/markdown")


def _exported(call: ToolCall, extension: str, mime_type: str) -> ToolResult:
    text = call.arguments["content"]
    if extension == ".md":
        text = unfenced(text)
    name = file_name(call.arguments.get("output_filename", ""), extension)
    return ToolResult(files=[file_of(text.encode("utf-8", "replace"), name=name, mime_type=mime_type)])


def unfenced(text: str) -> str:
    """Markdown that stands in one fence as a whole, without it."""
    whole = re.fullmatch(r"\s*```(?:markdown|md)?[ \t]*\n(.*)\n```\s*", text, re.DOTALL)
    return whole[1] if whole is not None and "\n```" not in whole[1] else text
