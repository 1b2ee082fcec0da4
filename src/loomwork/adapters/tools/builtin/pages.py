"""Reads pages of the web."""

from loomwork.adapters.tools.answers import page_text
from loomwork.adapters.tools.asking import fetched, refused
from loomwork.adapters.tools.world import ToolWorld
from loomwork.nodes.ports import EgressRequest
from loomwork.tools.api import Link
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["read_page"]


async def read_page(call: ToolCall, world: ToolWorld) -> ToolResult:
    """A page, or a document, as Markdown."""
    headers = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]
    if call.arguments.get("user_agent"):
        headers.append(("User-Agent", call.arguments["user_agent"]))
    response = await fetched(
        world.egress, EgressRequest("GET", call.arguments["url"].strip(), headers), label="The page"
    )
    if not 200 <= response.status < 300:
        raise refused(response, label="The page", said="", let_in=False)
    text = await page_text(response, world)
    return ToolResult(text, links=[Link(response.url)], marks=frozenset({"web"}))
