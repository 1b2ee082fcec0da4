"""Server-sent events, read from pieces of a body (HTML Living Standard, 9.2.6)."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from loomwork.nodes.ports import EgressTooLarge

LONGEST_ID = 1_024
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """`id` is the last that was said, by this event or one before it. `retry` in milliseconds, where it was said."""

    name: str
    data: str
    id: str
    retry: int | None = None


async def events(pieces: AsyncIterator[bytes], *, limit: int) -> AsyncIterator[ServerEvent]:
    """Each as it is whole, also those without data: they say from where to go on. One that the body ends in is none.
    Raises `EgressTooLarge` where one has more than `limit` bytes.
    """
    event = _Unfinished()
    async for line in _lines(pieces, limit=limit):
        if line:
            event.take(line)
            if event.size > limit:
                raise EgressTooLarge(f"One event of the answer has more than {limit} bytes.")
        elif event.size:
            yield ServerEvent(event.name or "message", "\n".join(event.data), event.last_id, event.retry)
            event = _Unfinished(last_id=event.last_id)


class _Unfinished:
    def __init__(self, last_id: str = "") -> None:
        self.name = ""
        self.data: list[str] = []
        self.last_id = last_id
        self.retry: int | None = None
        self.size = 0

    def take(self, line: bytes) -> None:
        if line.startswith(b":"):
            return
        self.size += len(line)
        field, _, value = line.decode("utf-8", errors="replace").partition(":")
        value = value.removeprefix(" ")
        match field:
            case "event":
                self.name = value
            case "data":
                self.data.append(value)
            case "id" if "\0" not in value and len(value) <= LONGEST_ID:
                self.last_id = value
            case "retry" if value.isascii() and value.isdigit() and len(value) < 10:
                self.retry = int(value)


async def _lines(pieces: AsyncIterator[bytes], *, limit: int) -> AsyncIterator[bytes]:
    # Joined only when a line ends, so that a long one in many pieces is not copied again for each of them.
    held: list[bytes] = []
    size = 0
    async for piece in pieces:
        held.append(piece)
        size += len(piece)
        if b"\n" in piece or b"\r" in piece:
            *whole, rest = _LINE_END.split(b"".join(held))
            for line in whole:
                yield line
            held, size = [rest], len(rest)
        if size > limit:
            raise EgressTooLarge(f"One line of the answer has more than {limit} bytes.")
