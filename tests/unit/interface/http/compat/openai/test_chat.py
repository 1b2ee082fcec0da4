"""Chat completions, as they go over the wire."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from loomwork.model_gateway.api import (
    Finished,
    ModelUnavailable,
    ReasoningDelta,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
    Usage,
)
from tests.unit.interface.http.world import USAGE, World

pytestmark = pytest.mark.anyio

ASKED: dict[str, Any] = {"model": "debug/echo", "messages": [{"role": "user", "content": "Hi"}]}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
CALLS = (ToolCall("c1", "weather", '{"city": "Rome"}'), ToolCall("c2", "weather", '{"city": "Oslo"}'))
CALLING = (
    ToolCallDelta(0, "c1", "weather", '{"city"'),
    ToolCallDelta(0, arguments=': "Rome"}'),
    ToolCallDelta(1, "c2", "weather", '{"city": "Oslo"}'),
    Finished("tool_calls", USAGE, CALLS),
)


def frames(body: str) -> list[Any]:
    """The data of each event; `[DONE]` as it is."""
    data = [line.removeprefix("data: ") for line in body.split("\n") if line.startswith("data: ")]
    return [item if item == "[DONE]" else json.loads(item) for item in data]


async def refused(program: httpx.AsyncClient, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = await program.post("/chat/completions", json=body)
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert set(error) == {"message", "type", "param", "code"}
    return error


async def test_an_answer_comes_whole_with_what_it_used(program: httpx.AsyncClient, world: World) -> None:
    answer = await program.post("/chat/completions", json=ASKED)
    assert answer.status_code == 200
    assert answer.headers["x-request-id"].startswith("req_")
    body = answer.json()
    assert body["object"] == "chat.completion"
    assert body["id"].startswith("chatcmpl-")
    [choice] = body["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"] == "Hello there."
    assert body["usage"]["total_tokens"] == 13
    assert body["usage"]["prompt_tokens_details"]["cached_tokens"] == 3
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 1
    [asked] = world.models.asked
    assert (asked.model, asked.messages[0].text, asked.params) == ("debug/echo", "Hi", {})


async def test_a_call_is_counted_for_the_key_and_the_user(program: httpx.AsyncClient, world: World) -> None:
    await program.post("/chat/completions", json=ASKED | {"user": "ann"})
    [(_, key)] = world.gatekeeper.keys.values()
    spender = world.models.asked[0].spender
    assert (spender.key_id, spender.app_id, spender.end_user) == (key.id, None, "ann")


async def test_a_stream_says_the_same_in_chunks(program: httpx.AsyncClient, world: World) -> None:
    world.models.says = (ReasoningDelta("Hm."), TextDelta("Hello"), TextDelta(""), Finished("length", USAGE))
    body = ASKED | {"stream": True, "stream_options": {"include_usage": True}}
    answer = await program.post("/chat/completions", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    *chunks, done = frames(answer.text)
    assert done == "[DONE]"
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:-1]]
    assert deltas == [
        {"role": "assistant", "content": "", "refusal": None},
        {"reasoning_content": "Hm."},
        {"content": "Hello"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None, None, None, "length"]
    assert [chunk["usage"] for chunk in chunks[:-1]] == [None] * 4
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["total_tokens"]) == ([], 13)


async def test_a_stream_without_the_wish_says_nothing_of_usage(program: httpx.AsyncClient) -> None:
    *chunks, _ = frames((await program.post("/chat/completions", json=ASKED | {"stream": True})).text)
    assert not any("usage" in chunk for chunk in chunks)
    assert all(chunk["choices"] for chunk in chunks)


async def test_tools_and_their_calls_go_both_ways(program: httpx.AsyncClient, world: World) -> None:
    world.models.says = CALLING
    wanted = {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "weather"}}}
    answer = (await program.post("/chat/completions", json=ASKED | wanted)).json()
    [choice] = answer["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert [call["id"] for call in choice["message"]["tool_calls"]] == ["c1", "c2"]
    asked = world.models.asked[0]
    assert asked.tools == (Tool("weather", "", {"type": "object", "properties": {}}),)
    assert asked.tool_choice == ToolChoice("named", "weather")
    assert asked.parallel_tool_calls

    world.models.says = (TextDelta("Sun."), Finished("stop", Usage()))
    results = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in CALLS]
    messages = [*ASKED["messages"], choice["message"], *results]
    answer = (await program.post("/chat/completions", json=ASKED | {"messages": messages})).json()
    assert answer["usage"] is None
    said = world.models.asked[1].messages
    assert said[1].tool_calls == CALLS
    assert [(message.role, message.text, message.tool_call_id) for message in said[2:]] == [
        ("tool", "sunny", "c1"),
        ("tool", "sunny", "c2"),
    ]


@pytest.mark.parametrize("repeats", [True, False], ids=["pieces and whole", "whole only"])
async def test_streamed_tool_calls_carry_their_place(program: httpx.AsyncClient, world: World, repeats: bool) -> None:
    world.models.says = CALLING if repeats else CALLING[-1:]
    *chunks, _ = frames((await program.post("/chat/completions", json=ASKED | {"stream": True})).text)
    put_together: dict[int, list[str]] = {}
    for chunk in chunks:
        for piece in chunk["choices"][0]["delta"].get("tool_calls", ()):
            put_together.setdefault(piece["index"], []).append(piece["function"]["arguments"])
    assert {index: "".join(pieces) for index, pieces in put_together.items()} == {
        0: '{"city": "Rome"}',
        1: '{"city": "Oslo"}',
    }
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_the_older_functions_are_answered_the_older_way(program: httpx.AsyncClient, world: World) -> None:
    world.models.says = (Finished("tool_calls", USAGE, CALLS[:1]),)
    called = {"name": "weather", "arguments": "{}"}
    messages = [
        *ASKED["messages"],
        {"role": "assistant", "content": None, "function_call": called},
        {"role": "function", "name": "weather", "content": "sunny"},
    ]
    body = {"model": "m", "messages": messages, "functions": [WEATHER["function"]], "function_call": "auto"}
    [choice] = (await program.post("/chat/completions", json=body)).json()["choices"]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "weather", "arguments": '{"city": "Rome"}'}
    asked = world.models.asked[0]
    assert not asked.parallel_tool_calls
    assert asked.messages[1].tool_calls[0].id == asked.messages[2].tool_call_id
    *chunks, _ = frames((await program.post("/chat/completions", json=body | {"stream": True})).text)
    assert chunks[1]["choices"][0]["delta"]["function_call"]["name"] == "weather"
    assert chunks[-1]["choices"][0]["finish_reason"] == "function_call"


async def test_params_and_schemas_reach_the_model(program: httpx.AsyncClient, world: World) -> None:
    wanted = {
        "temperature": 0.5,
        "stop": ["a", "b"],
        "seed": 7,
        "max_tokens": 5,
        "max_completion_tokens": 9,
        "reasoning_effort": "low",
        "top_p": None,
        "store": True,
        "something_else": 1,
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {"a": 1}}},
    }
    assert (await program.post("/chat/completions", json=ASKED | wanted)).status_code == 200
    assert (
        await program.post("/chat/completions", json=ASKED | {"response_format": {"type": "json_object"}})
    ).status_code == 200
    constrained, any_object = world.models.asked
    expected = {"temperature": 0.5, "stop": ["a", "b"], "seed": 7, "max_tokens": 9, "reasoning_effort": "low"}
    assert constrained.params == expected
    assert constrained.json_schema == {"a": 1}
    assert any_object.json_schema == {"type": "object"}


async def test_parts_of_a_message_become_text_and_images(program: httpx.AsyncClient, world: World) -> None:
    parts = [
        {"type": "text", "text": "What"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        {"type": "text", "text": "is it?"},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}},
    ]
    messages = [
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": parts},
    ]
    assert (await program.post("/chat/completions", json=ASKED | {"messages": messages})).status_code == 200
    system, user = world.models.asked[0].messages
    assert (system.role, system.text) == ("system", "Be brief.")
    assert (user.text, list(user.images)) == (
        "What\nis it?",
        ["data:image/png;base64,AA==", "https://example.org/a.png"],
    )


async def test_what_a_provider_wants_back_unread_goes_out_and_comes_back(
    program: httpx.AsyncClient, world: World
) -> None:
    world.models.says = (TextDelta("Yes."), Finished("stop", USAGE, carried={"signed": "abc"}))
    message = (await program.post("/chat/completions", json=ASKED)).json()["choices"][0]["message"]
    *_, last, _ = frames((await program.post("/chat/completions", json=ASKED | {"stream": True})).text)
    assert last["choices"][0]["delta"] == {"carried": {"signed": "abc"}}
    await program.post("/chat/completions", json=ASKED | {"messages": [*ASKED["messages"], message]})
    assert world.models.asked[-1].messages[-1].carried == {"signed": "abc"}


@pytest.mark.parametrize(("changed", "param"), [
    ({"n": 2}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"top_logprobs": 2}, "top_logprobs"),
    ({"modalities": ["text", "audio"]}, "modalities"),
    ({"audio": {"voice": "x"}}, "modalities"),
    ({"web_search_options": {}}, "web_search_options"),
    ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools.0.type"),
    ({"tools": [WEATHER], "tool_choice": {"type": "allowed_tools"}}, "tool_choice.type"),
    ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages.0.content.0.type"),
])  # fmt: skip
async def test_what_is_not_done_here_is_refused_and_not_passed_over(
    program: httpx.AsyncClient, world: World, changed: dict[str, Any], param: str
) -> None:
    error = await refused(program, ASKED | changed)
    assert (error["code"], error["param"]) == ("unsupported_parameter", param)
    assert world.models.asked == []


@pytest.mark.parametrize(("changed", "param"), [
    ({"messages": []}, "messages"),
    ({"messages": "Hi"}, "messages"),
    ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages.0.role"),
    ({"messages": [{"role": "user"}]}, "messages.0.content"),
    ({"messages": [{"role": "assistant"}]}, "messages.0.content"),
    ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "no"}]}, "messages.0.tool_call_id"),
    ({"messages": [{"role": "function", "content": "x", "name": "no"}]}, "messages.0"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}]},
     "messages.0.content.0.image_url"),
    ({"model": ""}, "model"),
    ({"model": 7}, "model"),
    ({"temperature": "hot"}, "temperature"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"stream": "perhaps"}, "stream"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
    ({"tools": [WEATHER, WEATHER]}, "tools"),
    ({"tools": [{"type": "function"}]}, "tools.0.function"),
    ({"tools": [WEATHER], "functions": [WEATHER["function"]]}, "functions"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
])  # fmt: skip
async def test_what_cannot_be_asked_is_refused_with_its_place(
    program: httpx.AsyncClient, world: World, changed: dict[str, Any], param: str
) -> None:
    error = await refused(program, ASKED | changed)
    assert (error["code"], error["param"]) == ("invalid_value", param)
    assert error["message"]
    assert world.models.asked == []


async def test_an_error_in_the_middle_of_a_stream_is_told_in_it(program: httpx.AsyncClient, world: World) -> None:
    world.models.says = (TextDelta("Hel"), ModelUnavailable("The line is cut.", cause="outage"))
    *_, text, last = frames((await program.post("/chat/completions", json=ASKED | {"stream": True})).text)
    assert text["choices"][0]["delta"] == {"content": "Hel"}
    assert last["error"] == {
        "message": "The line is cut.",
        "type": "server_error",
        "param": None,
        "code": "model_unavailable",
    }


async def test_an_unexpected_error_in_a_stream_tells_a_reference_only(
    program: httpx.AsyncClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.models.says = (TextDelta("Hel"), RuntimeError("the secret is sk-123"))
    answer = await program.post("/chat/completions", json=ASKED | {"stream": True})
    assert frames(answer.text)[-1]["error"]["code"] == "internal_error"
    assert "sk-123" not in answer.text
    assert "sk-123" in caplog.text


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_never_ends_properly_is_an_error(
    program: httpx.AsyncClient, world: World, stream: bool
) -> None:
    world.models.says = (TextDelta("Hel"),)
    answer = await program.post("/chat/completions", json=ASKED | {"stream": stream})
    error = frames(answer.text)[-1]["error"] if stream else answer.json()["error"]
    assert error["code"] == "bad_answer"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_hangs_up_ends_the_call(served: str, world: World, stream: bool) -> None:
    world.models.held.clear()
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        body = ASKED | {"stream": stream}
        call = asyncio.create_task(_hear(client, body))
        await asyncio.wait_for(world.models.heard.wait(), 10)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    await asyncio.wait_for(world.models.closed.wait(), 10)


async def _hear(client: httpx.AsyncClient, body: Mapping[str, Any]) -> None:
    async with client.stream("POST", "/openai/v1/chat/completions", json=body) as response:
        await response.aread()


async def test_a_slow_stream_has_heartbeats_that_are_no_data(served: str, world: World) -> None:
    world.models.held.clear()
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    lines: list[str] = []
    async with (
        httpx.AsyncClient(base_url=served, headers=headers) as client,
        client.stream("POST", "/openai/v1/chat/completions", json=ASKED | {"stream": True}) as response,
    ):
        async for line in response.aiter_lines():
            lines.append(line)
            if line == ": still here":
                world.models.held.set()
    assert ": still here" in lines
    assert lines[-2:] == ["data: [DONE]", ""]


async def test_a_model_is_told_whether_anybody_looks_at_the_pieces(program: httpx.AsyncClient, world: World) -> None:
    await program.post("/chat/completions", json=ASKED)
    await program.post("/chat/completions", json=ASKED | {"stream": True})
    assert [asked.whole for asked in world.models.asked] == [True, False]
