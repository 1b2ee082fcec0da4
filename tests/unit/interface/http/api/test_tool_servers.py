"""`/api/v1/tools/servers`, over a real registry and a server of MCP on a socket."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.mcp.authorizing import OAuthAuthorizer
from loomwork.adapters.mcp.source import McpOffersReader, McpTools
from loomwork.adapters.storage.memory import MemoryMcpStore, MemorySwitchStore, MemoryToolCredentialStore
from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions
from loomwork.kernel.clock import SystemClock
from loomwork.tools.application.add_server import AddedServers
from loomwork.tools.application.server_access import ServerAccess
from tests.unit.adapters.mcp.mcp_server import ECHO, Served, served
from tests.unit.interface.http.world import World
from tests.unit.tools.toolbox import boxed

SERVERS = "/api/v1/tools/servers"


@pytest.fixture
async def far() -> AsyncIterator[Served]:
    async with served() as server:
        yield server


@pytest.fixture
async def client(world: World, far: Served) -> AsyncIterator[httpx.AsyncClient]:
    gate = EgressGate(EgressPolicy(allow=frozenset({f"127.0.0.1:{far.port}"})))
    credentials = MemoryToolCredentialStore()
    store = MemoryMcpStore(credentials, MemorySwitchStore())
    clock = SystemClock()
    authorizer = OAuthAuthorizer(gate, clock)
    access = ServerAccess(credentials, authorizer, clock)
    tools = boxed(McpTools(store, gate, access.values, {})).tools
    servers = AddedServers(store, access, McpOffersReader(gate, {}), authorizer, clock)
    app = create_http_app(replace(world.services, tools=tools, servers=servers), HttpOptions())
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers) as client:
        yield client
    await gate.close()


async def test_a_server_is_looked_at_added_changed_approved_called_and_removed(
    client: httpx.AsyncClient, far: Served
) -> None:
    body = {"url": far.url, "name": "Far", "effects": {"echo": "read"}}
    seen = await client.post(f"{SERVERS}/preview", json=body)
    assert (seen.status_code, seen.json()["name"]) == (200, "far")
    assert (await client.get(SERVERS)).json()["data"] == []
    made = await client.post(SERVERS, json=body)
    assert made.status_code == 201
    assert made.json()["tools"] == [
        {
            "name": "echo",
            "server_name": "echo",
            "title": "",
            "description": "Says it again.",
            "input_schema": ECHO["inputSchema"],
            "effect": "read",
            "standing": "approved",
            "claims": {},
        }
    ]
    changed = await client.patch(f"{SERVERS}/far", json={"seconds": 7})
    assert (changed.status_code, changed.json()["seconds"]) == (200, 7)
    assert (await client.get(f"{SERVERS}/far")).json() == changed.json()
    called = await client.post("/api/v1/tools/mcp.far/echo/call", json={"arguments": {"text": "hi"}})
    assert called.json()["text"] == "hi"
    far.tools = [ECHO, ECHO | {"name": "more"}]
    asked = await client.post(f"{SERVERS}/far/refresh")
    assert [each["standing"] for each in asked.json()["tools"]] == ["approved", "new"]
    approved = await client.post(f"{SERVERS}/far/approve", json={"tools": ["more"]})
    assert [each["standing"] for each in approved.json()["tools"]] == ["approved", "approved"]
    assert (await client.delete(f"{SERVERS}/mcp.far")).status_code == 204
    assert (await client.get(f"{SERVERS}/far")).status_code == 404


async def test_a_secret_is_taken_and_never_given(client: httpx.AsyncClient, far: Served) -> None:
    body = {"url": far.url, "name": "Far", "auth": "bearer", "values": {"token": "sk-never-shown-again"}}
    made = await client.post(SERVERS, json=body)
    assert made.status_code == 201
    assert {each.headers["Authorization"] for each in far.requests} == {"Bearer sk-never-shown-again"}
    assert "never-shown" not in made.text + (await client.get(SERVERS)).text


@pytest.mark.parametrize("url", ["npx some-server", "http://169.254.169.254/mcp", "https://a:b@far.example/mcp"])
async def test_what_is_no_address_of_a_server_is_refused(client: httpx.AsyncClient, url: str) -> None:
    refused = await client.post(SERVERS, json={"url": url, "name": "Far"})
    assert refused.status_code == 422, refused.text
    assert refused.json()["error"]["message"]
    assert (await client.get(SERVERS)).json()["data"] == []
