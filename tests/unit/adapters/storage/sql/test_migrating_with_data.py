"""A database of any earlier release, with something in each table, becomes one of this release and loses nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    select,
)
from sqlalchemy.types import JSON

from loomwork.adapters.storage.sql import migrating
from loomwork.adapters.storage.sql.migrating import NEWEST, migrate
from loomwork.adapters.storage.sql.opening import open_database

MIGRATIONS = Path(migrating.__file__).parent / "migrations"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WORKSPACES = ("ours", "theirs")
EARLIER = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][:0:-1]

SAID: Mapping[tuple[str, str], Any] = {
    ("members", "role"): "owner",
    ("run_events", "events"): '[{"seq":1,"type":"run_started"}]',
    ("run_events", "records"): "[]",
    ("run_events", "first_seq"): 1,
    ("run_events", "last_seq"): 1,
}
"""Where what is stored has a form."""

Rows = dict[str, list[dict[str, Any]]]


@pytest.mark.parametrize("revision", EARLIER)
async def test_a_database_of_an_earlier_release_keeps_everything(any_url: str, revision: str) -> None:
    assert revision != NEWEST
    database = open_database(any_url, migrating=True)
    await database.write(lambda connection: _upgrade(connection, revision))
    await database.write(_fill)
    before = await database.read(_rows)
    await database.close()
    await migrate(any_url)
    database = open_database(any_url)
    after = await database.read(_rows)
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


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _tables(connection: Connection) -> Sequence[Table]:
    found = MetaData()
    found.reflect(connection)
    return found.sorted_tables


def _fill(connection: Connection) -> None:
    for table in _tables(connection):
        if table.name != "alembic_version":
            for workspace in WORKSPACES:
                connection.execute(
                    insert(table).values({it.name: _value(table, it, workspace) for it in table.columns})
                )


def _rows(connection: Connection) -> Rows:
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in _tables(connection)
    }


def _value(table: Table, column: Column[Any], workspace: str) -> Any:
    """Something that a column of its kind can hold; what points at a row points at the one there is."""
    if column.name == "workspace_id" or (table.name == "workspaces" and column.name == "id"):
        return workspace
    if (table.name, column.name) in SAID:
        return SAID[table.name, column.name]
    for key in column.foreign_keys:
        # To itself: a row that was there before it there is none.
        return None if key.column.table is table else _value(key.column.table, key.column, workspace)
    return _plain(table, column, workspace)


def _plain(table: Table, column: Column[Any], workspace: str) -> Any:
    match column.type:
        case JSON():
            return {"text": "Grüße 世界", "numbers": [1, 2.5, None]}
        case DateTime():
            return NOON
        case Boolean():
            return True
        case Integer() | Float():
            return 7
        case LargeBinary():
            return b"\x00\xff" + workspace.encode()
        case _:
            return f"{table.name}.{column.name} of {workspace}"
