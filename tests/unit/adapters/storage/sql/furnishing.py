"""Something in each table of a database, whichever release made it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
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

MIGRATIONS = Path(migrating.__file__).parent / "migrations"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WORKSPACES = ("ours", "theirs")

SAID: Mapping[tuple[str, str], Any] = {
    ("members", "role"): "owner",
    ("run_events", "events"): '[{"seq":1,"type":"run_started"}]',
    ("run_events", "records"): "[]",
    ("run_events", "first_seq"): 1,
    ("run_events", "last_seq"): 1,
}
"""Where what is stored has a form."""

Rows = dict[str, list[dict[str, Any]]]


def bring_to(connection: Connection, revision: str) -> None:
    """As an earlier release has left it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _tables(connection: Connection) -> Sequence[Table]:
    found = MetaData()
    found.reflect(connection)
    return found.sorted_tables


def fill(connection: Connection) -> None:
    for table in _tables(connection):
        if table.name != "alembic_version":
            for workspace in WORKSPACES:
                connection.execute(
                    insert(table).values({it.name: _value(table, it, workspace) for it in table.columns})
                )


def rows_of(connection: Connection) -> Rows:
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
