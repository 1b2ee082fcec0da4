"""`/v1` as a client of Dify's meets it."""

import asyncio
import dataclasses
import json
import random
from typing import Any

import httpx
import pytest

from loomwork.apps.api import App
from loomwork.kernel.errors import NotFound
from tests.unit.interface.http.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def workflow(world: World) -> App:
    return world.apps.add(world.home, mode="workflow", name="A workflow")


@pytest.fixture
def chat(world: World) -> App:
    return world.apps.add(world.home, mode="advanced-chat", name="A chat")


async def bearer(world: World, app: App) -> dict[str, str]:
    return {"Authorization": f"Bearer {await world.app_key(app)}"}


def frames_in(text: str) -> list[tuple[int | None, dict[str, Any]]]:
    """Id (None where the frame has none) and data of each complete frame; pings left out."""
    found = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "data" in fields:
            found.append((int(fields["id"]) if "id" in fields else None, json.loads(fields["data"])))
    return found


async def test_a_workflow_is_run_and_waited_for(client: httpx.AsyncClient, world: World, workflow: App) -> None:
    body = {"inputs": {"text": "hi"}, "user": "ann", "response_mode": "blocking"}
    answer = await client.post("/v1/workflows/run", json=body, headers=await bearer(world, workflow))
    assert answer.status_code == 200
    result = answer.json()
    run_id = result["workflow_run_id"]
    assert result == {
        "task_id": run_id,
        "workflow_run_id": run_id,
        "data": {
            "id": run_id,
            "workflow_id": result["data"]["workflow_id"],
            "status": "succeeded",
            "outputs": {"answer": "Hello, world"},
            "error": None,
            "elapsed_time": 1.234,
            "total_tokens": 6,
            "total_steps": 1,
            "created_at": 1795348800,
            "finished_at": 1795348802,
        },
    }
    request = world.apps.requests[0]
    assert (request.published, request.end_user, request.source) == (True, "ann", "dify")
    detail = (await client.get(f"/v1/workflows/run/{run_id}", headers=await bearer(world, workflow))).json()
    assert detail == result["data"] | {"inputs": {"text": "hi"}}


