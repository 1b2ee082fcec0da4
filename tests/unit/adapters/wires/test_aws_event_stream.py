"""origin: sdk. The messages are those of the tests of AWS's SDKs for Python and others
(botocore, tests/unit/test_eventstream.py), which all share them."""

import struct
from zlib import crc32

import pytest

from loomwork.adapters.wires.aws_event_stream import LARGEST_MESSAGE, EventStreamParser, Message
from loomwork.adapters.wires.sse import BrokenStream
from tests.unit.adapters.wires.exchanges.bedrock import framed

EMPTY = b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2H\xeb}\x98\xc8\xff"
INT64 = b"\x00\x00\x00\x1e\x00\x00\x00\x0e]J\xdb\x8d\x04long\x05\xff\xff\xff\xff\xff\xff\xff\xffK\xc22\xda"
ONE_TEXT = (
    b"\x00\x00\x00=\x00\x00\x00 \x07\xfd\x83\x96\x0ccontent-type\x07\x00\x10application/json"
    b"{'foo':'bar'}\x8d\x9c\x08\xb1"
)
ALL_TYPES = (
    b"\x00\x00\x00\x62\x00\x00\x00\x52\x03\xb5\xcb\x9c\x010\x00\x011\x01\x012\x02\x02\x013\x03\x00\x03"
    b"\x014\x04\x00\x00\x00\x04\x015\x05\x00\x00\x00\x00\x00\x00\x00\x05\x016\x06\x00\x05bytes\x017\x07\x00\x04utf8"
    b"\x018\x08\x00\x00\x00\x00\x00\x00\x00\x08\x019\x090123456789abcdef\x63\x35\x36\x71"
)
ERROR = (
    b"\x00\x00\x00\x52\x00\x00\x00\x42\xbf\x23\x63\x7e\x0d:message-type\x07\x00\x05error"
    b"\x0b:error-code\x07\x00\x04code\x0e:error-message\x07\x00\x07message\x6b\x6c\xea\x3d"
)
READ = [
    (EMPTY, Message({}, b"")),
    (INT64, Message({}, b"")),
    (ONE_TEXT, Message({"content-type": "application/json"}, b"{'foo':'bar'}")),
    (ALL_TYPES, Message({"7": "utf8"}, b"")),
    (ERROR, Message({":message-type": "error", ":error-code": "code", ":error-message": "message"}, b"")),
]


@pytest.mark.parametrize(("encoded", "message"), READ)
def test_messages_are_read_as_the_published_ones_say(encoded: bytes, message: Message) -> None:
    assert EventStreamParser().feed(encoded) == [message]


def test_messages_may_be_cut_anywhere() -> None:
    stream = b"".join(encoded for encoded, _ in READ)
    parser = EventStreamParser()
    read = [message for place in range(len(stream)) for message in parser.feed(stream[place : place + 1])]
    assert read == [message for _, message in READ]


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(b"\x01\x00\x00\x1d\x00\x00\x00\x00\xfdR\x8cZ{'foo':'bar'}\xc3e96", id="its length"),
        pytest.param(b"\x00\x00\x00\x1d\x00\x00\x00\x00\xfdR\x8cZ{'foo':'bar'\x8d\xc3e96", id="its payload"),
        pytest.param(ONE_TEXT.replace(b"content-type", b"content+type"), id="a header"),
        pytest.param(ONE_TEXT.replace(b"\x00\x00\x00 ", b"\xff\x00\x01\x02"), id="the length of its headers"),
    ],
)
def test_a_message_is_refused_where_something_is_damaged(encoded: bytes) -> None:
    with pytest.raises(BrokenStream):
        EventStreamParser().feed(encoded)


def prelude(total: int, headers: int) -> bytes:
    lengths = struct.pack(">II", total, headers)
    return lengths + struct.pack(">I", crc32(lengths))


@pytest.mark.parametrize(
    ("total", "headers"), [(LARGEST_MESSAGE + 1, 0), (2**32 - 1, 0), (0, 0), (15, 0), (64, 60), (2**20, 2**20 - 16)]
)
def test_a_length_that_cannot_be_is_refused_before_anything_is_waited_for(total: int, headers: int) -> None:
    with pytest.raises(BrokenStream):
        EventStreamParser().feed(prelude(total, headers))


@pytest.mark.parametrize(
    "headers",
    [
        b"\x04test\x04asdf\x04test\x04asdf",
        b"\x09short",
        b"\x01a",
        b"\x01a\x0a",
        b"\x01a\x07\x00",
        b"\x01a\x07\x00\x09x",
        b"\x01a\x05\x00",
        b"\x01a\x07\x00\x01\xff",
    ],
)
def test_headers_that_are_none_are_refused(headers: bytes) -> None:
    with pytest.raises(BrokenStream):
        EventStreamParser().feed(framed(headers, b"{}"))
