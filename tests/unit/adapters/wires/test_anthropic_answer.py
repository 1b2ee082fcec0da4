from dataclasses import replace

import orjson
import pytest

from loomwork.adapters.wires.answer_tool import answer_tool
from loomwork.adapters.wires.anthropic_answer import Answer
from loomwork.adapters.wires.anthropic_request import asked
from loomwork.adapters.wires.block_answer import MOST_BLOCKS, MOST_KEPT
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.chat import Finished, Message, TextDelta, ToolCall, ToolCallDelta
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from tests.unit.adapters.wires.calls import (
    KEY,
    SCHEMA,
    WEATHER,
    a_call,
    end_of,
    events_in,
    holds_in_any_pieces,
    holds_when_cut_anywhere,
    text_of,
    thoughts_of,
)
from tests.unit.adapters.wires.exchanges import anthropic as said


def test_text_comes_piece_by_piece_and_ends_with_what_was_used() -> None:
    assert events_in(said.BASIC, Answer(a_call())) == [
        TextDelta("Hello"),
        TextDelta(" there"),
        TextDelta("!"),
        Finished("stop", Usage(11, 6)),
    ]


def test_a_tool_call_comes_in_pieces_after_the_text() -> None:
    events = events_in(said.TOOL_USE, Answer(a_call(tools=(WEATHER,))))
    assert text_of(events) == "I'll check the current weather in Paris for you."
    pieces = [event for event in events if isinstance(event, ToolCallDelta)]
    assert pieces[0] == ToolCallDelta(0, "toolu_01NRLabsLyVHZPKxbKvkfSMn", "get_weather")
    end = end_of(events)
    assert end.tool_calls == (ToolCall("toolu_01NRLabsLyVHZPKxbKvkfSMn", "get_weather", '{"location": "Paris"}'),)
    assert end.finish_reason == "tool_calls"
    assert end.usage == Usage(377, 65, cached_tokens=0, cache_write_tokens=0)


def test_a_refusal_is_a_content_filter_and_its_thoughts_are_counted() -> None:
    end = end_of(events_in(said.REFUSAL, Answer(a_call())))
    assert end == Finished("content_filter", Usage(20, 120, reasoning_tokens=67))


def test_input_counts_what_was_read_from_and_written_to_the_cache() -> None:
    usage = end_of(events_in(said.THINKING, Answer(a_call()))).usage
    assert usage == Usage(40, 50, cached_tokens=30, cache_write_tokens=6, reasoning_tokens=40)


def test_signed_thoughts_go_back_as_and_where_they_were() -> None:
    events = events_in(said.THINKING, Answer(a_call()))
    assert thoughts_of(events) == "27 * 400 = 10800"
    end = end_of(events)
    answer = Message("assistant", text_of(events), tool_calls=end.tool_calls, carried=end.carried)
    body = orjson.loads(asked(a_call(Message("user", "27 * 453?"), answer)).body)
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "27 * 400 = 10800", "signature": "EqQBCgIYAhIM"},
        {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3p"},
        {"type": "text", "text": "27 × 453 = 12231"},
        {"type": "tool_use", "id": "toolu_a", "name": "note", "input": {"n": 12231}},
    ]
    for name in ("provider", "model", "wire"):
        others = replace(answer, carried={**(end.carried or {}), name: "another"})
        body = orjson.loads(asked(a_call(Message("user", "27 * 453?"), others)).body)
        assert [block["type"] for block in body["messages"][1]["content"]] == ["text", "tool_use"]


def test_an_answer_that_was_changed_since_goes_back_without_its_thoughts() -> None:
    end = end_of(events_in(said.THINKING, Answer(a_call())))
    changed = Message("assistant", "12231", tool_calls=end.tool_calls, carried=end.carried)
    body = orjson.loads(asked(a_call(Message("user", "27 * 453?"), changed)).body)
    assert [block["type"] for block in body["messages"][1]["content"]] == ["text", "tool_use"]


def test_a_model_with_a_budget_goes_on_thinking_only_where_its_thoughts_can_be_shown_again() -> None:
    events = events_in(said.THINKING, Answer(a_call()))
    end = end_of(events)
    answer = Message("assistant", text_of(events), tool_calls=end.tool_calls, carried=end.carried)
    result = Message("tool", "noted", tool_call_id="toolu_a")
    for said_before, thinks in ((answer, True), (replace(answer, carried=None), False)):
        call = a_call(Message("user", "?"), said_before, result, params={"thinking": True})
        assert ("thinking" in orjson.loads(asked(call).body)) is thinks
    asked_anew = (Message("user", "?"), replace(answer, carried=None), result, Message("user", "!"))
    assert "thinking" in orjson.loads(asked(a_call(*asked_anew, params={"thinking": True})).body)


@pytest.mark.parametrize("stream", [said.BASIC, said.TOOL_USE, said.THINKING])
def test_a_stream_cut_anywhere_is_a_beginning_or_whole(stream: bytes) -> None:
    holds_when_cut_anywhere(stream, lambda: Answer(a_call()))
    holds_in_any_pieces(stream, lambda: Answer(a_call()))


