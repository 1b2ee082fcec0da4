from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomwork.adapters.wires.sse import LARGEST_EVENT, BrokenStream, SseParser

STREAM = (
    "\ufeff: hello\r\ndata: 你好\r\n\r\nevent: x\nid: 7\ndata:one\ndata: two\n\ndata\n\ndata: 🦊\r\rdata: lost".encode()
)
EVENTS = ["你好", "one\ntwo", "", "🦊"]


def fed(pieces: list[bytes]) -> list[str]:
    parser = SseParser()
    return [event for piece in pieces for event in parser.feed(piece)]


def test_line_endings_comments_and_several_data_lines_are_understood() -> None:
    assert fed([STREAM]) == EVENTS


def test_a_stream_may_be_cut_between_any_two_bytes() -> None:
    for place in range(len(STREAM) + 1):
        assert fed([STREAM[:place], STREAM[place:]]) == EVENTS
    assert fed([STREAM[at : at + 1] for at in range(len(STREAM))]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_chunking_gives_the_same_events(places: list[int]) -> None:
    edges = [0, *sorted(places), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert fed(pieces) == EVENTS


def test_a_line_without_end_is_given_up() -> None:
    parser = SseParser()
    parser.feed(b"x" * LARGEST_EVENT)
    with pytest.raises(BrokenStream, match="more than"):
        parser.feed(b"x")


def test_an_event_without_end_is_given_up() -> None:
    parser = SseParser()
    line = b"data: " + b"x" * 1023 + b"\n"
    parser.feed(line * (LARGEST_EVENT // 1024))
    with pytest.raises(BrokenStream, match="more than"):
        parser.feed(line)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(BrokenStream, match="UTF-8"):
        SseParser().feed(b"data: \xff\xfe\n\n")


@given(st.binary(max_size=300))
def test_any_bytes_give_events_or_a_broken_stream(garbage: bytes) -> None:
    with suppress(BrokenStream):
        assert all(isinstance(event, str) for event in SseParser().feed(garbage))
