"""A tool of a server of MCP as a tool of ours."""

import base64
import binascii
import json
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from loomwork.adapters.mcp.connecting import connected
from loomwork.adapters.mcp.messages import Message
from loomwork.adapters.mcp.server import McpServer
from loomwork.adapters.tools.asking import clean
from loomwork.engine.variables import File
from loomwork.kernel.scope import Scope
from loomwork.nodes.ports import StreamingEgress
from loomwork.tools.api import ToolOutputInvalid, ToolRefused
from loomwork.tools.domain.call import Link, ToolCall, ToolResult, file_of
from loomwork.tools.domain.mcp_server import McpSettings, Offer, headers_of
from loomwork.tools.domain.tool import Effect, ToolCard

MOST_PARTS = 200

SignedIn = Callable[[Scope], Awaitable[Mapping[str, str]]]
"""What lets a workspace in where somebody has signed in for it."""


@dataclass(frozen=True, slots=True)
class McpTool:
    """Implements `Tool`. Each call is a session of its own, so that no call sees what another has left there."""

    card: ToolCard
    name: str
    server: McpServer
    egress: StreamingEgress
    settings: McpSettings
    signed_in: SignedIn | None = None

    async def call(self, call: ToolCall) -> ToolResult:
        """See `Tool.call`."""
        values = call.credentials if self.signed_in is None else await self.signed_in(call.scope)
        server = replace(self.server, headers=headers_of(self.settings, values))
        async with connected(self.egress, server) as session:
            said = await session.ask("tools/call", {"name": self.name, "arguments": dict(call.arguments)})
        return result_of(said, server, self.name)


def tool_of(
    offer: Offer,
    server: McpServer,
    egress: StreamingEgress,
    settings: McpSettings,
    signed_in: SignedIn | None = None,
) -> McpTool:
    """The effect is the workspace's word, `write` where it said none. The server's own hints are not asked: one that
    lies would be let through.
    """
    effect: Effect = settings.effects.get(offer.safe_name, "write")
    card = ToolCard(
        name=offer.safe_name,
        description=offer.description,
        input_schema=offer.input_schema,
        output_schema=offer.output_schema,
        effect=effect,
        label=offer.title or offer.name,
        timeout=server.timeout,
    )
    return McpTool(card, offer.name, server, egress, settings, signed_in)


def result_of(said: Message, server: McpServer, name: str) -> ToolResult:
    """What a call has left, as words of the web. Raises `ToolRefused` where the tool says that it has failed, and
    `ToolOutputInvalid`.
    """
    content = said.get("content", [])
    if not isinstance(content, list) or len(content) > MOST_PARTS:
        raise ToolOutputInvalid(f"{server.label} answers with something that is no content, or with too many parts.")
    parts = _Parts(name, server.label)
    for each in content:
        parts.take(each if isinstance(each, dict) else {})
    if said.get("isError") is True:
        because = clean("\n".join(parts.texts), server.secrets)
        raise ToolRefused(f"{server.label} could not do it{': ' + because if because else '.'}")
    structured = said.get("structuredContent")
    values = [structured] if isinstance(structured, dict) else []
    text = "\n".join(parts.texts)
    if not text and values:
        text = json.dumps(values[0], ensure_ascii=False)
    return ToolResult(text=text, json=values, files=parts.files, links=parts.links, marks=frozenset({"web"}))


class _Parts:
    def __init__(self, name: str, label: str) -> None:
        self.texts: list[str] = []
        self.files: list[File] = []
        self.links: list[Link] = []
        self._name = name
        self._label = label

    def take(self, part: Mapping[str, Any]) -> None:
        """Raises `ToolOutputInvalid`. Kinds that are not known are passed over, as the protocol may grow."""
        resource = part.get("resource")
        match part.get("type"):
            case "text":
                self.texts.append(_text(part, "text"))
            case "image" | "audio":
                self._file(part, "data")
            case "resource_link":
                self._link(_text(part, "uri"), _text(part, "title") or _text(part, "name"))
            case "resource" if isinstance(resource, dict) and isinstance(resource.get("text"), str):
                self.texts.append(resource["text"])
            case "resource" if isinstance(resource, dict):
                self._file(resource, "blob")

    def _file(self, part: Mapping[str, Any], key: str) -> None:
        try:
            content = base64.b64decode(_text(part, key), validate=True)
        except (binascii.Error, ValueError):
            raise ToolOutputInvalid(f"{self._label} answers with a file that cannot be read.") from None
        mime_type = _text(part, "mimeType").partition(";")[0].strip().lower()
        ending = mimetypes.guess_extension(mime_type) or ""
        self.files.append(file_of(content, name=f"{self._name}{ending}", mime_type=mime_type))

    def _link(self, url: str, title: str) -> None:
        # Others (file:, javascript:) have a meaning only to the server, or a bad one to whoever shows them.
        if url.startswith(("https://", "http://")):
            self.links.append(Link(url, title))
        elif url:
            self.texts.append(f"{title} ({url})" if title else url)


def _text(part: Mapping[str, Any], key: str) -> str:
    value = part.get(key, "")
    return value if isinstance(value, str) else ""
