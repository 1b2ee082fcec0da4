import json
from typing import Any

import pytest

from loomwork.adapters.wires.ndjson import LARGEST_LINE, NdjsonParser
from loomwork.adapters.wires.ollama import OllamaWire
from loomwork.adapters.wires.ollama_answer import Answer
from loomwork.adapters.wires.ollama_request import request_body
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.chat import Message, ToolCall, ToolChoice
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.errors import ModelFailure, ModelRefused
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target
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
from tests.unit.adapters.wires.exchanges import ollama
from tests.unit.adapters.wires.scripted_provider import Script, ScriptedProvider, events_of

STREAMS = [ollama.TEXT, ollama.TOOLS, ollama.THINKING]


def answer() -> Answer:
    return Answer(a_call())


def sent(*messages: Message, profile: Profile | None = None, **more: Any) -> dict[str, Any]:
    body = json.loads(request_body(a_call(*messages, profile=profile, **more)))
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_cut_at_any_byte_is_whole_or_broken_off(stream: bytes) -> None:
    holds_when_cut_anywhere(stream, answer, NdjsonParser)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_read_byte_by_byte_is_the_same(stream: bytes) -> None:
    holds_in_any_pieces(stream, answer, NdjsonParser)


def test_what_was_used_is_counted() -> None:
    assert end_of(events_in(ollama.TEXT, answer(), NdjsonParser())).usage == Usage(26, 282)


def test_calls_without_ids_are_given_some() -> None:
    end = end_of(events_in(ollama.UNNUMBERED, answer(), NdjsonParser()))
    assert end.finish_reason == "tool_calls"
    assert [json.loads(call.arguments) for call in end.tool_calls] == [{"city": "Tokyo"}, {}]
    assert len({call.id for call in end.tool_calls}) == 2


def test_thoughts_come_apart_and_are_carried_with_the_calls_they_led_to() -> None:
    events = events_in(ollama.THINKING, answer(), NdjsonParser())
    assert (thoughts_of(events), text_of(events), end_of(events).carried) == ("Let me see.", "Three of them", None)
    call = {"function": {"name": "weather", "arguments": {}}}
    stream = ollama.ndjson(ollama.said(thinking="I will look."), ollama.said(tool_calls=[call]), ollama.ended())
    end = end_of(events_in(stream, answer(), NdjsonParser()))
    assert end.carried == {"wire": "ollama", "provider": "acme", "thinking": "I will look."}
    message = Message("assistant", "", tool_calls=end.tool_calls, carried=end.carried)
    assert sent(message)["messages"][0]["thinking"] == "I will look."


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("an error was encountered while running the model", "outage"),
        ("the input length exceeds the context length", "context_too_long"),
    ],
)
def test_an_error_in_the_middle_is_told(error: str, cause: str) -> None:
    with pytest.raises(ModelFailure, match=error) as caught:
        events_in(ollama.ndjson(ollama.said("a"), {"error": error}), answer(), NdjsonParser())
    assert caught.value.cause == cause


def test_a_line_without_end_is_not_kept() -> None:
    parser = NdjsonParser()
    with pytest.raises(BrokenStream):
        parser.feed(b"x" * (LARGEST_LINE + 1))


def test_calls_and_results_go_back_as_objects_under_their_names() -> None:
    said, rain, sun = sent(*ASKED_TOOLS, tools=(WEATHER,))["messages"][2:5]
    assert said["tool_calls"] == [
        {"id": "c1", "function": {"name": "weather", "arguments": {"city": "Paris"}}},
        {"id": "c2", "function": {"name": "weather", "arguments": {}}},
    ]
    assert rain == {"role": "tool", "content": "rain", "tool_name": "weather", "tool_call_id": "c1"}
    assert sun["content"] == '{"sun": true}'


def test_a_choice_of_tools_is_made_by_what_is_offered_and_asked_for_in_words() -> None:
    assert "tools" not in sent(tools=(WEATHER,), tool_choice=ToolChoice("none"))
    named = sent(tools=(WEATHER,), tool_choice=ToolChoice("named", "weather"))
    assert len(named["tools"]) == 1
    assert "weather" in named["messages"][0]["content"]


def test_a_schema_constrains_and_options_are_the_models_own() -> None:
    params = {"temperature": "0.5", "max_tokens": 9, "num_ctx": 8192, "stop": ["END"], "top_k": 3}
    body = sent(json_schema=SCHEMA, params=params)
    assert body["format"] == SCHEMA
    assert body["options"] == {
        "temperature": 0.5,
        "num_predict": 9,
        "num_ctx": 8192,
        "top_k": 3,
        "stop": ["END"],
    }
    in_words = sent(json_schema=SCHEMA, profile=Profile(structured_output="json_object"))
    assert (in_words["format"], "JSON" in in_words["messages"][0]["content"]) == ("json", True)


@pytest.mark.parametrize(
    ("params", "think"),
    [
        ({}, None),
        ({"enable_thinking": "true"}, True),
        ({"think": False}, False),
        ({"reasoning_effort": "high"}, "high"),
        ({"reasoning_effort": "none"}, False),
    ],
)
def test_thinking_is_left_to_the_model_unless_it_is_said(params: dict[str, Any], think: Any) -> None:
    assert sent(params=params).get("think") == think


def test_images_are_sent_as_base64_and_never_as_addresses() -> None:
    assert sent(Message("user", "?", images=(PIXEL,)))["messages"][0]["images"] == ["iVBORw0KGgo="]
    with pytest.raises(ModelRefused, match="data: URLs only"):
        sent(Message("user", "?", images=("https://example.com/a.png",)))


@pytest.mark.parametrize("ending", ["", "/v1", "/v1/"])
async def test_an_address_is_taken_with_and_without_the_path_of_the_other_dialect(
    acme: ScriptedProvider, ending: str
) -> None:
    wire = OllamaWire()
    call = a_call(connection=Connection(acme.url.removesuffix("/v1") + ending))
    acme.script = Script([ollama.TEXT], content_type="application/x-ndjson")
    assert text_of(await events_of(wire, call)) == "The skéy"
    acme.script = Script([b'{"embeddings": [[1, 2]], "prompt_eval_count": 3}'], content_type="application/json")
    target = Target("acme", "small", call.connection)
    assert list((await wire.embed(target, EmbeddingRequest("m", ["a"]))).vectors) == [[1.0, 2.0]]
    assert acme.paths == ["/api/chat", "/api/embed"]
    await wire.close()


def test_thoughts_of_others_are_not_sent() -> None:
    message = Message("assistant", "", tool_calls=(ToolCall("c", "f", "{}"),), carried={"wire": "other"})
    assert "thinking" not in sent(message)["messages"][0]
