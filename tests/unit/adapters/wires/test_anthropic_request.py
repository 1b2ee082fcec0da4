from typing import Any

import orjson
import pytest

from loomwork.adapters.wires.anthropic_request import asked
from loomwork.adapters.wires.anthropic_schema import closed_schema
from loomwork.model_gateway.domain.chat import Message, ToolCall, ToolChoice
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.domain.provider import ModelCard, Profile
from loomwork.model_gateway.ports import Call
from tests.unit.adapters.wires.calls import ASKED_TOOLS, PIXEL, SCHEMA, WEATHER, a_call

CARD = ModelCard(id="small", label="Small", max_output=8000)


def body_of(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(asked(call).body)
    return body


def test_instructions_stand_apart_and_the_length_is_always_said() -> None:
    assert body_of(a_call()) == {
        "model": "small",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello?"}]}],
        "stream": True,
        "system": "Be brief.",
    }
    assert body_of(a_call(card=CARD))["max_tokens"] == 8000
    assert body_of(a_call(card=CARD, params={"max_tokens": "64"}))["max_tokens"] == 64


def test_calls_of_tools_and_their_results_become_blocks_of_two_turns() -> None:
    body = body_of(a_call(*ASKED_TOOLS, tools=(WEATHER,)))
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    assert body["messages"][1]["content"] == [
        {"type": "text", "text": "Looking."},
        {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Paris"}},
        {"type": "tool_use", "id": "c2", "name": "weather", "input": {}},
    ]
    assert body["messages"][2]["content"] == [
        {"type": "tool_result", "tool_use_id": "c1", "content": "rain"},
        {"type": "tool_result", "tool_use_id": "c2", "content": '{"sun": true}'},
        {"type": "text", "text": "Well?"},
    ]
    assert body["tools"] == [
        {"name": "weather", "description": WEATHER.description, "input_schema": WEATHER.parameters}
    ]
    assert body["tool_choice"] == {"type": "auto"}


def test_ids_and_arguments_that_the_api_would_refuse_are_made_fit() -> None:
    odd = "call|1 äö" * 20
    history = (
        Message("user", "?"),
        Message("assistant", "", tool_calls=(ToolCall(odd, "weather", "{broken"),)),
        Message("tool", "", tool_call_id=odd),
    )
    _, called, result = body_of(a_call(*history))["messages"]
    assert called["content"][0]["id"] == result["content"][0]["tool_use_id"]
    assert called["content"][0]["id"].replace("_", "").isalnum()
    assert called["content"][0]["input"] == {"unreadable_json": "{broken"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice("auto"), {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice("none"), {"type": "none"}),
        (ToolChoice("required"), {"type": "any", "disable_parallel_tool_use": True}),
        (ToolChoice("named", "weather"), {"type": "tool", "name": "weather", "disable_parallel_tool_use": True}),
    ],
)
def test_tool_choices_have_their_words(choice: ToolChoice, expected: dict[str, Any]) -> None:
    body = body_of(a_call(tools=(WEATHER,), tool_choice=choice, parallel_tool_calls=False))
    assert body["tool_choice"] == expected


def test_images_go_before_the_text_as_data_or_by_their_address() -> None:
    body = body_of(a_call(Message("user", "What is it?", images=(PIXEL, "https://pictures.test/a.png"))))
    assert body["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
        {"type": "image", "source": {"type": "url", "url": "https://pictures.test/a.png"}},
        {"type": "text", "text": "What is it?"},
    ]


@pytest.mark.parametrize(
    "image", ["ftp://a", "data:text/plain;base64,aa", "data:image/png,aa", "data:image/png;base64,%"]
)
def test_what_is_no_image_is_refused_before_it_is_sent(image: str) -> None:
    with pytest.raises(ModelRefused) as caught:
        asked(a_call(Message("user", "?", images=(image,))))
    assert caught.value.cause == "bad_request"


def test_images_are_refused_where_the_model_sees_none() -> None:
    with pytest.raises(ModelRefused, match="does not see images"):
        asked(a_call(Message("user", "?", images=(PIXEL,)), profile=Profile()))


def test_a_schema_is_sent_as_one_with_every_object_closed() -> None:
    body = body_of(a_call(json_schema=SCHEMA))
    assert body["output_config"]["format"] == {
        "type": "json_schema",
        "schema": {**SCHEMA, "additionalProperties": False},
    }
    assert "tools" not in body


def test_a_schema_becomes_a_forced_tool_where_the_model_knows_no_schemas() -> None:
    request = asked(a_call(json_schema=SCHEMA, profile=Profile()))
    body = orjson.loads(request.body)
    assert request.answer_tool is not None
    assert body["tools"][0]["input_schema"] == SCHEMA
    assert body["tool_choice"] == {"type": "tool", "name": "answer", "disable_parallel_tool_use": True}


def test_beside_other_tools_the_answer_is_one_of_them() -> None:
    body = body_of(a_call(json_schema=SCHEMA, profile=Profile(), tools=(WEATHER,)))
    assert [tool["name"] for tool in body["tools"]] == ["weather", "answer"]
    assert body["tool_choice"] == {"type": "any"}


def test_a_schema_is_asked_for_in_words_where_there_are_no_tools_either() -> None:
    body = body_of(a_call(json_schema=SCHEMA, profile=Profile(tools=False)))
    assert "JSON schema" in body["system"]
    assert "tools" not in body


def test_thinking_gets_its_room_and_silences_what_it_excludes() -> None:
    params = {"thinking": True, "thinking_budget": 2000, "max_tokens": 500, "temperature": 0.3, "top_k": 5, "stop": "X"}
    body = body_of(a_call(params=params))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert body["max_tokens"] == 2500
    assert body["stop_sequences"] == ["X"]
    assert not {"temperature", "top_k"} & body.keys()
    assert body_of(a_call(params={"thinking": "adaptive", "reasoning_effort": "low"}))["output_config"] == {
        "effort": "low"
    }


def test_a_model_that_knows_no_budget_thinks_as_long_as_it_likes() -> None:
    profile = Profile(unsupported=("thinking_budget",))
    for params in ({"thinking": True}, {"thinking_budget": 2000}, {"thinking": "adaptive"}):
        body = body_of(a_call(params=params, profile=profile))
        assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert "thinking" not in body_of(a_call(params={"thinking": "off", "thinking_budget": 9}, profile=profile))


def test_a_forced_tool_goes_before_thinking() -> None:
    params = {"thinking": True, "temperature": 0.5}
    body = body_of(a_call(params=params, tools=(WEATHER,), tool_choice=ToolChoice("required")))
    assert "thinking" not in body
    assert body["temperature"] == 0.5


def test_a_model_that_cannot_be_made_to_call_a_tool_is_asked_to_in_words() -> None:
    profile = Profile(unsupported=("tool_choice",))
    call = a_call(tools=(WEATHER,), tool_choice=ToolChoice("named", "weather"), json_schema=SCHEMA, profile=profile)
    body = body_of(call)
    assert [tool["name"] for tool in body["tools"]] == ["weather"]
    assert body["tool_choice"] == {"type": "auto"}
    assert "Call the tool weather" in body["system"]
    assert "JSON schema" in body["system"]


def test_only_what_the_assistant_is_to_go_on_with_loses_its_last_space() -> None:
    body = body_of(
        a_call(Message("user", "?"), Message("assistant", "a "), Message("user", "!"), Message("assistant", "b "))
    )
    assert [message["content"][0]["text"] for message in body["messages"]] == ["?", "a ", "!", "b"]


def test_params_that_the_provider_refuses_are_left_out() -> None:
    profile = Profile(unsupported=("temperature",))
    assert "temperature" not in body_of(a_call(params={"temperature": 1}, profile=profile))


@pytest.mark.parametrize("value", ["warm", [1], float("nan"), "inf"])
def test_a_param_that_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ModelRefused, match="temperature"):
        asked(a_call(params={"temperature": value}))


