"""`/api/v1/audit`, over a real trail."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from loomwork.adapters.storage.sql import Storage, open_storage
from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.tables import workspaces
from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import Origin, Scope
from loomwork.tenancy.application import StoredAuditTrail
from tests.unit.interface.http.world import World

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ACTIONS = ("app.created", "app.published", "key.created", "app.deleted")


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(f"sqlite:///{tmp_path}/loomwork.db")
    yield opened
    await opened.close()


async def fill(storage: Storage, scope: Scope) -> None:
    row = {"id": scope.workspace_id, "slug": scope.workspace_id, "name": "A workspace", "created_at": NOON}
    await storage.database.change(insert(workspaces).values(row))
    for hours, action in enumerate(ACTIONS):
        kind, at = action.split(".")[0], NOON + timedelta(hours=hours)
        await storage.database.write(
            lambda connection, action=action, kind=kind, at=at: record(  # type: ignore[misc]
                connection, scope, action, kind, f"a-{kind}", {"of": scope.workspace_id}, at=at
            )
        )


@pytest.fixture
async def client(world: World, storage: Storage) -> AsyncIterator[httpx.AsyncClient]:
    """A script with a workspace key; what is done in two workspaces is written down."""
    await fill(storage, replace(world.home, origin=Origin("console", "203.0.113.9")))
    await fill(storage, replace(world.home, workspace_id=WorkspaceId("another")))
    app = create_http_app(replace(world.services, audit=StoredAuditTrail(storage.audit)), HttpOptions())
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers) as client:
        yield client


async def found(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/api/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    return [entry["action"] for entry in answer.json()["data"]]


async def test_what_was_done_is_listed_newest_first_page_by_page(client: httpx.AsyncClient, world: World) -> None:
    first = (await client.get("/api/v1/audit", params={"limit": 3})).json()
    rest = (await client.get("/api/v1/audit", params={"after": first["next"]})).json()
    entries = [*first["data"], *rest["data"]]
    assert [entry["action"] for entry in entries] == list(reversed(ACTIONS))
    assert rest["next"] is None
    assert entries[-1]["actor"] == {"kind": "person", "id": world.home.actor.id}
    assert (entries[-1]["via"], entries[-1]["address"]) == ("console", "203.0.113.9")
    assert entries[-1]["object"] == {"kind": "app", "id": "a-app"}
    assert {entry["details"]["of"] for entry in entries} == {world.home.workspace_id}


async def test_the_list_is_narrowed_by_what_is_asked(client: httpx.AsyncClient) -> None:
    assert await found(client, action="app") == ["app.deleted", "app.published", "app.created"]
    assert await found(client, action="app.published") == ["app.published"]
    assert await found(client, object_kind="key", object_id="a-key") == ["key.created"]
    since, until = (NOON + timedelta(hours=1)).isoformat(), (NOON + timedelta(hours=3)).isoformat()
    assert await found(client, since=since, until=until) == ["key.created", "app.published"]
    assert await found(client, text="PUBLISHED") == ["app.published"]
    assert await found(client, actor_kind="key") == []


@pytest.mark.parametrize(
    "query",
    [
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
        {"since": "2026-01-01T00:00:00"},
        {"after": "nowhere"},
        {"actor_kind": "ghost"},
        {"text": "x" * 201},
    ],
)
async def test_what_cannot_be_asked_is_refused_in_words(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    for path in ("/api/v1/audit", "/api/v1/audit/export"):
        if path.endswith("export") and "after" in query:
            continue
        answer = await client.get(path, params=query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input"), answer.text


async def test_the_whole_trail_can_be_taken_out_as_lines(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/audit/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    entries = [json.loads(line) for line in answer.text.splitlines()]
    assert [entry["action"] for entry in entries] == list(ACTIONS)
    listed = (await client.get("/api/v1/audit")).json()["data"]
    assert entries == list(reversed(listed))


async def test_the_trail_is_proved_and_held_against_what_was_noted(client: httpx.AsyncClient) -> None:
    check = (await client.get("/api/v1/audit/check")).json()
    assert (check["ok"], check["checked"], check["problem"]) == (True, 4, None)
    again = (await client.get("/api/v1/audit/check", params=check["last"])).json()
    assert again["ok"] is True
    forged = (await client.get("/api/v1/audit/check", params={**check["last"], "seal": "0" * 64})).json()
    assert (forged["ok"], forged["problem"]) == (False, {"number": 4, "kind": "replaced"})
    assert (forged["checked"], forged["last"]["number"]) == (3, 3)
    cut = (await client.get("/api/v1/audit/check", params={"number": 9, "seal": "0" * 64})).json()
    assert cut["problem"] == {"number": 5, "kind": "missing"}


@pytest.mark.parametrize("query", [{"number": 1}, {"seal": "0" * 64}, {"number": 1, "seal": "x"}, {"number": 0}])
async def test_half_a_note_is_refused(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert (await client.get("/api/v1/audit/check", params=query)).status_code == 422


async def test_a_server_without_a_trail_says_so(api: httpx.AsyncClient) -> None:
    assert (await api.get("/api/v1/audit")).json()["error"]["code"] == "not_served"
