from typing import Any

import orjson
import pytest

from loomwork.adapters.wires.gemini_answer import Answer, vectors
from loomwork.adapters.wires.gemini_failure import failure
from loomwork.adapters.wires.gemini_request import embedding_body, model_path, request_body
from loomwork.model_gateway.domain.chat import Finished, Message, TextDelta, ToolCall, ToolChoice
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.provider import Profile
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
from tests.unit.adapters.wires.exchanges import gemini as said


def body_of(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(request_body(call))
    return body


def test_text_comes_piece_by_piece_and_ends_with_what_was_used() -> None:
    assert events_in(said.TEXT, Answer(a_call())) == [
        TextDelta("AI learns "),
        TextDelta("from data 🦊."),
        Finished("stop", Usage(8, 6)),
    ]


def test_thoughts_calls_and_signatures_come_apart_and_go_back_as_they_were() -> None:
    events = events_in(said.THOUGHTS, Answer(a_call()))
    end = end_of(events)
    assert thoughts_of(events) == "**Weighing** it"
    assert end.finish_reason == "tool_calls"
    assert end.usage == Usage(8, 50, cached_tokens=5, reasoning_tokens=30)
    assert end.tool_calls == (
        ToolCall("f1", "weather", '{"city":"Paris"}'),
        ToolCall("f2", "weather", '{"city":"Rome"}'),
    )
    history = (
        Message("user", "?"),
        Message("assistant", text_of(events), tool_calls=end.tool_calls, carried=end.carried),
        Message("tool", "rain", tool_call_id="f1"),
        Message("tool", '{"sun": 1}', tool_call_id="f2"),
    )
    _, model, results = body_of(a_call(*history))["contents"]
    assert model == {
        "role": "model",
        "parts": [
            {"text": "Paris", "thoughtSignature": "c2lnLXRleHQ="},
            {
                "functionCall": {"id": "f1", "name": "weather", "args": {"city": "Paris"}},
                "thoughtSignature": "c2lnLWE=",
            },
            {"functionCall": {"id": "f2", "name": "weather", "args": {"city": "Rome"}}},
        ],
    }
    assert results["parts"] == [
        {"functionResponse": {"name": "weather", "response": {"result": "rain"}, "id": "f1"}},
        {"functionResponse": {"name": "weather", "response": {"sun": 1}, "id": "f2"}},
    ]


def test_calls_that_were_given_no_id_get_one_that_is_not_sent_back() -> None:
    part = {"functionCall": {"name": "weather", "args": {"city": "Rome"}}}
    end = end_of(events_in(said.sse(said.chunk(part, reason="STOP")), Answer(a_call())))
    (called,) = end.tool_calls
    history = (
        Message("user", "?"),
        Message("assistant", "", tool_calls=(called,)),
        Message("tool", "", tool_call_id=called.id),
    )
    _, model, result = body_of(a_call(*history))["contents"]
    assert model["parts"] == [part]
    assert result["parts"] == [{"functionResponse": {"name": "weather", "response": {"result": ""}}}]


@pytest.mark.parametrize("stream", [said.TEXT, said.THOUGHTS])
def test_a_stream_cut_anywhere_is_a_beginning_or_whole(stream: bytes) -> None:
    holds_when_cut_anywhere(stream, lambda: Answer(a_call()))
    holds_in_any_pieces(stream, lambda: Answer(a_call()))


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("RECITATION", "content_filter"), ("NEW", "other")],
)
def test_every_reason_to_stop_has_our_word(reason: str, expected: str) -> None:
    stream = said.sse(said.chunk({"text": "a"}, reason=reason))
    assert end_of(events_in(stream, Answer(a_call()))).finish_reason == expected


def test_a_blocked_prompt_is_a_matter_of_policy() -> None:
    with pytest.raises(ModelRefused, match="SAFETY") as caught:
        events_in(said.BLOCKED, Answer(a_call()))
    assert caught.value.cause == "policy"


def test_a_call_that_its_own_provider_cannot_read_is_a_bad_answer() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        events_in(said.sse(said.chunk(reason="MALFORMED_FUNCTION_CALL")), Answer(a_call()))
    assert caught.value.cause == "bad_answer"


def test_an_error_within_a_stream_is_ours() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        events_in(said.sse(said.EXHAUSTED), Answer(a_call()))
    assert (caught.value.cause, caught.value.retry_after) == ("rate", 34.5)


