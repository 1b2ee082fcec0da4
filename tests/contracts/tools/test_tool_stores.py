"""What every store of the room of tools promises."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from loomwork.adapters.sealing.keyring import Keyring
from loomwork.adapters.storage.memory import (
    MemoryApiStore,
    MemoryMcpStore,
    MemoryOutputStore,
    MemorySwitchStore,
    MemoryToolCredentialStore,
)
from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.adapters.storage.sql.tables import model_credentials, runs
from loomwork.adapters.storage.sql.tools import SqlToolCredentialStore
from loomwork.kernel.errors import Conflict, NotFound
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.scope import Scope
from loomwork.tools.api import Caller
from loomwork.tools.domain.api_definition import ApiDefinition, ApiSettings, Operation
from loomwork.tools.domain.mcp_server import McpSettings, Offer, Offers
from loomwork.tools.ports import (
    ApiRow,
    ApiStore,
    CallRecord,
    CredentialRow,
    McpRow,
    McpStore,
    OutputStore,
    SwitchStore,
    ToolCredentialStore,
)
from tests.contracts.conftest import NOON, SetClock

OLD, NEW = b"a secret key that is long enough: 1", b"a secret key that is long enough: 2"
VALUES = {"api_key": "sk-very-secret-0001"}


@pytest.fixture(params=["memory", "sql"])
def switches(request: pytest.FixtureRequest, storage: Storage) -> SwitchStore:
    return MemorySwitchStore() if request.param == "memory" else storage.tool_switches


@pytest.fixture(params=["memory", "sql"])
def credentials(request: pytest.FixtureRequest, storage: Storage, clock: SetClock) -> ToolCredentialStore:
    if request.param == "memory":
        return MemoryToolCredentialStore()
    return SqlToolCredentialStore(SqlCredentialStore(storage.database, Keyring([OLD]), clock))


def row(toolset: str = "tavily", name: str = "default", *, later: int = 0) -> CredentialRow:
    at = NOON + timedelta(seconds=later)
    return CredentialRow(new_id(), toolset, name, "0001", at, at)


async def test_what_is_switched_off_is_off_for_its_workspace_alone(
    switches: SwitchStore, ours: Scope, theirs: Scope
) -> None:
    for name in ("time", "tavily/search", "time"):
        await switches.switch(ours, name, on=False)
    assert await switches.off(ours) == {"time", "tavily/search"}
    assert await switches.off(theirs) == frozenset()
    await switches.switch(theirs, "time", on=True)
    await switches.switch(ours, "time", on=True)
    assert await switches.off(ours) == {"tavily/search"}


async def test_a_credential_is_listed_without_its_values_and_used_with_them(
    credentials: ToolCredentialStore, ours: Scope, theirs: Scope
) -> None:
    first, second, other = row(), row(name="second", later=1), row("serper", later=2)
    for each in (first, second, other):
        await credentials.put(ours, each, VALUES)
    assert list(await credentials.listed(ours)) == [first, second, other]
    usable = await credentials.usable(ours, "tavily")
    assert [(each.id, each.name, dict(each.values)) for each in usable] == [
        (first.id, "default", VALUES),
        (second.id, "second", VALUES),
    ]
    assert "secret" not in repr(usable)
    assert list(await credentials.listed(theirs)) == []
    assert list(await credentials.usable(theirs, "tavily")) == []


async def test_putting_it_again_replaces_its_values(credentials: ToolCredentialStore, ours: Scope) -> None:
    kept = row()
    await credentials.put(ours, kept, VALUES)
    await credentials.put(ours, kept, {"api_key": "another"})
    assert [dict(each.values) for each in await credentials.usable(ours, "tavily")] == [{"api_key": "another"}]
    with pytest.raises(Conflict):
        await credentials.put(ours, row(), VALUES)


async def test_a_removed_credential_is_gone(credentials: ToolCredentialStore, ours: Scope, theirs: Scope) -> None:
    kept = row()
    await credentials.put(ours, kept, VALUES)
    with pytest.raises(NotFound):
        await credentials.remove(theirs, kept.id)
    await credentials.remove(ours, kept.id)
    with pytest.raises(NotFound):
        await credentials.remove(ours, kept.id)


async def test_credentials_of_tools_are_sealed_and_rotate_with_those_of_providers(
    storage: Storage, clock: SetClock, ours: Scope
) -> None:
    sealed = SqlCredentialStore(storage.database, Keyring([OLD]), clock)
    await SqlToolCredentialStore(sealed).put(ours, row(), VALUES)
    rows = await storage.database.everywhere.rows(model_credentials.select())
    assert b"very-secret" not in rows[0]["sealed"]
    rotating = SqlCredentialStore(storage.database, Keyring([NEW, OLD]), clock)
    assert (await rotating.rewrap(ours), await rotating.rotate(ours)) == (1, 1)
    after = SqlToolCredentialStore(SqlCredentialStore(storage.database, Keyring([NEW]), clock))
    assert [dict(each.values) for each in await after.usable(ours, "tavily")] == [VALUES]


async def test_a_tool_does_not_remove_the_credential_of_a_provider(
    storage: Storage, clock: SetClock, ours: Scope
) -> None:
    providers = SqlCredentialStore(storage.database, Keyring([OLD]), clock)
    tools = SqlToolCredentialStore(providers)
    kept = row()
    await tools.put(ours, kept, VALUES)
    listed = (await providers.listed(ours))[0]
    of_provider = type(listed)(new_id(), "openai", "default", None, 1, True, "", NOON, NOON)
    await providers.add(ours, of_provider, VALUES)
    assert [each.id for each in await tools.listed(ours)] == [kept.id]
    with pytest.raises(NotFound):
        await tools.remove(ours, of_provider.id)


async def test_calls_and_switches_stand_in_the_audit_trail(storage: Storage, ours: Scope) -> None:
    await storage.tool_switches.switch(ours, "time", on=False)
    await storage.tool_switches.switch(ours, "time", on=False)
    await storage.tool_switches.switch(ours, "time", on=True)
    caller = Caller(run_id=RunId("r1"), marks=frozenset({"web", "tool"}))
    await storage.tool_calls.called(ours, CallRecord("slack/post", "write", "ok", 1, 12, "k", caller))
    entries = await storage.audit.chain(ours, after=1, limit=10)
    assert [entry.action for entry in entries] == ["tool.disabled", "tool.enabled", "tool.called"]
    assert entries[-1].object_id == "slack/post"
    assert '"marks":["tool","web"]' in entries[-1].details.replace(" ", "")


@dataclass
class ApiHouse:
    """A store of APIs, and what goes with them."""

    apis: ApiStore
    credentials: ToolCredentialStore
    switches: SwitchStore


@pytest.fixture(params=["memory", "sql"])
def house(request: pytest.FixtureRequest, storage: Storage, clock: SetClock) -> ApiHouse:
    if request.param == "memory":
        credentials, switches = MemoryToolCredentialStore(), MemorySwitchStore()
        return ApiHouse(MemoryApiStore(credentials, switches), credentials, switches)
    stored = SqlToolCredentialStore(SqlCredentialStore(storage.database, Keyring([OLD]), clock))
    return ApiHouse(storage.tool_apis, stored, storage.tool_switches)


def an_api(slug: str = "pets", *, server: str = "https://a.example") -> ApiRow:
    operation = Operation(name="look", method="GET", path="/größe\u2028", description='a "word"')
    definition = ApiDefinition(label="Pets", format="OpenAPI 3.1", servers=(server,), operations=(operation,))
    settings = ApiSettings(fixed={"a": [1, None]}, effects={"look": "spend"}, only=("look",))
    return ApiRow(new_id(), slug, "Pets ü", "https://a.example/doc", definition, settings, new_id(), NOON, NOON)


async def test_an_api_is_kept_as_it_was_for_its_workspace_alone(house: ApiHouse, ours: Scope, theirs: Scope) -> None:
    pets, cars = an_api(), an_api("cars")
    for each in (pets, cars):
        await house.apis.put(ours, each, drop_credentials=False)
    assert await house.apis.find(ours, "pets") == pets
    assert await house.apis.states(ours) == {"cars": cars.state, "pets": pets.state}
    assert await house.apis.find(theirs, "pets") is None
    assert await house.apis.states(theirs) == {}
    with pytest.raises(NotFound):
        await house.apis.remove(theirs, "pets")


async def test_an_api_is_replaced_by_its_id_and_no_other_takes_its_name(house: ApiHouse, ours: Scope) -> None:
    pets = an_api()
    await house.apis.put(ours, pets, drop_credentials=False)
    changed = replace(pets, label="Other", state=new_id(), updated_at=NOON + timedelta(seconds=5))
    await house.apis.put(ours, changed, drop_credentials=False)
    assert await house.apis.find(ours, "pets") == changed
    with pytest.raises(Conflict):
        await house.apis.put(ours, an_api(), drop_credentials=False)


async def test_the_credentials_of_an_api_go_with_it_and_where_it_is_said(house: ApiHouse, ours: Scope) -> None:
    pets, other = an_api(), row("tavily")
    await house.apis.put(ours, pets, drop_credentials=False)
    for each in (row("api.pets"), other):
        await house.credentials.put(ours, each, VALUES)
    await house.apis.put(ours, pets, drop_credentials=False)
    assert len(await house.credentials.listed(ours)) == 2
    await house.apis.put(ours, pets, drop_credentials=True)
    assert list(await house.credentials.listed(ours)) == [other]
    await house.credentials.put(ours, row("api.pets"), VALUES)
    for name in ("api.pets", "api.pets/look", "api.pets-too"):
        await house.switches.switch(ours, name, on=False)
    await house.apis.remove(ours, "pets")
    assert list(await house.credentials.listed(ours)) == [other]
    assert await house.switches.off(ours) == {"api.pets-too"}
    with pytest.raises(NotFound):
        await house.apis.remove(ours, "pets")


async def test_what_is_done_to_an_api_stands_in_the_trail(storage: Storage, ours: Scope) -> None:
    pets = an_api()
    for drop in (False, True):
        await storage.tool_apis.put(ours, pets, drop_credentials=drop)
    await storage.tool_apis.remove(ours, "pets")
    entries = await storage.audit.chain(ours, after=1, limit=10)
    assert [entry.action for entry in entries] == ["api.added", "api.changed", "api.removed"]
    assert "https://a.example" in entries[0].details


@pytest.fixture(params=["memory", "sql"])
def servers(request: pytest.FixtureRequest, storage: Storage) -> McpStore:
    if request.param == "memory":
        return MemoryMcpStore(MemoryToolCredentialStore(), MemorySwitchStore())
    return storage.tool_servers


def a_server(slug: str = "far") -> McpRow:
    offer = Offer(
        name="größe\u2028", safe_name="gr_e", description='a "word"', input_schema={"type": "object"}, pin="1"
    )
    offers = Offers(tools=(offer,), problems=("One is left out.",))
    settings = McpSettings(auth="header", header="X-Key", approved={offer.name: "1"}, effects={"gr_e": "spend"})
    return McpRow(new_id(), slug, "Far ü", "https://far.example/mcp", offers, settings, new_id(), NOON, NOON)


async def test_a_server_is_kept_as_it_was_for_its_workspace_alone(
    servers: McpStore, ours: Scope, theirs: Scope
) -> None:
    far = a_server()
    await servers.put(ours, far, drop_credentials=False)
    assert await servers.find(ours, "far") == far
    assert await servers.states(ours) == {"far": far.state}
    assert (await servers.find(theirs, "far"), await servers.states(theirs)) == (None, {})
    with pytest.raises(Conflict, match="There is a server"):
        await servers.put(ours, a_server(), drop_credentials=False)
    with pytest.raises(NotFound):
        await servers.remove(theirs, "far")
    await servers.remove(ours, "far")
    assert await servers.find(ours, "far") is None


async def test_what_is_done_to_a_server_stands_in_the_trail_with_what_was_approved(
    storage: Storage, ours: Scope
) -> None:
    far = a_server()
    for drop in (False, True):
        await storage.tool_servers.put(ours, far, drop_credentials=drop)
    await storage.tool_servers.remove(ours, "far")
    entries = await storage.audit.chain(ours, after=1, limit=10)
    assert [entry.action for entry in entries] == ["mcp.added", "mcp.changed", "mcp.removed"]
    assert "https://far.example/mcp" in entries[0].details
    assert '"pins":{"gr_e":"1"}' in entries[0].details.replace(" ", "")


@pytest.fixture(params=["memory", "sql"])
def outputs(request: pytest.FixtureRequest, storage: Storage) -> OutputStore:
    return MemoryOutputStore() if request.param == "memory" else storage.tool_outputs


async def test_an_output_is_read_by_the_workspace_that_keeps_it_and_no_other(
    outputs: OutputStore, ours: Scope, theirs: Scope
) -> None:
    kept = await outputs.keep(ours, b"all of it", RunId(new_id()))
    assert await outputs.read(ours, kept) == b"all of it"
    for scope, output_id in ((theirs, kept), (ours, new_id()), (ours, "../kept")):
        with pytest.raises(NotFound):
            await outputs.read(scope, output_id)


async def test_an_output_goes_with_its_run(storage: Storage, ours: Scope, make: Any) -> None:
    app = make.app()
    await storage.apps.add(ours, app)
    run = make.run(app)
    await storage.runs.add(ours, run)
    kept, other = [await storage.tool_outputs.keep(ours, b"said", run_id) for run_id in (run.id, None)]
    await storage.database.of(ours).change(delete(runs).where(runs.c.workspace_id == ours.workspace_id))
    with pytest.raises(NotFound):
        await storage.tool_outputs.read(ours, kept)
    assert await storage.tool_outputs.read(ours, other) == b"said"
