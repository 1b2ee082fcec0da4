"""Signing in with a provider that others wrote, in a process of its own: from the button to the session and out again.

It insists on PKCE, asks who comes and whether they agree, and tells an address only to whoever asks it once more.
"""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jws

from loomwork.adapters.openid import id_token
from loomwork.bootstrap import monolith
from loomwork.bootstrap.settings import Settings, read_settings
from loomwork.bootstrap.workspace import Workspace, open_workspace
from tests.openid_server import CLIENT, SECRET

WEB = Path(__file__).resolve().parents[4] / "web"
ANN, PASSWORD, BASE = "ann@example.org", "four words that rhyme", "http://127.0.0.1:8700"

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        shutil.which("node") is None or not (WEB / "node_modules" / "oidc-provider").is_dir(),
        reason="the provider is one of the packages of web/, and they are not installed here",
    ),
]


@pytest.fixture(scope="module", params=["RS256", "ES256"])
def algorithm(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def issuer(algorithm: str) -> Iterator[str]:
    command = ["node", str(WEB / "dev" / "openid-provider.mjs"), algorithm, BASE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture
def settings(tmp_path: Path, issuer: str) -> Settings:
    return read_settings(
        {
            "LOOMWORK_DATA": str(tmp_path / "data"),
            "LOOMWORK_CACHE_DIR": str(tmp_path / "cache"),
            "LOOMWORK_SSO": "corp",
            "LOOMWORK_SSO_CORP_ISSUER": issuer,
            "LOOMWORK_SSO_CORP_CLIENT_ID": CLIENT,
            "LOOMWORK_SSO_CORP_CLIENT_SECRET": SECRET,
        }
    )


@pytest.fixture
async def home(settings: Settings) -> AsyncIterator[Workspace]:
    async with open_workspace(settings) as workspace:
        await workspace.people.set_password(ANN, PASSWORD, owner_id=await workspace.owner_id())
        yield workspace


@pytest.fixture
async def ours(home: Workspace, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(monolith.http_app(home, settings, "127.0.0.1"))
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers={"X-Loomwork-CSRF": "1"}) as client:
        yield client


@pytest.fixture
async def theirs(issuer: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=issuer) as client:
        yield client


async def invite(ours: httpx.AsyncClient, name: str) -> None:
    """As Ann, who signs out again."""
    (await ours.post("/api/v1/sign-in", json={"email": ANN, "password": PASSWORD})).raise_for_status()
    invitation = {"email": f"{name}@example.org", "role": "editor"}
    (await ours.post("/api/v1/invitations", json=invitation)).raise_for_status()
    (await ours.post("/api/v1/session/sign-out")).raise_for_status()


async def way_back(theirs: httpx.AsyncClient, address: str, name: str) -> str:
    """Fill in each form of the provider until it sends the browser back; where to, on our server."""
    for _ in range(12):
        answer = await theirs.get(address)
        while answer.status_code == 200:
            answer = await submit(theirs, answer, name)
        address = answer.headers["location"]
        if address.startswith(BASE):
            return address.removeprefix(BASE)
    raise AssertionError(f"the provider goes on asking, and last at {address}")


async def submit(theirs: httpx.AsyncClient, page: httpx.Response, name: str) -> httpx.Response:
    form = re.search(r"<form\b.*?</form>", page.text, re.DOTALL)
    assert form is not None, page.text
    action = re.search(r'action="([^"]+)"', form[0])
    assert action is not None, form[0]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    fields = {field: unescape(value) for field, value in hidden}
    if 'name="login"' in form[0]:
        fields |= {"login": name, "password": "any"}
    return await theirs.post(unescape(action[1]), data=fields)


async def test_somebody_invited_signs_in_at_a_provider_of_others_and_again(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    checked = id_token.checked_claims

    def reading(token: object, *others: object) -> object:
        read.append(jws.extract_compact(str(token).encode()).headers()["alg"])
        return checked(token, *others)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr("loomwork.adapters.openid.client.checked_claims", reading)
    await invite(ours, "ben")
    for _ in range(2):
        left = (await ours.get("/sign-in/sso/corp?next=/apps")).headers["location"]
        arrived = await ours.get(await way_back(theirs, left, "ben"))
        assert (arrived.status_code, arrived.headers["location"]) == (303, "/apps"), arrived.text
        session = (await ours.get("/api/v1/session")).json()
        assert session["actor"]["name"] == "ben"
    assert read == [algorithm] * 2


async def test_an_answer_with_another_state_signs_nobody_in(ours: httpx.AsyncClient, theirs: httpx.AsyncClient) -> None:
    await invite(ours, "eve")
    left = (await ours.get("/sign-in/sso/corp")).headers["location"]
    back = await way_back(theirs, left, "eve")
    state = parse_qs(urlsplit(back).query)["state"][0]
    refused = await ours.get(back.replace(state, "x" * len(state)))
    assert (refused.status_code, (await ours.get("/api/v1/session")).status_code) == (401, 401)


async def test_a_code_of_another_flow_is_not_taken_since_its_proof_is_another(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    await invite(ours, "kim")
    first = await way_back(theirs, (await ours.get("/sign-in/sso/corp")).headers["location"], "kim")
    second = await way_back(theirs, (await ours.get("/sign-in/sso/corp")).headers["location"], "kim")
    stolen, own = (parse_qs(urlsplit(each).query) for each in (first, second))
    refused = await ours.get(second.replace(own["code"][0], stolen["code"][0]))
    assert "invalid_grant" in refused.text
    assert (await ours.get("/api/v1/session")).status_code == 401


async def test_who_signs_out_signs_out_at_the_provider_and_comes_back(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    await invite(ours, "zoe")
    await ours.get(await way_back(theirs, (await ours.get("/sign-in/sso/corp")).headers["location"], "zoe"))
    (await ours.post("/api/v1/session/sign-out")).raise_for_status()
    farewell = await ours.get("/sign-out")
    assert (farewell.status_code, farewell.headers["cache-control"]) == (303, "no-store")
    # The page asks whether to sign out, by a button of its own.
    asked = await theirs.get(farewell.headers["location"])
    xsrf = re.search(r'name="xsrf" value="([^"]+)"', asked.text)
    action = re.search(r'action="([^"]+)"', asked.text)
    assert xsrf is not None, asked.text
    assert action is not None, asked.text
    done = await theirs.post(unescape(action[1]), data={"xsrf": xsrf[1], "logout": "yes"})
    assert done.headers["location"] == f"{BASE}/"
    again = await theirs.get((await ours.get("/sign-in/sso/corp")).headers["location"])
    assert "/interaction/" in again.headers["location"], "the provider asks who comes, as it would not if it still knew"
    assert (await ours.get("/sign-out")).headers["location"] == "/", "nobody is signed in anywhere now"


async def test_the_provider_stands_an_examination(home: Workspace) -> None:
    findings = await home.sso.examine("corp", home=BASE)
    assert [each.sentence for each in findings if each.is_good is False] == []
