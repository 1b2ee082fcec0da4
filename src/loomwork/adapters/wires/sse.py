"""Server-sent events, as far as a model's stream uses them (HTML Living Standard, "Interpreting an event stream").

Only the `data` of an event is kept. Bytes may be cut anywhere, within a character or a line ending included.
"""

from typing import TypeVar

L = TypeVar("L", bytes, bytearray)

LARGEST_EVENT = 1024 * 1024
"""Bytes of one line, and of one event's data. A model's chunk is a few hundred; more is an attack or a defect."""


class BrokenStream(Exception):
    """What came is not an event stream, in a sentence."""


class SseParser:
    """Feed it bytes as they come; it gives back the data of each event that they complete."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[str] = []
        self._size = 0
        self._after_return = False
        self._at_start = True

    def feed(self, received: bytes) -> list[str]:
        """Raises `BrokenStream` for a line or an event over the limit, and for bytes that are not UTF-8."""
        if self._after_return and received:
            self._after_return = False
            received = received.removeprefix(b"\n")
        self._after_return = received.endswith(b"\r") or (self._after_return and not received)
        *ended, rest = received.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        events: list[str] = []
        for piece in ended:
            if self._line:
                self._extend(piece)
                piece = bytes(self._line)
                self._line.clear()
            self._take_line(_within_limit(piece), events)
        if rest:
            self._extend(rest)
        return events

    def _extend(self, piece: bytes) -> None:
        self._line += piece
        _within_limit(self._line)

    def _take_line(self, received: bytes, events: list[str]) -> None:
        line = self._decoded(received)
        if not line:
            if self._data:
                events.append("\n".join(self._data))
                self._data.clear()
                self._size = 0
            return
        name, _, value = line.partition(":")
        if name == "data":
            self._keep(value.removeprefix(" "))

    def _decoded(self, received: bytes) -> str:
        try:
            line = received.decode("utf-8")
        except UnicodeDecodeError:
            raise BrokenStream("it sent bytes that are not UTF-8") from None
        if self._at_start:
            self._at_start = False
            line = line.removeprefix("\ufeff")
        return line

    def _keep(self, value: str) -> None:
        self._data.append(value)
        self._size += len(value) + 1
        if self._size > LARGEST_EVENT:
            raise BrokenStream(f"it sent an event of more than {LARGEST_EVENT} bytes")


def _within_limit(line: L) -> L:
    if len(line) > LARGEST_EVENT:
        raise BrokenStream(f"it sent a line of more than {LARGEST_EVENT} bytes")
    return line