@pytest.mark.parametrize(
    ("body", "status", "cause"),
    [
        (said.INVALID_KEY, 400, "credentials"),
        ([said.EXHAUSTED], 429, "rate"),
        ({"error": {"code": 404, "message": "models/x is not found", "status": "NOT_FOUND"}}, 404, "not_found"),
        (
            {"error": {"message": "The input token count (9) exceeds the maximum number of tokens allowed (5)."}},
            400,
            "context_too_long",
        ),
        ({"error": {"message": "Overloaded", "status": "UNAVAILABLE"}}, 503, "outage"),
        ({"error": {"message": "Deadline", "status": "DEADLINE_EXCEEDED"}}, 504, "timeout"),
        ({"error": {"message": "Bad field", "status": "INVALID_ARGUMENT"}}, 400, "bad_request"),
        ("nonsense", 500, "outage"),
    ],
)
def test_errors_have_their_cause(body: Any, status: int, cause: str) -> None:
    assert failure(a_call(), body, status=status).cause == cause


def test_a_conversation_becomes_contents_of_two_roles() -> None:
    body = body_of(a_call(*ASKED_TOOLS, tools=(WEATHER,), params={"temperature": 0.1, "max_tokens": 5, "stop": ["X"]}))
    assert [turn["role"] for turn in body["contents"]] == ["user", "model", "user"]
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert body["contents"][1]["parts"][1] == {"functionCall": {"name": "weather", "args": {"city": "Paris"}}}
    assert body["contents"][2]["parts"][2] == {"text": "Well?"}
    declared = body["tools"][0]["functionDeclarations"][0]
    assert declared["parametersJsonSchema"] == WEATHER.parameters
    assert body["generationConfig"] == {"temperature": 0.1, "maxOutputTokens": 5, "stopSequences": ["X"]}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice(), {"mode": "AUTO"}),
        (ToolChoice("none"), {"mode": "NONE"}),
        (ToolChoice("required"), {"mode": "ANY"}),
        (ToolChoice("named", "weather"), {"mode": "ANY", "allowedFunctionNames": ["weather"]}),
    ],
)
def test_tool_choices_have_their_words(choice: ToolChoice, expected: dict[str, Any]) -> None:
    body = body_of(a_call(tools=(WEATHER,), tool_choice=choice))
    assert body["toolConfig"] == {"functionCallingConfig": expected}


def test_images_go_as_data_or_by_their_address() -> None:
    body = body_of(a_call(Message("user", "?", images=(PIXEL, "https://pictures.test/a.jpg?x=1"))))
    assert body["contents"][0]["parts"][:2] == [
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
        {"fileData": {"fileUri": "https://pictures.test/a.jpg?x=1", "mimeType": "image/jpeg"}},
    ]


def test_a_schema_is_sent_as_one_unless_tools_are_offered() -> None:
    schema = {"$schema": "x", "type": "object", "properties": {"a": {"const": 1}}}
    config = body_of(a_call(json_schema=schema))["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"] == {"type": "object", "properties": {"a": {"enum": [1]}}}
    with_tools = body_of(a_call(json_schema=SCHEMA, tools=(WEATHER,)))
    assert "generationConfig" not in with_tools
    assert "JSON schema" in with_tools["systemInstruction"]["parts"][0]["text"]


def test_thinking_is_asked_for_by_budget_or_level_and_can_be_switched_off() -> None:
    thinks = Profile(reasoning=True)

    def config(**params: Any) -> Any:
        return body_of(a_call(profile=thinks, params=params))["generationConfig"]["thinkingConfig"]

    assert config() == {"includeThoughts": True}
    assert config(thinking_budget=512) == {"includeThoughts": True, "thinkingBudget": 512}
    assert config(reasoning_effort="High") == {"includeThoughts": True, "thinkingLevel": "high"}
    assert config(thinking="false") == {"thinkingBudget": 0}


def test_texts_are_embedded_in_one_request_with_what_they_are_for() -> None:
    target = Target("acme", "embed-1")
    body = orjson.loads(embedding_body(target, EmbeddingRequest("m", ["a", "b"], kind="query", dimensions=3)))
    first = {"model": "models/embed-1", "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 3}
    assert body["requests"] == [{**first, "content": {"parts": [{"text": text}]}} for text in ("a", "b")]
    found, usage = vectors(b'{"embeddings": [{"values": [1, 2]}, {"values": [3, 4]}]}')
    assert (list(found), usage) == ([[1, 2], [3, 4]], Usage())


def test_a_model_stands_below_models_unless_its_name_says_where() -> None:
    assert model_path("gemini-x") == "models/gemini-x"
    assert model_path("tunedModels/a b") == "tunedModels/a%20b"


def test_a_server_that_does_not_stream_is_understood() -> None:
    whole = orjson.dumps(said.chunk({"text": "Hi"}, reason="STOP"))
    assert list(Answer(a_call()).take_whole(whole)) == [TextDelta("Hi"), Finished("stop", Usage(8))]
