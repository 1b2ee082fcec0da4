"""A one-time link becomes a session; a session may change things only from our own pages."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from loomwork.tenancy.api import PERMISSIONS

from .world import World

pytestmark = pytest.mark.anyio


async def test_a_link_signs_in_once_and_goes_to_the_console(client: httpx.AsyncClient, world: World) -> None:
    token = await world.gatekeeper.create_sign_in_token(world.home)
    answer = await client.get(f"/sign-in?token={token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert (await client.get("/api/v1/session")).status_code == 200


async def test_a_spent_link_says_what_to_do(client: httpx.AsyncClient, world: World) -> None:
    token = await world.gatekeeper.create_sign_in_token(world.home)
    await client.get(f"/sign-in?token={token}")
    client.cookies.clear()
    for address in (f"/sign-in?token={token}", "/sign-in", "/sign-in?token=guess"):
        answer = await client.get(address)
        assert answer.status_code == 401
        assert "loomwork up" in answer.text
        assert "set-cookie" not in answer.headers


async def test_the_page_of_a_spent_link_shows_what_makes_another(build: Callable[..., FastAPI]) -> None:
    transport = httpx.ASGITransport(build(link_command="/opt/x<y/loomwork keys sign-in-link --data /srv"))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/sign-in")
        script = await client.get("/sign-in/copy.js")
    assert "<code>/opt/x&lt;y/loomwork keys sign-in-link --data /srv</code>" in answer.text
    assert '<script src="/sign-in/copy.js"' in answer.text
    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")


async def test_a_spent_link_opens_the_console_for_whoever_is_signed_in(console: httpx.AsyncClient) -> None:
    assert (await console.get("/sign-in?token=spent")).status_code == 303


async def test_asking_for_the_head_of_a_link_does_not_spend_it(client: httpx.AsyncClient, world: World) -> None:
    token = await world.gatekeeper.create_sign_in_token(world.home)
    await client.head(f"/sign-in?token={token}")
    assert token in world.gatekeeper.tokens


@pytest.mark.parametrize(("base", "options", "status", "secure"), [
    ("https://loom.example", {}, 303, True),
    ("http://loom.example", {}, 403, False),
    ("http://loom.example", {"plain_http_sign_in": True}, 303, False),
])  # fmt: skip
async def test_a_session_does_not_cross_a_network_in_the_clear(
    build: Callable[..., FastAPI], world: World, base: str, options: dict[str, bool], status: int, secure: bool
) -> None:
    token = await world.gatekeeper.create_sign_in_token(world.home)
    transport = httpx.ASGITransport(build(allowed_hosts=frozenset({"loom.example"}), **options))
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        answer = await client.get(f"/sign-in?token={token}")
    assert answer.status_code == status
    assert ("Secure" in answer.headers.get("set-cookie", "")) == secure
    assert (token in world.gatekeeper.tokens) == (status == 403)


async def test_the_session_says_who_and_where(console: httpx.AsyncClient, world: World) -> None:
    assert (await console.get("/api/v1/session")).json() == {
        "workspace": {"id": world.home.workspace_id, "name": "Home", "slug": "default"},
        "actor": {"kind": "person", "id": "owner", "name": "Owner"},
        "role": "owner",
        "permissions": sorted(PERMISSIONS),
        "granted": {},
        "version": "0.1.0",
    }


async def test_signing_out_ends_the_session(console: httpx.AsyncClient) -> None:
    cookie = console.cookies["loomwork_session"]
    assert (await console.post("/api/v1/session/sign-out")).status_code == 204
    answer = await console.get("/api/v1/session", headers={"Cookie": f"loomwork_session={cookie}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(("headers", "code"), [
    ({"X-Loomwork-CSRF": ""}, "csrf_header_missing"),
    ({"X-Loomwork-CSRF": "0"}, "csrf_header_missing"),
    ({"Origin": "https://evil.example"}, "origin_not_allowed"),
    ({"Origin": "null"}, "origin_not_allowed"),
    ({"Origin": "http://127.0.0.1:3000"}, "origin_not_allowed"),
    ({"Origin": "http://127.0.0.1:8700"}, None),
    ({"Origin": "https://console.example"}, None),
    ({}, None),
])  # fmt: skip
async def test_other_sites_cannot_use_the_cookie(
    build: Callable[..., FastAPI], world: World, headers: dict[str, str], code: str | None
) -> None:
    transport = httpx.ASGITransport(build(allowed_origins=frozenset({"https://console.example"})))
    cookies = {"loomwork_session": await world.session()}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", cookies=cookies) as client:
        answer = await client.post(
            "/api/v1/apps", json={"starter": "summarise"}, headers={"X-Loomwork-CSRF": "1"} | headers
        )
        assert answer.status_code == (403 if code else 201)
        if code:
            assert answer.json()["error"]["code"] == code
        assert (await client.get("/api/v1/apps")).status_code == 200


async def test_a_bad_key_is_not_saved_by_a_good_cookie(console: httpx.AsyncClient) -> None:
    answer = await console.get("/api/v1/apps", headers={"Authorization": "Bearer lw-wrong"})
    assert answer.status_code == 401


async def test_a_key_needs_no_csrf_header(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/v1/apps", json={"starter": "summarise"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 201
