from typing import Any

import orjson
import pytest

from loomwork.adapters.wires.cohere_answer import Answer, ranked, vectors
from loomwork.adapters.wires.cohere_failure import failure
from loomwork.adapters.wires.cohere_request import embedding_body, request_body, rerank_body
from loomwork.model_gateway.domain.chat import Finished, Message, TextDelta, ToolCall, ToolChoice
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.domain.rerank import RerankRequest
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call, Target
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
from tests.unit.adapters.wires.exchanges import cohere as said


def body_of(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(request_body(call))
    return body


def test_text_comes_piece_by_piece_and_ends_with_what_was_used() -> None:
    assert events_in(said.TEXT, Answer(a_call())) == [
        TextDelta("A large "),
        TextDelta("language modèle"),
        Finished("stop", Usage(71, 9)),
    ]


def test_a_plan_is_reasoning_and_goes_back_with_its_calls() -> None:
    events = events_in(said.TOOLS, Answer(a_call()))
    end = end_of(events)
    assert thoughts_of(events) == "I will look both up."
    assert end.tool_calls == (
        ToolCall("get_weather_1", "get_weather", '{"location": "Madrid"}'),
        ToolCall("get_weather_2", "get_weather", '{"location": "Brasilia"}'),
    )
    assert (end.finish_reason, end.usage) == ("tool_calls", Usage(907, 44))
    answer = Message("assistant", "", tool_calls=end.tool_calls, carried=end.carried)
    sent = body_of(a_call(Message("user", "?"), answer))["messages"][1]
    assert sent["tool_plan"] == "I will look both up."
    assert "content" not in sent
    assert [call["function"]["name"] for call in sent["tool_calls"]] == ["get_weather", "get_weather"]


def test_thoughts_come_apart_from_the_text() -> None:
    events = events_in(said.THINKING, Answer(a_call()))
    assert (thoughts_of(events), text_of(events)) == ("Let me see.", "Yes.")


@pytest.mark.parametrize("stream", [said.TEXT, said.TOOLS, said.THINKING])
def test_a_stream_cut_anywhere_is_a_beginning_or_whole(stream: bytes) -> None:
    holds_when_cut_anywhere(stream, lambda: Answer(a_call()))
    holds_in_any_pieces(stream, lambda: Answer(a_call()))


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"), ("ERROR_TOXIC", "content_filter"), ("NEW", "other")],
)
def test_every_reason_to_stop_has_our_word(reason: str, expected: str) -> None:
    stream = said.sse(said.said("content-delta", 0, content={"text": "a"}), said.ended(reason))
    assert end_of(events_in(stream, Answer(a_call()))).finish_reason == expected


def test_an_answer_that_ends_in_an_error_is_none() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        events_in(said.sse(said.START, said.ended("ERROR")), Answer(a_call()))
    assert caught.value.cause == "outage"


@pytest.mark.parametrize(
    ("body", "status", "cause"),
    [
        ({"message": "invalid api token"}, 401, "credentials"),
        ({"message": "token expired"}, 498, "credentials"),
        ({"message": "model 'x' not found"}, 404, "not_found"),
        (
            {"message": "too many tokens: total number of tokens in the prompt cannot exceed 4081"},
            400,
            "context_too_long",
        ),
        ({"message": "invalid request: texts"}, 422, "bad_request"),
        ({"message": "You are past the per minute request limit"}, 429, "rate"),
        ({"data": "internal"}, 500, "outage"),
        ({"detail": [{"msg": "field required", "loc": ["body"]}]}, 422, "bad_request"),
    ],
)
def test_errors_have_their_cause(body: Any, status: int, cause: str) -> None:
    assert failure(a_call(), body, status=status).cause == cause


def test_a_conversation_with_tools_keeps_its_messages() -> None:
    body = body_of(a_call(*ASKED_TOOLS, tools=(WEATHER,), params={"top_p": 0.2, "top_k": 4, "stop": ["X"]}))
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "tool", "tool", "user"]
    assert body["messages"][3] == {"role": "tool", "tool_call_id": "c1", "content": "rain"}
    assert body["tools"][0]["function"]["parameters"] == WEATHER.parameters
    assert "tool_choice" not in body
    assert (body["p"], body["k"], body["stop_sequences"]) == (0.2, 4, ["X"])


def test_a_named_tool_is_the_only_one_that_is_offered() -> None:
    other = type(WEATHER)("other")
    body = body_of(a_call(tools=(WEATHER, other), tool_choice=ToolChoice("named", "other")))
    assert [tool["function"]["name"] for tool in body["tools"]] == ["other"]
    assert body["tool_choice"] == "REQUIRED"


def test_a_schema_is_sent_as_one_unless_tools_are_offered() -> None:
    format_ = body_of(a_call(json_schema=SCHEMA))["response_format"]
    assert format_ == {"type": "json_object", "json_schema": SCHEMA}
    with_tools = body_of(a_call(json_schema=SCHEMA, tools=(WEATHER,)))
    assert "response_format" not in with_tools
    assert "JSON schema" in with_tools["messages"][0]["content"]


def test_images_go_as_addresses_of_either_kind() -> None:
    content = body_of(a_call(Message("user", "?", images=(PIXEL,))))["messages"][0]["content"]
    assert content[1] == {"type": "image_url", "image_url": {"url": PIXEL}}


def test_thinking_is_switched_on_and_off() -> None:
    assert "thinking" not in body_of(a_call())
    assert body_of(a_call(params={"thinking_budget": 9}))["thinking"] == {"type": "enabled", "token_budget": 9}
    assert body_of(a_call(params={"thinking": False}, profile=Profile()))["thinking"] == {"type": "disabled"}


def test_texts_are_embedded_for_what_they_are_for() -> None:
    body = orjson.loads(embedding_body(Target("acme", "embed"), EmbeddingRequest("m", ["a"], "query", 256)))
    assert (body["input_type"], body["output_dimension"]) == ("search_query", 256)
    answer = b'{"embeddings": {"float": [[0.5, 1]]}, "meta": {"billed_units": {"input_tokens": 3}}}'
    assert vectors(answer) == ([[0.5, 1]], Usage(prompt_tokens=3))
    assert vectors(b'{"embeddings": [[1]]}')[0] == [[1]]


def test_documents_are_ranked() -> None:
    body = orjson.loads(rerank_body(Target("acme", "rerank"), RerankRequest("m", "q", ["a", "b"], 5)))
    assert body == {"model": "rerank", "query": "q", "documents": ["a", "b"], "top_n": 2}
    answer = b'{"results": [{"index": 1, "relevance_score": 0.9}], "meta": {"billed_units": {"search_units": 1}}}'
    assert ranked(answer) == ([{"index": 1, "relevance_score": 0.9}], Usage(searches=1))


def test_a_server_that_does_not_stream_is_understood() -> None:
    called = {"id": "t", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    message = {"tool_plan": "Look.", "tool_calls": [called]}
    events = list(Answer(a_call()).take_whole(orjson.dumps({"message": message, "finish_reason": "TOOL_CALL"})))
    assert thoughts_of(events) == "Look."
    assert end_of(events).tool_calls == (ToolCall("t", "weather", "{}"),)
