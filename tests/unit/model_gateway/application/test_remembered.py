"""What a workspace has stored is remembered for a moment, and never longer than until it is changed."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.model_gateway.api import Route, Share
from loomwork.model_gateway.application.remembered import RememberedCredentials, RememberedRoutes
from loomwork.model_gateway.domain.connection import StoredCredential
from loomwork.model_gateway.ports import CredentialRow
from tests.unit.model_gateway.application.routed import SCOPE, HandClock, KeysInHand, RoutesInHand, key

AT = datetime(2026, 1, 1, tzinfo=UTC)
ROW = CredentialRow("two", "acme", "Two", "https://acme.example/v1", 1, True, "", AT, AT)


class SlowKeys(KeysInHand):
    """Answers with what was there when it was asked, once it may."""

    def __init__(self) -> None:
        super().__init__({"acme": [key("one")]})
        self.may_answer = asyncio.Event()
        self.asked = asyncio.Event()

    async def usable(self, scope: Scope, provider: str) -> Sequence[StoredCredential]:
        found = list(await super().usable(scope, provider))
        self.asked.set()
        await self.may_answer.wait()
        return found


async def test_keys_are_read_once_in_a_moment() -> None:
    store, clock = KeysInHand({"acme": [key("one")]}), HandClock()
    remembered = RememberedCredentials(store, clock)
    for _ in range(3):
        assert [one.id for one in await remembered.usable(SCOPE, "acme")] == ["one"]
    assert store.reads == 1
    clock.passed += 2
    await remembered.usable(SCOPE, "acme")
    assert store.reads == 2


async def test_workspaces_and_providers_are_told_apart() -> None:
    store = KeysInHand({"acme": [key("one")]})
    remembered = RememberedCredentials(store, HandClock())
    await remembered.usable(SCOPE, "acme")
    assert await remembered.usable(SCOPE, "bolt") == []
    await remembered.usable(Scope(WorkspaceId("other"), SYSTEM), "acme")
    assert store.reads == 3


async def test_a_change_counts_at_once() -> None:
    remembered = RememberedCredentials(KeysInHand({"acme": [key("one")]}), HandClock())
    await remembered.usable(SCOPE, "acme")
    await remembered.add(SCOPE, ROW, {"api_key": "k"})
    assert [one.id for one in await remembered.usable(SCOPE, "acme")] == ["one", "two"]
    await remembered.remove(SCOPE, "one")
    await remembered.change(SCOPE, ROW, {"api_key": "other"})
    assert [one.values for one in await remembered.usable(SCOPE, "acme")] == [{"api_key": "other"}]


async def test_a_read_that_a_change_has_overtaken_is_not_remembered() -> None:
    store = SlowKeys()
    remembered = RememberedCredentials(store, HandClock())
    reading = asyncio.ensure_future(remembered.usable(SCOPE, "acme"))
    await store.asked.wait()
    await remembered.remove(SCOPE, "one")
    store.may_answer.set()
    assert [one.id for one in await reading] == ["one"]
    assert await remembered.usable(SCOPE, "acme") == []


async def test_routes_are_remembered_until_they_are_changed() -> None:
    store = RoutesInHand()
    remembered = RememberedRoutes(store, HandClock())
    assert await remembered.listed(SCOPE) == []
    store.routes["other"] = Route("other", [Share("acme/fine")])
    assert await remembered.listed(SCOPE) == []
    await remembered.put(SCOPE, Route("fast", [Share("acme/fine")]))
    assert [route.name for route in await remembered.listed(SCOPE)] == ["other", "fast"]
    await remembered.remove(SCOPE, "fast")
    assert [route.name for route in await remembered.listed(SCOPE)] == ["other"]


async def test_whoever_changes_routes_reads_what_another_process_has_made_of_them() -> None:
    store = RoutesInHand()
    remembered = RememberedRoutes(store, HandClock())
    assert await remembered.fresh.listed(SCOPE) == []
    store.routes["other"] = Route("other", [Share("acme/fine")])
    assert [route.name for route in await remembered.fresh.listed(SCOPE)] == ["other"]
    assert await remembered.listed(SCOPE) == await store.listed(SCOPE)
    await remembered.fresh.put(SCOPE, Route("fast", [Share("acme/fine")]))
    assert [route.name for route in await remembered.listed(SCOPE)] == ["other", "fast"]
    await remembered.fresh.remove(SCOPE, "fast")
    assert [route.name for route in await remembered.listed(SCOPE)] == ["other"]
