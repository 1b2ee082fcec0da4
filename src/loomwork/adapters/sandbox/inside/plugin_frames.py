"""What passes between the server and the process of a plugin: 4 bytes of length, then so many bytes of a JSON object
with its `kind`.

The server says `hello`, `describe`, `call`, `cancel` and `fetched`; the plugin `hello`, `described`, `progress`,
`fetch`, `result` and `error`.
"""

import json
import os
import struct
from typing import Any

HEAD = struct.Struct(">I")
PROTOCOL = 1
AT_ONCE = 1 << 20


def packed(frame: dict[str, Any]) -> bytes:
    """Raises `ValueError` or `TypeError` for what is no JSON."""
    body = json.dumps(frame, allow_nan=False).encode()
    return HEAD.pack(len(body)) + body


def read_frame(channel: int) -> dict[str, Any]:
    """Raises `EOFError` where the server is gone."""
    (length,) = HEAD.unpack(_exactly(channel, HEAD.size))
    frame: dict[str, Any] = json.loads(_exactly(channel, length))
    return frame


def write_frame(channel: int, frame: bytes) -> None:
    """One frame, whole."""
    pending = memoryview(frame)
    while pending:
        pending = pending[os.write(channel, pending) :]


def _exactly(channel: int, count: int) -> bytes:
    pieces = []
    while count:
        piece = os.read(channel, min(count, AT_ONCE))
        if not piece:
            raise EOFError
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
