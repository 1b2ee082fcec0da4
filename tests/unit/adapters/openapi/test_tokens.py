"""OAuth2 with client credentials: a token is fetched through the gate, kept, and fetched again when it has ended."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from loomwork.adapters.egress import EgressGate
from loomwork.tools.api import ToolCredentialsRefused, ToolOutputInvalid, ToolRefused, ToolUnavailable
from loomwork.tools.domain.api_definition import ApiSettings, AuthScheme
from loomwork.tools.ports import Tool
from tests.unit.adapters.openapi.api_server import JSON, Api, called, toolset_of, with_one

pytestmark = pytest.mark.anyio

CLIENT = {"client_id": "us", "client_secret": "a secret: & more"}


class SetClock:
    """Moved as a test wishes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


async def tool(api: Api, gate: EgressGate, clock: SetClock, **more: Any) -> Tool:
    scheme = AuthScheme(kind="oauth2", token_url=more.pop("url", f"{api.url}/token"), scopes=("read", "write"), **more)
    toolset = await toolset_of(with_one(api, {}), gate, ApiSettings(auth=(scheme,)), clock)
    assert set(toolset.credentials) == set(CLIENT)
    return toolset.tools["it"]


def gives(api: Api, token: str, **more: Any) -> None:
    said = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, **more}
    api.answers["/token"] = (200, JSON, json.dumps(said).encode())


def asked(api: Api) -> list[str]:
    return [heard.target for heard in api.heard]


async def test_a_token_is_fetched_once_and_used_until_it_ends(api: Api, gate: EgressGate, clock: SetClock) -> None:
    gives(api, "first")
    it = await tool(api, gate, clock)
    for _ in range(3):
        await called(it, CLIENT)
    assert asked(api) == ["/token", "/things", "/things", "/things"]
    assert api.last.headers["authorization"] == "Bearer first"
    form = parse_qs(api.heard[0].body.decode())
    assert form == {"grant_type": ["client_credentials"], "scope": ["read write"]}
    pair = base64.b64encode(b"us:a%20secret%3A%20%26%20more").decode()
    assert api.heard[0].headers["authorization"] == f"Basic {pair}"
    clock.seconds = 3590
    gives(api, "second")
    await called(it, CLIENT)
    assert api.last.headers["authorization"] == "Bearer second"


async def test_a_client_can_stand_in_the_body(api: Api, gate: EgressGate, clock: SetClock) -> None:
    gives(api, "first")
    await called(await tool(api, gate, clock, client="body"), CLIENT)
    form = parse_qs(api.heard[0].body.decode())
    assert (form["client_id"], form["client_secret"]) == (["us"], ["a secret: & more"])
    assert "authorization" not in api.heard[0].headers


async def test_a_token_that_is_not_taken_is_not_kept(api: Api, gate: EgressGate, clock: SetClock) -> None:
    gives(api, "first")
    it = await tool(api, gate, clock)
    api.answers["/things"] = (401, JSON, b"{}")
    with pytest.raises(ToolCredentialsRefused):
        await called(it, CLIENT)
    del api.answers["/things"]
    gives(api, "second")
    await called(it, CLIENT)
    assert api.last.headers["authorization"] == "Bearer second"


async def test_another_client_has_another_token(api: Api, gate: EgressGate, clock: SetClock) -> None:
    gives(api, "first")
    it = await tool(api, gate, clock)
    await called(it, CLIENT)
    await called(it, {**CLIENT, "client_secret": "other"})
    assert asked(api).count("/token") == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            (401, JSON, b'{"error": "invalid_client", "error_description": "not a secret: & more"}'),
            ToolCredentialsRefused,
        ),
        ((400, JSON, b"nothing"), ToolCredentialsRefused),
        ((503, {}, b""), ToolUnavailable),
        ((200, JSON, b'{"access_token": 7}'), ToolOutputInvalid),
        ((200, JSON, b'{"access_token": "a\\r\\nX: 1"}'), ToolOutputInvalid),
        ((200, JSON, b"[" * 100), ToolOutputInvalid),
    ],
)
async def test_a_token_that_cannot_be_had_says_why(
    api: Api, gate: EgressGate, clock: SetClock, answer: Any, error: type[Exception]
) -> None:
    api.answers["/token"] = answer
    with pytest.raises(error) as caught:
        await called(await tool(api, gate, clock), CLIENT)
    assert CLIENT["client_secret"] not in str(caught.value)
    assert asked(api) == ["/token"]


@pytest.mark.parametrize("said", [0, -5, "soon", None, 1e400, True])
async def test_a_token_serves_whatever_is_said_of_its_end(
    api: Api, gate: EgressGate, clock: SetClock, said: Any
) -> None:
    gives(api, "first", expires_in=said)
    await called(await tool(api, gate, clock), CLIENT)
    assert api.last.headers["authorization"] == "Bearer first"


async def test_a_secret_is_not_carried_on_by_a_redirect(api: Api, gate: EgressGate, clock: SetClock) -> None:
    api.answers["/token"] = (307, {"Location": f"{api.url}/elsewhere"}, b"")
    with pytest.raises(ToolUnavailable):
        await called(await tool(api, gate, clock, client="body"), CLIENT)
    assert asked(api) == ["/token"]


async def test_a_token_is_not_fetched_from_an_internal_host(api: Api, gate: EgressGate, clock: SetClock) -> None:
    with pytest.raises(ToolRefused) as caught:
        await called(await tool(api, gate, clock, url="http://127.0.0.1:9/token"), CLIENT)
    assert caught.value.details["reason"] == "egress_refused"
