"""Draws QR codes (ISO/IEC 18004)."""

import asyncio
import io

from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult, file_of

__all__ = ["draw"]

SCALE = 8
"""Points to a side of each square."""


async def draw(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """A picture of the content."""
    picture = await asyncio.to_thread(
        _drawn, call.arguments["content"], call.arguments["error_correction"], call.arguments["border"]
    )
    return ToolResult(files=[file_of(picture, name="qrcode.png", mime_type="image/png")])


def _drawn(content: str, level: str, border: int) -> bytes:
    # Here, because most processes never draw one.
    import segno

    try:
        code = segno.make_qr(content, error=level, boost_error=False)
    except (segno.DataOverflowError, ValueError):
        message = "This content does not fit into a QR code: with lower error correction, 2,953 bytes do at most."
        raise ToolInputInvalid(message, parameter="content") from None
    out = io.BytesIO()
    code.save(out, kind="png", scale=SCALE, border=border)
    return out.getvalue()