def test_an_error_within_a_stream_is_an_outage_with_its_status() -> None:
    with pytest.raises(ModelUnavailable, match="Overloaded") as caught:
        events_in(said.OVERLOADED, Answer(a_call()))
    assert (caught.value.cause, caught.value.status) == ("outage", 529)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "other"),
        ("tomorrow", "other"),
    ],
)
def test_every_reason_to_stop_has_our_word(reason: str, expected: str) -> None:
    stream = said.sse(said.start(), said.piece(0, "text_delta", text="a"), *said.ended(reason))
    assert end_of(events_in(stream, Answer(a_call()))).finish_reason == expected


def test_the_answer_tool_is_the_text_of_the_answer() -> None:
    call = a_call(json_schema=SCHEMA)
    stream = said.sse(
        said.start(),
        said.piece(0, "text_delta", text="Sure!"),
        said.begun(1, type="tool_use", id="t", name="answer", input={}),
        said.piece(1, "input_json_delta", partial_json='{"kind":'),
        said.piece(1, "input_json_delta", partial_json='"a"}'),
        *said.ended("tool_use"),
    )
    events = events_in(stream, Answer(call, answer_tool(call, SCHEMA)))
    assert events[:2] == [TextDelta('{"kind":'), TextDelta('"a"}')]
    assert end_of(events).finish_reason == "stop"
    assert end_of(events).tool_calls == ()


def test_an_answer_that_is_no_object_is_taken_out_of_the_one_around_it() -> None:
    schema = {"type": "array", "items": {"type": "integer"}}
    call = a_call(json_schema=schema)
    stream = said.sse(
        said.begun(0, type="tool_use", id="t", name="answer", input={"value": [1, 2]}),
        said.stopped(0),
        *said.ended("tool_use"),
    )
    assert text_of(events_in(stream, Answer(call, answer_tool(call, schema)))) == "[1,2]"


def test_text_in_place_of_the_answer_tool_is_still_the_answer() -> None:
    call = a_call(json_schema=SCHEMA)
    events = events_in(said.BASIC, Answer(call, answer_tool(call, SCHEMA)))
    assert text_of(events) == "Hello there!"


def test_a_server_that_does_not_stream_is_understood() -> None:
    body = orjson.dumps(
        {
            "content": [
                {"type": "text", "text": "Hi"},
                {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Rome"}},
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 4, "output_tokens": 2},
        }
    )
    end = end_of(list(Answer(a_call()).take_whole(body)))
    assert end == Finished("tool_calls", Usage(4, 2), (ToolCall("t1", "weather", '{"city":"Rome"}'),))


def test_an_answer_of_endless_parts_is_broken_off() -> None:
    block = {"type": "tool_use", "id": "t", "name": "n", "input": {}}
    stream = said.sse(*(said.begun(index, **block) for index in range(MOST_BLOCKS + 1)))
    with pytest.raises(BrokenStream, match="parts"):
        events_in(stream, Answer(a_call()))


def test_what_is_kept_of_an_answer_has_a_bound() -> None:
    answer = Answer(a_call())
    name = "n" * (MOST_KEPT // 16)

    def calls() -> None:
        for index in range(17):
            event = said.begun(index, type="tool_use", id="t", name=name, input={})
            list(answer.take(orjson.dumps(event).decode()))

    with pytest.raises(BrokenStream, match="characters"):
        calls()


@pytest.mark.parametrize("data", ["nonsense", "[1]", '"a"'])
def test_what_is_no_event_is_broken(data: str) -> None:
    with pytest.raises(BrokenStream):
        list(Answer(a_call()).take(data))


@pytest.mark.parametrize(
    "data",
    [
        '{"type": "message_start", "message": 7}',
        '{"type": "content_block_start", "index": "x", "content_block": []}',
        '{"type": "content_block_delta", "delta": {"type": "text_delta", "text": 5}}',
        '{"type": "content_block_delta", "index": 9, "delta": {"type": "input_json_delta", "partial_json": "{"}}',
        '{"type": "message_delta", "usage": {"output_tokens": -3}}',
        '{"type": "of tomorrow"}',
        "{}",
    ],
)
def test_events_of_the_wrong_shape_are_passed_over(data: str) -> None:
    answer = Answer(a_call())
    assert list(answer.take(data)) == []
    assert end_of([event for one in said_rest() for event in answer.take(one)] + list(answer.finished()))


def said_rest() -> list[str]:
    return [orjson.dumps(one).decode() for one in (said.piece(20, "text_delta", text="a"), *said.ended("end_turn"))]


def test_an_error_never_shows_the_key() -> None:
    stream = said.sse({"type": "error", "error": {"type": "authentication_error", "message": f"bad key {KEY}"}})
    with pytest.raises(ModelRefused) as caught:
        events_in(stream, Answer(a_call()))
    assert caught.value.cause == "credentials"
    assert KEY not in str(caught.value)
