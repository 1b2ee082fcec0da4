"""Limits of requests, as clients of each surface meet them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert

from loomwork.adapters.storage.sql import Storage, open_storage
from loomwork.adapters.storage.sql.tables import workspaces
from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions
from loomwork.kernel.clock import SystemClock
from loomwork.tenancy.application import StoredLimits
from tests.unit.interface.http.world import World


@pytest.fixture
async def storage(tmp_path: Path, world: World) -> AsyncIterator[Storage]:
    opened = await open_storage(f"sqlite:///{tmp_path}/loomwork.db")
    made = SystemClock().now()
    row = {"id": world.home.workspace_id, "slug": "home", "name": "Home", "created_at": made}
    await opened.database.change(insert(workspaces).values(row))
    yield opened
    await opened.close()


@pytest.fixture
async def client(world: World, storage: Storage) -> AsyncIterator[httpx.AsyncClient]:
    """A script with a workspace key."""
    services = replace(world.services, limits=StoredLimits(storage.limits, SystemClock()))
    transport = httpx.ASGITransport(create_http_app(services, HttpOptions()))
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers) as client:
        yield client


async def limit(client: httpx.AsyncClient, **given: object) -> httpx.Response:
    return await client.post("/api/v1/limits", json=given)


async def test_where_nothing_is_limited_nothing_is_said_of_limits(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/apps")
    assert not [name for name in answer.headers if "ratelimit" in name]


async def test_a_client_is_told_how_much_is_left_and_refused_when_nothing_is(client: httpx.AsyncClient) -> None:
    assert (await limit(client, measure="requests", most=3)).status_code == 201
    answers = [await client.get("/api/v1/apps") for _ in range(3)]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0"]
    assert answers[0].headers["ratelimit-policy"] == '"requests";q=3;w=60'
    assert answers[0].headers["ratelimit"].startswith('"requests";r=2;t=')
    refused = await client.get("/api/v1/apps")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 20


@pytest.mark.parametrize("path", ["/openai/v1/models", "/taskingai/v1/models"])
async def test_other_surfaces_refuse_in_their_own_shape(client: httpx.AsyncClient, path: str) -> None:
    await limit(client, measure="requests", most=1)
    assert (await client.get(path)).status_code == 200
    refused = await client.get(path)
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    assert "times a minute" in refused.text


async def test_difys_surface_refuses_in_its_own_shape(client: httpx.AsyncClient, world: World) -> None:
    await limit(client, measure="requests", subject="app", subject_id="*", most=1)
    headers = {"Authorization": f"Bearer {await world.app_key(world.apps.add(world.home))}"}
    assert (await client.get("/v1/info", headers=headers)).status_code == 200
    refused = await client.get("/v1/info", headers=headers)
    assert (refused.status_code, refused.json()["status"]) == (429, 429)


async def test_whoever_is_not_let_in_takes_nothing_from_the_limit(client: httpx.AsyncClient) -> None:
    await limit(client, measure="requests", most=2)
    for _ in range(5):
        assert (await client.get("/api/v1/apps", headers={"Authorization": "Bearer lw-no"})).status_code == 401
    assert (await client.get("/api/v1/apps")).headers["x-ratelimit-remaining"] == "1"


async def test_limits_are_set_listed_replaced_and_removed(client: httpx.AsyncClient) -> None:
    made = (await limit(client, measure="runs", subject="app", subject_id="*", most=2)).json()
    assert (made["most"], made["used"]) == (2, None)
    body = {"measure": "storage", "most": 10_000}
    replaced = (await client.put(f"/api/v1/limits/{made['id']}", json=body)).json()
    assert (replaced["id"], replaced["measure"], replaced["used"]) == (made["id"], "storage", 0)
    assert (await client.get("/api/v1/limits")).json()["data"] == [replaced]
    assert (await client.put("/api/v1/limits/none", json=body)).status_code == 404
    assert (await client.delete(f"/api/v1/limits/{made['id']}")).status_code == 204
    assert (await client.delete(f"/api/v1/limits/{made['id']}")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"measure": "requests"},
        {"measure": "requests", "most": 0},
        {"measure": "requests", "most": 2**70},
        {"measure": "wishes", "most": 1},
        {"measure": "requests", "most": 1, "subject": "app"},
        {"measure": "storage", "most": 1, "subject": "workspace", "subject_id": "*"},
    ],
)
async def test_a_limit_that_cannot_be_meant_is_refused_in_words(
    client: httpx.AsyncClient, body: dict[str, object]
) -> None:
    answer = await client.post("/api/v1/limits", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")
