"""Server-sent events, as far as a model's stream uses them (HTML Living Standard, "Interpreting an event stream").

Only the `data` of an event is kept. Bytes may be cut anywhere, within a character or a line ending included.
"""

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
            self._extend(piece)
            self._take_line(events)
        self._extend(rest)
        return events

    def _extend(self, piece: bytes) -> None:
        self._line += piece
        if len(self._line) > LARGEST_EVENT:
            raise BrokenStream(f"it sent a line of more than {LARGEST_EVENT} bytes")

    def _take_line(self, events: list[str]) -> None:
        line = self._decoded()
        if not line:
            if self._data:
                events.append("\n".join(self._data))
                self._data.clear()
                self._size = 0
            return
        name, _, value = line.partition(":")
        if name == "data":
            self._keep(value.removeprefix(" "))

    def _decoded(self) -> str:
        try:
            line = self._line.decode("utf-8")
        except UnicodeDecodeError:
            raise BrokenStream("it sent bytes that are not UTF-8") from None
        self._line.clear()
        if self._at_start:
            self._at_start = False
            line = line.removeprefix("\ufeff")
        return line

    def _keep(self, value: str) -> None:
        self._data.append(value)
        self._size += len(value) + 1
        if self._size > LARGEST_EVENT:
            raise BrokenStream(f"it sent an event of more than {LARGEST_EVENT} bytes")
