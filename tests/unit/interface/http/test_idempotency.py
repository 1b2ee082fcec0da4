"""A request that is sent twice with one `Idempotency-Key` makes one thing."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from .world import World

pytestmark = pytest.mark.anyio

KEY = {"Idempotency-Key": "order-66"}


async def test_the_same_request_again_gets_the_same_answer_and_makes_nothing(
    api: httpx.AsyncClient, world: World
) -> None:
    first = await api.post("/api/v1/apps", json={"starter": "summarise"}, headers=KEY)
    again = await api.post("/api/v1/apps", json={"starter": "summarise"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(world.apps.apps) == 1


async def test_another_body_with_the_same_key_is_a_conflict(api: httpx.AsyncClient) -> None:
    await api.post("/api/v1/apps", json={"starter": "summarise"}, headers=KEY)
    answer = await api.post("/api/v1/apps", json={"document": "app: {}"}, headers=KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_conflict")


async def test_a_request_whose_first_is_in_progress_is_a_conflict(
    api: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()
    add_starter = world.apps.add_starter

    async def slowly(scope: object, starter_id: str) -> object:
        entered.set()
        await leave.wait()
        return await add_starter(world.home, starter_id)

    monkeypatch.setattr(world.apps, "add_starter", slowly)
    first = asyncio.create_task(api.post("/api/v1/apps", json={"starter": "summarise"}, headers=KEY))
    async with asyncio.timeout(60):
        await entered.wait()
    answer = await api.post("/api/v1/apps", json={"starter": "summarise"}, headers=KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_conflict")
    leave.set()
    assert (await first).status_code == 201


async def test_a_refused_request_may_be_mended_under_the_same_key(api: httpx.AsyncClient) -> None:
    assert (await api.post("/api/v1/apps", json={"document": "refuse"}, headers=KEY)).status_code == 422
    assert (await api.post("/api/v1/apps", json={"document": "app: {}"}, headers=KEY)).status_code == 201


async def test_two_callers_may_choose_the_same_key(api: httpx.AsyncClient, world: World) -> None:
    other = {"Authorization": f"Bearer {await world.workspace_key()}"}
    await api.post("/api/v1/apps", json={"starter": "summarise"}, headers=KEY)
    answer = await api.post("/api/v1/apps", json={"document": "app: {}"}, headers=KEY | other)
    assert answer.status_code == 201


async def test_a_run_starts_once(api: httpx.AsyncClient, world: World) -> None:
    body = {"app_id": world.apps.add(world.home).id}
    runs = [(await api.post("/api/v1/runs", json=body, headers=KEY)).json()["id"] for _ in range(3)]
    assert len(set(runs)) == 1
    assert len(world.apps.runs) == 1


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_without_measure_is_refused(api: httpx.AsyncClient, key: str) -> None:
    answer = await api.post("/api/v1/apps", json={"starter": "summarise"}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "Idempotency-Key")


async def test_a_new_secret_is_told_again_but_never_stored(api: httpx.AsyncClient, world: World) -> None:
    first = await api.post("/api/v1/keys", headers=KEY)
    again = await api.post("/api/v1/keys", headers=KEY)
    assert again.json() == first.json()
    stored = [answer.body for _, answer in world.idempotency.answers.values() if answer]
    assert stored
    assert first.json()["secret"].encode() not in b"".join(stored)


async def test_a_secret_that_only_an_earlier_process_knew_is_not_made_anew(
    build: Callable[..., FastAPI], world: World
) -> None:
    headers = KEY | {"Authorization": f"Bearer {await world.workspace_key()}"}
    answers = []
    for _process in range(2):
        transport = httpx.ASGITransport(build())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
            answers.append(await client.post("/api/v1/keys"))
    assert answers[1].status_code == 409
    assert answers[1].json()["error"]["details"]["key_id"] == answers[0].json()["id"]
    assert len(world.gatekeeper.keys) == 2
