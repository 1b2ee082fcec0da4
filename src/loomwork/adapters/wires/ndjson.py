"""JSON values, each on a line of its own (application/x-ndjson). Bytes may be cut anywhere, within a character too."""

from loomwork.adapters.wires.sse import BrokenStream

LARGEST_LINE = 1024 * 1024
"""Bytes. A piece of an answer is a few hundred; more is an attack or a defect."""


class NdjsonParser:
    """Feed it bytes as they come; it gives back the lines that they complete, empty ones left out."""

    def __init__(self) -> None:
        self._line = bytearray()

    def feed(self, received: bytes) -> list[bytes]:
        """Raises `BrokenStream` for a line over the limit."""
        *ended, rest = received.split(b"\n")
        lines = [self._taken(piece) for piece in ended]
        self._extend(rest)
        return [line for line in lines if line.strip()]

    def _taken(self, piece: bytes) -> bytes:
        self._extend(piece)
        line = bytes(self._line)
        self._line.clear()
        return line

    def _extend(self, piece: bytes) -> None:
        self._line += piece
        if len(self._line) > LARGEST_LINE:
            raise BrokenStream(f"it sent a line of more than {LARGEST_LINE} bytes")
