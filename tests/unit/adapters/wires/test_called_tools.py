from typing import Any

import pytest

from loomwork.adapters.wires.called_tools import MOST_CALLS, CalledTools
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.chat import ToolCallDelta


def piece(index: int | None, call_id: str | None, name: str | None, arguments: Any = "") -> dict[str, Any]:
    said = {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}
    return {key: value for key, value in said.items() if value is not None}


def called(*pieces: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and arguments, which have to be the same in the pieces and in the whole."""
    tools = CalledTools()
    deltas = [delta for one in pieces for delta in tools.take(one)]
    calls = tools.whole()
    assert len({call.id for call in calls}) == len(calls)
    for place, call in enumerate(calls):
        own = [delta for delta in deltas if delta.index == place]
        assert (own[0].id, own[0].name) == (call.id, call.name)
        assert {(delta.id, delta.name) for delta in own[1:]} <= {(None, None)}
        assert ("".join(delta.arguments for delta in own) or "{}") == call.arguments
    return [(call.name, call.arguments) for call in calls]


@pytest.mark.parametrize(
    "pieces",
    [
        # As OpenAI has it.
        [piece(0, "x", "f", ""), piece(0, None, None, '{"a"'), piece(0, None, None, ": 1}")],
        # Without a number, without an id, with neither.
        [piece(None, "x", "f", '{"a"'), piece(None, "x", None, ": 1}")],
        [piece(0, None, "f", '{"a"'), piece(0, None, None, ": 1}")],
        [piece(None, None, "f", '{"a"'), piece(None, None, None, ": 1}")],
        # Id and name repeated, and then empty.
        [piece(0, "x", "f", '{"a"'), piece(0, "x", "f", ": 1}"), piece(0, "", "", "")],
        # Another id in each piece, without a name.
        [piece(0, "x", "f", '{"a"'), piece(0, "y", "", ": 1}")],
        # The name after the id, and after some of the arguments.
        [piece(0, "x", "", '{"a"'), piece(0, None, "f", ": 1"), piece(0, None, None, "}")],
        # Whole, and as an object.
        [piece(0, "x", "f", '{"a": 1}')],
    ],
)
def test_one_call_is_one_call_however_it_comes(pieces: list[dict[str, Any]]) -> None:
    assert called(*pieces) == [("f", '{"a": 1}')]


@pytest.mark.parametrize(
    "pieces",
    [
        [piece(0, "x", "f", "1"), piece(1, "y", "g", "2")],
        [piece(0, "x", "f"), piece(1, "y", "g"), piece(0, None, None, "1"), piece(1, None, None, "2")],
        [piece(0, "x", "f", "1"), piece(0, "y", "g", "2")],
        [piece(None, "x", "f", "1"), piece(None, "y", "g", "2")],
        [piece(None, None, "f", "1"), piece(None, None, "g", "2")],
        # Two calls under one id.
        [piece(0, "x", "f", "1"), piece(1, "x", "g", "2")],
        # Numbers that do not begin at nothing.
        [piece(1, "x", "f", "1"), piece(7, "y", "g", "2")],
    ],
)
def test_two_calls_are_told_apart(pieces: list[dict[str, Any]]) -> None:
    assert called(*pieces) == [("f", "1"), ("g", "2")]


def test_arguments_that_come_as_an_object_become_text() -> None:
    assert called(piece(0, "x", "f", {"a": [1]})) == [("f", '{"a":[1]}')]


def test_a_call_without_arguments_has_empty_ones() -> None:
    assert called(piece(0, "x", "f")) == [("f", "{}")]


def test_a_piece_that_says_nothing_is_no_call() -> None:
    assert called({}, {"index": 0, "function": None}) == []


def test_arguments_for_nobody_knows_what_are_a_broken_answer() -> None:
    with pytest.raises(BrokenStream, match="without naming it"):
        called(piece(0, "x", None, "{}"))


def test_no_more_calls_are_kept_than_anybody_asks_for() -> None:
    with pytest.raises(BrokenStream, match="at once"):
        called(*(piece(place, None, "f") for place in range(MOST_CALLS + 1)))


def test_a_call_is_told_of_once_it_has_a_name() -> None:
    tools = CalledTools()
    assert list(tools.take(piece(0, "x", "", "{"))) == []
    assert list(tools.take(piece(0, None, "f", "}"))) == [ToolCallDelta(0, "x", "f", "{}")]
