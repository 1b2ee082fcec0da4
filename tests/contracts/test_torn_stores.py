"""A store that forgets to ask whose rows it touches is stopped by the first wall: its hole is made here, one by one."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Table, true

from loomwork.adapters.sealing import Keyring
from loomwork.adapters.storage.sql import Storage, credentials
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.adapters.storage.sql.reach import WorkspaceBreach
from loomwork.engine.commands import Cancel
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import KeyFilter
from tests.contracts.conftest import NOON, Make, SetClock

PAGE = PageRequest()
Call = Callable[[Storage, Scope, Any], Awaitable[Any]]


def _hole(_table: Table, *_given: Any) -> Any:
    return true()


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("aliases", lambda storage, scope, _: storage.aliases.named(scope, "openai")),
        ("apps", lambda storage, scope, _: storage.apps.list_apps(scope, PAGE)),
        ("apps", lambda storage, scope, app: storage.apps.delete(scope, app.id)),
        ("budget_rows", lambda storage, scope, _: storage.accounts.remove_budget(scope, "b")),
        ("commands", lambda storage, scope, run: storage.commands.add(scope, run.id, Cancel("x"))),
        ("commands", lambda storage, scope, run: storage.commands.take(scope, run.id)),
        ("conversations", lambda storage, scope, app: storage.conversations.list_conversations(scope, app.id, PAGE)),
        ("conversations", lambda storage, scope, _: storage.conversations.delete_conversation(scope, "c")),
        (
            "gatekeeper",
            lambda storage, scope, _: storage.gatekeeper_store.list_keys(scope, KeyFilter(), PAGE, now=NOON),
        ),
        ("idempotency", lambda storage, scope, _: storage.idempotency.release(scope, "o", "k")),
        ("journal", lambda storage, scope, run: storage.journal.last_seq(scope, run.id)),
        ("journal", lambda storage, scope, run: storage.journal.records(scope, run.id)),
        ("leases", lambda storage, scope, run: storage.leases.release(scope, run.id, epoch=1)),
        ("ledger_rows", lambda storage, scope, _: storage.accounts.totals(scope, since=NOON, until=NOON, by="model")),
        ("routes", lambda storage, scope, _: storage.routes.listed(scope)),
        ("routes", lambda storage, scope, _: storage.routes.remove(scope, "r")),
        ("runs", lambda storage, scope, _: storage.runs.list_runs(scope, PAGE)),
        ("workspace_rows", lambda storage, scope, app: storage.apps.get(scope, app.id)),
    ],
)
async def test_a_store_with_a_hole_touches_nothing(
    storage: Storage, ours: Scope, make: Make, monkeypatch: pytest.MonkeyPatch, module: str, call: Call
) -> None:
    app = make.app()
    await storage.apps.add(ours, app)
    torn = import_module(f"loomwork.adapters.storage.sql.{module}")
    for name in ("within", "this"):
        if hasattr(torn, name):
            monkeypatch.setattr(torn, name, _hole)
    with pytest.raises(WorkspaceBreach):
        await call(storage, ours, app)
    monkeypatch.undo()
    assert (await storage.apps.get(ours, app.id)).id == app.id


async def test_credentials_with_a_hole_are_not_handed_out(
    storage: Storage, ours: Scope, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqlCredentialStore(storage.database, Keyring([b"a secret key that is long enough"]), clock)
    monkeypatch.setattr(credentials, "within", _hole)
    with pytest.raises(WorkspaceBreach):
        await store.usable(ours, "openai")
    with pytest.raises(WorkspaceBreach):
        await store.rewrap(ours)
