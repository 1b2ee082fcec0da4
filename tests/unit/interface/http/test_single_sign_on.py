"""Signing in by OpenID Connect as a browser does: from the button to the session, with a provider on a real socket."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from loomwork.bootstrap import monolith
from loomwork.bootstrap.settings import Settings, read_settings
from loomwork.bootstrap.workspace import Workspace, open_workspace
from loomwork.interface.http.credentials import SESSION_COOKIE
from loomwork.interface.http.single_sign_on import TICKET_COOKIE
from tests.openid_server import CLIENT, SECRET, Provider, openid_server

pytestmark = pytest.mark.anyio

ANN, BEN, PASSWORD, BASE = "ann@example.org", "ben@example.org", "four words that rhyme", "http://127.0.0.1:8700"


@pytest.fixture
def corp() -> Iterator[Provider]:
    with openid_server(email=BEN, email_verified=True, name="Ben") as provider:
        yield provider


@pytest.fixture
def settings(tmp_path: Path, corp: Provider) -> Settings:
    return read_settings(
        {
            "LOOMWORK_DATA": str(tmp_path / "data"),
            "LOOMWORK_CACHE_DIR": str(tmp_path / "cache"),
            "LOOMWORK_SSO": "corp",
            "LOOMWORK_SSO_CORP_ISSUER": corp.url,
            "LOOMWORK_SSO_CORP_CLIENT_ID": CLIENT,
            "LOOMWORK_SSO_CORP_CLIENT_SECRET": SECRET,
            "LOOMWORK_SSO_CORP_LABEL": "Corp <b>",
        }
    )


@pytest.fixture
async def home(settings: Settings) -> AsyncIterator[Workspace]:
    async with open_workspace(settings) as workspace:
        await workspace.people.set_password(ANN, PASSWORD, owner_id=await workspace.owner_id())
        yield workspace


class Browser:
    """Keeps cookies, and follows the provider's answer back."""

    def __init__(self, home: Workspace, settings: Settings, base: str = BASE) -> None:
        app = monolith.http_app(home, settings, "127.0.0.1")
        self.loomwork = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=base, headers={"X-Loomwork-CSRF": "1"}
        )

    async def leave(self, next_page: str | None = None) -> httpx.Response:
        query = f"?{urlencode({'next': next_page})}" if next_page is not None else ""
        return await self.loomwork.get(f"/sign-in/sso/corp{query}")

    async def back_from(self, address: str) -> httpx.Response:
        return await self.loomwork.get(await there(address))

    async def sign_in(self, next_page: str | None = None) -> httpx.Response:
        return await self.back_from((await self.leave(next_page)).headers["location"])

    async def api(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.loomwork.request(method, f"/api/v1{path}", json=body)


async def there(address: str) -> str:
    """What the provider sends a browser back to, on our server."""
    async with httpx.AsyncClient() as elsewhere:
        answer = await elsewhere.get(address)
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}"


@pytest.fixture
async def browser(home: Workspace, settings: Settings) -> AsyncIterator[Browser]:
    browser = Browser(home, settings)
    async with browser.loomwork:
        yield browser


@pytest.fixture
async def ann(home: Workspace, settings: Settings) -> AsyncIterator[Browser]:
    browser = Browser(home, settings)
    async with browser.loomwork:
        (await browser.api("POST", "/sign-in", {"email": ANN, "password": PASSWORD})).raise_for_status()
        yield browser


def said(answer: httpx.Response) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", answer.text, flags=re.DOTALL).split())


async def test_the_page_of_sign_in_is_told_what_to_draw(browser: Browser) -> None:
    ways = (await browser.api("GET", "/sign-in")).json()
    assert ways["password"] is True
    assert ways["providers"] == [{"id": "corp", "label": "Corp <b>", "path": "/sign-in/sso/corp"}]