async def test_a_workflow_that_fails_answers_with_its_status(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    world.apps.fails_with = {"code": "model_refused", "message": "The model said no."}
    body = {"inputs": {}, "user": "ann"}
    answer = await client.post("/v1/workflows/run", json=body, headers=await bearer(world, workflow))
    assert answer.status_code == 200
    assert (answer.json()["data"]["status"], answer.json()["data"]["error"]) == ("failed", "The model said no.")


async def test_a_workflow_streams_its_frames(served: str, world: World, workflow: App) -> None:
    body = {"inputs": {}, "user": "ann", "response_mode": "streaming"}
    async with httpx.AsyncClient(base_url=served, headers=await bearer(world, workflow)) as client:
        answer = await client.post("/v1/workflows/run", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    frames = frames_in(answer.text)
    assert [frame["event"] for _, frame in frames] == [
        "workflow_started", "node_started", "node_finished", "node_started", "text_chunk", "text_chunk", "text_chunk",
        "node_finished", "workflow_finished",
    ]  # fmt: skip
    assert [seq for seq, _ in frames] == list(range(1, 10))
    assert {frame["task_id"] for _, frame in frames} == {frames[0][1]["workflow_run_id"]}
    assert frames[-1][1]["data"]["outputs"] == {"answer": "Hello, world"}


async def test_a_chat_streams_deltas_and_its_last_frame_alone_carries_the_last_seq(
    served: str, world: World, chat: App
) -> None:
    body = {"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "streaming"}
    async with httpx.AsyncClient(base_url=served, headers=await bearer(world, chat)) as client:
        answer = await client.post("/v1/chat-messages", json=body)
    frames = frames_in(answer.text)
    said = [frame for _, frame in frames if frame["event"] == "message"]
    assert "".join(frame["answer"] for frame in said) == "Hello, world"
    assert [(seq, frame["event"]) for seq, frame in frames[-2:]] == [(None, "message_end"), (9, "workflow_finished")]
    assert len({(frame["conversation_id"], frame["message_id"], frame["created_at"]) for _, frame in frames}) == 1


async def test_a_stream_pings_while_nothing_happens(served: str, world: World, workflow: App) -> None:
    world.apps.gate.clear()
    body = {"inputs": {}, "user": "ann", "response_mode": "streaming"}
    text = ""
    async with (
        httpx.AsyncClient(base_url=served, headers=await bearer(world, workflow)) as client,
        client.stream("POST", "/v1/workflows/run", json=body) as stream,
    ):
        async for piece in stream.aiter_text():
            text += piece
            if text.count("\n\nevent: ping\n\n") >= 2:
                world.apps.gate.set()
    assert frames_in(text)[-1][1]["event"] == "workflow_finished"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("mode", ["workflow", "advanced-chat"])
async def test_a_stream_that_is_cut_anywhere_resumes_as_if_it_had_not_been(
    served: str, world: World, seed: int, mode: str
) -> None:
    chance = random.Random(seed)
    world.apps.words = [f"word {number} " for number in range(40)]
    app = world.apps.add(world.home, mode=mode)
    body = {"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "streaming"}
    path = "/v1/workflows/run" if mode == "workflow" else "/v1/chat-messages"
    async with httpx.AsyncClient(base_url=served, headers=await bearer(world, app)) as client:
        whole = frames_in((await client.post(path, json=body)).text)
        run_id = whole[0][1]["task_id"]
        transcript: list[tuple[int | None, dict[str, Any]]] = []
        while not transcript or transcript[-1][0] != whole[-1][0]:
            got = await _read_some(client, run_id, transcript[-1][0] if transcript else 0, chance.randrange(1, 9000))
            transcript += got
    assert transcript == whole


async def _read_some(
    client: httpx.AsyncClient, run_id: str, last: int | None, most: int
) -> list[tuple[int | None, dict[str, Any]]]:
    """Read so many bytes and drop the connection. A frame without id is to be forgotten: its event comes again."""
    address, headers = f"/v1/workflow/{run_id}/events?user=ann", {"Last-Event-ID": str(last)}
    text = b""
    async with client.stream("GET", address, headers=headers) as stream:
        async for piece in stream.aiter_bytes(64):
            text += piece
            if len(text) >= most:
                break
    frames = frames_in(text[:most].decode(errors="ignore"))
    while frames and frames[-1][0] is None:
        frames.pop()
    return frames


async def test_a_client_that_hangs_up_does_not_stop_its_run(served: str, world: World, chat: App) -> None:
    world.apps.gate.clear()
    async with httpx.AsyncClient(base_url=served, headers=await bearer(world, chat)) as client:
        body = {"inputs": {}, "query": "Hi", "user": "ann"}
        async with client.stream("POST", "/v1/chat-messages", json=body | {"response_mode": "streaming"}) as stream:
            await anext(stream.aiter_text())
        await asyncio.wait_for(world.apps.started.get(), 60)
        waiting = asyncio.create_task(client.post("/v1/chat-messages", json=body))
        await asyncio.wait_for(world.apps.started.get(), 60)
        waiting.cancel()
        await asyncio.wait([waiting])
    world.apps.gate.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*world.apps.tasks)
    assert [run.status for run in world.apps.runs.values()] == ["succeeded", "succeeded"]


async def test_a_chat_goes_on_in_its_conversation(client: httpx.AsyncClient, world: World, chat: App) -> None:
    headers = await bearer(world, chat)
    body: dict[str, Any] = {"inputs": {}, "query": "Hi", "user": "ann"}
    first = (await client.post("/v1/chat-messages", json=body, headers=headers)).json()
    assert first == {
        "event": "message",
        "task_id": first["task_id"],
        "id": first["message_id"],
        "message_id": first["message_id"],
        "conversation_id": first["conversation_id"],
        "mode": "advanced-chat",
        "answer": "Hello, world",
        "metadata": {"usage": first["metadata"]["usage"], "retriever_resources": []},
        "created_at": 1795348800,
    }
    assert first["metadata"]["usage"]["total_tokens"] == 6
    body |= {"query": "More", "conversation_id": first["conversation_id"]}
    second = (await client.post("/v1/chat-messages", json=body, headers=headers)).json()
    assert second["conversation_id"] == first["conversation_id"]

    talks = (await client.get("/v1/conversations", params={"user": "ann"}, headers=headers)).json()
    assert (talks["has_more"], [talk["id"] for talk in talks["data"]]) == (False, [first["conversation_id"]])
    params = {"user": "ann", "conversation_id": first["conversation_id"]}
    messages = (await client.get("/v1/messages", params=params, headers=headers)).json()
    assert [message["query"] for message in messages["data"]] == ["Hi", "More"]
    newest = (await client.get("/v1/messages", params=params | {"limit": "1"}, headers=headers)).json()
    assert ([message["query"] for message in newest["data"]], newest["has_more"]) == (["More"], True)
    older = params | {"first_id": newest["data"][0]["id"]}
    assert [
        message["query"] for message in (await client.get("/v1/messages", params=older, headers=headers)).json()["data"]
    ] == ["Hi"]


async def test_a_chat_that_fails_while_it_is_waited_for_is_an_error(
    client: httpx.AsyncClient, world: World, chat: App
) -> None:
    world.apps.fails_with = {"code": "model_unavailable", "message": "No weights."}
    body = {"inputs": {}, "query": "Hi", "user": "ann"}
    answer = await client.post("/v1/chat-messages", json=body, headers=await bearer(world, chat))
    assert answer.status_code == 400
    assert answer.json() == {"code": "provider_not_initialize", "message": "No weights.", "status": 400}


@pytest.mark.parametrize(("path", "body", "message"), [
    ("/v1/workflows/run", {"inputs": {}}, "user"),
    ("/v1/workflows/run", {"inputs": {}, "user": ""}, "user"),
    ("/v1/workflows/run", {"user": "ann"}, "inputs"),
    ("/v1/workflows/run", {"inputs": [], "user": "ann"}, "inputs"),
    ("/v1/workflows/run", {"inputs": {}, "user": "ann", "response_mode": "loud"}, "response_mode"),
    ("/v1/workflows/run", {"inputs": {"bad": 1}, "user": "ann"}, "bad"),
    ("/v1/workflows/run", {"inputs": {}, "user": "ann", "files": ["x"]}, "files"),
    ("/v1/chat-messages", {"inputs": {}, "user": "ann"}, "query"),
    ("/v1/workflows/tasks/x/stop", {}, "user"),
])  # fmt: skip
async def test_what_is_missing_or_wrong_is_an_invalid_param(
    client: httpx.AsyncClient, world: World, workflow: App, path: str, body: dict[str, Any], message: str
) -> None:
    answer = await client.post(path, json=body, headers=await bearer(world, workflow))
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["status"]) == ("invalid_param", 400)
    assert message in answer.json()["message"]


@pytest.mark.parametrize(("mode", "published", "path", "code"), [
    ("workflow", True, "/v1/chat-messages", "not_chat_app"),
    ("advanced-chat", True, "/v1/workflows/run", "not_workflow_app"),
    ("workflow", False, "/v1/workflows/run", "app_unavailable"),
    ("agent", True, "/v1/chat-messages", "app_unavailable"),
    ("advanced-chat", True, "/v1/completion-messages", "app_unavailable"),
])  # fmt: skip
async def test_an_app_that_cannot_answer_says_so_in_difys_words(
    client: httpx.AsyncClient, world: World, mode: str, published: bool, path: str, code: str
) -> None:
    app = world.apps.add(world.home, mode=mode, published=published)
    body = {"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "streaming"}
    answer = await client.post(path, json=body, headers=await bearer(world, app))
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_certain_version_is_refused_rather_than_another_one_run(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    body = {"inputs": {}, "user": "ann", "workflow_id": "some-version"}
    answer = await client.post("/v1/workflows/run", json=body, headers=await bearer(world, workflow))
    assert (answer.status_code, answer.json()["code"]) == (400, "workflow_version_execution_not_allowed")


async def test_errors_of_the_surface_itself_have_difys_shape(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    headers = await bearer(world, workflow)
    for method, path, status, code in (
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/workflows/run", 405, "method_not_allowed"),
        ("GET", "/v1/workflows/run/none", 404, "not_found"),
    ):
        answer = await client.request(method, path, headers=headers)
        assert answer.json() == {"code": code, "message": answer.json()["message"], "status": status}
        assert answer.status_code == status
    answer = await client.post("/v1/workflows/run", content=b"x" * 2_000_001, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "request_entity_too_large")


async def test_a_run_belongs_to_its_app_and_its_user(client: httpx.AsyncClient, world: World, workflow: App) -> None:
    other = world.apps.add(world.home, mode="workflow")
    body = {"inputs": {}, "user": "ann"}
    mine, theirs = await bearer(world, workflow), await bearer(world, other)
    run_id = (await client.post("/v1/workflows/run", json=body, headers=mine)).json()["workflow_run_id"]
    for headers, user in ((theirs, "ann"), (mine, "bob")):
        assert (await client.get(f"/v1/workflow/{run_id}/events?user={user}", headers=headers)).status_code == 404
    assert (await client.get(f"/v1/workflows/run/{run_id}", headers=theirs)).status_code == 404


async def test_a_conversation_belongs_to_its_app_and_its_user(
    client: httpx.AsyncClient, world: World, chat: App
) -> None:
    other = world.apps.add(world.home, mode="advanced-chat")
    body: dict[str, Any] = {"inputs": {}, "query": "Hi", "user": "ann"}
    mine, theirs = await bearer(world, chat), await bearer(world, other)
    talk = (await client.post("/v1/chat-messages", json=body, headers=mine)).json()["conversation_id"]
    for headers, user in ((theirs, "ann"), (mine, "bob"), (mine, "ann")):
        body |= {"user": user, "conversation_id": talk if (headers, user) != (mine, "ann") else "none"}
        answer = await client.post("/v1/chat-messages", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    answer = await client.get("/v1/messages", params={"user": "bob", "conversation_id": talk}, headers=mine)
    assert answer.status_code == 404
    assert (await client.get("/v1/conversations", params={"user": "bob"}, headers=mine)).json()["data"] == []


STOPPING = [
    ("workflow", "/v1/workflows/run", "/v1/workflows/tasks/{}/stop"),
    ("advanced-chat", "/v1/chat-messages", "/v1/chat-messages/{}/stop"),
]


@pytest.mark.parametrize(("mode", "start", "stop"), STOPPING)
async def test_a_stop_route_stops_the_run(served: str, world: World, mode: str, start: str, stop: str) -> None:
    world.apps.gate.clear()
    app = world.apps.add(world.home, mode=mode)
    body = {"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "streaming"}
    text = ""
    async with (
        httpx.AsyncClient(base_url=served, headers=await bearer(world, app)) as client,
        client.stream("POST", start, json=body) as stream,
    ):
        async for piece in stream.aiter_text():
            if not text:
                run_id = frames_in(piece)[0][1]["task_id"]
                answer = await client.post(stop.format(run_id), json={"user": "ann"})
                assert answer.json() == {"result": "success"}
            text += piece
    assert frames_in(text)[-1][1]["data"]["status"] == "stopped"


@pytest.mark.parametrize(("mode", "start", "stop"), STOPPING)
async def test_a_stop_of_what_is_no_run_of_this_app_and_user_succeeds_and_stops_nothing(
    client: httpx.AsyncClient, world: World, mode: str, start: str, stop: str
) -> None:
    app, other = (world.apps.add(world.home, mode=mode) for _ in range(2))
    mine, theirs = await bearer(world, app), await bearer(world, other)
    world.apps.gate.clear()
    body = {"inputs": {}, "query": "Hi", "user": "ann"}
    waiting = asyncio.create_task(client.post(start, json=body, headers=mine))
    await asyncio.wait_for(world.apps.started.get(), 60)
    [run] = world.apps.runs.values()
    for headers, user, task_id in ((theirs, "ann", run.id), (mine, "bob", run.id), (mine, "ann", "nothing")):
        answer = await client.post(stop.format(task_id), json={"user": user}, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"result": "success"})
    world.apps.gate.set()
    async with asyncio.timeout(60):
        assert (await waiting).status_code == 200
    assert [run.status for run in world.apps.runs.values()] == ["succeeded"]


@pytest.mark.parametrize("mode", ["blocking", "streaming"])
async def test_the_same_request_again_finds_the_run_that_it_started(
    client: httpx.AsyncClient, world: World, workflow: App, mode: str
) -> None:
    headers = await bearer(world, workflow) | {"Idempotency-Key": "once"}
    body = {"inputs": {}, "user": "ann", "response_mode": mode}
    first = await client.post("/v1/workflows/run", json=body, headers=headers)
    again = await client.post("/v1/workflows/run", json=body, headers=headers)
    assert again.text == first.text
    assert again.headers["idempotency-replayed"] == "true"
    assert len(world.apps.runs) == 1
    other = await client.post("/v1/workflows/run", json=body | {"user": "bob"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


async def test_a_refused_run_gives_its_key_back(client: httpx.AsyncClient, world: World, workflow: App) -> None:
    headers = await bearer(world, workflow) | {"Idempotency-Key": "once"}
    for inputs, status in (({"bad": 1}, 400), ({}, 200)):
        answer = await client.post("/v1/workflows/run", json={"inputs": inputs, "user": "ann"}, headers=headers)
        assert answer.status_code == status


async def test_a_client_learns_what_the_app_is_and_what_its_form_asks(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    headers = await bearer(world, workflow)
    assert (await client.get("/v1/info", headers=headers)).json() == {
        "name": "A workflow", "description": "Does a thing.", "tags": [], "mode": "workflow", "author_name": "",
    }  # fmt: skip
    parameters = (await client.get("/v1/parameters", headers=headers)).json()
    assert parameters["user_input_form"] == [
        {
            "paragraph": {
                "type": "paragraph",
                "variable": "text",
                "label": "Text",
                "required": True,
                "default": "",
                "options": [],
                "max_length": 9,
                "hide": False,
            }
        }
    ]
    assert parameters["opening_statement"] == "Hi!"
    assert parameters["text_to_speech"] == {"enabled": True, "voice": "x"}
    assert parameters["speech_to_text"] == {"enabled": False}
    assert parameters["system_parameters"]["file_size_limit"] == 15
    assert (await client.get("/v1/meta", headers=headers)).json() == {"tool_icons": {}}
    assert (await client.get("/v1/site", headers=headers)).json()["title"] == "A workflow"


async def test_an_unexpected_exception_has_difys_shape(
    client: httpx.AsyncClient, world: World, workflow: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def explode(*_: object) -> App:
        raise RuntimeError("the secret is sk-123")

    monkeypatch.setattr(world.apps, "get_app", explode)
    answer = await client.get("/v1/info", headers=await bearer(world, workflow))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_server_error")
    assert "sk-123" not in answer.text


async def test_a_stream_that_breaks_ends_with_an_error_frame(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    world.apps.breaks_after = 1
    body = {"inputs": {}, "user": "ann", "response_mode": "streaming"}
    answer = await client.post("/v1/workflows/run", json=body, headers=await bearer(world, workflow))
    last = frames_in(answer.text)[-1][1]
    assert (last["event"], last["status"], last["code"]) == ("error", 500, "internal_server_error")
    assert "sk-123" not in answer.text


@pytest.mark.parametrize("status", ["queued", "running"])
async def test_a_run_whose_end_could_not_be_stored_is_no_answer(
    client: httpx.AsyncClient, world: World, workflow: App, monkeypatch: pytest.MonkeyPatch, status: Any
) -> None:
    wait = world.apps.wait_for_run

    async def wait_in_vain(scope: Any, run_id: Any, **how: Any) -> Any:
        return dataclasses.replace(await wait(scope, run_id, **how), status=status)

    monkeypatch.setattr(world.apps, "wait_for_run", wait_in_vain)
    answer = await client.post(
        "/v1/workflows/run", json={"inputs": {}, "user": "ann"}, headers=await bearer(world, workflow)
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert "cannot store" in answer.json()["message"]


async def test_a_stream_that_ends_for_a_known_reason_says_it_their_way(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    world.apps.breaks_after, world.apps.breaks_with = 1, NotFound("The run is gone.")
    body = {"inputs": {}, "user": "ann", "response_mode": "streaming"}
    answer = await client.post("/v1/workflows/run", json=body, headers=await bearer(world, workflow))
    last = frames_in(answer.text)[-1][1]
    assert (last["status"], last["code"], last["message"]) == (404, "not_found", "The run is gone.")