def test_a_request_in_which_nothing_is_said_is_refused() -> None:
    with pytest.raises(ModelRefused, match="no message"):
        asked(a_call(Message("system", "Be brief."), Message("user", "  ")))


def test_a_schema_is_closed_as_far_as_that_changes_nothing() -> None:
    schema = {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 1, "description": "A number."},
            "list": {"type": "array", "items": {"$ref": "#/$defs/one"}, "minItems": 1, "maxItems": 3},
            "either": {"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        },
        "$defs": {"one": {"type": "object", "properties": {"a": {"const": 1}}}},
    }
    closed = closed_schema(schema)
    assert closed is not None
    assert closed["additionalProperties"] is False
    assert closed["$defs"]["one"]["additionalProperties"] is False
    assert closed["properties"]["n"]["description"] == 'A number. {"minimum":1}'
    assert "minimum" not in closed["properties"]["n"]
    assert closed["properties"]["list"]["minItems"] == 1
    assert closed["properties"]["either"]["anyOf"][0] == {"type": "string", "format": "date"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "string"}}}},
        {"type": "object", "properties": {"a": {"type": "null"}}, "additionalProperties": True},
    ],
)
def test_a_schema_that_allows_what_a_closed_one_cannot_goes_by_the_tool(schema: dict[str, Any]) -> None:
    assert closed_schema(schema) is None
    assert asked(a_call(json_schema=schema)).answer_tool is not None
