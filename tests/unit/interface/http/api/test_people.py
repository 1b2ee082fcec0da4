"""Runs over `/api/v1` that rest, ask, are answered, and are run again."""

from typing import Any

import httpx
import pytest

from tests.unit.interface.http.world import NOON, World

pytestmark = pytest.mark.anyio


async def going(api: httpx.AsyncClient, world: World) -> str:
    """A run that does not end by itself."""
    world.apps.gate.clear()
    run: str = (await api.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()["id"]
    return run


async def test_a_run_is_paused_and_resumed(api: httpx.AsyncClient, world: World) -> None:
    run = await going(api, world)
    paused = await api.post(f"/api/v1/runs/{run}/pause")
    assert (paused.status_code, paused.json()["id"], paused.json()["status"]) == (200, run, "paused")
    assert (await api.post(f"/api/v1/runs/{run}/resume")).json()["status"] == "running"
    await api.post(f"/api/v1/runs/{run}/stop")
    for verb in ("pause", "resume"):
        answer = await api.post(f"/api/v1/runs/{run}/{verb}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
        assert (await api.post(f"/api/v1/runs/none/{verb}")).status_code == 404


async def test_a_run_shows_what_it_asks_and_takes_the_answer(api: httpx.AsyncClient, world: World) -> None:
    run = await going(api, world)
    world.apps.ask(world.apps.runs[world.home.workspace_id, run], frame=(("it", 2),))
    shown = (await api.get(f"/api/v1/runs/{run}")).json()
    [question] = shown["questions"]
    assert question == {
        "node_id": "h",
        "title": "Review",
        "frame": [["it", 2]],
        "form": {"content": "Fine?", "fields": [{"name": "note", "type": "paragraph", "default": ""}]},
        "actions": [{"id": "yes", "title": "Yes", "style": "primary"}],
        "expires_at": NOON.timestamp(),
    }
    assert (shown["origin_id"], shown["origin_node_id"], shown["parent_id"]) == (None, None, None)
    body = {"node_id": "h", "frame": [["it", 2]], "action": "yes", "values": {"note": "good"}}
    answered = await api.post(f"/api/v1/runs/{run}/answers", json=body)
    assert (answered.status_code, answered.json()["id"], answered.json()["questions"]) == (200, run, [])
    [given] = world.apps.answers
    assert (given.node_id, given.frame, given.action, given.values) == ("h", (("it", 2),), "yes", {"note": "good"})
    again = await api.post(f"/api/v1/runs/{run}/answers", json=body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")


async def test_the_same_answer_sent_again_under_its_key_is_the_same_answer(
    api: httpx.AsyncClient, world: World
) -> None:
    run = await going(api, world)
    world.apps.ask(world.apps.runs[world.home.workspace_id, run])
    body, headers = {"node_id": "h", "action": "yes"}, {"Idempotency-Key": "one"}
    first = await api.post(f"/api/v1/runs/{run}/answers", json=body, headers=headers)
    again = await api.post(f"/api/v1/runs/{run}/answers", json=body, headers=headers)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert len(world.apps.answers) == 1


@pytest.mark.parametrize(("body", "field"), [
    ({"node_id": "h", "action": "no"}, "action"),
    ({"node_id": "h"}, "action"),
    ({"node_id": "h", "action": "yes", "frame": [["it"]]}, "frame.0.1"),
    ({"node_id": "h", "action": "yes", "values": 3}, "values"),
    ({"node_id": "h", "action": "yes", "value": {}}, "value"),
])  # fmt: skip
async def test_an_answer_that_cannot_be_used_is_refused_with_its_field(
    api: httpx.AsyncClient, world: World, body: dict[str, Any], field: str
) -> None:
    run = await going(api, world)
    world.apps.ask(world.apps.runs[world.home.workspace_id, run])
    answer = await api.post(f"/api/v1/runs/{run}/answers", json=body)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, field)


async def test_a_run_is_run_again_once_per_key(console: httpx.AsyncClient, world: World) -> None:
    run = (await console.post("/api/v1/runs", json={"app_id": world.apps.add(world.home).id})).json()["id"]
    body = {"node_id": "llm", "inputs": {"text": "b"}, "outputs": {"start": {"text": "c"}}}
    headers = {"Idempotency-Key": "again"}
    first = await console.post(f"/api/v1/runs/{run}/replay", json=body, headers=headers)
    assert first.status_code == 202
    new = first.json()
    assert (new["origin_id"], new["origin_node_id"], new["source"]) == (run, "llm", "console")
    assert (await console.post(f"/api/v1/runs/{run}/replay", json=body, headers=headers)).json() == new
    [request] = world.apps.replays
    assert (request.node_id, request.inputs, request.outputs) == ("llm", {"text": "b"}, {"start": {"text": "c"}})
    assert (await console.post(f"/api/v1/runs/{run}/replay", json={})).status_code == 202
    assert (await console.post("/api/v1/runs/none/replay", json={})).status_code == 404


async def test_the_description_names_what_runs_can_be_asked(api: httpx.AsyncClient) -> None:
    document = (await api.get("/api/v1/openapi.json")).json()
    for verb in ("pause", "resume", "answers", "replay"):
        assert "post" in document["paths"][f"/api/v1/runs/{{run_id}}/{verb}"]
    assert "questions" in document["components"]["schemas"]["RunShape"]["properties"]
