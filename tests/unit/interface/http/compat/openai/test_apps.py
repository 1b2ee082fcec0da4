"""Published apps as models."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from loomwork.apps.api import App, FormField
from loomwork.interface.http.compat.openai.app_runs import AnswerReplaced, SpokenText, with_message
from tests.unit.interface.http.world import World

pytestmark = pytest.mark.anyio

TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "One?"},
    {"role": "user", "content": "Two?"},
    {"role": "assistant", "content": "Both."},
    {"role": "user", "content": "Three?"},
]


@pytest.fixture
def chat_app(world: World) -> App:
    return world.apps.add(world.home, mode="advanced-chat")


def asking(app: App, **more: Any) -> dict[str, Any]:
    return {"model": f"app:{app.id}", "messages": TALK, **more}


async def test_an_app_answers_the_last_message_and_knows_those_before(
    program: httpx.AsyncClient, world: World, chat_app: App
) -> None:
    answer = await program.post("/chat/completions", json=asking(chat_app, user="ann", inputs={"tone": "calm"}))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    [run] = world.apps.runs.values()
    assert body["id"] == f"chatcmpl-{run.id}"
    assert answer.headers["x-loomwork-run-id"] == run.id
    assert answer.headers["x-loomwork-conversation-id"] == run.conversation_id
    assert body["choices"][0]["message"]["content"] == "Hello, world"
    assert body["model"] == f"app:{chat_app.id}"
    assert body["usage"]["total_tokens"] == 6
    [request] = world.apps.requests
    assert (request.query, request.history) == ("Three?", (("One?\nTwo?", "Both."),))
    assert (request.published, request.end_user, request.inputs) == (True, "ann", {"tone": "calm"})


async def test_a_conversation_that_is_kept_here_goes_on(
    program: httpx.AsyncClient, world: World, chat_app: App
) -> None:
    first = await program.post("/chat/completions", json=asking(chat_app))
    talk = first.headers["x-loomwork-conversation-id"]
    again = await program.post("/chat/completions", json=asking(chat_app, metadata={"conversation_id": talk, "a": "b"}))
    assert again.headers["x-loomwork-conversation-id"] == talk
    request = world.apps.requests[-1]
    assert (request.conversation_id, request.history, request.inputs) == (talk, (), {"a": "b"})


async def test_an_app_streams_what_it_says(program: httpx.AsyncClient, world: World, chat_app: App) -> None:
    body = asking(chat_app, stream=True, stream_options={"include_usage": True})
    answer = await program.post("/chat/completions", json=body)
    [run] = world.apps.runs.values()
    assert answer.headers["x-loomwork-run-id"] == run.id
    data = [line.removeprefix("data: ") for line in answer.text.split("\n") if line.startswith("data: {")]
    chunks = [json.loads(item) for item in data]
    said = [chunk["choices"][0]["delta"].get("content") for chunk in chunks if chunk["choices"]]
    assert said == ["", "Hello", ", ", "world", None]
    assert chunks[-1]["usage"]["total_tokens"] == 6
    assert {chunk["id"] for chunk in chunks} == {f"chatcmpl-{run.id}"}


async def test_a_workflow_takes_the_message_as_what_its_form_lacks(program: httpx.AsyncClient, world: World) -> None:
    workflow = world.apps.add(world.home, mode="workflow")
    answer = await program.post("/chat/completions", json=asking(workflow))
    assert answer.json()["choices"][0]["message"]["content"] == "Hello, world"
    await program.post("/chat/completions", json=asking(workflow, inputs={"text": "given"}))
    assert [(request.query, request.inputs) for request in world.apps.requests] == [
        (None, {"text": "Three?"}),
        (None, {"text": "given"}),
    ]


def test_the_message_goes_into_the_first_required_text_that_is_empty() -> None:
    form = [
        FormField("size", "Size", "number", True),
        FormField("extra", "Extra", "paragraph", False),
        FormField("text", "Text", "text-input", True),
    ]
    assert with_message(form, {}, "Hi") == {"text": "Hi"}
    assert with_message(form, {"text": "x"}, "Hi") == {"text": "x", "extra": "Hi"}
    assert with_message(form[:1], {}, "Hi") == {}


async def test_images_of_the_last_message_are_the_files_of_the_run(
    program: httpx.AsyncClient, world: World, chat_app: App
) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}]
    await program.post("/chat/completions", json=asking(chat_app) | {"messages": messages})
    [request] = world.apps.requests
    [file] = request.files
    assert (request.query, file["url"]) == ("What is it?", "https://example.org/a.png")


@pytest.mark.parametrize("stream", [False, True])
async def test_an_app_that_fails_says_why_and_is_not_run_again_by_itself(
    program: httpx.AsyncClient, world: World, chat_app: App, stream: bool
) -> None:
    world.apps.fails_with = {"code": "model_unavailable", "message": "The model is away."}
    answer = await program.post("/chat/completions", json=asking(chat_app, stream=stream))
    if stream:
        error = json.loads(answer.text.split("data: ")[-1])["error"]
    else:
        assert (answer.status_code, answer.headers["x-should-retry"]) == (500, "false")
        error = answer.json()["error"]
    assert (error["code"], error["message"]) == ("run_failed", "The model is away.")


async def test_an_app_that_waits_for_a_person_says_so(program: httpx.AsyncClient, world: World, chat_app: App) -> None:
    world.apps.asks_first = True
    answer = await program.post("/chat/completions", json=asking(chat_app))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "run_paused")
    assert answer.headers["x-should-retry"] == "false"
    [run] = world.apps.runs.values()
    assert run.status == "paused"
    world.apps.answered.set()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_run_ends_when_the_client_that_asked_has_gone(served: str, world: World, stream: bool) -> None:
    app = world.apps.add(world.home, mode="advanced-chat")
    world.apps.gate.clear()
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        call = asyncio.create_task(client.post("/openai/v1/chat/completions", json=asking(app, stream=stream)))
        run = await asyncio.wait_for(world.apps.started.get(), 10)
        await asyncio.wait_for(world.apps.somebody_reads.wait(), 10)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    await asyncio.wait_for(world.apps.wait_for_run(world.home, run.id), 10)
    assert world.apps.runs[world.home.workspace_id, run.id].status == "stopped"


async def test_the_same_idempotency_key_starts_one_run(program: httpx.AsyncClient, world: World, chat_app: App) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = [await program.post("/chat/completions", json=asking(chat_app), headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(world.apps.runs) == 1
    other = await program.post("/chat/completions", json=asking(chat_app, user="bob"), headers=headers)
    assert other.status_code == 409


@pytest.mark.parametrize(("changed", "param"), [
    ({"tools": [{"type": "function", "function": {"name": "x"}}]}, "tools"),
    ({"response_format": {"type": "json_object"}}, "response_format"),
    ({"n": 2}, "n"),
    ({"messages": TALK[:-1]}, "messages.3.role"),
    ({"inputs": {"bad": 1}}, "bad"),
])  # fmt: skip
async def test_what_an_app_cannot_be_asked_is_refused(
    program: httpx.AsyncClient, chat_app: App, changed: dict[str, Any], param: str
) -> None:
    answer = await program.post("/chat/completions", json=asking(chat_app) | changed)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_apps_that_are_not_there_or_not_published_are_unknown_models(
    program: httpx.AsyncClient, world: World, chat_app: App
) -> None:
    draft = world.apps.add(world.home, mode="advanced-chat", published=False)
    away = world.apps.add(world.away, mode="advanced-chat")
    for app in (draft, away):
        answer = await program.post("/chat/completions", json=asking(app))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    answer = await program.post("/embeddings", json={"model": f"app:{chat_app.id}", "input": "x"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "model")


def chunk(seq: int, text: str, node: str = "llm") -> Mapping[str, Any]:
    return {"seq": seq, "node_id": node, "frame": [], "data": {"text": text, "from": [node, "text"]}}


AGAIN = {"node_id": "llm", "frame": [], "data": {"discard_from": 1}}


def test_what_a_node_repeats_after_a_crash_is_not_sent_twice() -> None:
    spoken = SpokenText(live=True)
    assert spoken.add(chunk(1, "Once upon")) == "Once upon"
    spoken.take_back(AGAIN)
    assert [spoken.add(chunk(2, "Once ")), spoken.add(chunk(3, "upon a time"))] == ["", " a time"]
    assert spoken.end("Once upon a time.") == "."


@pytest.mark.parametrize("told", ["at once", "at the end", "too short"])
def test_what_a_node_says_otherwise_after_a_crash_cannot_be_told(told: str) -> None:
    spoken = SpokenText(live=True)
    spoken.add(chunk(1, "Once upon"))
    spoken.take_back(AGAIN)
    with pytest.raises(AnswerReplaced):
        spoken.add(chunk(2, "Twice")) if told == "at once" else spoken.end("Twice" if told == "at the end" else "Once")
