"""What everyone who writes to the audit trail and reads it may rely on, on each database."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, Delete, Update, delete, insert, update
from sqlalchemy.exc import IntegrityError

from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.tables import audit_entries, workspaces
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Actor, Origin, Scope
from loomwork.tenancy.domain import AuditEntry, AuditFilter, Link, chain_problem
from tests.contracts.conftest import NOON, SetClock

ALL = AuditFilter()


@pytest.fixture
async def ours(storage: Storage) -> Scope:
    """A workspace that nothing has been done to, not even its installation."""
    workspace = WorkspaceId(new_id())
    row = {"id": workspace, "slug": "ours", "name": "Ours", "created_at": NOON}
    await storage.database.change(insert(workspaces).values(row))
    return Scope(workspace, Actor("person", "the-owner"))


async def written(
    storage: Storage,
    scope: Scope,
    action: str = "app.created",
    *,
    of: tuple[str, str] = ("app", "an-app"),
    details: Mapping[str, Any] | None = None,
    at: datetime = NOON,
) -> None:
    await storage.database.write(lambda connection: record(connection, scope, action, *of, details, at=at))


async def whole_chain(storage: Storage, scope: Scope) -> list[AuditEntry]:
    return list(await storage.audit.chain(scope, after=0, limit=1000))


async def test_an_entry_says_who_did_what_to_what_from_where(storage: Storage, ours: Scope) -> None:
    scope = Scope(ours.workspace_id, Actor("key", "a-key"), Origin("api", "203.0.113.9"))
    await written(storage, scope, "app.published", of=("app", "the-app"), details={"version": 3, "name": "Größe"})
    (entry,) = await whole_chain(storage, ours)
    assert (entry.actor_kind, entry.actor_id, entry.via, entry.address) == ("key", "a-key", "api", "203.0.113.9")
    assert (entry.action, entry.object_kind, entry.object_id, entry.at) == ("app.published", "app", "the-app", NOON)
    assert (entry.number, entry.previous, entry.details) == (1, "", '{"name":"Größe","version":3}')


async def test_what_no_database_can_keep_does_not_break_the_chain(storage: Storage, ours: Scope) -> None:
    await written(storage, ours, of=("app", "a\0b"), details={"\ud800": "\0", "n": 2**70})
    entries = await whole_chain(storage, ours)
    assert chain_problem(ours.workspace_id, entries, after=Link()) is None


async def test_each_entry_is_sealed_to_the_one_before_in_its_own_workspace(
    storage: Storage, ours: Scope, theirs: Scope
) -> None:
    for scope in (ours, theirs, ours, theirs, ours):
        await written(storage, scope)
    for scope, count in ((ours, 3), (theirs, 2)):
        entries = await whole_chain(storage, scope)
        assert [entry.number for entry in entries] == list(range(1, count + 1))
        assert chain_problem(scope.workspace_id, entries, after=Link()) is None
    assert chain_problem(theirs.workspace_id, await whole_chain(storage, ours), after=Link()) is not None


async def test_entries_that_are_written_at_once_stand_in_one_line(storage: Storage, ours: Scope) -> None:
    await asyncio.gather(*(written(storage, ours, of=("app", str(each))) for each in range(12)))
    entries = await whole_chain(storage, ours)
    assert [entry.number for entry in entries] == list(range(1, 13))
    assert chain_problem(ours.workspace_id, entries, after=Link()) is None


async def test_a_change_that_fails_leaves_no_entry(storage: Storage, ours: Scope) -> None:
    def fail(connection: Connection) -> None:
        record(connection, ours, "app.created", "app", "an-app", at=NOON)
        raise InvalidInput("after all, no")

    with pytest.raises(InvalidInput, match="after all"):
        await storage.database.write(fail)
    assert await whole_chain(storage, ours) == []


@pytest.mark.parametrize("action", ["published", "app.", "app published", "app.published;x", ""])
async def test_what_is_no_action_is_not_written_down(storage: Storage, ours: Scope, action: str) -> None:
    with pytest.raises(ValueError, match="is no action"):
        await written(storage, ours, action)


async def test_nothing_is_written_for_a_workspace_that_does_not_exist(storage: Storage, ours: Scope) -> None:
    with pytest.raises(NotFound):
        await written(storage, replace(ours, workspace_id=WorkspaceId("nowhere")))


@pytest.mark.parametrize(
    "statement",
    [update(audit_entries).values(actor_id="somebody else"), delete(audit_entries)],
    ids=["update", "delete"],
)
async def test_the_database_itself_refuses_to_change_or_remove_an_entry(
    storage: Storage, ours: Scope, statement: Update | Delete
) -> None:
    await written(storage, ours)
    before = await whole_chain(storage, ours)
    ours_only = statement.where(audit_entries.c.workspace_id == ours.workspace_id)
    with pytest.raises(IntegrityError, match="only ever added to"):
        await storage.database.change(ours_only)
    assert await whole_chain(storage, ours) == before


async def test_a_workspace_that_is_deleted_takes_its_trail_along(storage: Storage, ours: Scope, theirs: Scope) -> None:
    await written(storage, ours)
    await written(storage, theirs)
    await storage.database.change(delete(workspaces).where(workspaces.c.id == theirs.workspace_id))
    assert await whole_chain(storage, theirs) == []
    assert len(await whole_chain(storage, ours)) == 1


async def test_a_page_is_newest_first_and_goes_on_where_the_last_one_ended(
    storage: Storage, ours: Scope, theirs: Scope
) -> None:
    for each in range(5):
        await written(storage, ours, of=("app", str(each)))
    await written(storage, theirs, of=("app", "foreign"))
    seen, cursor = [], None
    while True:
        page = await storage.audit.page(ours, ALL, PageRequest(2, cursor))
        seen += [entry.object_id for entry in page.items]
        await written(storage, ours, of=("app", "meanwhile"))
        if (cursor := page.next) is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 20, "9" * 19, "١", "1.5", "0" * 5000])
async def test_a_cursor_that_no_page_has_given_is_refused(storage: Storage, ours: Scope, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        await storage.audit.page(ours, ALL, PageRequest(2, cursor))


async def test_entries_are_found_by_each_thing_that_is_said_of_them(
    storage: Storage, ours: Scope, clock: SetClock
) -> None:
    key = replace(ours, actor=Actor("key", "k"))
    await written(storage, ours, "app.created", of=("app", "a1"), details={"name": "Summary 100%"})
    await written(storage, key, "app.published", of=("app", "a1"), at=NOON + timedelta(hours=1))
    await written(storage, key, "key.created", of=("key", "k2"), at=NOON + timedelta(hours=2))
    wanted = {
        "person": AuditFilter(actor_kind="person"),
        "key": AuditFilter(actor_kind="key", actor_id="k"),
        "noun": AuditFilter(action="app"),
        "action": AuditFilter(action="app.published"),
        "object": AuditFilter(object_kind="key", object_id="k2"),
        "since": AuditFilter(since=NOON + timedelta(hours=1)),
        "until": AuditFilter(until=NOON + timedelta(hours=1)),
        "text": AuditFilter(text="summary 100%"),
        "no pattern": AuditFilter(text="summary%"),
        "nobody": AuditFilter(actor_id="nobody"),
    }
    found = {
        name: [entry.number for entry in (await storage.audit.page(ours, it, PageRequest())).items]
        for name, it in wanted.items()
    }
    assert found == {
        "person": [1],
        "key": [3, 2],
        "noun": [2, 1],
        "action": [2],
        "object": [3],
        "since": [3, 2],
        "until": [1],
        "text": [1],
        "no pattern": [],
        "nobody": [],
    }


@pytest.mark.parametrize(
    ("change", "kind"),
    [("UPDATE audit_entries SET actor_id = 'another'", "changed"), ("DELETE FROM audit_entries", "missing")],
)
async def test_a_trail_that_was_tampered_with_is_found_out(
    storage: Storage, url: str, ours: Scope, change: str, kind: str
) -> None:
    for each in range(4):
        await written(storage, ours, of=("app", str(each)))
    await tamper(url, f"{change} WHERE number = 3")
    problem = chain_problem(ours.workspace_id, await whole_chain(storage, ours), after=Link())
    assert problem is not None
    assert problem.kind == kind


async def tamper(url: str, statement: str) -> None:
    """What somebody does who owns the database."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            file.executescript("DROP TRIGGER refuse_audit_change; DROP TRIGGER refuse_audit_removal;" + statement)
        return
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(statement)
    finally:
        await connection.close()
