"""APIs of a workspace: imported, imported again, changed, called and removed."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.egress import EgressGate
from loomwork.adapters.openapi.documents import OpenApiReader
from loomwork.adapters.openapi.source import ApiTools
from loomwork.adapters.storage.memory import (
    MemoryApiStore,
    MemoryOutputStore,
    MemorySwitchStore,
    MemoryToolCredentialStore,
)
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope, embedded_scope
from loomwork.tools.api import ApiDocumentInvalid, ApiImport, AuthScheme, ToolNotFound
from loomwork.tools.application.calling import Calling
from loomwork.tools.application.import_api import ImportedApis
from loomwork.tools.application.registry import WorkspaceTools
from tests.unit.adapters.openapi.api_server import Api, api_server, document, gate_to, world_with
from tests.unit.adapters.openapi.petstore import PETS

pytestmark = pytest.mark.anyio

OURS = embedded_scope()
THEIRS = Scope(WorkspaceId(new_id()), SYSTEM)
KEY = {"api_key": "a secret that is long"}


@dataclass
class House:
    """A registry with imported APIs alone."""

    apis: ImportedApis
    tools: WorkspaceTools


@pytest.fixture
def api() -> Iterator[Api]:
    with api_server() as served:
        yield served


@pytest.fixture
async def house(api: Api, tmp_path: Path) -> AsyncIterator[House]:
    gate: EgressGate = gate_to(api)
    switches, credentials, clock = MemorySwitchStore(), MemoryToolCredentialStore(), SystemClock()
    store = MemoryApiStore(credentials, switches)
    outputs = MemoryOutputStore()
    tools = WorkspaceTools(
        [ApiTools(store, world_with(gate))],
        switches=switches,
        credentials=credentials,
        calling=Calling(clock, outputs=outputs),
        clock=clock,
    )
    yield House(ImportedApis(store, OpenApiReader(gate), clock), tools)
    await gate.close()


def text(said: Any) -> bytes:
    return json.dumps(said).encode()


def pets_at(server: str, **more: Any) -> ApiImport:
    return ApiImport(document=text({**PETS, "servers": [{"url": server}]}), **more)


async def call(house: House, name: str, **arguments: Any) -> Any:
    return await house.tools.call(OURS, name, arguments, key="k")


async def test_an_imported_operation_is_a_tool_of_its_workspace_alone(api: Api, house: House) -> None:
    made = await house.apis.save(OURS, pets_at(api.url))
    assert (made.id, made.name, made.server, made.format) == ("api.pet-store", "pet-store", api.url, "OpenAPI 3.0")
    assert [(each.name, each.place, each.effect) for each in made.operations][:2] == [
        ("list_pets", "GET /pets", "read"),
        ("add_pet", "POST /pets", "write"),
    ]
    await house.tools.save_credential(OURS, made.id, KEY)
    result = await call(house, "api.pet-store/list_pets", tag=["a", "b"], limit="3")
    assert result.marks == {"tool"}
    assert api.last.target == "/pets?limit=3&tag=a&tag=b"
    assert api.last.headers["x-key"] == KEY["api_key"]
    assert await house.apis.all(THEIRS) == []
    with pytest.raises(ToolNotFound):
        await house.tools.call(THEIRS, "api.pet-store/list_pets", {}, key="k")


async def test_looking_first_keeps_nothing(api: Api, house: House) -> None:
    seen = await house.apis.preview(OURS, pets_at(api.url, name="Pets", only=["list_pets"]))
    assert (seen.name, [each.name for each in seen.operations]) == ("pets", ["list_pets"])
    assert await house.apis.all(OURS) == []


async def test_a_document_is_fetched_and_its_address_is_where_it_was(api: Api, house: House) -> None:
    said = document({"/things": {"get": {"operationId": "things", "responses": {}}}}, server="/v2")
    api.answers["/docs/api.json"] = (200, {"Content-Type": "application/json"}, text(said))
    made = await house.apis.save(OURS, ApiImport(url=f"{api.url}/docs/api.json", name="things"))
    assert made.server == f"{api.url}/v2"
    await call(house, "api.things/things")
    assert api.last.target == "/v2/things"


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/x", "http://localhost/api.json", "file:///etc/passwd", "ftp://a"]
)
async def test_a_document_is_not_fetched_from_inside(house: House, url: str) -> None:
    with pytest.raises(ApiDocumentInvalid) as caught:
        await house.apis.save(OURS, ApiImport(url=url))
    assert caught.value.details["reason"] == "egress_refused"


async def test_a_document_that_is_not_there_is_said_so(api: Api, house: House) -> None:
    api.answers["/api.json"] = (404, {}, b"")
    with pytest.raises(ApiDocumentInvalid, match="404"):
        await house.apis.save(OURS, ApiImport(url=f"{api.url}/api.json"))


async def test_importing_again_replaces_it_and_what_was_said_of_it_stays(api: Api, house: House) -> None:
    first = await house.apis.save(OURS, pets_at(api.url, effects={"add_pet": "spend"}, fixed={"limit": 5}))
    await house.tools.save_credential(OURS, first.id, KEY)
    less = {**PETS, "servers": [{"url": api.url}], "paths": {"/pets": PETS["paths"]["/pets"]}}
    again = await house.apis.save(OURS, ApiImport(document=text(less)))
    assert [each.name for each in again.operations] == ["list_pets", "add_pet"]
    assert (again.effects, again.fixed) == ({"add_pet": "spend"}, {"limit": 5})
    assert not again.credentials_dropped
    with pytest.raises(ToolNotFound):
        await call(house, "api.pet-store/remove_pet", id=1)
    await call(house, "api.pet-store/list_pets")
    assert api.last.target == "/pets?limit=5"
    assert len(await house.apis.all(OURS)) == 1


OAUTH = AuthScheme(kind="oauth2", token_url="https://elsewhere.example.org/token")


@pytest.mark.parametrize(
    ("change", "dropped"),
    [
        (ApiImport(server="https://elsewhere.example.org"), True),
        (ApiImport(auth=[OAUTH]), True),
        (ApiImport(document=text({**PETS, "servers": [{"url": "https://elsewhere.example.org"}]})), True),
        (ApiImport(effects={"add_pet": "read"}), False),
        (ApiImport(auth=[AuthScheme(kind="header", name="X-Other")]), False),
    ],
)
async def test_what_lets_in_does_not_follow_to_another_address(
    api: Api, house: House, change: ApiImport, dropped: bool
) -> None:
    made = await house.apis.save(OURS, pets_at(api.url))
    await house.tools.save_credential(OURS, made.id, KEY)
    changed = await house.apis.change(OURS, made.name, change)
    assert changed.credentials_dropped is dropped
    assert (await house.tools.toolset(OURS, made.id)).configured is not dropped


async def test_an_operation_with_an_address_of_its_own_drops_them_too(api: Api, house: House) -> None:
    made = await house.apis.save(OURS, pets_at(api.url))
    await house.tools.save_credential(OURS, made.id, KEY)
    paths = {**PETS["paths"], "/more": {"get": {"servers": [{"url": "https://elsewhere.example.org"}]}}}
    again = await house.apis.save(
        OURS, ApiImport(document=text({**PETS, "servers": [{"url": api.url}], "paths": paths}))
    )
    assert again.credentials_dropped


async def test_a_change_counts_for_the_next_call(api: Api, house: House) -> None:
    made = await house.apis.save(OURS, pets_at(api.url, auth=[]))
    await call(house, "api.pet-store/list_pets")
    await house.apis.change(OURS, made.id, ApiImport(server=f"{api.url}/v2", fixed={"list_pets.tag": ["t"]}))
    await call(house, "api.pet-store/list_pets")
    assert api.last.target == "/v2/pets?tag=t"
    await house.apis.change(OURS, made.id, ApiImport(server=""))
    await call(house, "api.pet-store/list_pets")
    assert api.last.target == "/pets?tag=t"


async def test_a_removed_api_takes_its_tools_and_credentials_with_it(api: Api, house: House) -> None:
    made = await house.apis.save(OURS, pets_at(api.url))
    await house.tools.save_credential(OURS, made.id, KEY)
    await house.tools.switch(OURS, f"{made.id}/list_pets", on=False)
    await house.apis.remove(OURS, "pet-store")
    with pytest.raises(NotFound):
        await house.apis.get(OURS, "pet-store")
    with pytest.raises(ToolNotFound):
        await call(house, "api.pet-store/list_pets")
    await house.apis.save(OURS, pets_at(api.url))
    toolset = await house.tools.toolset(OURS, made.id)
    assert not toolset.configured
    assert all(tool.enabled for tool in toolset.tools)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("document", {}),
        ("name", {"name": "天气"}),
        ("server", {"server": "ftp://a"}),
        ("server", {"server": "https://user:password@a.example"}),
        ("effects", {"effects": {"nothing": "read"}}),
        ("fixed", {"fixed": {"nothing": 1}}),
        ("seconds", {"timeout": 0}),
        ("auth", {"auth": [AuthScheme(kind="header", name="a b")]}),
        ("auth", {"auth": [AuthScheme(kind="oauth2")]}),
        ("auth", {"auth": [AuthScheme(kind="header", name="X", prefix="a\r\n")]}),
    ],
)
async def test_what_is_said_wrong_of_an_api_is_refused(house: House, field: str, given: Any) -> None:
    said: Any = text(PETS) if given else None
    with pytest.raises(InvalidInput) as caught:
        await house.apis.save(OURS, ApiImport(document=said, **given))
    assert caught.value.details["field"] == field


async def test_an_api_keeps_its_name(api: Api, house: House) -> None:
    await house.apis.save(OURS, pets_at(api.url))
    with pytest.raises(InvalidInput):
        await house.apis.change(OURS, "pet-store", ApiImport(name="other"))
    with pytest.raises(NotFound):
        await house.apis.change(OURS, "none", ApiImport(timeout=5))


async def test_a_document_without_an_address_wants_one(house: House) -> None:
    made = await house.apis.save(OURS, pets_at("/v1"))
    assert made.server is None
    toolset = await house.tools.toolset(OURS, made.id)
    assert list(toolset.tools) == []
    assert "names no server" in toolset.problems[0]
