"""Runs over `/api/v1`: started, looked up, followed over a real socket, stopped."""

import asyncio
import json
import random
from typing import Any

import httpx
import pytest

from loomwork.kernel.errors import NotFound
from tests.unit.interface.http.world import World

pytestmark = pytest.mark.anyio


def events_in(text: str) -> list[tuple[int, dict[str, Any]]]:
    """Id and data of each complete event of a stream."""
    found = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((int(fields["id"]), json.loads(fields["data"])))
    return found


async def test_a_run_is_started_and_looked_up(console: httpx.AsyncClient, world: World) -> None:
    app = world.apps.add(world.home)
    answer = await console.post("/api/v1/runs", json={"app_id": app.id, "inputs": {"text": "hi"}})
    assert answer.status_code == 202
    started = answer.json()
    assert (started["status"], started["source"], started["version"]) == ("queued", "console", None)
    await world.apps.wait_for_run(world.home, started["id"])
    run = (await console.get(f"/api/v1/runs/{started['id']}")).json()
    assert run == started | {
        "status": "succeeded",
        "outputs": {"answer": "Hello, world"},
        "answer": "Hello, world",
        "nodes": {
            "llm": {
                "status": "succeeded",
                "outputs": {"text": "Hello, world"},
                "error": None,
                "elapsed_ms": 12.0,
                "runs": 1,
            }
        },
        "usage": {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6},
        "started_at": "2026-11-22T12:00:00Z",
        "finished_at": "2026-11-22T12:00:02Z",
        "elapsed_ms": 1234.0,
    }
    assert [item["id"] for item in (await console.get("/api/v1/runs", params={"app_id": app.id})).json()["data"]] == [
        run["id"]
    ]
    assert (await console.get("/api/v1/runs", params={"app_id": "other"})).json()["data"] == []


async def test_a_key_runs_the_published_version_when_asked(api: httpx.AsyncClient, world: World) -> None:
    app = world.apps.add(world.home)
    run = (await api.post("/api/v1/runs", json={"app_id": app.id, "published": True})).json()
    assert (run["version"], run["source"]) == (1, "api")
    draft = world.apps.add(world.home, published=False)
    answer = await api.post("/api/v1/runs", json={"app_id": draft.id, "published": True})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_published")


