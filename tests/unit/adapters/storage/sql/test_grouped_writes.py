"""Changes that go together: one that is refused, or has a bug, is its own caller's alone."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.grouped_writes import GroupedWrites, Known
from loomwork.adapters.storage.sql.tables import workspaces
from loomwork.kernel.errors import Conflict
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import SYSTEM, Scope

SCOPE = Scope(WorkspaceId("ours"), SYSTEM)


def add(name: str) -> Any:
    def work(connection: Connection, _known: Known) -> str:
        row = {"id": name, "slug": name, "name": name, "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
        connection.execute(insert(workspaces), row)
        return name

    return work


def refuse(_connection: Connection, _known: Known) -> None:
    raise Conflict("No.")


def fail(connection: Connection, _known: Known) -> None:
    connection.execute(text("SELECT nothing FROM nowhere"))


async def names(database: Database) -> list[str]:
    return [row["id"] for row in await database.rows(text("SELECT id FROM workspaces ORDER BY id"))]


async def test_each_caller_gets_what_its_own_work_made_of_it(any_database: Database) -> None:
    writes = GroupedWrites(any_database, "test")
    works = [add("a"), refuse, add("b"), fail, add("c")]
    ended = await asyncio.gather(*(writes.write(SCOPE, work) for work in works), return_exceptions=True)
    assert [ended[place] for place in (0, 2, 4)] == ["a", "b", "c"]
    assert isinstance(ended[1], Conflict)
    assert isinstance(ended[3], Exception)
    assert not isinstance(ended[3], Conflict)
    assert await names(any_database) == ["a", "b", "c"]


async def test_what_one_work_has_read_the_next_of_its_transaction_may_use(any_database: Database) -> None:
    writes, seen = GroupedWrites(any_database, "test"), []

    def work(_connection: Connection, known: Known) -> None:
        seen.append(dict(known))
        known["read"] = True

    await asyncio.gather(*(writes.write(SCOPE, work) for _ in range(3)))
    assert seen == [{}, {"read": True}, {"read": True}]
    await writes.write(SCOPE, work)
    assert seen[-1] == {}


async def test_closing_waits_for_what_was_taken_also_of_callers_who_have_gone(any_database: Database) -> None:
    writes = GroupedWrites(any_database, "test")
    callers = [asyncio.create_task(writes.write(SCOPE, add(f"w{number}"))) for number in range(3)]
    await asyncio.sleep(0)
    callers[1].cancel()
    await writes.close()
    assert await names(any_database) == ["w0", "w1", "w2"]
    with pytest.raises(asyncio.CancelledError):
        await callers[1]


async def test_patient_changes_wait_for_each_other_and_go_with_the_first_that_is_not(any_database: Database) -> None:
    writes, seen = GroupedWrites(any_database, "test"), []

    def work(_connection: Connection, known: Known) -> None:
        known["works"] = known.get("works", 0) + 1
        seen.append(known["works"])

    patient = [asyncio.create_task(writes.write(SCOPE, work, patient=True)) for _ in range(2)]
    await asyncio.sleep(0)
    assert seen == []
    await writes.write(SCOPE, work)
    await asyncio.gather(*patient)
    assert seen == [1, 2, 3]


async def test_a_patient_change_is_stored_though_nobody_else_comes(any_database: Database) -> None:
    assert await GroupedWrites(any_database, "test").write(SCOPE, add("a"), patient=True) == "a"
    assert await names(any_database) == ["a"]


async def test_patient_changes_are_stored_by_the_time_that_everything_is(any_database: Database) -> None:
    writes = GroupedWrites(any_database, "test")
    patient = asyncio.create_task(writes.write(SCOPE, add("a"), patient=True))
    await asyncio.sleep(0)
    await writes.close()
    assert await names(any_database) == ["a"]
    assert await patient == "a"
