"""Each store writes its changes into the audit trail, and nothing that is secret."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from loomwork.adapters.sealing import Keyring
from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.apps.domain import Promotion, Version
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import AppId, KeyId, new_id
from loomwork.kernel.scope import Origin, Scope
from loomwork.model_gateway.api import Route, Share
from loomwork.model_gateway.domain.metering import Budget
from loomwork.model_gateway.ports import CredentialRow
from loomwork.tenancy.api import ApiKey
from loomwork.tenancy.domain import Link, chain_problem
from tests.contracts.conftest import NOON, Make, SetClock

SECRET = "sk-very-secret-0001"


async def recorded(storage: Storage, scope: Scope) -> list[tuple[str, str, Any]]:
    """Action, id and details of everything since the installation."""
    entries = await storage.audit.chain(scope, after=0, limit=1000)
    assert chain_problem(scope.workspace_id, entries, after=Link()) is None
    assert SECRET not in repr(entries)
    return [(entry.action, entry.object_id, json.loads(entry.details)) for entry in entries[1:]]


async def test_the_first_start_is_the_first_entry(storage: Storage, ours: Scope) -> None:
    (entry,) = await storage.audit.chain(ours, after=0, limit=10)
    assert (entry.action, entry.object_id, entry.actor_kind) == ("workspace.created", ours.workspace_id, "system")


async def test_keys(storage: Storage, ours: Scope) -> None:
    key = ApiKey(KeyId(new_id()), "workspace", None, "0001", NOON)
    await storage.gatekeeper_store.add_key(ours, key, "hash-of-" + SECRET)
    for _ in range(2):
        await storage.gatekeeper_store.revoke_key(ours, key.id, at=NOON)
    assert await recorded(storage, ours) == [
        ("key.created", key.id, {"kind": "workspace", "subject_id": None, "last_four": "0001"}),
        ("key.revoked", key.id, {}),
    ]


async def test_credentials(storage: Storage, ours: Scope, clock: SetClock) -> None:
    store = SqlCredentialStore(storage.database, Keyring([b"a secret key that is long enough"]), clock)
    row = CredentialRow(
        id=new_id(),
        provider="openai",
        name="first",
        endpoint="https://api.example.com/v1",
        weight=1,
        enabled=True,
        hint="0001",
        created_at=NOON,
        updated_at=NOON,
    )
    await store.add(ours, row, {"api_key": SECRET})
    await store.change(ours, replace(row, enabled=False), None)
    await store.change(ours, row, {"api_key": SECRET})
    await store.remove(ours, row.id)
    said = {"provider": "openai", "name": "first", "enabled": True}
    assert await recorded(storage, ours) == [
        ("credential.added", row.id, said),
        ("credential.changed", row.id, {**said, "enabled": False, "new_values": False}),
        ("credential.changed", row.id, {**said, "new_values": True}),
        ("credential.removed", row.id, {}),
    ]


async def test_routes(storage: Storage, ours: Scope) -> None:
    await storage.routes.put(ours, Route("fast", targets=(Share("debug/echo"),)))
    await storage.routes.remove(ours, "fast")
    assert await recorded(storage, ours) == [
        ("route.set", "fast", {"targets": ["debug/echo"]}),
        ("route.removed", "fast", {}),
    ]


async def test_budgets(storage: Storage, ours: Scope) -> None:
    budget = Budget("all", "workspace", ours.workspace_id, measure="calls", period="day", limit=Decimal(3))
    await storage.accounts.put_budget(ours, budget)
    await storage.accounts.put_budget(ours, replace(budget, limit=Decimal(5)))
    await storage.accounts.remove_budget(ours, "all")
    assert [(action, details.get("most")) for action, _, details in await recorded(storage, ours)] == [
        ("budget.set", 3),
        ("budget.set", 5),
        ("budget.removed", None),
    ]


async def test_apps(storage: Storage, ours: Scope, make: Make) -> None:
    app, store = make.app(), storage.apps
    await store.add(ours, app)
    await store.save_draft(ours, app)
    await store.set_binding(ours, app.id, "openai/gpt", "debug/echo", at=NOON)
    await store.set_tags(ours, app.id, ["letters"])
    version = Version(app_id=app.id, number=1, document=app.document, published_at=NOON, published_by="somebody")
    await store.publish(ours, version, ["dev"])
    await store.promote(ours, [Promotion(app.id, "prod", 1, NOON, "somebody")])
    await store.set_notes(ours, app.id, 1, "The first one")
    await store.delete(ours, app.id)
    assert await recorded(storage, ours) == [
        ("app.created", app.id, {"name": "Summary", "mode": "workflow"}),
        ("app.changed", app.id, {"revision": 2}),
        ("app.bound", app.id, {"reference": "openai/gpt", "model": "debug/echo"}),
        ("app.tagged", app.id, {"tags": ["letters"]}),
        ("app.published", app.id, {"version": 1, "environments": ["dev"]}),
        ("app.promoted", app.id, {"version": 1, "environment": "prod"}),
        ("app.noted", app.id, {"version": 1}),
        ("app.deleted", app.id, {}),
    ]


REFUSED: dict[str, Callable[[Storage, Scope], Awaitable[Any]]] = {
    "app": lambda storage, scope: storage.apps.delete(scope, AppId("nothing")),
    "version": lambda storage, scope: storage.apps.set_notes(scope, AppId("nothing"), 1, ""),
    "key": lambda storage, scope: storage.gatekeeper_store.revoke_key(scope, KeyId("nothing"), at=NOON),
    "route": lambda storage, scope: storage.routes.remove(scope, "nothing"),
    "budget": lambda storage, scope: storage.accounts.remove_budget(scope, "nothing"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_did_not_happen_is_not_written_down(storage: Storage, ours: Scope, what: str) -> None:
    with pytest.raises(NotFound):
        await REFUSED[what](storage, ours)
    assert await recorded(storage, ours) == []


async def test_a_change_says_from_where_it_was_made(storage: Storage, ours: Scope) -> None:
    here = replace(ours, origin=Origin("console", "203.0.113.9"))
    await storage.routes.put(here, Route("fast", targets=(Share("debug/echo"),)))
    entry = (await storage.audit.chain(ours, after=1, limit=10))[0]
    assert (entry.via, entry.address, entry.actor_id) == ("console", "203.0.113.9", ours.actor.id)


async def test_annotations_and_how_long_runs_are_kept(
    storage: Storage, ours: Scope, make: Make, clock: SetClock
) -> None:
    app = make.app()
    await storage.apps.add(ours, app)
    made = await storage.annotations.add(ours, app.id, SECRET, SECRET)
    await storage.annotations.save(ours, app.id, made.id, SECRET, SECRET)
    await storage.annotations.remove(ours, app.id, made.id)
    await storage.retention.set_days(ours, None, 90)
    await storage.retention.set_days(ours, app.id, None)
    await storage.runs.add(ours, make.run(app, status="failed"))
    for _ in range(2):
        await storage.retention.erase(ours, app.id, before=clock.now() + timedelta(days=1), at_most=10)
    erased = {"runs": 1, "conversations": 0, "files": 0, "before": (clock.now() + timedelta(days=1)).isoformat()}
    assert (await recorded(storage, ours))[1:] == [
        ("annotation.created", made.id, {"app": app.id}),
        ("annotation.changed", made.id, {"app": app.id}),
        ("annotation.deleted", made.id, {"app": app.id}),
        ("retention.changed", ours.workspace_id, {"days": 90}),
        ("retention.changed", app.id, {"days": None}),
        ("runs.erased", app.id, erased),
    ]
