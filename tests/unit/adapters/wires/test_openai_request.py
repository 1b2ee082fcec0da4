import json
from typing import Any

import pytest

from loomwork.adapters.wires.openai_request import LONGEST_ID, request_body
from loomwork.model_gateway.domain.chat import Message, ToolCall, ToolChoice
from loomwork.model_gateway.domain.provider import Profile
from tests.unit.adapters.wires.calls import ASKED_TOOLS, PIXEL, SCHEMA, WEATHER, a_call

STRICT = {**SCHEMA, "additionalProperties": False}


def sent(*messages: Message, profile: Profile | None = None, **more: Any) -> dict[str, Any]:
    body = json.loads(request_body(a_call(*messages, profile=profile, **more)))
    assert isinstance(body, dict)
    return body


def test_tools_are_offered_as_functions() -> None:
    body = sent(tools=(WEATHER,))
    described = {"name": "weather", "description": "The weather of a city.", "parameters": WEATHER.parameters}
    assert body["tools"] == [{"type": "function", "function": described}]
    assert "tool_choice" not in body
    assert "parallel_tool_calls" not in body


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice("none"), "none"),
        (ToolChoice("required"), "required"),
        (ToolChoice("named", "weather"), {"type": "function", "function": {"name": "weather"}}),
    ],
)
def test_which_tool_is_to_be_asked_for_is_said(choice: ToolChoice, expected: Any) -> None:
    assert sent(tools=(WEATHER,), tool_choice=choice)["tool_choice"] == expected
    assert "tool_choice" not in sent(tool_choice=choice)


def test_one_tool_at_a_time_is_asked_for_where_that_is_understood() -> None:
    assert sent(tools=(WEATHER,), parallel_tool_calls=False)["parallel_tool_calls"] is False
    profile = Profile(parallel_tools=False)
    assert "parallel_tool_calls" not in sent(tools=(WEATHER,), parallel_tool_calls=False, profile=profile)


def test_calls_and_their_results_go_back_as_they_came() -> None:
    said, rain, sun = sent(*ASKED_TOOLS, tools=(WEATHER,))["messages"][2:5]
    assert said == {
        "role": "assistant",
        "content": "Looking.",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}},
            {"id": "c2", "type": "function", "function": {"name": "weather", "arguments": "{}"}},
        ],
    }
    assert rain == {"role": "tool", "tool_call_id": "c1", "content": "rain"}
    assert sun == {"role": "tool", "tool_call_id": "c2", "content": '{"sun": true}'}


def test_an_id_that_is_too_long_is_the_same_other_one_in_call_and_result() -> None:
    long = "c" * (LONGEST_ID + 1)
    called = Message("assistant", "", tool_calls=(ToolCall(long, "weather", '{"broken'),))
    said, result = sent(called, Message("tool", "rain", tool_call_id=long))["messages"]
    assert said["content"] is None
    assert said["tool_calls"][0]["id"] == result["tool_call_id"] != long
    assert json.loads(said["tool_calls"][0]["function"]["arguments"]) == {"unreadable_json": '{"broken'}


def test_thoughts_go_back_with_the_calls_of_the_provider_that_had_them() -> None:
    carried = {"wire": "openai_chat", "provider": "acme", "reasoning_content": "hm"}
    calls = (ToolCall("c", "weather", "{}"),)
    own = Message("assistant", "", tool_calls=calls, carried=carried)
    others = Message("assistant", "", tool_calls=calls, carried={**carried, "provider": "other"})
    first, second = sent(own, others)["messages"]
    assert first["reasoning_content"] == "hm"
    assert "reasoning_content" not in second


@pytest.mark.parametrize("role", ["system", "developer", "user"])
def test_instructions_are_sent_under_the_role_that_the_profile_names(role: Any) -> None:
    body = sent(profile=Profile(system_role=role), json_schema=SCHEMA)
    assert [message["role"] for message in body["messages"]] == [role, role, "user"]


def test_a_schema_is_strict_where_it_can_be_kept_strictly() -> None:
    assert sent(json_schema=STRICT)["response_format"]["json_schema"] == {
        "name": "answer",
        "schema": STRICT,
        "strict": True,
    }
    assert "strict" not in sent(json_schema=SCHEMA)["response_format"]["json_schema"]


def test_some_object_is_asked_for_with_the_schema_in_words() -> None:
    body = sent(profile=Profile(structured_output="json_object"), json_schema=SCHEMA)
    assert body["response_format"] == {"type": "json_object"}
    assert "JSON" in body["messages"][0]["content"]


def test_params_that_a_provider_refuses_are_left_out_and_the_model_never() -> None:
    profile = Profile(unsupported=("temperature", "stop", "stream_options", "model"))
    body = sent(profile=profile, params={"temperature": 1, "stop": "END", "top_p": "0.5"})
    assert set(body) == {"model", "messages", "stream", "top_p"}


def test_params_that_only_this_provider_knows_are_sent_as_what_they_say() -> None:
    names = ("enable_thinking", "top_k", "penalty", "kwargs", "mode", "huge", "unset", "messages", "temperature")
    given = {
        "enable_thinking": "False",
        "top_k": "20",
        "penalty": "1.10",
        "kwargs": {"thinking": True},
        "mode": "deep",
        "huge": "1e999",
        "unset": "",
        "messages": "mine",
        "temperature": "0.5",
        "unknown": 1,
    }
    body = sent(params=given, profile=Profile(extra_params=names))
    own = {name: body[name] for name in body if name not in ("model", "stream", "stream_options", "messages")}
    assert own == {
        "enable_thinking": False,
        "top_k": 20,
        "penalty": 1.1,
        "kwargs": {"thinking": True},
        "mode": "deep",
        "huge": "1e999",
        "temperature": 0.5,
    }
    assert isinstance(body["messages"], list)


def test_params_of_reasoning_models_and_biases_are_sent() -> None:
    params = {"reasoning_effort": "Low", "verbosity": "high", "logit_bias": {"50256": -100}, "max_tokens": "9.0"}
    body = sent(params=params, profile=Profile(max_tokens_field="max_completion_tokens"))
    assert (body["reasoning_effort"], body["verbosity"], body["logit_bias"]) == ("low", "high", {"50256": -100})
    assert body["max_completion_tokens"] == 9


def test_images_keep_their_type() -> None:
    body = sent(Message("user", "What?", images=(PIXEL, "https://example.com/a.png")))
    urls = [part["image_url"]["url"] for part in body["messages"][0]["content"][1:]]
    assert urls == [PIXEL, "https://example.com/a.png"]
