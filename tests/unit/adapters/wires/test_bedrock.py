from typing import Any

import orjson
import pytest

from loomwork.adapters.wires.answer_tool import answer_tool
from loomwork.adapters.wires.aws_event_stream import EventStreamParser
from loomwork.adapters.wires.bedrock_answer import Answer
from loomwork.adapters.wires.bedrock_failure import failure
from loomwork.adapters.wires.bedrock_request import asked
from loomwork.model_gateway.domain.chat import Finished, Message, TextDelta, ToolCall, ToolChoice
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.provider import ModelCard, Profile
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call
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
from tests.unit.adapters.wires.exchanges import bedrock as said


def body_of(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(asked(call).body)
    return body


def read(stream: bytes, answer: Answer | None = None) -> list[Any]:
    return events_in(stream, answer or Answer(a_call()), EventStreamParser())


def test_text_comes_piece_by_piece_and_ends_with_what_was_used() -> None:
    assert read(said.TEXT) == [TextDelta("Hi "), TextDelta("世界!"), Finished("stop", Usage(47, 20))]


def test_thoughts_text_and_two_calls_come_apart_and_go_back_as_they_were() -> None:
    events = read(said.TOOLS)
    end = end_of(events)
    assert (thoughts_of(events), text_of(events)) == ("Two cities.", "Looking.")
    assert end.finish_reason == "tool_calls"
    assert end.usage == Usage(117, 30, cached_tokens=100, cache_write_tokens=7)
    assert end.tool_calls == (
        ToolCall("tooluse_a", "weather", '{"city": "Paris"}'),
        ToolCall("tooluse_b", "weather", '{"city": "Rome"}'),
    )
    answer = Message("assistant", "Looking.", tool_calls=end.tool_calls, carried=end.carried)
    body = body_of(a_call(Message("user", "?"), answer))
    assert body["messages"][1]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "Two cities.", "signature": "c2lnbmVk"}}},
        {"text": "Looking."},
        {"toolUse": {"toolUseId": "tooluse_a", "name": "weather", "input": {"city": "Paris"}}},
        {"toolUse": {"toolUseId": "tooluse_b", "name": "weather", "input": {"city": "Rome"}}},
    ]


@pytest.mark.parametrize("stream", [said.TEXT, said.TOOLS])
def test_a_stream_cut_anywhere_is_a_beginning_or_whole(stream: bytes) -> None:
    holds_when_cut_anywhere(stream, lambda: Answer(a_call()), EventStreamParser)
    holds_in_any_pieces(stream, lambda: Answer(a_call()), EventStreamParser)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("malformed_tool_use", "other"),
    ],
)
def test_every_reason_to_stop_has_our_word(reason: str, expected: str) -> None:
    assert end_of(read(said.piece(0, text="a") + said.ended(reason))).finish_reason == expected


def test_an_answer_that_cannot_be_read_is_a_bad_answer() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        read(said.ended("malformed_model_output"))
    assert caught.value.cause == "bad_answer"


@pytest.mark.parametrize(
    ("name", "message", "cause", "status"),
    [
        ("throttlingException", "Too many tokens, please wait", "rate", 429),
        ("modelStreamErrorException", "Broken", "outage", None),
        ("internalServerException", "Oops", "outage", 500),
        ("serviceUnavailableException", "Later", "outage", 503),
        ("validationException", "Input is too long for requested model.", "context_too_long", 400),
        ("validationException", "toolConfig is wrong", "bad_request", 400),
    ],
)
def test_an_exception_within_a_stream_has_its_cause(name: str, message: str, cause: str, status: int | None) -> None:
    with pytest.raises((ModelRefused, ModelUnavailable)) as caught:
        read(said.START + said.exception(name, message))
    assert (caught.value.cause, caught.value.status) == (cause, status)


@pytest.mark.parametrize(
    ("kind", "body", "status", "cause"),
    [
        ("ThrottlingException:http://internal.amazon.com/coral/", b'{"message": "slow"}', 429, "rate"),
        ("AccessDeniedException", b'{"Message": "no"}', 403, "credentials"),
        ("ExpiredTokenException", b'{"message": "The security token is expired"}', 403, "credentials"),
        ("ResourceNotFoundException", b"{}", 404, "not_found"),
        ("ModelTimeoutException", b"{}", 408, "timeout"),
        ("ServiceQuotaExceededException", b"{}", 400, "rate"),
        (None, b'{"__type": "com.amazon.coral#UnrecognizedClientException", "message": "?"}', 403, "credentials"),
        (None, b"<html>", 502, "outage"),
    ],
)
def test_errors_have_their_cause(kind: str | None, body: bytes, status: int, cause: str) -> None:
    assert failure(a_call(), body, kind=kind, status=status).cause == cause


