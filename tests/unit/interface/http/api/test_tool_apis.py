"""`/api/v1/tools/apis`, over a real registry and an API on a socket."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from loomwork.adapters.openapi.documents import OpenApiReader
from loomwork.adapters.openapi.source import ApiTools
from loomwork.adapters.storage.memory import MemoryApiStore, MemorySwitchStore, MemoryToolCredentialStore
from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions
from loomwork.kernel.clock import SystemClock
from loomwork.tools.application.import_api import ImportedApis
from tests.unit.adapters.openapi.api_server import Api, api_server, gate_to, world_with
from tests.unit.adapters.openapi.petstore import PETS
from tests.unit.interface.http.world import World
from tests.unit.tools.toolbox import boxed


@pytest.fixture
def api() -> Iterator[Api]:
    with api_server() as served:
        yield served


@pytest.fixture
async def client(world: World, api: Api, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    gate = gate_to(api)
    store = MemoryApiStore(MemoryToolCredentialStore(), MemorySwitchStore())
    tools = boxed(ApiTools(store, world_with(gate))).tools
    apis = ImportedApis(store, OpenApiReader(gate), SystemClock())
    app = create_http_app(replace(world.services, tools=tools, apis=apis), HttpOptions())
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers) as client:
        yield client
    await gate.close()


def pets_at(api: Api) -> str:
    return json.dumps({**PETS, "servers": [{"url": api.url}]})


async def test_an_api_is_looked_at_imported_changed_called_and_removed(client: httpx.AsyncClient, api: Api) -> None:
    body = {"document": pets_at(api), "name": "Pets"}
    seen = await client.post("/api/v1/tools/apis/preview", json=body)
    assert (seen.status_code, seen.json()["name"]) == (200, "pets")
    assert (await client.get("/api/v1/tools/apis")).json()["data"] == []
    made = await client.post("/api/v1/tools/apis", json=body)
    assert made.status_code == 201
    assert made.json() == seen.json()
    assert made.json()["operations"][0] == {
        "name": "list_pets",
        "place": "GET /pets",
        "description": "List pets",
        "effect": "read",
    }
    assert [field["name"] for field in made.json()["fields"]] == ["api_key"]
    changed = await client.patch(
        "/api/v1/tools/apis/pets",
        json={"auth": [], "fixed": {"limit": 2}, "effects": {"add_pet": "spend"}, "seconds": 9},
    )
    assert (changed.status_code, changed.json()["fields"], changed.json()["seconds"]) == (200, [], 9)
    assert (await client.get("/api/v1/tools/apis/pets")).json() == changed.json()
    called = await client.post("/api/v1/tools/api.pets/list_pets/call", json={"arguments": {}})
    assert (called.status_code, called.json()["json"]) == (200, [{"ok": True}])
    assert api.last.target == "/pets?limit=2"
    assert (await client.delete("/api/v1/tools/apis/api.pets")).status_code == 204
    gone = await client.get("/api/v1/tools/apis/pets")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"document": "a: [1"}, "api_document_invalid"),
        ({"url": "http://169.254.169.254/"}, "api_document_invalid"),
        ({}, "invalid_input"),
        ({"document": "{}", "effects": {"a": "burn"}}, "invalid_input"),
        ({"document": "{}", "wrong": 1}, "invalid_input"),
    ],
)
async def test_what_cannot_be_imported_is_refused(client: httpx.AsyncClient, body: object, code: str) -> None:
    for path in ("", "/preview"):
        refused = await client.post(f"/api/v1/tools/apis{path}", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, code)


async def test_a_large_document_is_taken(client: httpx.AsyncClient, api: Api) -> None:
    said = {**PETS, "servers": [{"url": api.url}], "x-filling": "x" * 3_000_000}
    made = await client.post("/api/v1/tools/apis", json={"document": json.dumps(said)})
    assert made.status_code == 201