async def test_an_input_that_cannot_be_used_is_named(api: httpx.AsyncClient, world: World) -> None:
    body = {"app_id": world.apps.add(world.home).id, "inputs": {"bad": 1}}
    answer = await api.post("/api/v1/runs", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_input"
    assert answer.json()["error"]["details"]["field"] == "bad"


async def test_numbers_beyond_64_bits_come_back(api: httpx.AsyncClient, world: World) -> None:
    app = world.apps.add(world.home)
    body = {"app_id": app.id, "inputs": {"big": 2**63, "deep": [{"x": None}]}}
    run = (await api.post("/api/v1/runs", json=body)).json()
    assert run["inputs"] == {"big": 2**63, "deep": [{"x": None}]}


async def test_a_run_shows_the_graph_that_it_ran(api: httpx.AsyncClient, world: World) -> None:
    run = (await api.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()
    graph = (await api.get(f"/api/v1/runs/{run['id']}/graph")).json()
    assert [node["id"] for node in graph["nodes"]] == ["start"]
    assert graph["edges"][0]["target"] == "llm"


async def test_a_run_is_stopped(api: httpx.AsyncClient, world: World) -> None:
    world.apps.gate.clear()
    run = (await api.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()
    assert (await api.post(f"/api/v1/runs/{run['id']}/stop")).status_code == 204
    assert (await api.get(f"/api/v1/runs/{run['id']}")).json()["status"] == "stopped"
    assert (await api.post("/api/v1/runs/none/stop")).status_code == 404


async def test_events_of_an_unknown_run_are_not_found_before_a_stream_begins(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/v1/runs/none/events")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(("address", "header"), [
    ("?after=-1", {}),
    ("?after=x", {}),
    ("", {"Last-Event-ID": "x"}),
    ("", {"Last-Event-ID": "9" * 99}),
])  # fmt: skip
async def test_a_place_to_resume_at_must_be_a_seq(
    api: httpx.AsyncClient, world: World, address: str, header: dict[str, str]
) -> None:
    run = (await api.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()
    answer = await api.get(f"/api/v1/runs/{run['id']}/events{address}", headers=header)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")


async def test_a_stream_is_live_beats_while_nothing_happens_and_ends_with_the_run(served: str, world: World) -> None:
    world.apps.gate.clear()
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        run = (await client.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()
        text = ""
        async with client.stream("GET", f"/api/v1/runs/{run['id']}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-store"
            async for piece in stream.aiter_text():
                text += piece
                if text.count(": ping\n\n") >= 2:
                    world.apps.gate.set()
    assert [data for _, data in events_in(text)] == world.apps.logs[run["id"]].events
    assert [seq for seq, _ in events_in(text)] == list(range(1, len(events_in(text)) + 1))
    assert events_in(text)[-1][1]["type"] == "run_succeeded"


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("way", ["header", "query"])
async def test_a_stream_that_is_cut_anywhere_resumes_without_loss_or_repetition(
    served: str, world: World, seed: int, way: str
) -> None:
    chance = random.Random(seed)
    world.apps.words = [f"word {number} " for number in range(60)]
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    transcript: list[tuple[int, dict[str, Any]]] = []
    cuts = 0
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        run = (await client.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()
        while not transcript or transcript[-1][1]["type"] != "run_succeeded":
            last = transcript[-1][0] if transcript else 0
            got = await _read_some(client, run["id"], last, way, chance.randrange(1, 3000))
            cuts += not got or got[-1][1]["type"] != "run_succeeded"
            transcript += got
    assert cuts >= 1
    assert [data for _, data in transcript] == world.apps.logs[run["id"]].events
    assert [seq for seq, _ in transcript] == list(range(1, len(transcript) + 1))


async def _read_some(
    client: httpx.AsyncClient, run_id: str, last: int, way: str, most: int
) -> list[tuple[int, dict[str, Any]]]:
    """Read at most so many bytes after the last event seen, then drop the connection."""
    headers = {"Last-Event-ID": str(last)} if way == "header" and last else {}
    params = {"after": last} if way == "query" else {}
    text = b""
    async with client.stream("GET", f"/api/v1/runs/{run_id}/events", headers=headers, params=params) as stream:
        async for piece in stream.aiter_bytes(64):
            text += piece
            if len(text) >= most:
                break
    return events_in(text[:most].decode(errors="ignore"))


async def test_a_reader_that_goes_away_leaves_nothing_behind_and_does_not_stop_the_run(
    served: str, world: World
) -> None:
    world.apps.gate.clear()
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        run = (await client.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()
        async with client.stream("GET", f"/api/v1/runs/{run['id']}/events") as stream:
            await anext(stream.aiter_text())
        async with asyncio.timeout(60):
            await world.apps.nobody_reads.wait()
        world.apps.gate.set()
        await world.apps.wait_for_run(world.home, run["id"])
        assert (await client.get(f"/api/v1/runs/{run['id']}")).json()["status"] == "succeeded"


async def test_a_stream_that_breaks_says_so_without_its_secrets(served: str, world: World) -> None:
    world.apps.breaks_after = 1
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        run = (await client.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()
        answer = await client.get(f"/api/v1/runs/{run['id']}/events")
    assert answer.text.rpartition("event: error\n")[2].startswith('data: {"error":{"code":"internal_error"')
    assert "sk-123" not in answer.text


async def test_a_stream_that_ends_for_a_known_reason_says_it(served: str, world: World) -> None:
    world.apps.breaks_after, world.apps.breaks_with = 1, NotFound("The run is gone.")
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        run = (await client.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()
        answer = await client.get(f"/api/v1/runs/{run['id']}/events")
    error = json.loads(answer.text.rpartition("event: error\ndata: ")[2])["error"]
    assert error == {"code": "not_found", "message": "The run is gone.", "details": {}}