def test_a_conversation_becomes_turns_with_blocks() -> None:
    body = body_of(
        a_call(*ASKED_TOOLS, tools=(WEATHER,), params={"max_tokens": 9, "top_p": 0.5, "stop": "X", "top_k": 3})
    )
    assert body["system"] == [{"text": "Be brief."}]
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    assert body["messages"][2]["content"] == [
        {"toolResult": {"toolUseId": "c1", "content": [{"text": "rain"}]}},
        {"toolResult": {"toolUseId": "c2", "content": [{"text": '{"sun": true}'}]}},
        {"text": "Well?"},
    ]
    spec = {"name": "weather", "inputSchema": {"json": WEATHER.parameters}, "description": WEATHER.description}
    assert body["toolConfig"] == {"tools": [{"toolSpec": spec}]}
    assert body["inferenceConfig"] == {"maxTokens": 9, "topP": 0.5, "stopSequences": ["X"]}
    assert body["additionalModelRequestFields"] == {"top_k": 3}


def test_what_the_request_does_not_limit_is_not_limited() -> None:
    card = ModelCard(id="small", label="Small", max_output=8000)
    assert "inferenceConfig" not in body_of(a_call(card=card))


def test_tools_that_were_called_before_are_described_even_where_none_are_offered() -> None:
    tools = body_of(a_call(*ASKED_TOOLS))["toolConfig"]["tools"]
    assert [tool["toolSpec"]["name"] for tool in tools] == ["weather"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice(), None),
        (ToolChoice("required"), {"any": {}}),
        (ToolChoice("named", "weather"), {"tool": {"name": "weather"}}),
    ],
)
def test_tool_choices_have_their_words(choice: ToolChoice, expected: Any) -> None:
    assert body_of(a_call(tools=(WEATHER,), tool_choice=choice))["toolConfig"].get("toolChoice") == expected
    assert "toolConfig" not in body_of(a_call(tools=(WEATHER,), tool_choice=ToolChoice("none")))


def test_a_model_that_cannot_be_made_to_call_a_tool_is_asked_to_in_words() -> None:
    profile = Profile(unsupported=("tool_choice",))
    call = a_call(tools=(WEATHER,), tool_choice=ToolChoice("required"), json_schema=SCHEMA, profile=profile)
    body = body_of(call)
    assert body["toolConfig"].keys() == {"tools"}
    assert "Call at least one of the tools" in body["system"][0]["text"]
    assert "JSON schema" in body["system"][0]["text"]


def test_images_go_as_data_and_never_by_their_address() -> None:
    body = body_of(a_call(Message("user", "?", images=(PIXEL,))))
    assert body["messages"][0]["content"][1] == {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}
    with pytest.raises(ModelRefused, match="as data only"):
        asked(a_call(Message("user", "?", images=("https://pictures.test/a.png",))))


def test_a_schema_goes_as_text_or_by_a_forced_tool() -> None:
    output = body_of(a_call(json_schema=SCHEMA))["outputConfig"]["textFormat"]
    assert output["type"] == "json_schema"
    closed = {**SCHEMA, "additionalProperties": False}
    assert orjson.loads(output["structure"]["jsonSchema"]["schema"]) == closed
    call = a_call(json_schema=SCHEMA, profile=Profile())
    assert body_of(call)["toolConfig"]["toolChoice"] == {"tool": {"name": "answer"}}
    stream = said.tool(0, "t", "answer") + said.piece(0, toolUse={"input": '{"kind":"b"}'}) + said.ended("tool_use")
    events = read(stream, Answer(call, answer_tool(call, SCHEMA)))
    assert text_of(events) == '{"kind":"b"}'
    assert end_of(events).finish_reason == "stop"


def test_thinking_goes_along_with_what_else_the_vendor_knows() -> None:
    params = {
        "thinking": "on",
        "max_tokens": 100,
        "temperature": 0.1,
        "additional_model_request_fields": {"anthropic_beta": ["x"]},
    }
    body = body_of(a_call(params=params))
    thinking = {"type": "enabled", "budget_tokens": 1024}
    assert body["additionalModelRequestFields"] == {"anthropic_beta": ["x"], "thinking": thinking}
    assert body["inferenceConfig"] == {"maxTokens": 1124}


def test_a_server_that_does_not_stream_is_understood() -> None:
    body = orjson.dumps(
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [
                        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
                        {"text": "Hi"},
                        {"toolUse": {"toolUseId": "t", "name": "weather", "input": {"city": "Rome"}}},
                    ],
                }
            },
            "stopReason": "tool_use",
            "usage": {"inputTokens": 4, "outputTokens": 2},
        }
    )
    events = list(Answer(a_call()).take_whole(body))
    assert (thoughts_of(events), text_of(events)) == ("Hm.", "Hi")
    assert end_of(events).tool_calls == (ToolCall("t", "weather", '{"city":"Rome"}'),)
