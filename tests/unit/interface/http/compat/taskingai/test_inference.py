"""TaskingAI's inference calls, as they go over the wire."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from loomwork.interface.http.compat.taskingai.model_ids import given_ids, model_id_of
from loomwork.model_gateway.api import (
    BudgetExceeded,
    Finished,
    ModelFailure,
    ModelInfo,
    ModelNotFound,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
    TooManyCalls,
)
from tests.unit.interface.http.conftest import BASE
from tests.unit.interface.http.world import USAGE, World

pytestmark = pytest.mark.anyio

ECHO = model_id_of("debug/echo")
ASKED: dict[str, Any] = {
    "model_id": ECHO,
    "messages": [{"role": "user", "content": "Hi"}],
    "configs": None,
    "functions": None,
    "function_call": None,
    "stream": False,
}
PLUS: dict[str, Any] = {
    "name": "plus",
    "description": "Adds.",
    "parameters": {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]},
}
CALL = ToolCall("P3lf1", "plus", '{"a": 1}')


@pytest.fixture
async def program(build: Callable[..., FastAPI], world: World) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    transport = httpx.ASGITransport(build())
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/taskingai/v1", headers=headers) as client:
        yield client


def events(body: str) -> list[Any]:
    data = [line.removeprefix("data: ") for line in body.split("\n") if line.startswith("data: ")]
    return [item if item == "[DONE]" else json.loads(item) for item in data]


async def test_a_completion_comes_in_their_envelope(program: httpx.AsyncClient, world: World) -> None:
    configs = {"temperature": 0.5, "max_tokens": 9, "stop": ["x"], "top_k": 3, "response_format": "json_object"}
    answer = (await program.post("/inference/chat_completion", json=ASKED | {"configs": configs})).json()
    assert answer["status"] == "success"
    data = answer["data"]
    assert (data["object"], data["finish_reason"]) == ("ChatCompletion", "stop")
    assert data["message"] == {"role": "assistant", "content": "Hello there.", "function_calls": None}
    assert data["usage"] == {"input_tokens": 11, "output_tokens": 2}
    asked = world.models.asked[0]
    assert (asked.model, asked.json_schema) == ("debug/echo", {"type": "object"})
    assert asked.params == {"temperature": 0.5, "max_tokens": 9, "stop": ["x"], "top_k": 3}


async def test_functions_are_called_and_their_results_come_back(program: httpx.AsyncClient, world: World) -> None:
    world.models.says = (ToolCallDelta(0, "P3lf1", "plus", '{"a": 1}'), Finished("tool_calls", USAGE, (CALL,)))
    wanted = {"functions": [PLUS], "function_call": "plus"}
    data = (await program.post("/inference/chat_completion", json=ASKED | wanted)).json()["data"]
    assert data["finish_reason"] == "function_calls"
    calls = [{"id": "P3lf1", "name": "plus", "arguments": {"a": 1}}]
    assert data["message"] == {"role": "assistant", "content": None, "function_calls": calls}
    assert world.models.asked[0].tool_choice == ToolChoice("named", "plus")
    result = {"role": "function", "id": "P3lf1", "content": "2"}
    body = ASKED | {"messages": [*ASKED["messages"], data["message"], result]}
    assert (await program.post("/inference/chat_completion", json=body)).status_code == 200
    said = world.models.asked[1].messages
    assert json.loads(said[1].tool_calls[0].arguments) == {"a": 1}
    assert (said[2].role, said[2].tool_call_id, said[2].text) == ("tool", "P3lf1", "2")


async def test_a_stream_says_pieces_then_all_of_it(program: httpx.AsyncClient, world: World) -> None:
    answer = await program.post("/inference/chat_completion", json=ASKED | {"stream": True})
    *chunks, whole, done = events(answer.text)
    assert [(chunk["object"], chunk["index"], chunk["delta"]) for chunk in chunks] == [
        ("ChatCompletionChunk", 0, "Hello"),
        ("ChatCompletionChunk", 1, " there."),
    ]
    assert (whole["object"], whole["message"]["content"], done) == ("ChatCompletion", "Hello there.", "[DONE]")
    world.models.says = (ToolCallDelta(0, "P3lf1", "plus", '{"a": 1}'), Finished("tool_calls", USAGE))
    [whole, _] = events((await program.post("/inference/chat_completion", json=ASKED | {"stream": True})).text)
    assert whole["message"]["function_calls"][0]["arguments"] == {"a": 1}


@pytest.mark.parametrize(("said", "status"), [
    ((ModelFailure("No.", cause="outage"),), 400),
    ((TextDelta("Hel"), ModelFailure("No.", cause="outage")), 200),
    ((TextDelta("Hel"),), 200),
    ((Finished("tool_calls", USAGE, (ToolCall("c", "plus", "[1"),)),), 200),
])  # fmt: skip
async def test_errors_of_streams_are_events_that_old_and_new_clients_see(
    program: httpx.AsyncClient, world: World, said: Any, status: int
) -> None:
    world.models.says = said
    answer = await program.post("/inference/chat_completion", json=ASKED | {"stream": True})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/event-stream")
    *_, error, done = events(answer.text)
    assert (error["object"], error["code"], done) == ("Error", "PROVIDER_ERROR", "[DONE]")
    assert error["error"]["message"] == error["message"]


@pytest.mark.parametrize(("error", "status", "code"), [
    (ModelNotFound("No."), 404, "OBJECT_NOT_FOUND"),
    (TooManyCalls("No.", retry_after=2), 429, "TOO_MANY_REQUESTS"),
    (BudgetExceeded("No."), 429, "RESOURCE_LIMIT_REACHED"),
    (ModelFailure("No.", cause="policy"), 400, "INVALID_REQUEST"),
    (ModelFailure("No.", cause="timeout"), 400, "PROVIDER_ERROR"),
    (RuntimeError("the secret is sk-123"), 500, "INTERNAL_SERVER_ERROR"),
])  # fmt: skip
async def test_errors_have_their_codes(
    program: httpx.AsyncClient, world: World, error: Exception, status: int, code: str
) -> None:
    world.models.fails_with = error
    answer = await program.post("/inference/chat_completion", json=ASKED)
    assert (answer.status_code, answer.json()["status"]) == (status, "error")
    assert answer.json()["error"]["code"] == code
    assert "sk-123" not in answer.text


@pytest.mark.parametrize(("changed", "place"), [
    ({"messages": []}, "messages: "),
    ({"messages": [{"role": "robot"}]}, "messages/0/role: "),
    ({"configs": {"max_tokens": 0}}, "configs/max_tokens: "),
    ({"function_call": "nothing"}, "`tool_choice` asks for a tool"),
])  # fmt: skip
async def test_what_cannot_be_asked_is_a_422_with_its_place(
    program: httpx.AsyncClient, changed: dict[str, Any], place: str
) -> None:
    answer = await program.post("/inference/chat_completion", json=ASKED | changed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "REQUEST_VALIDATION_ERROR")
    assert answer.json()["error"]["message"].startswith(place)


async def test_texts_become_vectors_and_documents_get_an_order(program: httpx.AsyncClient, world: World) -> None:
    asked = {"model_id": "x/e", "input": ["one", "three"], "input_type": "query"}
    answer = (await program.post("/inference/text_embedding", json=asked)).json()
    assert [item["embedding"][0] for item in answer["data"]] == [3.0, 5.0]
    assert answer["usage"] == {"input_tokens": 7}
    assert world.models.asked[0].kind == "query"
    asked_order = {"model_id": "x/r", "query": "q", "documents": ["a", "ccc", "bb"], "top_n": 2}
    answer = (await program.post("/inference/rerank", json=asked_order)).json()
    assert [(item["index"], item["document"]["text"]) for item in answer["data"]["results"]] == [(1, "ccc"), (2, "bb")]
    assert answer["usage"] == {"input_tokens": 5, "output_tokens": 0}


async def test_models_are_listed_with_ids_that_go_on_to_mean_what_they_meant(
    program: httpx.AsyncClient, world: World
) -> None:
    world.models.infos += [ModelInfo("x/e", "x", "E", "embedding", dimensions=3), ModelInfo("x/i", "x", "I", "image")]
    first = (await program.get("/models?limit=1")).json()
    assert (first["fetched_count"], first["has_more"]) == (1, True)
    [echo] = first["data"]
    assert (echo["model_id"], echo["model_schema_id"], echo["type"]) == (ECHO, "debug/echo", "chat_completion")
    [embedder] = (await program.get(f"/models?after={ECHO}")).json()["data"]
    assert embedder["properties"]["embedding_size"] == 3
    assert (await program.get(f"/models/{ECHO}")).json()["data"] == echo
    assert (await program.post("/inference/chat_completion", json=ASKED)).status_code == 200
    assert list(world.aliases.meanings.values()) == ["debug/echo"]
    world.models.infos = world.models.infos[1:]
    await program.post("/inference/chat_completion", json=ASKED)
    assert world.models.asked[-1].model == "debug/echo"
    for model_id, noun in (("Tp000000", "model"), ("X5lM" + "0" * 20, "assistant"), ("nothing", "model")):
        answer = await program.post("/inference/chat_completion", json=ASKED | {"model_id": model_id})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "OBJECT_NOT_FOUND")
        assert f"no {noun}" in answer.json()["error"]["message"]


def test_two_models_never_have_the_same_id() -> None:
    names = [f"p/{number}" for number in range(300)]
    ids = given_ids(names, {})
    assert len(set(ids.values())) == len(names)
    assert all(len(each) == 8 and each.startswith("Tp") for each in ids.values())
    taken = given_ids(["a/b"], {"gone/model": model_id_of("a/b")})
    assert taken == {"a/b": model_id_of("a/b", 1)}


async def test_an_app_answers_here_too(program: httpx.AsyncClient, world: World) -> None:
    app = world.apps.add(world.home, mode="advanced-chat")
    answer = await program.post("/inference/chat_completion", json=ASKED | {"model_id": f"app:{app.id}"})
    assert answer.json()["data"]["message"]["content"] == "Hello, world"


async def test_their_openai_face_answers_as_openai_does(program: httpx.AsyncClient, world: World) -> None:
    asked = {"model": ECHO, "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5, "stream": True}
    answer = await program.post("/chat/completions", json=asked)
    assert events(answer.text)[-1] == "[DONE]"
    assert world.models.asked[0].model == "debug/echo"
    assert world.models.asked[0].params == {"temperature": 0.5}
    made = await program.post("/embeddings", json={"model": ECHO, "input": "x"})
    assert made.json()["object"] == "list"
    refused = await program.post("/chat/completions", json={"model": "Tp000000", "messages": asked["messages"]})
    assert (refused.status_code, refused.json()["error"]["type"]) == (404, "invalid_request_error")


async def test_strangers_and_unknown_addresses_are_answered_in_their_shape(
    client: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    answer = await client.post("/taskingai/v1/inference/chat_completion", json=ASKED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "APIKEY_VALIDATION_FAILED")
    assert (await program.get("/nothing")).json()["error"]["code"] == "OBJECT_NOT_FOUND"
    assert (await program.get("/inference/rerank")).status_code == 405
    large = await program.post("/inference/chat_completion", json=ASKED | {"x": "A" * 11_000_000})
    assert (large.status_code, large.json()["error"]["code"]) == (413, "RESOURCE_LIMIT_REACHED")
