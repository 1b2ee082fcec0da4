"""Reading a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Sent:
    """One event as it was sent. `name` is "" where it was given none, `id` None."""

    name: str
    id: str | None
    data: Any


async def sent_events(pieces: AsyncIterator[bytes]) -> AsyncIterator[Sent]:
    """The events in pieces of any size; what was cut off at the end is left out. Raises `ValueError` for what is no
    JSON.
    """
    buffer = b""
    async for piece in pieces:
        *whole, buffer = (buffer + piece).split(b"\n\n")
        for block in whole:
            if (event := _read(block)) is not None:
                yield event


def _read(block: bytes) -> Sent | None:
    """None for a comment, such as the sign of life of a server."""
    fields: dict[str, str] = {}
    for line in block.decode().split("\n"):
        name, _, value = line.partition(":")
        fields[name] = value.removeprefix(" ")
    if "data" not in fields:
        return None
    return Sent(fields.get("event", ""), fields.get("id"), orjson.loads(fields["data"]))
