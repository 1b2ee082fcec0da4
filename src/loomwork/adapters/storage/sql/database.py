"""One database, with reading and writing kept apart.

SQLite has one writer at a time. Whoever wants to write waits in line here, in order, rather than in SQLite's busy loop,
which sleeps and retries; between processes the busy loop is what there is. A writing transaction takes the lock when it
begins (BEGIN IMMEDIATE): one that begins by reading and finds the lock gone later fails at once, whatever the timeout.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Executable, RowMapping, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from loomwork.adapters.storage.sql import json_text
from loomwork.kernel.errors import InvalidInput

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for a writer in another process."""

_WRITING = "loomwork_writing"
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class Database:
    """An open database. It belongs to the event loop that it is first used in."""

    def __init__(self, url: str, *, foreign_keys: bool = True) -> None:
        self.url = _readable(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url, foreign_keys=foreign_keys)
        self._writer = self.engine.execution_options(**{_WRITING: True})
        self._line: AbstractAsyncContextManager[Any] = asyncio.Lock() if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one state of the database and changes nothing."""
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits when the block ends, and leaves nothing behind when it raises."""
        async with self._line, self._writer.begin() as connection:
            yield connection

    async def row(self, statement: Executable) -> RowMapping | None:
        """The first row, or None."""
        async with self.reading() as connection:
            return (await connection.execute(statement)).mappings().first()

    async def rows(self, statement: Executable) -> Sequence[RowMapping]:
        async with self.reading() as connection:
            return (await connection.execute(statement)).mappings().all()

    async def change(self, statement: Executable, values: Mapping[str, Any] | None = None) -> int:
        """Execute one statement in a transaction of its own; how many rows it touched."""
        async with self.writing() as connection:
            return (await connection.execute(statement, values)).rowcount

    async def close(self) -> None:
        await self.engine.dispose()


def _readable(url: str) -> URL:
    """The URL with a driver that can be awaited. Raises `InvalidInput`; the message never repeats the URL, which may
    hold a password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidInput("The database URL cannot be read; write one such as sqlite:///data/loomwork.db.") from None
    backend = parsed.drivername.partition("+")[0]
    if backend not in _DRIVERS:
        raise InvalidInput(f"A database of the kind {backend!r} is not supported; use sqlite or postgresql.")
    return parsed.set(drivername=_DRIVERS[backend]) if "+" not in parsed.drivername else parsed


def _engine(url: URL, *, foreign_keys: bool) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url, json_serializer=json_text.encode, json_deserializer=json_text.decode, hide_parameters=True
        )
    if not url.database or url.database == ":memory:":
        raise InvalidInput("SQLite needs a file; write sqlite:///path/to/file.db.")
    _make_private(Path(url.database))
    engine = create_async_engine(
        url, json_serializer=json_text.encode, json_deserializer=json_text.decode, hide_parameters=True
    )
    _take_over_transactions(engine, foreign_keys=foreign_keys)
    return engine


def _make_private(file: Path) -> None:
    """A new file, and each folder made for it, can be opened by its owner only; what exists is left as it is.
    SQLite gives the -wal and -shm files beside it the same mode.
    """
    missing = [folder for folder in file.parents if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as problem:
        raise InvalidInput(f"The database file {file} cannot be opened: {problem.strerror}.") from problem


def _take_over_transactions(engine: AsyncEngine, *, foreign_keys: bool) -> None:
    """Have SQLAlchemy say BEGIN, because the driver would not say it before reading, nor IMMEDIATE before writing."""

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