async def test_whoever_was_invited_signs_in_by_a_button_and_comes_again(ann: Browser, browser: Browser) -> None:
    await ann.api("POST", "/invitations", {"email": BEN, "role": "editor"})
    left = await browser.leave("/apps?tag=new")
    assert left.status_code == 303
    asked = {name: values[0] for name, values in parse_qs(urlsplit(left.headers["location"]).query).items()}
    assert asked["redirect_uri"] == f"{BASE}/sign-in/sso/corp/callback"
    assert (asked["scope"], asked["code_challenge_method"]) == ("openid email profile", "S256")
    cookie = left.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Path=/sign-in/sso", "Max-Age=600"):
        assert part in cookie
    arrived = await browser.back_from(left.headers["location"])
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/apps?tag=new")
    assert arrived.headers["cache-control"] == "no-store"
    assert arrived.headers["referrer-policy"] == "no-referrer"
    assert TICKET_COOKIE not in browser.loomwork.cookies
    session = (await browser.api("GET", "/session")).json()
    assert session["actor"]["name"] == "Ben"
    again = Browser.__new__(Browser)
    again.loomwork = httpx.AsyncClient(transport=browser.loomwork._transport, base_url=BASE)
    assert (await again.sign_in()).headers["location"] == "/"
    me = (await again.api("GET", "/people/me")).json()
    assert (me["email"], me["has_password"]) == (BEN, False)
    (sessions,) = [(await again.api("GET", "/people/me/sessions")).json()["data"]]
    assert [each["how"] for each in sessions] == ["sso", "sso"]
    trail = (await ann.api("GET", "/audit?action=member.joined")).json()["data"]
    assert trail[0]["details"]["issuer"].startswith("http://127.0.0.1")


async def test_whoever_was_not_invited_is_told_so_on_a_page_and_has_no_session(browser: Browser) -> None:
    arrived = await browser.sign_in()
    assert arrived.status_code == 403
    assert "Nobody has invited ben@example.org" in said(arrived)
    assert SESSION_COOKIE not in browser.loomwork.cookies


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example.com/",
        "//evil.example.com/",
        "/\\evil.example.com",
        "/\t/evil.example.com",
        "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "apps",
        "/" + "x" * 600,
        "///evil.example.com",
        " //evil.example.com",
        "/ /evil.example.com",
        "\\\\evil.example.com",
        "http:/evil.example.com",
    ],
)
async def test_nobody_is_sent_anywhere_else_in_the_end(ann: Browser, browser: Browser, page: str) -> None:
    await ann.api("POST", "/invitations", {"email": BEN, "role": "editor"})
    assert (await browser.sign_in(page)).headers["location"] == "/"


async def test_a_way_back_is_nobody_elses_and_good_once(ann: Browser, browser: Browser, corp: Provider) -> None:
    await ann.api("POST", "/invitations", {"email": BEN, "role": "editor"})
    address = (await browser.leave()).headers["location"]
    way_back = await there(address)
    other = Browser.__new__(Browser)
    other.loomwork = httpx.AsyncClient(transport=browser.loomwork._transport, base_url=BASE)
    refused = await other.loomwork.get(way_back)
    assert (refused.status_code, "Begin again" in said(refused)) == (401, True)
    await other.leave()
    assert (await other.loomwork.get(way_back)).status_code == 401, "with a ticket of its own"
    kept = dict(browser.loomwork.cookies)
    assert (await browser.loomwork.get(way_back)).status_code == 303
    browser.loomwork.cookies.clear()
    browser.loomwork.cookies.update(kept)
    assert (await browser.loomwork.get(way_back)).status_code == 401
    assert SESSION_COOKIE not in other.loomwork.cookies


@pytest.mark.parametrize("query", ["", "?state=x", "?code=x", "?code=x&state=%ff", "?error=<script>", "?state=x&code="])
async def test_coming_back_without_having_left_is_refused(browser: Browser, query: str) -> None:
    answer = await browser.loomwork.get(f"/sign-in/sso/corp/callback{query}")
    assert answer.status_code == 401
    assert "<script>" not in answer.text


async def test_a_provider_that_declines_says_so(browser: Browser) -> None:
    left = (await browser.leave()).headers["location"]
    state = parse_qs(urlsplit(left).query)["state"][0]
    answer = await browser.loomwork.get(f"/sign-in/sso/corp/callback?error=access_denied&state={state}&code=x")
    assert (answer.status_code, "was not allowed to say who you are" in said(answer)) == (403, True)
    assert "Corp <b>" in answer.text.replace("&lt;", "<").replace("&gt;", ">")
    assert "Corp <b>" not in answer.text


async def test_a_provider_that_is_broken_leaves_the_other_ways_in(
    browser: Browser, corp: Provider, ann: Browser
) -> None:
    corp.answers["/.well-known/openid-configuration"] = (500, b"Traceback: the secret is 1234")
    answer = await browser.leave()
    assert (answer.status_code, "answers 500" in said(answer)) == (502, True)
    assert "1234" not in answer.text
    assert (await ann.api("GET", "/people/me")).status_code == 200
    corp.answers.clear()
    corp.answers["/token"] = (400, b'{"error": "invalid_client"}')
    failed = await browser.sign_in()
    assert (failed.status_code, "invalid_client" in said(failed)) == (502, True)
    assert SECRET not in failed.text


