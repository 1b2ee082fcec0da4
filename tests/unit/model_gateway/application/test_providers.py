"""Providers, credentials and routes of a workspace, with real files, real wires and a real socket."""

import textwrap
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.adapters.catalog.user_catalog import UserCatalog
from loomwork.adapters.storage.memory import MemoryCredentialStore, MemoryRouteStore
from loomwork.adapters.wires.debug import DebugWire
from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import InvalidInput, LoomworkError, NotFound
from loomwork.kernel.scope import embedded_scope
from loomwork.model_gateway.api import ModelFailure, ModelNotFound, ProviderInfo, Route, Share
from loomwork.model_gateway.application.gateway import Gateway
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.application.providers import WorkspaceProviders
from loomwork.model_gateway.domain.connection import configure
from loomwork.model_gateway.ports import Wire
from tests.unit.adapters.wires.scripted_provider import Script, ScriptedProvider, chunk, provider, sse
from tests.unit.model_gateway.worlds import StoreInHand

SCOPE = embedded_scope()
KEY = "sk-very-secret-key-of-a-workspace-0007"
GOOD = Script([sse(chunk("ok"), chunk(finish_reason="stop"), "[DONE]")])
REFUSED = Script([b'{"error": {"message": "Incorrect API key provided: %s"}}' % KEY.encode()], 401, "application/json")
BESIDE = """
id: echo
label: Echo
wire: debug
"""


@dataclass
class World:
    """An installation with a provider `acme` at a real address, and `echo`, which calls nobody."""

    folder: Path
    acme: ScriptedProvider
    environment: dict[str, str]
    wires: Mapping[str, Wire]
    credentials: MemoryCredentialStore
    routes: MemoryRouteStore
    providers: WorkspaceProviders
    catalog: CatalogReader

    def ship(self, name: str, text: str) -> None:
        path = self.folder / "shipped" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        self.catalog.look_again()

    def ship_acme(self, endpoint: str, *more: str) -> None:
        self.ship(
            "acme/provider.yml",
            "\n".join([ACME.format(endpoint=endpoint), *more]),
        )

    async def info(self, name: str = "acme") -> ProviderInfo:
        return next(each for each in await self.providers.list_providers(SCOPE) if each.id == name)


ACME = """\
id: acme
label: Acme
wire: openai_chat
endpoint: {endpoint}
endpoint_env: ACME_URL
links: {{keys: "https://acme.example.com/keys"}}
credentials:
  api_key: {{label: API key, env: ACME_KEY, help: Made at its console.}}
  region: {{label: Region, secret: false, required: false, default: eu, choices: [eu, us]}}
"""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    environment: dict[str, str] = {}
    catalog = CatalogReader([tmp_path / "shipped", tmp_path / "own"])
    folder = UserCatalog(tmp_path / "own", on_change=catalog.look_again)
    wires: dict[str, Wire] = {"openai_chat": OpenAIChatWire(), "debug": DebugWire()}
    credentials, routes = MemoryCredentialStore(), MemoryRouteStore()
    gateway = Gateway(
        catalog=catalog,
        wires=wires,
        environment=environment,
        default_model="echo/echo",
        credentials=credentials,
        routes=routes,
        local=LocalWeights(catalog=catalog, store=StoreInHand(), default_model="echo/echo"),
    )
    providers = WorkspaceProviders(
        catalog=catalog,
        folder=folder,
        wires=wires,
        environment=environment,
        credentials=credentials,
        routes=routes,
        models=gateway,
        clock=SystemClock(),
    )
    async with provider() as acme:
        acme.script = GOOD
        world = World(tmp_path, acme, environment, wires, credentials, routes, providers, catalog)
        world.ship_acme(acme.url)
        world.ship("acme/models/small.yml", "id: small\nlabel: Small\n")
        world.ship("acme/models/vectors.yml", "id: vectors\nlabel: Vectors\ntype: embedding\n")
        world.ship("echo/provider.yml", BESIDE)
        world.ship("echo/models/echo.yml", "id: echo\nlabel: Echo\n")
        yield world
        await gateway.close()


async def test_a_provider_says_what_it_wants_to_know_and_what_it_was_told(world: World) -> None:
    info = await world.info()
    assert (info.ready, info.problem, info.endpoint) == (False, "Not configured: set ACME_KEY.", world.acme.url)
    assert [(field.name, field.label, field.secret, field.default) for field in info.fields] == [
        ("api_key", "API key", True, None),
        ("region", "Region", False, "eu"),
    ]
    assert (info.links, info.models, info.removable) == ({"keys": "https://acme.example.com/keys"}, 2, False)
    await world.providers.add_credential(SCOPE, "acme", name="first", values={"api_key": KEY})
    info = await world.info()
    assert (info.ready, info.problem, info.from_env) == (True, None, False)
    assert [(each.name, each.hint, each.endpoint) for each in info.credentials] == [("first", "0007", world.acme.url)]
    assert [each.id for each in await world.providers.list_providers(SCOPE)] == ["acme", "echo"]


