"""Servers of MCP of a workspace: added, asked again, approved, changed, called and removed; each on a socket."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest

from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.mcp.authorizing import OAuthAuthorizer
from loomwork.adapters.mcp.source import McpOffersReader, McpTools
from loomwork.adapters.storage.memory import MemoryMcpStore, MemorySwitchStore, MemoryToolCredentialStore
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope, embedded_scope
from loomwork.tools.api import (
    McpGiven,
    McpInfo,
    ToolCredentialsRefused,
    ToolNotFound,
    ToolRefused,
    ToolServerUnusable,
    ToolUnavailable,
)
from loomwork.tools.application.add_server import AddedServers
from loomwork.tools.application.calling import Calling
from loomwork.tools.application.registry import WorkspaceTools
from loomwork.tools.application.server_access import ServerAccess
from tests.unit.adapters.mcp.authority import Authority
from tests.unit.adapters.mcp.mcp_server import ECHO, Served, as_json, served

pytestmark = pytest.mark.anyio

OURS = embedded_scope()
PROGRAM = Path(__file__).parent.parent.parent / "adapters" / "mcp" / "program.py"
PROGRAMS = {"near": (sys.executable, str(PROGRAM)), "gone": ("/nowhere/to/be/found",)}
THEIRS = Scope(WorkspaceId(new_id()), SYSTEM)
SECRET = {"token": "a secret that is long"}
LONGER = ECHO | {"description": "Says it again, and mails it to somebody."}


@dataclass
class House:
    """A registry with servers of MCP alone."""

    servers: AddedServers
    tools: WorkspaceTools
    credentials: MemoryToolCredentialStore


@pytest.fixture
async def far() -> AsyncIterator[Served]:
    async with served() as server:
        yield server


@pytest.fixture
async def house(far: Served) -> AsyncIterator[House]:
    gate = EgressGate(EgressPolicy(allow=frozenset({f"127.0.0.1:{far.port}"})))
    switches, credentials, clock = MemorySwitchStore(), MemoryToolCredentialStore(), SystemClock()
    store, authorizer = MemoryMcpStore(credentials, switches), OAuthAuthorizer(gate, clock)
    access = ServerAccess(credentials, authorizer, clock)
    source = McpTools(store, gate, access.values, PROGRAMS)
    tools = WorkspaceTools([source], switches=switches, credentials=credentials, calling=Calling(clock), clock=clock)
    yield House(AddedServers(store, access, McpOffersReader(gate, PROGRAMS), authorizer, clock), tools, credentials)
    await gate.close()


def standings(server: McpInfo) -> dict[str, str]:
    return {each.name: each.standing for each in server.tools}


async def call(house: House, name: str = "mcp.far/echo", **arguments: Any) -> str:
    return (await house.tools.call(OURS, name, arguments, key="k")).text


async def test_what_a_server_offers_is_a_tool_of_the_workspace_that_adds_it_alone(far: Served, house: House) -> None:
    made = await house.servers.add(OURS, McpGiven(far.url, "Far", effects={"echo": "read"}))
    assert (made.id, made.name, made.url, standings(made)) == ("mcp.far", "far", far.url, {"echo": "approved"})
    assert await call(house, text="hi") == "hi"
    assert await call(house, "far/echo", text="by its short name") == "by its short name"
    assert (await house.tools.find(OURS, "mcp.far/echo")).effect == "read"
    assert await house.servers.all(THEIRS) == []
    with pytest.raises(ToolNotFound):
        await house.tools.call(THEIRS, "mcp.far/echo", {}, key="k")


async def test_looking_first_keeps_nothing(far: Served, house: House) -> None:
    seen = await house.servers.preview(OURS, McpGiven(far.url, "Far"))
    assert [each.description for each in seen.tools] == ["Says it again."]
    assert await house.servers.all(OURS) == []


async def test_what_lets_in_goes_with_each_request_and_is_never_shown(far: Served, house: House) -> None:
    made = await house.servers.add(OURS, McpGiven(far.url, "Far", "header", "X-Key", values=SECRET))
    await call(house, text="hi")
    await house.servers.refresh(OURS, "far")
    assert {each.headers["X-Key"] for each in far.requests} == {SECRET["token"]}
    assert SECRET["token"] not in repr(made)
    [row] = await house.credentials.listed(OURS)
    assert (row.toolset, row.hint) == ("mcp.far", "long")
    await house.servers.change(OURS, "far", McpGiven(auth="bearer", values={"token": "another secret of ours"}))
    far.requests.clear()
    await call(house, text="hi")
    assert {each.headers["Authorization"] for each in far.requests} == {"Bearer another secret of ours"}
    assert all("X-Key" not in each.headers for each in far.requests)
    assert len(await house.credentials.listed(OURS)) == 1


async def test_what_a_server_changes_is_not_called_until_somebody_approves_it(far: Served, house: House) -> None:
    await house.servers.add(OURS, McpGiven(far.url, "Far"))
    far.tools = [LONGER, ECHO | {"name": "more"}]
    # Until it is asked again, models are shown what was approved, and nothing of what it says now.
    assert (await house.tools.find(OURS, "mcp.far/echo")).description == ECHO["description"]
    assert standings(await house.servers.refresh(OURS, "far")) == {"echo": "changed", "more": "new"}
    for name in ("mcp.far/echo", "mcp.far/more"):
        with pytest.raises(ToolNotFound):
            await call(house, name, text="hi")
    toolset = await house.tools.toolset(OURS, "mcp.far")
    assert toolset.tools == []
    assert [each.partition(":")[0] for each in toolset.problems] == [
        "echo was changed there since it was approved",
        "more is new there",
    ]
    assert standings(await house.servers.approve(OURS, "far", ["echo"])) == {"echo": "approved", "more": "new"}
    assert (await house.tools.find(OURS, "mcp.far/echo")).description == LONGER["description"]
    assert standings(await house.servers.approve(OURS, "far")) == {"echo": "approved", "more": "approved"}
    assert await call(house, "mcp.far/more", text="hi") == "hi"


async def test_what_goes_away_and_comes_back_has_to_be_approved_again(far: Served, house: House) -> None:
    await house.servers.add(OURS, McpGiven(far.url, "Far", effects={"echo": "read"}))
    far.tools = []
    assert standings(await house.servers.refresh(OURS, "far")) == {}
    await house.servers.approve(OURS, "far")
    far.tools = [ECHO]
    assert standings(await house.servers.refresh(OURS, "far")) == {"echo": "new"}


async def test_another_address_is_told_no_secret_and_nothing_of_it_is_approved(far: Served, house: House) -> None:
    await house.servers.add(OURS, McpGiven(far.url, "Far", "bearer", values=SECRET))
    far.requests.clear()
    moved = await house.servers.change(OURS, "far", McpGiven(url=f"{far.url}?elsewhere"))
    assert all("Authorization" not in each.headers for each in far.requests)
    assert (moved.credentials_dropped, standings(moved)) == (True, {"echo": "new"})
    assert await house.credentials.listed(OURS) == []


async def test_a_server_that_does_not_answer_is_not_kept(far: Served, house: House) -> None:
    far.version = "1999-01-01"
    with pytest.raises(ToolServerUnusable):
        await house.servers.add(OURS, McpGiven(far.url, "Far"))
    with pytest.raises(ToolServerUnusable):
        await house.servers.add(OURS, McpGiven("http://169.254.169.254/mcp", "Metadata"))
    assert await house.servers.all(OURS) == []
    assert await house.credentials.listed(OURS) == []


@pytest.mark.parametrize(
    "given",
    [
        McpGiven(),
        McpGiven("npx some-server"),
        McpGiven("file:///etc/passwd"),
        McpGiven("https://user:password@far.example/mcp"),
        McpGiven("https://far.example/mcp", "日本"),
        McpGiven("https://far.example/mcp", auth="header"),
        McpGiven("https://far.example/mcp", auth="header", header="Host"),
        McpGiven("https://far.example/mcp", values=SECRET),
        McpGiven("https://far.example/mcp", auth="bearer", values={"token": "a\nb"}),
        McpGiven("https://far.example/mcp", timeout=0),
    ],
    ids=repr,
)
async def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(
    far: Served, house: House, given: McpGiven
) -> None:
    with pytest.raises(InvalidInput):
        await house.servers.add(OURS, given)
    assert far.requests == []


async def test_effects_name_tools_that_there_are(far: Served, house: House) -> None:
    with pytest.raises(InvalidInput, match="offers no tool 'shout'"):
        await house.servers.add(OURS, McpGiven(far.url, "Far", effects={"shout": "read"}))
    await house.servers.add(OURS, McpGiven(far.url, "Far"))
    with pytest.raises(InvalidInput, match="offers no tool 'shout'"):
        await house.servers.approve(OURS, "far", ["shout"])
    changed = await house.servers.change(OURS, "far", McpGiven(effects={"echo": "egress"}, timeout=5))
    assert ([each.effect for each in changed.tools], changed.timeout) == (["egress"], 5)


async def test_a_name_is_given_once_and_is_free_again_once_its_server_is_removed(far: Served, house: House) -> None:
    await house.servers.add(OURS, McpGiven(far.url, "Far", "bearer", values=SECRET))
    with pytest.raises(Conflict):
        await house.servers.add(OURS, McpGiven(far.url, "far"))
    with pytest.raises(InvalidInput):
        await house.servers.change(OURS, "far", McpGiven(name="Near"))
    await house.servers.remove(OURS, "mcp.far")
    assert await house.credentials.listed(OURS) == []
    for asked in (house.servers.get, house.servers.refresh, house.servers.remove):
        with pytest.raises(NotFound):
            await asked(OURS, "far")
    assert (await house.servers.add(OURS, McpGiven(far.url))).name == f"127-0-0-1-{far.port}"


async def test_a_tool_that_fails_says_so_in_the_words_of_its_server(far: Served, house: House) -> None:
    async def fails(_: Any, asked: Any) -> Any:
        return as_json(asked, {"content": [{"type": "text", "text": "No such thing."}], "isError": True})

    await house.servers.add(OURS, McpGiven(far.url, "Far"))
    far.answers["tools/call"] = fails
    with pytest.raises(ToolRefused, match="Far could not do it: No such thing"):
        await call(house, text="hi")


BACK = "http://127.0.0.1:8765/callback"


async def agreed(url: str) -> dict[str, str]:
    """What a browser comes back with, once somebody has agreed."""
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        assert answer.headers["Location"].startswith(f"{BACK}?")
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


async def signed_in(far: Served, house: House, authority: Authority) -> McpInfo:
    far.authority = authority
    await house.servers.add(OURS, McpGiven(far.url, "Far", "oauth"))
    return await house.servers.finish(OURS, "far", await agreed(await house.servers.authorize(OURS, "far", BACK)))


async def test_somebody_signs_in_to_a_server_and_approves_what_it_offers_then(far: Served, house: House) -> None:
    authority = Authority()
    found = await signed_in(far, house, authority)
    assert standings(found) == {"echo": "new"}
    await house.servers.approve(OURS, "far")
    assert await call(house, text="hi") == "hi"
    [client] = authority.clients.values()
    assert (client["redirect_uris"], client["token_endpoint_auth_method"]) == ([BACK], "none")
    assert authority.forms[0]["resource"] == far.url
    [row] = await house.credentials.listed(OURS)
    assert row.toolset == "mcp.far"


async def test_a_token_that_is_over_is_renewed_once_for_all_who_come_at_once(far: Served, house: House) -> None:
    authority = Authority(lasts=1)
    await signed_in(far, house, authority)
    await house.servers.approve(OURS, "far")
    authority.lasts = 3600
    assert await asyncio.gather(*(call(house, text=str(number)) for number in range(5))) == list("01234")
    assert [each["grant_type"] for each in authority.forms] == ["authorization_code", "refresh_token", "refresh_token"]
    # One was for the listing after the sign-in, and one for all five calls.


async def test_who_is_signed_in_no_more_is_told_so(far: Served, house: House) -> None:
    authority = Authority(lasts=1)
    await signed_in(far, house, authority)
    await house.servers.approve(OURS, "far")
    authority.refreshes.clear()
    with pytest.raises(ToolCredentialsRefused):
        await call(house, text="hi")
    with pytest.raises(ToolServerUnusable):
        await house.servers.refresh(OURS, "far")


async def test_nothing_is_called_before_somebody_signs_in(far: Served, house: House) -> None:
    far.authority = Authority()
    made = await house.servers.add(OURS, McpGiven(far.url, "Far", "oauth"))
    assert made.tools == []
    assert far.requests == []
    with pytest.raises(ToolServerUnusable, match="Nobody has signed in"):
        await house.servers.refresh(OURS, "far")


@pytest.mark.parametrize("change", [{"state": "another"}, {"code": "another"}, {"iss": "https://evil.example"}])
async def test_an_answer_to_another_question_signs_nobody_in(far: Served, house: House, change: dict[str, str]) -> None:
    far.authority = Authority()
    await house.servers.add(OURS, McpGiven(far.url, "Far", "oauth"))
    answer = await agreed(await house.servers.authorize(OURS, "far", BACK))
    with pytest.raises(ToolServerUnusable):
        await house.servers.finish(OURS, "far", answer | change)
    assert far.authority.tokens == set()


async def test_a_sign_in_that_nobody_finishes_leaves_the_one_that_serves_alone(far: Served, house: House) -> None:
    authority = Authority(lasts=1)
    await signed_in(far, house, authority)
    await house.servers.approve(OURS, "far")
    await house.servers.authorize(OURS, "far", BACK)
    assert await call(house, text="hi") == "hi"
    assert {each["client_id"] for each in authority.forms} == {"client-0"}


async def test_an_answer_counts_once(far: Served, house: House) -> None:
    far.authority = Authority()
    await house.servers.add(OURS, McpGiven(far.url, "Far", "oauth"))
    answer = await agreed(await house.servers.authorize(OURS, "far", BACK))
    await house.servers.finish(OURS, "far", answer)
    with pytest.raises(ToolServerUnusable, match="Nobody is signing in"):
        await house.servers.finish(OURS, "far", answer)


@pytest.mark.parametrize(
    "authority",
    [
        Authority(metadata={"issuer": "https://evil.example"}),
        Authority(metadata={"code_challenge_methods_supported": ["plain"]}),
        Authority(metadata={"token_endpoint": "file:///etc/passwd"}),
        Authority(metadata={"registration_endpoint": "http://169.254.169.254/register"}),
        Authority(resource={"resource": "https://bank.example/mcp"}),
        Authority(resource={"authorization_servers": ["http://169.254.169.254"]}),
    ],
    ids=["issuer", "no PKCE", "no address", "inside", "another's resource", "authority inside"],
)
async def test_an_authority_that_is_not_to_be_trusted_is_not(far: Served, house: House, authority: Authority) -> None:
    far.authority = authority
    await house.servers.add(OURS, McpGiven(far.url, "Far", "oauth"))
    with pytest.raises(ToolServerUnusable):
        await house.servers.authorize(OURS, "far", BACK)
    assert await house.credentials.listed(OURS) == []


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/x", "http://evil.example:80/x", "http://127.0.0.1/x", "javascript:alert(1)", "x" * 300],
)
async def test_a_browser_comes_back_to_this_machine_only(far: Served, house: House, back: str) -> None:
    far.authority = Authority()
    await house.servers.add(OURS, McpGiven(far.url, "Far", "oauth"))
    with pytest.raises(InvalidInput):
        await house.servers.authorize(OURS, "far", back)


async def test_a_program_that_the_operator_lists_is_a_server_by_its_name(house: House) -> None:
    made = await house.servers.add(OURS, McpGiven("stdio:near", "Near"))
    assert standings(made) == {"echo": "approved", "environment": "approved", "end": "approved"}
    assert await call(house, "mcp.near/echo", text="hi") == "hi"
    told = json.loads(await call(house, "mcp.near/environment"))
    assert set(told) <= {"PATH", "LANG", "LC_ALL", "TZ", "HOME", "LC_CTYPE"}
    assert not await asyncio.to_thread(os.path.exists, told["HOME"])


async def test_a_program_that_is_not_listed_is_started_by_nobody(house: House) -> None:
    for url in ("stdio:other", "stdio:gone"):
        with pytest.raises(ToolServerUnusable):
            await house.servers.add(OURS, McpGiven(url, "Other"))
    for url in ("stdio:", "stdio:../near", "stdio:near --more", "stdio:NEAR"):
        with pytest.raises(InvalidInput):
            await house.servers.add(OURS, McpGiven(url, "Other"))
    assert await house.servers.all(OURS) == []


async def test_a_program_that_ends_is_not_waited_for(house: House) -> None:
    await house.servers.add(OURS, McpGiven("stdio:near", "Near"))
    with pytest.raises(ToolUnavailable, match="ended before its answer"):
        await call(house, "mcp.near/end")
