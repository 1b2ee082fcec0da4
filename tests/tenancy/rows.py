"""What a database holds of one workspace, as one hash: read past every wall, so that no wall can hide a change."""

import contextlib
import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import Table

from loomwork.adapters.storage.sql.tables import metadata

TOLD_BY = ("workspace_id", "person_id")
"""The columns by which a row says whose it is; where there are none, it is its own id."""


class Rows:
    """The rows of a database, by the one who may see them all."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def open_to_all(self, table: str) -> None:
        """Take down the wall that PostgreSQL has around a table; SQLite has none."""
        if not self.url.startswith("sqlite"):
            connection: Any = await asyncpg.connect(self.url)
            try:
                await connection.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            finally:
                await connection.close()

    async def hash(self, owners: set[str]) -> str:
        """Of every row that belongs to one of these ids: a workspace's, or a person's."""
        told = hashlib.sha256()
        tables = metadata.sorted_tables
        for table, lines in zip(tables, await self._read([_selecting(table, owners) for table in tables]), strict=True):
            for line in sorted(lines):
                told.update(f"{table.name} {line}\n".encode())
        return told.hexdigest()

    async def _read(self, statements: Sequence[str]) -> list[list[str]]:
        if self.url.startswith("sqlite"):
            with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as reader:
                return [[repr(row) for row in reader.execute(statement)] for statement in statements]
        connection: Any = await asyncpg.connect(self.url)
        try:
            return [[repr(tuple(row)) for row in await connection.fetch(statement)] for statement in statements]
        finally:
            await connection.close()


def _selecting(table: Table, owners: set[str]) -> str:
    columns = [name for name in TOLD_BY if name in table.c] or ["id"]
    listed = ", ".join(f"'{owner}'" for owner in sorted(owners))
    return f"SELECT * FROM {table.name} WHERE " + " OR ".join(f"{column} IN ({listed})" for column in columns)
