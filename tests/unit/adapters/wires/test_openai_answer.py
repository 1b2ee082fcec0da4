import json
from typing import Any

import pytest

from loomwork.adapters.wires.openai_answer import Answer
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, ReasoningDelta, TextDelta, ToolCall
from loomwork.model_gateway.domain.errors import ModelFailure
from loomwork.model_gateway.domain.usage import Usage
from tests.unit.adapters.wires.calls import (
    a_call,
    end_of,
    events_in,
    holds_in_any_pieces,
    holds_when_cut_anywhere,
    text_of,
    thoughts_of,
)
from tests.unit.adapters.wires.exchanges import openai
from tests.unit.adapters.wires.exchanges.openai import called, chunk, sse

STREAMS = [openai.TEXT, openai.TOOL, openai.TOOLS, openai.REFUSAL, openai.REASONING, openai.WHOLE_CALLS]


def answer() -> Answer:
    return Answer(a_call())


def events(*chunks: Any) -> list[ChatEvent]:
    return events_in(sse(*chunks), answer())


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_cut_at_any_byte_is_whole_or_broken_off(stream: bytes) -> None:
    holds_when_cut_anywhere(stream, answer)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_read_byte_by_byte_is_the_same(stream: bytes) -> None:
    # An id that a provider did not give is made anew each time; all of these give theirs.
    holds_in_any_pieces(stream, answer)


def test_what_was_used_is_counted_to_the_last_kind() -> None:
    usage = Usage(19, 10, cached_tokens=4, reasoning_tokens=3)
    assert events_in(openai.TEXT, answer()) == [TextDelta("Hello"), TextDelta(" wörld"), Finished("stop", usage)]


@pytest.mark.parametrize(
    "more",
    [
        {"usage": {"prompt_tokens": 5}},
        {"x_groq": {"usage": {"prompt_tokens": 5}}},
        {"choices": [{"finish_reason": "stop", "usage": {"prompt_tokens": 5}}]},
        {"usage": {"prompt_tokens": 5.0, "completion_tokens": "many", "prompt_tokens_details": None}},
    ],
)
def test_usage_is_found_where_vendors_put_it(more: dict[str, Any]) -> None:
    assert end_of(events(chunk(content="a"), {**chunk("stop"), **more}, "[DONE]")).usage == Usage(5)


def test_several_tools_are_asked_for_at_once() -> None:
    end = end_of(events_in(openai.TOOLS, answer()))
    assert end.finish_reason == "tool_calls"
    assert end.tool_calls == (
        ToolCall("call_paris1", "weather", '{"city": "Paris"}'),
        ToolCall("call_rome1", "weather", '{"city": "Rome"}'),
    )


def test_calls_that_come_whole_under_one_number_are_told_apart_and_are_the_reason() -> None:
    end = end_of(events_in(openai.WHOLE_CALLS, answer()))
    assert (end.finish_reason, [json.loads(call.arguments)["city"] for call in end.tool_calls]) == (
        "tool_calls",
        ["Rome", "Oslo"],
    )


def test_a_legacy_function_call_is_a_tool_call() -> None:
    asked = [chunk(function_call={"name": "f", "arguments": ""}), chunk(function_call={"arguments": "{}"})]
    end = end_of(events(*asked, chunk("function_call"), "[DONE]"))
    assert end.finish_reason == "tool_calls"
    assert [(call.name, call.arguments) for call in end.tool_calls] == [("f", "{}")]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("stop", "stop"),
        ("eos", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("sensitive", "content_filter"),
        ("tool_calls", "stop"),
        ("of_tomorrow", "other"),
    ],
)
def test_reasons_have_our_words(said: str, meant: str) -> None:
    assert end_of(events(chunk(content="a"), chunk(said))).finish_reason == meant


def test_a_word_that_all_is_well_is_no_error() -> None:
    well = {"base_resp": {"status_code": 0, "status_msg": "success"}}
    assert text_of(events(chunk(content="a"), {**chunk("stop"), **well}, "[DONE]")) == "a"


def test_a_refusal_is_said_and_is_no_answer() -> None:
    events = events_in(openai.REFUSAL, answer())
    assert (text_of(events), end_of(events).finish_reason) == ("I will not do this.", "content_filter")


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "reasoning_text"])
def test_thoughts_come_apart_whatever_they_are_called(name: str) -> None:
    assert events(chunk(**{name: "hm"}), chunk("stop"))[0] == ReasoningDelta("hm")


def test_thoughts_among_the_parts_of_an_answer_come_apart() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "yes"}]
    said = events(chunk(content=parts), chunk("stop"))
    assert (thoughts_of(said), text_of(said)) == ("hm", "yes")


def test_thoughts_are_carried_with_the_calls_that_they_led_to_and_with_nothing_else() -> None:
    thought = chunk(reasoning_content="I will look.")
    end = end_of(events(thought, called(0, "a", name="f", arguments="{}"), chunk("tool_calls")))
    assert end.carried == {"wire": "openai_chat", "provider": "acme", "reasoning_content": "I will look."}
    assert end_of(events(thought, chunk(content="a"), chunk("stop"))).carried is None


def test_an_answer_in_one_piece_is_worth_the_same() -> None:
    message = {"content": "Hi", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}
    body = {"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": {"prompt_tokens": 4}}
    said = list(answer().take_whole(json.dumps(body).encode()))
    assert end_of(said) == Finished("tool_calls", Usage(4), (ToolCall("a", "f", "{}"),))
    assert text_of(said) == "Hi"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ({"error": {"message": "?", "type": "server_error", "code": None}}, "outage"),
        ({"error": {"message": "?", "code": "rate_limit_exceeded"}}, "rate"),
        ({"error": {"message": "?", "code": 502}}, "outage"),
        ({"error": {"message": "?", "code": "429"}}, "rate"),
        ({"object": "error", "message": "?", "code": 400, "type": "BadRequestError"}, "bad_request"),
        ({"message": "This model's maximum context length is 9 tokens", "code": 400}, "context_too_long"),
        ({"choices": [{"error": {"code": 502, "message": "?"}, "finish_reason": "error"}]}, "outage"),
        ({"error": "?"}, "outage"),
        ({"choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, "rate"),
        (chunk("insufficient_system_resource"), "outage"),
        (chunk("network_error", content="b"), "outage"),
    ],
)
def test_an_error_in_the_middle_has_its_cause(error: dict[str, Any], cause: str) -> None:
    with pytest.raises(ModelFailure) as caught:
        events(chunk(content="a"), error)
    assert caught.value.cause == cause


def test_thoughts_without_end_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loomwork.adapters.wires.openai_answer.MOST_THOUGHT", 5)
    with pytest.raises(BrokenStream, match="reasoning"):
        events(chunk(reasoning_content="too much of it"))
