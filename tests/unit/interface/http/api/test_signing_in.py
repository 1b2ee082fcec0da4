"""Signing in over `/api/v1`, and all that one does before and after it, on a workspace of its own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loomwork.bootstrap import monolith
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import Workspace, open_workspace

pytestmark = pytest.mark.anyio

ANN, BEN, PASSWORD = "ann@example.org", "ben@example.org", "four words that rhyme"
BASE, CSRF = "http://127.0.0.1:8700", {"X-Loomwork-CSRF": "1"}
RIGHT = {"email": ANN, "password": PASSWORD}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Workspace]:
    """A workspace whose owner has a password."""
    async with open_workspace(settings_in(tmp_path)) as workspace:
        await workspace.people.set_password(ANN, PASSWORD, owner_id=await workspace.owner_id())
        yield workspace


def settings_in(folder: Path, **given: str) -> Any:
    own = {"LOOMWORK_DATA": str(folder / "data"), "LOOMWORK_CACHE_DIR": str(folder / "cache")}
    return read_settings(own | given)


def browser(home: Workspace, folder: Path, *, base: str = BASE, **given: str) -> httpx.AsyncClient:
    """Nobody in particular, at a server with these settings."""
    app = monolith.http_app(home, settings_in(folder, **given), "127.0.0.1")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{base}/api/v1", headers=CSRF)


@pytest.fixture
async def guest(home: Workspace, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(home, tmp_path) as client:
        yield client


@pytest.fixture
async def ann(home: Workspace, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(home, tmp_path) as client:
        (await client.post("/sign-in", json=RIGHT)).raise_for_status()
        yield client


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def joined(ann: httpx.AsyncClient, client: httpx.AsyncClient, role: str) -> None:
    invited = (await ann.post("/invitations", json={"email": BEN, "role": role})).json()
    token = invited["link"].partition("#token=")[2]
    accepted = await client.post("/invitations/accept", json={"token": token, "name": "Ben", "password": PASSWORD})
    assert accepted.status_code == 200, accepted.text


async def test_a_password_signs_in_with_a_cookie_that_no_script_and_no_other_site_gets(
    guest: httpx.AsyncClient,
) -> None:
    ways = (await guest.get("/sign-in")).json()
    assert "keys sign-in-link --data" in ways.pop("link_command")
    assert ways == {"password": True, "providers": []}
    answer = await guest.post("/sign-in", json=RIGHT)
    assert (answer.status_code, answer.content) == (204, b"")
    for cookie in answer.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    session = (await guest.get("/session")).json()
    assert session["actor"]["name"] == "Owner"
    me = (await guest.get("/people/me")).json()
    assert (me["email"], me["has_password"], me["has_second_factor"]) == (ANN, True, False)
    assert PASSWORD not in answer.text


async def test_a_page_of_another_site_signs_nobody_in(guest: httpx.AsyncClient) -> None:
    for path, body in (("/sign-in", RIGHT), ("/password/reset", {"token": "t", "password": PASSWORD})):
        bare = await guest.post(path, json=body, headers={"X-Loomwork-CSRF": ""})
        assert code_of(bare) == (403, "csrf_header_missing")
        foreign = await guest.post(path, json=body, headers={"Origin": "https://evil.example"})
        assert code_of(foreign) == (403, "origin_not_allowed")


@pytest.mark.parametrize(
    ("base", "given", "told"),
    [
        ("http://loom.example", {"LOOMWORK_ALLOWED_HOSTS": "loom.example"}, (403, False)),
        ("https://loom.example", {"LOOMWORK_PUBLIC_URL": "https://loom.example"}, (204, True)),
        ("http://loom.example", {"LOOMWORK_PUBLIC_URL": "http://loom.example"}, (204, False)),
    ],
)
async def test_a_password_does_not_cross_a_network_in_the_clear_unless_the_server_was_told_to(
    home: Workspace, tmp_path: Path, base: str, given: dict[str, str], told: tuple[int, bool]
) -> None:
    async with browser(home, tmp_path, base=base, **given) as client:
        answer = await client.post("/sign-in", json=RIGHT)
    assert (answer.status_code, "Secure" in answer.headers.get("set-cookie", "")) == told


async def test_an_editor_is_invited_joins_and_may_no_more_than_an_editor(
    ann: httpx.AsyncClient, guest: httpx.AsyncClient
) -> None:
    await joined(ann, guest, "editor")
    assert (await guest.get("/people/me")).json()["email"] == BEN
    assert (await guest.get("/apps")).status_code == 200
    for refused in (guest.get("/invitations"), guest.post("/invitations", json={"email": BEN, "role": "viewer"})):
        assert code_of(await refused) == (403, "not_allowed")
    [listed] = (await ann.get("/invitations")).json()["data"]
    assert (listed["email"], listed["state"], "link" in listed) == (BEN, "accepted", False)


async def test_links_lead_where_the_server_was_told_that_it_is_whatever_the_request_says(
    home: Workspace, tmp_path: Path
) -> None:
    given = {"LOOMWORK_PUBLIC_URL": "https://loom.example", "LOOMWORK_ALLOWED_HOSTS": "evil.example"}
    async with browser(home, tmp_path, base="https://evil.example", **given) as client:
        key = (await home.gatekeeper.create_key(home.owner, "workspace")).secret
        client.headers["Authorization"] = f"Bearer {key}"
        forwarded = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
        asked = {"email": BEN, "role": "viewer"}
        invited = (await client.post("/invitations", json=asked, headers=forwarded)).json()
        reset = await client.post(f"/members/{home.owner.actor.id}/password-link", headers=forwarded)
    assert invited["link"].startswith("https://loom.example/join#token=")
    assert invited["link"] in invited["mail"]
    assert reset.json()["link"].startswith("https://loom.example/new-password#token=")


async def test_a_forgotten_password_is_set_with_a_link_and_ends_every_session(
    ann: httpx.AsyncClient, guest: httpx.AsyncClient, home: Workspace
) -> None:
    link = (await ann.post(f"/members/{home.owner.actor.id}/password-link")).json()["link"]
    asked = {"token": link.partition("#token=")[2], "password": "quite another sentence"}
    assert (await guest.post("/password/reset", json=asked)).status_code == 204
    assert code_of(await guest.post("/password/reset", json=asked)) == (404, "not_found")
    assert (await ann.get("/people/me")).status_code == 401
    assert code_of(await guest.post("/sign-in", json=RIGHT)) == (401, "not_signed_in")
    assert (await guest.post("/sign-in", json=RIGHT | {"password": asked["password"]})).status_code == 204


async def test_only_who_runs_the_installation_makes_a_link_for_another(
    ann: httpx.AsyncClient, guest: httpx.AsyncClient, home: Workspace
) -> None:
    await joined(ann, guest, "admin")
    for member in (home.owner.actor.id, "never"):
        assert code_of(await guest.post(f"/members/{member}/password-link")) == (403, "not_allowed")


async def test_one_looks_after_ones_sessions_and_nobody_elses(ann: httpx.AsyncClient, guest: httpx.AsyncClient) -> None:
    await joined(ann, guest, "viewer")
    [hers] = (await ann.get("/people/me/sessions")).json()["data"]
    assert (hers["how"], hers["current"]) == ("password", True)
    assert (await guest.delete(f"/people/me/sessions/{hers['id']}")).status_code == 404
    await guest.post("/sign-in", json=RIGHT)
    assert (await ann.delete("/people/me/sessions")).json() == {"ended": 1}
    assert (await guest.get("/people/me")).status_code == 401
    assert (await ann.delete(f"/people/me/sessions/{hers['id']}")).status_code == 204
    assert (await ann.get("/people/me")).status_code == 401


async def test_a_second_factor_is_set_up_asked_for_and_removed(
    ann: httpx.AsyncClient, guest: httpx.AsyncClient
) -> None:
    import pyotp

    made = (await ann.post("/people/me/second-factor", json={"password": PASSWORD})).json()
    first = pyotp.TOTP(made["secret"]).now()
    shown = await ann.post("/people/me/second-factor/confirm", json={"code": first})
    codes = shown.json()["recovery_codes"]
    assert code_of(await guest.post("/sign-in", json=RIGHT)) == (401, "second_factor_needed")
    assert (await guest.post("/sign-in", json=RIGHT | {"code": codes[0]})).status_code == 204
    assert (await guest.post("/people/me/second-factor/remove", json={"code": codes[1]})).status_code == 204
    assert (await ann.get("/people/me")).json()["has_second_factor"] is False


async def test_a_key_is_nobodys_account(guest: httpx.AsyncClient, home: Workspace) -> None:
    key = (await home.gatekeeper.create_key(home.owner, "workspace")).secret
    answer = await guest.put(
        "/people/me/password", json={"password": PASSWORD}, headers={"Authorization": f"Bearer {key}"}
    )
    assert code_of(answer) == (403, "not_allowed")


async def test_a_person_without_a_workspace_still_has_an_account(
    ann: httpx.AsyncClient, guest: httpx.AsyncClient, home: Workspace
) -> None:
    from sqlalchemy import delete

    from loomwork.adapters.storage.sql.tables import members

    await joined(ann, guest, "viewer")
    for workspace in ("never", "default"):
        asked = await guest.get("/session", headers={"X-Loomwork-Workspace": workspace})
        assert asked.status_code == (200 if workspace == "default" else 404)
    gone = members.c.role == "viewer"
    await home.storage.database.everywhere.change(
        delete(members).where(members.c.workspace_id == home.owner.workspace_id, gone)
    )
    assert (await guest.get("/session")).status_code == 404
    assert (await guest.get("/people/me")).json()["email"] == BEN
