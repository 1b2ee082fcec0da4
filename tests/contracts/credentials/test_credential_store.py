"""What every `CredentialStore` promises, and what the one in SQL does against whoever can write to the database."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select, update

from loomwork.adapters.sealing import Keyring
from loomwork.adapters.storage.memory import MemoryCredentialStore
from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.adapters.storage.sql.tables import model_credentials, workspace_keys
from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.ports import CredentialRow, CredentialStore
from tests.contracts.conftest import NOON, SetClock

HERE = "https://api.example.com/v1"
VALUES = {"api_key": "sk-very-secret-0001", "organization": "ours"}
OLD, NEW = b"a secret key that is long enough: 1", b"a secret key that is long enough: 2"


def row(**given: Any) -> CredentialRow:
    made = CredentialRow(
        id=new_id(),
        provider="openai",
        name="first",
        endpoint=HERE,
        weight=1,
        enabled=True,
        hint="0001",
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(made, **given)


@pytest.fixture(params=["memory", "sql"])
def credentials(request: pytest.FixtureRequest, storage: Storage, clock: SetClock) -> CredentialStore:
    if request.param == "memory":
        return MemoryCredentialStore()
    return SqlCredentialStore(storage.database, Keyring([OLD]), clock)


@pytest.fixture
def sealed(storage: Storage, clock: SetClock) -> SqlCredentialStore:
    return SqlCredentialStore(storage.database, Keyring([OLD]), clock)


async def test_a_credential_is_listed_without_its_values_and_used_with_them(
    credentials: CredentialStore, ours: Scope
) -> None:
    kept = row(weight=3, verified_at=NOON)
    await credentials.add(ours, kept, VALUES)
    assert list(await credentials.listed(ours)) == [kept]
    (usable,) = await credentials.usable(ours, "openai")
    assert (usable.id, usable.endpoint, dict(usable.values), usable.weight) == (kept.id, HERE, VALUES, 3)
    assert "secret" not in repr(usable) + repr(kept)


async def test_a_provider_has_several_by_age_and_others_are_told_apart(
    credentials: CredentialStore, ours: Scope
) -> None:
    later = row(name="later", created_at=NOON + timedelta(seconds=1))
    for each in (later, row(name="sooner"), row(provider="anthropic")):
        await credentials.add(ours, each, VALUES)
    assert [(each.provider, each.name) for each in await credentials.listed(ours)] == [
        ("anthropic", "first"),
        ("openai", "sooner"),
        ("openai", "later"),
    ]
    assert [each.name for each in await credentials.listed(ours, "anthropic")] == ["first"]
    assert [each.id for each in await credentials.usable(ours, "openai")][-1] == later.id
    assert await credentials.usable(ours, "cohere") == []


async def test_two_of_one_provider_cannot_have_one_name(credentials: CredentialStore, ours: Scope) -> None:
    first, second = row(), row(name="second")
    await credentials.add(ours, first, VALUES)
    with pytest.raises(Conflict, match="first"):
        await credentials.add(ours, row(), VALUES)
    await credentials.add(ours, second, VALUES)
    with pytest.raises(Conflict, match="first"):
        await credentials.change(ours, replace(second, name="first"), None)


async def test_a_change_keeps_the_values_unless_it_brings_new_ones(credentials: CredentialStore, ours: Scope) -> None:
    first = row()
    await credentials.add(ours, first, VALUES)
    await credentials.change(ours, replace(first, name="renamed", weight=7), None)
    (usable,) = await credentials.usable(ours, "openai")
    assert (dict(usable.values), usable.weight) == (VALUES, 7)
    moved = replace(first, endpoint="https://elsewhere.example.com", hint="0002")
    await credentials.change(ours, moved, {"api_key": "sk-other-0002"})
    (usable,) = await credentials.usable(ours, "openai")
    assert (usable.endpoint, dict(usable.values)) == (moved.endpoint, {"api_key": "sk-other-0002"})
    assert [each.hint for each in await credentials.listed(ours)] == ["0002"]


async def test_stored_values_cannot_be_turned_to_another_address_or_provider(
    credentials: CredentialStore, ours: Scope
) -> None:
    first = row()
    await credentials.add(ours, first, VALUES)
    with pytest.raises(InvalidInput):
        await credentials.change(ours, replace(first, endpoint="https://elsewhere.example.com"), None)
    with pytest.raises(InvalidInput):
        await credentials.change(ours, replace(first, provider="anthropic"), VALUES)
    (usable,) = await credentials.usable(ours, "openai")
    assert usable.endpoint == HERE


async def test_a_disabled_one_is_listed_and_not_used(credentials: CredentialStore, ours: Scope) -> None:
    first = row(enabled=False)
    await credentials.add(ours, first, VALUES)
    assert await credentials.usable(ours, "openai") == []
    await credentials.change(ours, replace(first, enabled=True), None)
    assert len(await credentials.usable(ours, "openai")) == 1


async def test_a_removed_one_is_gone(credentials: CredentialStore, ours: Scope) -> None:
    first = row()
    await credentials.add(ours, first, VALUES)
    await credentials.remove(ours, first.id)
    assert await credentials.listed(ours) == []
    for again in (credentials.remove(ours, first.id), credentials.change(ours, first, VALUES)):
        with pytest.raises(NotFound):
            await again


async def test_another_workspace_sees_and_changes_nothing(
    credentials: CredentialStore, ours: Scope, theirs: Scope
) -> None:
    first = row()
    await credentials.add(ours, first, VALUES)
    assert await credentials.listed(theirs) == []
    assert await credentials.usable(theirs, "openai") == []
    with pytest.raises(NotFound):
        await credentials.change(theirs, first, VALUES)
    with pytest.raises(NotFound):
        await credentials.remove(theirs, first.id)
    await credentials.add(theirs, row(), {"api_key": "sk-theirs"})
    assert [dict(each.values) for each in await credentials.usable(ours, "openai")] == [VALUES]


async def test_no_value_stands_in_the_database(storage: Storage, sealed: SqlCredentialStore, ours: Scope) -> None:
    await sealed.add(ours, row(), VALUES)
    for table in (model_credentials, workspace_keys):
        for stored in await storage.database.everywhere.rows(select(table)):
            text = b" ".join(it if isinstance(it, bytes) else str(it).encode() for it in stored.values())
            assert b"secret" not in text
            assert b"api_key" not in text


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "https://attacker.example.com"},
        {"endpoint": None},
        {"provider": "anthropic"},
        {"id": "another-row"},
        {"sealed": b""},
        {"sealed": b"\x01" + bytes(40)},
    ],
    ids=lambda changed: "-".join(f"{name}={str(value)[:12]}" for name, value in changed.items()),
)
async def test_a_row_that_was_changed_in_the_database_does_not_open(
    storage: Storage,
    sealed: SqlCredentialStore,
    ours: Scope,
    changed: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = row()
    await sealed.add(ours, first, VALUES)
    await storage.database.everywhere.change(update(model_credentials).values(**changed))
    with caplog.at_level(logging.WARNING):
        assert await sealed.usable(ours, changed.get("provider", "openai")) == []
        assert await sealed.usable(ours, changed.get("provider", "openai")) == []
    assert caplog.text.count("cannot be used") == 1
    assert changed.get("id", first.id) in caplog.text
    assert "secret" not in caplog.text


async def test_a_value_that_was_cut_short_does_not_open(
    storage: Storage, sealed: SqlCredentialStore, ours: Scope
) -> None:
    await sealed.add(ours, row(), VALUES)
    (stored,) = await storage.database.everywhere.rows(select(model_credentials.c.sealed))
    for length in (len(stored["sealed"]) - 1, 20, 13, 5, 1):
        await storage.database.everywhere.change(update(model_credentials).values(sealed=stored["sealed"][:length]))
        assert await sealed.usable(ours, "openai") == []


async def test_what_was_sealed_for_one_row_does_not_open_in_another_or_in_another_workspace(
    storage: Storage, sealed: SqlCredentialStore, ours: Scope, theirs: Scope
) -> None:
    first, second = row(), row(name="second")
    await sealed.add(ours, first, VALUES)
    await sealed.add(ours, second, {"api_key": "sk-second"})
    await sealed.add(theirs, row(), {"api_key": "sk-theirs"})
    mine = select(model_credentials.c.sealed).where(model_credentials.c.id == first.id)
    others = update(model_credentials).where(model_credentials.c.id != first.id)
    await storage.database.everywhere.change(others.values(sealed=mine.scalar_subquery()))
    assert [each.id for each in await sealed.usable(ours, "openai")] == [first.id]
    assert await sealed.usable(theirs, "openai") == []


async def test_with_another_secret_key_nothing_opens_and_new_ones_can_be_kept(
    storage: Storage, sealed: SqlCredentialStore, ours: Scope, clock: SetClock
) -> None:
    lost = row()
    await sealed.add(ours, lost, VALUES)
    other = SqlCredentialStore(storage.database, Keyring([NEW]), clock)
    assert await other.usable(ours, "openai") == []
    assert [each.id for each in await other.listed(ours)] == [lost.id]
    await other.add(ours, row(name="second"), {"api_key": "sk-again"})
    assert [dict(each.values) for each in await other.usable(ours, "openai")] == [{"api_key": "sk-again"}]
    await other.change(ours, lost, {"api_key": "sk-entered-again"})
    assert len(await other.usable(ours, "openai")) == 2


async def test_a_secret_key_is_exchanged_without_entering_anything_again(
    storage: Storage, sealed: SqlCredentialStore, ours: Scope, theirs: Scope, clock: SetClock
) -> None:
    await sealed.add(ours, row(), VALUES)
    await sealed.add(theirs, row(), VALUES)
    both = SqlCredentialStore(storage.database, Keyring([NEW, OLD]), clock)
    assert len(await both.usable(ours, "openai")) == 1
    assert [await both.rewrap(ours), await both.rewrap(ours)] == [1, 0]
    only_new = SqlCredentialStore(storage.database, Keyring([NEW]), clock)
    assert [dict(each.values) for each in await only_new.usable(ours, "openai")] == [VALUES]
    assert await only_new.usable(theirs, "openai") == []
    assert await only_new.rewrap(theirs) == 0


async def test_a_new_secret_key_takes_over_what_every_workspace_has_sealed(
    storage: Storage, sealed: SqlCredentialStore, ours: Scope, theirs: Scope, clock: SetClock
) -> None:
    for scope in (ours, theirs):
        await sealed.add(scope, row(), VALUES)
    both = SqlCredentialStore(storage.database, Keyring([NEW, OLD]), clock)
    assert [await both.rewrap_all(), await both.rewrap_all()] == [2, 0]
    only_new = SqlCredentialStore(storage.database, Keyring([NEW]), clock)
    for scope in (ours, theirs):
        assert [dict(each.values) for each in await only_new.usable(scope, "openai")] == [VALUES]


async def test_a_rotated_workspace_is_sealed_with_a_new_key_and_the_old_one_is_gone(
    storage: Storage, sealed: SqlCredentialStore, ours: Scope, theirs: Scope
) -> None:
    await sealed.add(ours, row(), VALUES)
    await sealed.add(ours, row(name="second", enabled=False), VALUES)
    await sealed.add(theirs, row(), VALUES)
    before = {table.name: await _all_of(storage, table) for table in (workspace_keys, model_credentials)}
    assert await sealed.rotate(ours) == 2
    after = {table.name: await _all_of(storage, table) for table in (workspace_keys, model_credentials)}
    assert len(after["workspace_keys"]) == 2
    kept = [each for each in after["model_credentials"] if each in before["model_credentials"]]
    assert [each["workspace_id"] for each in kept] == [theirs.workspace_id]
    kept = [each for each in after["workspace_keys"] if each in before["workspace_keys"]]
    assert [each["workspace_id"] for each in kept] == [theirs.workspace_id]
    assert [dict(each.values) for each in await sealed.usable(ours, "openai")] == [VALUES]
    assert await sealed.rotate_all() == 3
    assert [dict(each.values) for each in await sealed.usable(theirs, "openai")] == [VALUES]


async def test_what_cannot_be_opened_is_left_as_it_is_by_a_rotation(
    storage: Storage, sealed: SqlCredentialStore, ours: Scope, clock: SetClock
) -> None:
    await sealed.add(ours, row(), VALUES)
    other = SqlCredentialStore(storage.database, Keyring([NEW]), clock)
    await other.add(ours, row(name="second"), VALUES)
    assert await other.rotate(ours) == 1
    assert [dict(each.values) for each in await sealed.usable(ours, "openai")] == [VALUES]
    assert [dict(each.values) for each in await other.usable(ours, "openai")] == [VALUES]


async def _all_of(storage: Storage, table: Table) -> list[dict[str, Any]]:
    return [dict(each) for each in await storage.database.everywhere.rows(select(table))]


async def test_credentials_outlive_the_process(
    sealed: SqlCredentialStore, reopened: Callable[[], Awaitable[Storage]], ours: Scope, clock: SetClock
) -> None:
    await sealed.add(ours, row(), VALUES)
    again = SqlCredentialStore((await reopened()).database, Keyring([OLD]), clock)
    assert [dict(each.values) for each in await again.usable(ours, "openai")] == [VALUES]
