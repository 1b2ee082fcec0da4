"""What passes between the server and a process of the jail: 8 bytes of length, then so many bytes of JSON. An answer is
preceded by the nonce that its job had.
"""

import os
import struct

LENGTH = struct.Struct(">Q")
NONCE = 32
"""Bytes, of hexadecimal digits."""

AT_ONCE = 1 << 20


def read_job(channel: int) -> bytes:
    """One frame. Raises `EOFError` where there is none, since the server needs no process any more."""
    (length,) = LENGTH.unpack(_exactly(channel, LENGTH.size))
    return _exactly(channel, length)


def write_answer(channel: int, nonce: str, answer: bytes) -> None:
    """One frame, whole."""
    pending = memoryview(nonce.encode("ascii") + LENGTH.pack(len(answer)) + answer)
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