async def test_the_environment_s_own_key_is_told_apart_and_not_shown(world: World) -> None:
    world.environment["ACME_KEY"] = KEY
    info = await world.info()
    assert (info.ready, info.from_env, info.credentials) == (True, True, [])
    assert KEY not in repr(info)
    assert not (await world.info("echo")).from_env


async def test_a_credential_is_tried_with_one_cheap_call_before_it_is_kept(world: World) -> None:
    made = await world.providers.add_credential(SCOPE, "acme", name="first", values={"api_key": f"  {KEY}\n"})
    assert made.verified_at is not None
    (body,), (headers,) = world.acme.bodies, world.acme.headers
    assert (body["model"], body["max_tokens"]) == ("small", 16)
    assert headers["Authorization"] == f"Bearer {KEY}"
    (usable,) = await world.credentials.usable(SCOPE, "acme")
    assert dict(usable.values) == {"api_key": KEY}


async def test_a_credential_that_is_refused_is_not_kept_and_not_repeated(world: World) -> None:
    world.acme.script = REFUSED
    with pytest.raises(ModelFailure) as refused:
        await world.providers.add_credential(SCOPE, "acme", name="first", values={"api_key": KEY})
    assert KEY not in str(refused.value) + repr(refused.value.details)
    assert await world.credentials.listed(SCOPE) == []
    made = await world.providers.add_credential(SCOPE, "acme", name="first", values={"api_key": KEY}, verify=False)
    assert made.verified_at is None
    assert len(world.acme.bodies) == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "needs its API key"),
        ({"api_key": "  "}, "needs its API key"),
        ({"api_key": KEY, "regoin": "eu"}, "no field 'regoin'"),
        ({"api_key": KEY, "region": "mars"}, "one of eu, us"),
        ({"api_key": f"{KEY}\r\nX-Evil: 1"}, "characters that no key has"),
        ({"api_key": KEY * 1000}, "longer than"),
    ],
)
async def test_fields_that_are_missing_unknown_or_unfit_are_refused_by_name(
    world: World, values: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        await world.providers.add_credential(SCOPE, "acme", name="first", values=values)
    assert "secret" not in refused.value.message + repr(refused.value.details)
    assert world.acme.bodies == []


@pytest.mark.parametrize(
    "given", [{"provider": "nobody"}, {"provider": "echo"}, {"name": ""}, {"name": "a\nb"}, {"weight": 0}]
)
async def test_what_makes_no_credential_is_refused(world: World, given: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"provider": "acme", "name": "first", "values": {"api_key": KEY}, **given}
    with pytest.raises((InvalidInput, NotFound)):
        await world.providers.add_credential(SCOPE, **asked)
    assert world.acme.bodies == []


async def test_several_keys_of_one_provider_stand_beside_each_other(world: World) -> None:
    for name, weight in (("first", 1), ("second", 3)):
        await world.providers.add_credential(SCOPE, "acme", name=name, values={"api_key": KEY}, weight=weight)
    assert [each.weight for each in await world.credentials.usable(SCOPE, "acme")] == [1, 3]


async def test_a_change_replaces_what_is_given_and_tries_new_values_only(world: World) -> None:
    made = await world.providers.add_credential(SCOPE, "acme", name="first", values={"api_key": KEY, "region": "us"})
    changed = await world.providers.change_credential(SCOPE, made.id, name="renamed", weight=5, enabled=False)
    assert (changed.name, changed.weight, changed.enabled, changed.hint) == ("renamed", 5, False, "0007")
    assert len(world.acme.bodies) == 1
    other = KEY.replace("0007", "0008")
    changed = await world.providers.change_credential(SCOPE, made.id, values={"api_key": other}, enabled=True)
    assert changed.hint == "0008"
    assert world.acme.headers[-1]["Authorization"] == f"Bearer {other}"
    (usable,) = await world.credentials.usable(SCOPE, "acme")
    assert dict(usable.values) == {"api_key": other}
    world.acme.script = REFUSED
    with pytest.raises(ModelFailure):
        await world.providers.change_credential(SCOPE, made.id, values={"api_key": KEY})
    assert [dict(each.values) for each in await world.credentials.usable(SCOPE, "acme")] == [{"api_key": other}]
    await world.providers.remove_credential(SCOPE, made.id)
    for missing in (
        world.providers.remove_credential(SCOPE, made.id),
        world.providers.change_credential(SCOPE, made.id, name="again"),
    ):
        with pytest.raises(NotFound):
            await missing


async def test_a_provider_whose_address_changes_is_never_sent_the_key_of_the_old_one(world: World) -> None:
    await world.providers.add_credential(SCOPE, "acme", name="first", values={"api_key": KEY})
    async with provider() as elsewhere:
        elsewhere.script = GOOD
        for move in ("file", "environment"):
            if move == "file":
                world.ship_acme(elsewhere.url)
            else:
                world.ship_acme(world.acme.url)
                world.environment["ACME_URL"] = elsewhere.url
            info = await world.info()
            assert not info.ready
            assert info.problem is not None
            assert "enter its credentials again" in info.problem
            assert world.acme.url in info.problem
            card = world.catalog.read().providers["acme"].card
            (stored,) = await world.credentials.usable(SCOPE, "acme")
            assert not configure(card, world.environment, stored).complete
            with pytest.raises(ModelFailure, match="enter its credentials again"):
                await world.providers.test_model(SCOPE, "acme/small")
        assert elsewhere.headers == []


async def test_a_provider_without_a_model_to_ask_is_kept_unverified(world: World) -> None:
    world.ship("bare/provider.yml", ACME.format(endpoint=world.acme.url).replace("id: acme", "id: bare"))
    made = await world.providers.add_credential(SCOPE, "bare", name="first", values={"api_key": KEY})
    assert made.verified_at is None
    assert world.acme.bodies == []


async def test_a_model_is_tested_by_a_call_of_its_kind(world: World) -> None:
    assert (await world.providers.test_model(SCOPE, "echo/echo")).startswith("echo/echo answered after ")
    with pytest.raises(ModelNotFound):
        await world.providers.test_model(SCOPE, "echo/nothing")
    with pytest.raises(ModelNotFound):
        await world.providers.test_model(SCOPE, "route/nothing")
    with pytest.raises(ModelFailure, match="ACME_KEY"):
        await world.providers.test_model(SCOPE, "acme/small")
    await world.providers.add_credential(SCOPE, "acme", name="first", values={"api_key": KEY})
    await world.providers.put_route(SCOPE, Route("fast", targets=(Share("acme/small"),)))
    assert "answered" in await world.providers.test_model(SCOPE, "route/fast")
    assert world.acme.headers[-1]["Authorization"] == f"Bearer {KEY}"


ROUTE = Route("fast", targets=(Share("acme/small"), Share("echo/echo", 2)), fallbacks={"any": ("echo/echo",)})


async def test_routes_are_put_listed_and_removed(world: World) -> None:
    await world.providers.put_route(SCOPE, ROUTE)
    onward = Route("first", targets=(Share("route/fast"),))
    await world.providers.put_route(SCOPE, onward)
    assert await world.providers.list_routes(SCOPE) == [ROUTE, onward]
    await world.providers.remove_route(SCOPE, "fast")
    with pytest.raises(NotFound):
        await world.providers.remove_route(SCOPE, "fast")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "Has Spaces"}, "small letters"),
        ({"targets": ()}, "at least one target"),
        ({"targets": (Share("echo/echo", 0),)}, "at least one target"),
        ({"targets": (Share("echo/echo"), Share("echo/echo"))}, "once"),
        ({"targets": (Share("echo/nothing"),)}, "no model 'nothing'"),
        ({"targets": (Share("nothing"),)}, "provider/model"),
        ({"targets": (Share("route/other"),)}, "no route"),
        ({"targets": (Share("route/fast"),)}, "back to itself"),
        ({"targets": (Share("acme/small"), Share("acme/vectors"))}, "one type"),
        ({"targets": (Share("acme/small", -1), Share("echo/echo"))}, "weight"),
        ({"fallbacks": {"bad luck": ("echo/echo",)}}, "bad luck"),
        ({"fallbacks": {"rate": ("acme/vectors",)}}, "one type"),
        ({"retries": 11}, "0 to 10"),
        ({"hedge_after": 0.0}, "hedge_after"),
        ({"cache_seconds": float("inf")}, "cache_seconds"),
        ({"targets": tuple(Share("echo/echo") for _ in range(51))}, "once"),
    ],
)
async def test_a_route_that_cannot_be_kept_is_refused(world: World, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        await world.providers.put_route(SCOPE, replace(ROUTE, **given))
    assert await world.providers.list_routes(SCOPE) == []


async def test_routes_never_lead_in_a_circle_however_long(world: World) -> None:
    await world.providers.put_route(SCOPE, ROUTE)
    for name, target in (("b", "route/fast"), ("c", "route/b"), ("d", "route/c")):
        await world.providers.put_route(SCOPE, Route(name, targets=(Share(target),)))
    circle = replace(ROUTE, fallbacks={"rate": ("route/d",)})
    with pytest.raises(InvalidInput, match="back to itself"):
        await world.providers.put_route(SCOPE, circle)


async def test_a_provider_is_added_by_its_files_and_taken_away_again(world: World) -> None:
    files = {"provider.yml": BESIDE.replace("echo", "mine"), "models/m.yml": "id: m\nlabel: M\n"}
    info = await world.providers.add_provider(SCOPE, files)
    assert (info.id, info.models, info.removable, info.ready) == ("mine", 1, True, True)
    assert "answered" in await world.providers.test_model(SCOPE, "mine/m")
    files = {"provider.yml": files["provider.yml"], "models/other.yml": "id: other\nlabel: Other\n"}
    assert (await world.providers.add_provider(SCOPE, files)).models == 1
    with pytest.raises(ModelNotFound):
        await world.providers.test_model(SCOPE, "mine/m")
    await world.providers.remove_provider(SCOPE, "mine")
    with pytest.raises(ModelNotFound):
        await world.providers.test_model(SCOPE, "mine/other")
    for name in ("mine", "echo", "../shipped", ""):
        with pytest.raises(NotFound):
            await world.providers.remove_provider(SCOPE, name)
    assert (world.folder / "shipped" / "echo" / "provider.yml").exists()
    assert sorted(path.name for path in world.folder.iterdir()) == ["own", "shipped"]


async def test_what_is_laid_over_a_shipped_provider_goes_away_without_it(world: World) -> None:
    await world.providers.add_provider(SCOPE, {"provider.yml": BESIDE.replace("label: Echo", "label: Mine")})
    assert [(it.label, it.removable) for it in (await world.info("echo"),)] == [("Mine", True)]
    await world.providers.remove_provider(SCOPE, "echo")
    assert [(it.label, it.removable) for it in (await world.info("echo"),)] == [("Echo", False)]


async def test_a_file_that_cannot_be_used_is_refused_by_name_and_leaves_what_is_there(world: World) -> None:
    good = {"provider.yml": BESIDE.replace("echo", "mine"), "models/m.yml": "id: m\nlabel: M\n"}
    await world.providers.add_provider(SCOPE, good)
    bad: list[tuple[dict[str, str], str]] = [
        ({"models/m.yml": "id: m\nlabel: M\n"}, "provider.yml"),
        ({**good, "models/m.yml": "id: m\nlabe: M\n"}, "models/m.yml: label"),
        ({**good, "provider.yml": good["provider.yml"] + "nonsense: 1\n"}, "provider.yml: nonsense"),
        ({**good, "provider.yml": "id: mine\n  label: ["}, "provider.yml"),
        ({**good, "provider.yml": "label: Mine\nwire: debug\n"}, "`id:`"),
        ({**good, "provider.yml": "id: ../../etc\nlabel: Mine\nwire: debug\n"}, "`id:`"),
        ({"provider.yml": ACME.format(endpoint="https://attacker.example.com")}, "the server's environment"),
        ({**good, "provider.yml": good["provider.yml"] + "endpoint_env: SECRET_PLACE\n"}, "SECRET_PLACE"),
        ({**good, "../escape.yml": "id: m\n"}, "no file of a provider"),
        ({**good, "models/../../escape.yml": "id: m\n"}, "no file of a provider"),
        ({**good, "/etc/passwd": "id: m\n"}, "no file of a provider"),
        ({**good, "icon.svg": "<svg/>"}, "no file of a provider"),
        ({**good, "models/m.yml": "id: m\nlabel: M\n#" + "x" * 300_000}, "larger"),
        ({**good, "models/m.yml": "id: \ud800\nlabel: M\n"}, "models/m.yml"),
    ]
    for files, said in bad:
        with pytest.raises(LoomworkError) as refused:
            await world.providers.add_provider(SCOPE, files)
        assert isinstance(refused.value, InvalidInput)
        assert said in refused.value.message
        assert str(world.folder) not in refused.value.message
    assert "answered" in await world.providers.test_model(SCOPE, "mine/m")
    assert sorted(path.name for path in world.folder.iterdir()) == ["own", "shipped"]


async def test_a_provider_whose_file_broke_is_listed_with_what_is_wrong(world: World) -> None:
    world.ship("acme/provider.yml", "id: acme\n")
    info = await world.info()
    assert (info.ready, info.wire) == (False, "")
    assert info.problem is not None
    assert "label" in info.problem
    with pytest.raises(InvalidInput, match="label"):
        await world.providers.add_credential(SCOPE, "acme", name="first", values={"api_key": KEY})
