"""`/api/v1/tools`, over a real registry."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions
from loomwork.tools.api import Link, ToolCredentialsRefused
from loomwork.tools.domain.call import ToolCall, ToolResult, file_of
from loomwork.tools.domain.tool import CredentialField
from tests.unit.interface.http.world import World
from tests.unit.tools.toolbox import Box, boxed, tool

KEY = {"api_key": CredentialField(label="Key", help="Ask for one.")}


async def leaves(call: ToolCall) -> ToolResult:
    return ToolResult("x" * 3, [{"a": 1}], [file_of(b"x", name="a.txt")], [Link("https://example.com", "E")], {"r": 2})


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = boxed()
    made.shelf.put(tool(), tool("leaves", leaves))
    made.shelf.put(tool(), toolset="closed", credentials=KEY)
    return made


@pytest.fixture
async def client(world: World, box: Box) -> AsyncIterator[httpx.AsyncClient]:
    app = create_http_app(replace(world.services, tools=box.tools), HttpOptions())
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers) as client:
        yield client


async def test_tools_are_listed_with_what_lets_them_in(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/api/v1/tools")).json()["data"]
    assert [(each["id"], each["configured"], each["enabled"]) for each in listed] == [
        ("closed", False, True),
        ("words", True, True),
    ]
    assert [tool["name"] for tool in listed[1]["tools"]] == ["words/echo", "words/leaves"]
    assert listed[0]["fields"][0]["name"] == "api_key"
    assert (await client.get("/api/v1/tools/words")).json() == listed[1]
    missing = await client.get("/api/v1/tools/none")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "tool_not_found")


async def test_a_call_leaves_text_json_files_links_and_variables(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/tools/words/leaves/call", json={"arguments": {}})
    left = answer.json()
    assert answer.status_code == 200
    assert (left["text"], left["json"], left["variables"]) == ("xxx", [{"a": 1}], {"r": 2})
    assert [file["filename"] for file in left["files"]] == ["a.txt"]
    assert left["links"] == [{"url": "https://example.com", "title": "E"}]
    assert (left["marks"], left["cut"], left["output_id"]) == (["tool"], False, None)


async def test_a_call_is_made_once_for_a_key(client: httpx.AsyncClient, box: Box) -> None:
    for _ in range(2):
        answer = await client.post(
            "/api/v1/tools/words/echo/call", json={"arguments": {"text": "a"}}, headers={"Idempotency-Key": "k1"}
        )
        assert answer.json()["text"] == "a"
    assert [entry.tool for entry in box.diary.entries] == ["words/echo"]


async def test_tools_are_switched_off_and_on(client: httpx.AsyncClient) -> None:
    for path in ("words", "words/echo"):
        assert (await client.patch(f"/api/v1/tools/{path}", json={"enabled": False})).json()["enabled"] is False
        refused = await client.post("/api/v1/tools/words/echo/call", json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "tool_disabled")
        assert (await client.patch(f"/api/v1/tools/{path}", json={"enabled": True})).json()["enabled"] is True
    assert (await client.post("/api/v1/tools/words/echo/call", json={})).status_code == 200


async def test_a_credential_is_stored_shown_by_its_end_and_removed(client: httpx.AsyncClient) -> None:
    refused = await client.post("/api/v1/tools/closed/echo/call", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "tool_credentials_missing")
    made = await client.post("/api/v1/tools/closed/credentials", json={"values": {"api_key": "sk-very-secret-0001"}})
    assert (made.status_code, made.json()["hint"]) == (201, "0001")
    shown = await client.get("/api/v1/tools/closed")
    assert shown.json()["configured"]
    assert "very-secret" not in made.text + shown.text
    assert (await client.post("/api/v1/tools/closed/echo/call", json={})).status_code == 200
    path = f"/api/v1/tools/closed/credentials/{made.json()['id']}"
    assert [(await client.delete(path)).status_code for _ in range(2)] == [204, 404]


async def test_a_tool_that_is_not_let_in_says_so(client: httpx.AsyncClient, box: Box) -> None:
    async def refused(call: ToolCall) -> ToolResult:
        raise ToolCredentialsRefused("It does not know the key.")

    box.shelf.put(tool("shut", refused))
    answer = await client.post("/api/v1/tools/words/shut/call", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "tool_credentials_refused")


async def test_a_server_without_tools_says_so(world: World) -> None:
    transport = httpx.ASGITransport(create_http_app(world.services, HttpOptions()))
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers) as client:
        assert (await client.get("/api/v1/tools")).json()["error"]["code"] == "not_served"
