"""What holds for the stream of every dialect wherever it is cut, byte by byte. Sockets: see test_dialects.py."""

from collections.abc import Callable

import pytest

from tests.contracts.wires.dialects import DIALECTS, Dialect
from tests.unit.adapters.wires.calls import Answer, a_call, holds_in_any_pieces, holds_when_cut_anywhere

STREAMS = ("text", "calls", "thought", "schema")


@pytest.fixture(params=sorted(DIALECTS))
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return DIALECTS[request.param]


def begins(dialect: Dialect) -> Callable[[], Answer]:
    return lambda: dialect.answer(a_call())


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_cut_at_any_byte_is_whole_or_broken_off(dialect: Dialect, name: str) -> None:
    holds_when_cut_anywhere(getattr(dialect, name), begins(dialect), dialect.parser)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_read_byte_by_byte_is_the_same(dialect: Dialect, name: str) -> None:
    holds_in_any_pieces(getattr(dialect, name), begins(dialect), dialect.parser)
