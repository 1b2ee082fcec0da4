"""What every `RouteStore` promises."""

import asyncio
from dataclasses import replace

import pytest

from loomwork.adapters.storage.memory import MemoryRouteStore
from loomwork.adapters.storage.sql import Storage
from loomwork.kernel.errors import NotFound
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Patience, Route, Share
from loomwork.model_gateway.ports import RouteStore

FAST = Route(
    "fast",
    targets=(Share("openai/gpt", 3), Share("route/other", 1)),
    fallbacks={"rate": ("groq/llama",), "any": ("local/qwen", "debug/echo")},
    retries=2,
    hedge_after=0.75,
    cache_seconds=60.0,
    patience=Patience(first_token=12.5),
)


@pytest.fixture(params=["memory", "sql"])
def routes(request: pytest.FixtureRequest, storage: Storage) -> RouteStore:
    return MemoryRouteStore() if request.param == "memory" else storage.routes


async def test_a_route_comes_back_as_it_was_put(routes: RouteStore, ours: Scope) -> None:
    plain = Route("a-plain-one", targets=(Share("debug/echo"),))
    for route in (FAST, plain):
        await routes.put(ours, route)
    assert list(await routes.listed(ours)) == [plain, FAST]


async def test_putting_it_again_replaces_it(routes: RouteStore, ours: Scope) -> None:
    await routes.put(ours, FAST)
    changed = replace(FAST, targets=(Share("debug/echo"),), hedge_after=None)
    await routes.put(ours, changed)
    assert list(await routes.listed(ours)) == [changed]


async def test_a_removed_route_is_gone(routes: RouteStore, ours: Scope) -> None:
    await routes.put(ours, FAST)
    await routes.remove(ours, "fast")
    assert list(await routes.listed(ours)) == []
    with pytest.raises(NotFound):
        await routes.remove(ours, "fast")


async def test_workspaces_have_routes_of_their_own(routes: RouteStore, ours: Scope, theirs: Scope) -> None:
    await routes.put(ours, FAST)
    assert list(await routes.listed(theirs)) == []
    with pytest.raises(NotFound):
        await routes.remove(theirs, "fast")
    await routes.put(theirs, replace(FAST, retries=0))
    assert list(await routes.listed(ours)) == [FAST]


async def test_routes_put_at_once_under_other_names_are_all_there(routes: RouteStore, ours: Scope) -> None:
    names = [f"route-{number:02}" for number in range(20)]
    await asyncio.gather(*(routes.put(ours, replace(FAST, name=name)) for name in names))
    assert [route.name for route in await routes.listed(ours)] == names