async def test_nobody_signs_in_with_what_is_not_set_up(browser: Browser) -> None:
    for path in ("/sign-in/sso/nobody", "/sign-in/sso/nobody/callback?code=a&state=b", "/sign-in/sso/%00"):
        assert (await browser.loomwork.get(path)).status_code == 404


async def test_over_plain_http_from_another_machine_nobody_signs_in(
    home: Workspace, settings: Settings, tmp_path: Path
) -> None:
    far = read_settings({**settings.environment, "LOOMWORK_ALLOWED_HOSTS": "studio.example.org"})
    browser = Browser(home, far, base="http://studio.example.org")
    async with browser.loomwork:
        for path in ("/sign-in/sso/corp", "/sign-in/sso/corp/callback?code=a&state=b"):
            assert (await browser.loomwork.get(path)).status_code == 403
    tls = read_settings({**settings.environment, "LOOMWORK_PUBLIC_URL": "https://studio.example.org"})
    browser = Browser(home, tls, base="https://studio.example.org")
    async with browser.loomwork:
        left = await browser.leave()
        assert "Secure" in left.headers["set-cookie"]
        asked = parse_qs(urlsplit(left.headers["location"]).query)
        assert asked["redirect_uri"] == ["https://studio.example.org/sign-in/sso/corp/callback"]


async def test_a_person_links_an_identity_signs_in_with_it_and_unlinks_it(ann: Browser, browser: Browser) -> None:
    wrong = await ann.api("POST", "/people/me/identities", {"provider": "corp", "password": "guess"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (403, "not_allowed")
    begun = await ann.api(
        "POST", "/people/me/identities", {"provider": "corp", "password": PASSWORD, "next": "/account"}
    )
    assert begun.status_code == 200, begun.text
    arrived = await ann.back_from(begun.json()["url"])
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/account")
    (linked,) = (await ann.api("GET", "/people/me/identities")).json()["data"]
    assert (linked["provider"], linked["label"], linked["subject"]) == ("corp", "Corp <b>", "17")
    await browser.sign_in()
    assert (await browser.api("GET", "/people/me")).json()["email"] == ANN
    assert (await ann.api("DELETE", f"/people/me/identities/{linked['id']}")).status_code == 204
    assert (await browser.api("GET", "/people/me")).status_code == 401
    assert (await ann.api("DELETE", f"/people/me/identities/{linked['id']}")).status_code == 404
    trail = (await ann.api("GET", "/audit")).json()["data"]
    assert {"person.identity_added", "person.identity_removed"} <= {each["action"] for each in trail}


async def test_a_page_of_another_site_begins_no_link(ann: Browser) -> None:
    body = {"provider": "corp", "password": PASSWORD}
    answer = await ann.loomwork.post("/api/v1/people/me/identities", json=body, headers={"X-Loomwork-CSRF": ""})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf_header_missing")


async def test_who_signs_out_is_signed_out_here(ann: Browser, browser: Browser) -> None:
    await ann.api("POST", "/invitations", {"email": BEN, "role": "editor"})
    await browser.sign_in()
    token = browser.loomwork.cookies[SESSION_COOKIE]
    assert (await browser.api("POST", "/session/sign-out")).status_code == 204
    browser.loomwork.cookies.set(SESSION_COOKIE, token)
    assert (await browser.api("GET", "/people/me")).status_code == 401


async def test_whoever_runs_the_installation_reads_what_is_set_up_and_has_it_tested(
    ann: Browser, browser: Browser, corp: Provider
) -> None:
    listed = await ann.api("GET", "/single-sign-on")
    (shown,) = listed.json()["data"]
    assert (shown["client_id"], shown["join"]) == (CLIENT, None)
    assert shown["redirect_uri"] == f"{BASE}/sign-in/sso/corp/callback"
    assert SECRET not in listed.text
    tested = (await ann.api("POST", "/single-sign-on/corp/test")).json()["data"]
    assert all(each["is_good"] for each in tested)
    corp.answers["/keys"] = (200, b"{}")
    tested = (await ann.api("POST", "/single-sign-on/corp/test")).json()["data"]
    assert [each["is_good"] for each in tested if each["is_good"] is False] == [False]
    assert (await ann.api("POST", "/single-sign-on/nobody/test")).status_code == 404
    await ann.api("POST", "/invitations", {"email": BEN, "role": "admin"})
    corp.answers.clear()
    await browser.sign_in()
    assert (await browser.api("GET", "/single-sign-on")).status_code == 403
