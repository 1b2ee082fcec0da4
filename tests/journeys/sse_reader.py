"""Server-sent events as a client reads them, over a socket that can be cut after any byte."""

import http.client
import json
import re
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

_DROPPED = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing a reset, as a cable that is pulled looks to the other side."""


@dataclass(frozen=True)
class Sent:
    """One event of a stream. `id` is None for a frame that carries none."""

    id: int | None
    data: Any


def events_in(body: bytes) -> list[Sent]:
    """The events that have come whole; what an unfinished one has so far is left out."""
    whole, _, _ = body.rpartition(b"\n\n")
    found = [_event(block) for block in re.split(rb"\n\n", whole)]
    return [event for event in found if event is not None]


def _event(block: bytes) -> Sent | None:
    seq: int | None = None
    data: list[str] = []
    for line in block.decode("utf-8").split("\n"):
        if line.startswith("id:"):
            seq = int(line[3:])
        elif line.startswith("data:"):
            data.append(line[5:])
    return Sent(seq, json.loads("\n".join(data))) if data else None


def streamed(response: httpx.Response) -> Iterator[Any]:
    """The data of each event of a response, as it comes."""
    data: list[str] = []
    for line in response.iter_lines():
        if line.startswith("data:"):
            data.append(line[5:])
        elif not line and data:
            yield json.loads("\n".join(data))
            data = []


def read_and_cut(url: str, headers: Mapping[str, str], count: int) -> tuple[bytes, bool]:
    """The first `count` bytes of a stream, after which the connection is reset; and whether the stream had ended."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=dict(headers))
        if connection.sock is not None:
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DROPPED)
        response = connection.getresponse()
        assert response.status == 200, response.read()
        body = response.read(count)
        response.close()
        return body, len(body) < count
    finally:
        connection.close()


def follow_by_pieces(url: str, headers: Mapping[str, str], *, step: int, after: int | None = None) -> list[Sent]:
    """Everything that a stream says to a client whose connection breaks again and again: at first after `step` bytes,
    and after twice as many each time that this was too early for an event to come whole.
    """
    told: list[Sent] = []
    count = step
    while True:
        resumed = {**headers, "Last-Event-ID": str(after)} if after is not None else headers
        body, ended = read_and_cut(url, resumed, count)
        whole = told_up_to_last_id(events_in(body))
        told += whole
        if ended:
            return told
        after = whole[-1].id if whole else after
        count = step if whole else count * 2


def told_up_to_last_id(events: list[Sent]) -> list[Sent]:
    """The events that a client will not be told again when it resumes after the last id that it has seen."""
    last = max((place for place, event in enumerate(events) if event.id is not None), default=-1)
    return events[: last + 1]
