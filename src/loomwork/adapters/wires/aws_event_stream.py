"""The binary framing of AWS event streams (`application/vnd.amazon.eventstream`).

A message is: its length and that of its headers (4 bytes each, the highest first), a CRC-32 of these 8 bytes, headers,
payload, and a CRC-32 of all before it. A header is a name with its length in 1 byte, a type in 1 byte, and a value. See
"Event stream encoding" in the reference of Amazon Transcribe, or the specification that Smithy publishes.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

from loomwork.adapters.wires.sse import BrokenStream

PRELUDE = 12
"""Bytes: two lengths and their checksum."""
TRAILER = 4
LARGEST_MESSAGE = 1024 * 1024
"""Bytes. The format allows 16 MiB of payload; a piece of an answer is a few hundred."""
LARGEST_HEADERS = 128 * 1024
SIZES: Mapping[int, int] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""How many bytes the value of a type has. Those of 6 (bytes) and 7 (text) begin with their length in 2 bytes."""
TEXT = 7


@dataclass(frozen=True, slots=True)
class Message:
    """`headers` are those that are text; no others mean anything in a model's answer."""

    headers: Mapping[str, str]
    payload: bytes


class EventStreamParser:
    """Feed it bytes as they come; it gives back the messages that they complete."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, received: bytes) -> list[Message]:
        """Raises `BrokenStream` for a checksum that does not fit, for lengths that cannot be, and headers that are
        none.
        """
        self._received += received
        messages: list[Message] = []
        while len(self._received) >= PRELUDE:
            total, headers = _prelude(self._received)
            if len(self._received) < total:
                break
            messages.append(_message(bytes(self._received[:total]), headers))
            del self._received[:total]
        return messages


def _prelude(received: bytearray) -> tuple[int, int]:
    total, headers, checksum = struct.unpack_from(">III", received)
    # Only what its checksum vouches for may say how much is waited for.
    if crc32(received[: PRELUDE - 4]) != checksum:
        raise BrokenStream("it sent a message whose beginning is damaged")
    if total > LARGEST_MESSAGE or headers > LARGEST_HEADERS or total < PRELUDE + headers + TRAILER:
        raise BrokenStream(f"it sent a message that says it is {total} bytes long")
    return total, headers


def _message(message: bytes, headers: int) -> Message:
    (checksum,) = struct.unpack_from(">I", message, len(message) - TRAILER)
    if crc32(message[:-TRAILER]) != checksum:
        raise BrokenStream("it sent a message that is damaged")
    return Message(_headers(message[PRELUDE : PRELUDE + headers]), message[PRELUDE + headers : -TRAILER])


def _headers(data: bytes) -> dict[str, str]:
    """Raises `BrokenStream` for one that is cut off, or there twice."""
    found: dict[str, str] = {}
    names: set[bytes] = set()
    place = 0
    while place < len(data):
        name, kind, place = _name(data, place)
        value, place = _value(data, kind, place)
        if name in names or place > len(data):
            raise BrokenStream("it sent headers that cannot be understood")
        names.add(name)
        if kind == TEXT:
            found[_decoded(name)] = _decoded(value)
    return found


def _name(data: bytes, place: int) -> tuple[bytes, int, int]:
    end = place + 1 + data[place]
    if end >= len(data):
        raise BrokenStream("it sent headers that cannot be understood")
    return data[place + 1 : end], data[end], end + 1


def _value(data: bytes, kind: int, place: int) -> tuple[bytes, int]:
    size = SIZES.get(kind)
    if size is None:
        if kind not in (6, TEXT) or place + 2 > len(data):
            raise BrokenStream("it sent headers that cannot be understood")
        (size,) = struct.unpack_from(">H", data, place)
        place += 2
    return data[place : place + size], place + size


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenStream("it sent bytes that are not UTF-8") from None
