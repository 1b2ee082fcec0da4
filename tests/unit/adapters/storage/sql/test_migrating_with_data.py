"""A database of any earlier release, with something in each table, becomes one of this release and loses nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from alembic.script import ScriptDirectory

from loomwork.adapters.storage.sql.migrating import NEWEST, migrate
from loomwork.adapters.storage.sql.opening import open_database
from tests.unit.adapters.storage.sql.furnishing import MIGRATIONS, WORKSPACES, Rows, bring_to, fill, rows_of

EARLIER = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][:0:-1]


@pytest.mark.parametrize("revision", EARLIER)
async def test_a_database_of_an_earlier_release_keeps_everything(any_url: str, revision: str) -> None:
    assert revision != NEWEST
    database = open_database(any_url, migrating=True)
    await database.write(lambda connection: bring_to(connection, revision))
    await database.write(fill)
    before = await database.read(rows_of)
    await database.close()
    await migrate(any_url)
    database = open_database(any_url)
    after = await database.read(rows_of)
    await database.close()
    assert {len(rows) for name, rows in before.items() if name != "alembic_version"} == {len(WORKSPACES)}
    assert list(_lost(before, after)) == []


def test_what_is_lost_on_the_way_is_found() -> None:
    before = {"apps": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]}
    assert list(_lost(before, {"apps": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]})) == []
    assert len(list(_lost(before, {"apps": [{"id": "a", "name": "A"}]}))) == 1
    assert len(list(_lost(before, {"apps": [{"id": "a", "name": ""}, {"id": "b", "name": ""}]}))) == 2


def _lost(before: Rows, after: Rows) -> Iterator[str]:
    """What was there and is there no more, in the columns that both have."""
    for table, rows in before.items():
        if table == "alembic_version" or table not in after:
            continue
        columns = set(rows[0]) & set(after[table][0] if after[table] else rows[0])
        kept = [_part(row, columns) for row in after[table]]
        yield from (f"{table}: {row}" for row in rows if _part(row, columns) not in kept)


def _part(row: Mapping[str, Any], columns: set[str]) -> dict[str, Any]:
    return {name: row[name] for name in sorted(columns)}
