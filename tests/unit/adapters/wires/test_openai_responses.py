import json
from typing import Any

import pytest

from loomwork.adapters.wires.openai_responses_answer import Answer
from loomwork.adapters.wires.openai_responses_request import request_body
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.chat import Message, TextDelta, ToolCall, ToolChoice
from loomwork.model_gateway.domain.errors import ModelFailure, ModelUnavailable
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.domain.usage import Usage
from tests.unit.adapters.wires.calls import (
    ASKED_TOOLS,
    PIXEL,
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
from tests.unit.adapters.wires.exchanges import responses
from tests.unit.adapters.wires.exchanges.responses import called, ended, event, message, response, sse, thought, usage

STREAMS = [responses.TEXT, responses.TOOLS, responses.REASONING, responses.REFUSAL]
THINKS = Profile(structured_output="json_schema", reasoning=True)


def answer() -> Answer:
    return Answer(a_call())


def sent(*messages: Message, profile: Profile | None = None, **more: Any) -> dict[str, Any]:
    body = json.loads(request_body(a_call(*messages, profile=profile, **more)))
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_cut_at_any_byte_is_whole_or_broken_off(stream: bytes) -> None:
    holds_when_cut_anywhere(stream, answer)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_read_byte_by_byte_is_the_same(stream: bytes) -> None:
    holds_in_any_pieces(stream, answer)


def test_what_was_used_is_counted_to_the_last_kind() -> None:
    events = events_in(responses.TEXT, answer())
    assert events[:2] == [TextDelta("Hi"), TextDelta(" thére")]
    assert end_of(events).usage == Usage(37, 11, cached_tokens=8, cache_write_tokens=None, reasoning_tokens=2)


@pytest.mark.parametrize("stream", STREAMS)
def test_an_answer_that_comes_whole_is_the_same_as_one_in_pieces(stream: bytes) -> None:
    pieces = events_in(stream, answer())
    last = json.loads(stream.decode().rstrip().rpartition("data: ")[2])["response"]
    whole = list(answer().take_whole(json.dumps(last).encode()))
    assert (text_of(whole), thoughts_of(whole), end_of(whole)) == (text_of(pieces), thoughts_of(pieces), end_of(pieces))


def test_parts_of_a_summary_are_told_apart() -> None:
    assert thoughts_of(events_in(responses.REASONING, answer())) == "Hm, yes.\n\nOr no."


def test_a_refusal_is_said_and_is_no_answer() -> None:
    events = events_in(responses.REFUSAL, answer())
    assert (text_of(events), end_of(events).finish_reason) == ("I will not.", "content_filter")


@pytest.mark.parametrize(
    ("why", "reason"), [("max_output_tokens", "length"), ("content_filter", "content_filter"), ("tomorrow", "other")]
)
def test_an_incomplete_answer_says_why(why: str, reason: str) -> None:
    said = event("output_text.delta", 0, delta="a")
    end = ended(message("a"), status="incomplete", incomplete_details={"reason": why})
    assert end_of(events_in(sse(said, end), answer())).finish_reason == reason


def test_thoughts_are_carried_encrypted_and_handed_in_before_their_calls() -> None:
    end = end_of(events_in(responses.TOOLS, answer()))
    assert [call.id for call in end.tool_calls] == ["call_paris", "call_rome"]
    results = [Message("tool", "rain", tool_call_id=call.id) for call in end.tool_calls]
    again = Message("assistant", "", tool_calls=end.tool_calls, carried=end.carried)
    assert sent(Message("user", "?"), again, *results, profile=THINKS)["input"] == [
        {"role": "user", "content": "?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA-whole"},
        {"type": "function_call", "call_id": "call_paris", "name": "weather", "arguments": '{"city":"Paris"}'},
        {"type": "function_call", "call_id": "call_rome", "name": "weather", "arguments": '{"city":"Rome"}'},
        {"type": "function_call_output", "call_id": "call_paris", "output": "rain"},
        {"type": "function_call_output", "call_id": "call_rome", "output": "rain"},
    ]


def test_thoughts_are_left_out_where_the_answer_was_changed_or_another_gave_it() -> None:
    output = [thought(packed="x"), message("Hello", phase="final_answer")]
    end = end_of(list(answer().take_whole(json.dumps(response("completed", *output)).encode())))
    kept, changed = (sent(Message("assistant", text, carried=end.carried))["input"] for text in ("Hello", "Bye"))
    assert [item.get("type", item.get("phase")) for item in kept] == ["reasoning", "final_answer"]
    assert changed == [{"role": "assistant", "content": "Bye"}]
    others = {**(end.carried or {}), "provider": "other"}
    assert len(sent(Message("assistant", "Hello", carried=others))["input"]) == 1


@pytest.mark.parametrize("items", [3, [3], [{"type": "message", "length": "x"}], [{"type": "message"}], [{}]])
def test_what_was_carried_in_bad_shape_is_left_out(items: Any) -> None:
    carried = {"wire": "openai_responses", "provider": "acme", "items": items}
    kept = sent(Message("assistant", "Hi", carried=carried))["input"]
    assert kept == [{"role": "assistant", "content": "Hi"}]


@pytest.mark.parametrize(
    ("stream", "cause"),
    [
        (responses.FAILED, "outage"),
        (responses.ERROR, "outage"),
        (sse({"type": "error", "code": "rate_limit_exceeded", "message": "?"}), "rate"),
        (sse({"type": "error", "error": {"code": "context_length_exceeded", "message": "?"}}), "context_too_long"),
        (sse(ended(status="failed", error={"code": "invalid_prompt", "message": "?"})), "policy"),
        (sse(ended(status="failed")), "outage"),
    ],
)
def test_an_error_in_the_middle_has_its_cause(stream: bytes, cause: str) -> None:
    with pytest.raises(ModelFailure) as caught:
        events_in(stream, answer())
    assert caught.value.cause == cause


def test_calls_that_only_come_at_the_end_are_told_of() -> None:
    end = end_of(events_in(sse(ended(called("c", '{"city":"Oslo"}'), usage=usage(1, 1))), answer()))
    assert end.tool_calls == (ToolCall("c", "weather", '{"city":"Oslo"}'),)
    assert end.finish_reason == "tool_calls"


def test_nonsense_is_no_answer() -> None:
    with pytest.raises(BrokenStream):
        list(answer().take_whole(b'{"status": "completed"}'))
    with pytest.raises(ModelUnavailable, match="broke off"):
        events_in(sse({"type": "response.of_tomorrow"}), answer())


def test_a_conversation_becomes_items_with_instructions_apart() -> None:
    body = sent(*ASKED_TOOLS, tools=(WEATHER,), tool_choice=ToolChoice("named", "weather"), parallel_tool_calls=False)
    assert body["instructions"] == "Be brief."
    assert body["input"][1:4] == [
        {"role": "assistant", "content": "Looking."},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city": "Paris"}'},
        {"type": "function_call", "call_id": "c2", "name": "weather", "arguments": "{}"},
    ]
    assert body["tools"][0]["name"] == "weather"
    assert (body["tools"][0]["strict"], body["tool_choice"]) == (False, {"type": "function", "name": "weather"})
    assert (body["parallel_tool_calls"], body["store"], body["stream"]) == (False, False, True)
    assert "include" not in body


def test_instructions_may_be_sent_as_the_users() -> None:
    body = sent(profile=Profile(system_role="user"))
    assert [item["content"] for item in body["input"]] == ["Be brief.", "Hello?"]
    assert "instructions" not in body


def test_a_schema_and_verbosity_are_wishes_for_the_text() -> None:
    strict = {**SCHEMA, "additionalProperties": False}
    body = sent(json_schema=strict, params={"verbosity": "low"})
    wanted = {"type": "json_schema", "name": "answer", "schema": strict, "strict": True}
    assert body["text"] == {"format": wanted, "verbosity": "low"}
    assert sent(json_schema=SCHEMA)["text"]["format"]["strict"] is False
    in_words = sent(json_schema=SCHEMA, profile=Profile(structured_output="json_object"))
    assert (in_words["text"], "JSON" in in_words["instructions"]) == ({"format": {"type": "json_object"}}, True)


def test_params_have_their_names_here_and_refused_ones_are_left_out() -> None:
    params = {"max_tokens": 9, "temperature": 1, "reasoning_effort": "low", "reasoning_summary": "auto", "seed": 3}
    profile = Profile(reasoning=True, unsupported=("temperature",))
    body = sent(params=params, profile=profile)
    assert body["max_output_tokens"] == 9
    assert body["reasoning"] == {"effort": "low", "summary": "auto"}
    assert body["include"] == ["reasoning.encrypted_content"]
    assert not {"temperature", "seed", "stop"} & set(body)


def test_images_are_parts_of_the_users_words() -> None:
    assert sent(Message("user", "What?", images=(PIXEL,)))["input"][0]["content"] == [
        {"type": "input_text", "text": "What?"},
        {"type": "input_image", "image_url": PIXEL},
    ]
