"""Writes text as Base64 (RFC 4648), and reads it."""

import base64
import binascii

from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["from_base64", "to_base64"]


async def to_base64(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """The text, encoded."""
    encode = base64.urlsafe_b64encode if call.arguments["urlsafe_enabled"] else base64.b64encode
    return ToolResult(encode(call.arguments["plain_text"].encode("utf-8", "replace")).decode("ascii"))


async def from_base64(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """The text that was encoded, in either alphabet."""
    text = "".join(call.arguments["base64_text"].split()).translate(str.maketrans("-_", "+/"))
    try:
        return ToolResult(base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode())
    except (binascii.Error, ValueError):
        raise ToolInputInvalid("This is no text in Base64.", parameter="base64_text") from None
