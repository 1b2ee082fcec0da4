"""A PostgreSQL database, through asyncpg.

A transaction runs in this process's event loop, as plain synchronous code that SQLAlchemy suspends wherever it waits
for the server. Changes see what others have committed (READ COMMITTED) and lock what they read in order to change it;
what a reader sees stands still (REPEATABLE READ). A transaction that the server asks to begin anew, because of a
deadlock, is begun anew, and so is one whose connection turns out to be dead before it was told to commit.

What a write returned outlives a crash of the server and of its machine, unless its `synchronous_commit` is off.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from loomwork.adapters.storage.sql import json_text
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.entering import EnteringConnection, step_down
from loomwork.adapters.storage.sql.reach import OF_FIRST_STATEMENT, Reach
from loomwork.adapters.storage.sql.walls import build_wall, stand
from loomwork.kernel.errors import InvalidInput

T = TypeVar("T")

CONNECTIONS = 10
"""In the pool of one process. Transactions are short; a server that allows its usual hundred has room for several."""

ALONE = 2
"""Further connections, of those who have something for themselves, which they do other transactions meanwhile."""

CONNECT_SECONDS = 10
"""How long a connection may take to open, or to come free in the pool."""

LIMITS = {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}
"""Not for a migration, which may take as long as it takes, as may waiting for another's. They are set once a connection
stands: between here and the server a pooler may be that lets no such thing through on opening one.
"""

TRIES = 5
BEGIN_ANEW = frozenset({"40001", "40P01"})
"""serialization_failure, deadlock_detected (PostgreSQL manual, appendix A)."""


class PostgresDatabase(Database):
    """It belongs to the event loop that it is first used in."""

    readers = writers = CONNECTIONS // 2
    of_crowd = 3
    """Most of a transaction is waiting for the server, which does several at once."""

    def __init__(self, url: URL, *, migrating: bool = False, walled: bool = False) -> None:
        """With `walled`, statements stay within a workspace: they are looked at here, and the server has rules too."""
        self._url = url.set(drivername="postgresql")
        self._limits = {} if migrating else LIMITS
        self._walled = walled
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            json_serializer=json_text.encode,
            json_deserializer=json_text.decode,
            hide_parameters=True,
        )
        self._writing = self._engine.execution_options(isolation_level="READ COMMITTED")
        still = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = self._engine.execution_options(**still)
        if walled:
            build_wall(self._engine.sync_engine)
        # Of their own: whoever waits here for another must not keep that other from a connection.
        self._turns = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=ALONE,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            hide_parameters=True,
        )
        self._writes: set[asyncio.Task[Any]] = set()

    async def read(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T:
        return await _done(self._reading, work, reach)

    async def write(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T:
        writing = asyncio.create_task(_done(self._writing, work, reach))
        self._writes.add(writing)
        writing.add_done_callback(self._writes.discard)
        return await asyncio.shield(writing)

    @asynccontextmanager
    async def alone(self, thing: str) -> AsyncIterator[None]:
        async with self._turns.connect() as connection:
            # Until the transaction's end, and so to the connection's at the latest (PostgreSQL manual, 13.3.5).
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(thing, 0))))
            yield
            await connection.rollback()

    async def forget(self) -> None:
        """Nothing: the server vacuums its tables and recycles its log by itself, and only its operator may hurry it."""

    async def close(self) -> None:
        if self._writes:
            await asyncio.wait(self._writes)
        await self._turns.dispose()
        await self._engine.dispose()

    async def _connect(self) -> Any:
        dsn = self._url.render_as_string(hide_password=False)
        try:
            connection = await asyncpg.connect(
                dsn,
                timeout=CONNECT_SECONDS,
                server_settings={"application_name": "loomwork"},
                connection_class=EnteringConnection,
            )
            await self._prepare(connection)
            return connection
        except (OSError, asyncpg.PostgresError) as problem:
            # As SQLAlchemy tells of everything else that the database does; these it lets through as they are.
            raise OperationalError("connect", None, problem) from problem
        except (ValueError, asyncpg.InterfaceError):
            # What it says may repeat a piece of the URL.
            raise InvalidInput(
                "The database URL has a part that PostgreSQL has no use for; write postgresql://user:password@host/name."
            ) from None

    async def _prepare(self, connection: EnteringConnection) -> None:
        try:
            if self._limits:
                await connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in self._limits.items()))
            if self._walled:
                await step_down(connection)
        except BaseException:
            # Whoever waited for it may have given up: then nobody else will close it.
            connection.terminate()
            raise


async def _done(engine: AsyncEngine, work: Callable[[Connection], T], reach: Reach) -> T:
    for _ in range(TRIES - 1):
        try:
            return await _tried(engine, work, reach)
        except DBAPIError as problem:
            if not _may_begin_anew(problem):
                raise
    return await _tried(engine, work, reach)


async def _tried(engine: AsyncEngine, work: Callable[[Connection], T], reach: Reach) -> T:
    async with engine.connect() as connection:
        raw: Any = await connection.get_raw_connection()
        raw.driver_connection.enters(reach)
        assert connection.sync_connection is not None
        stand(connection.sync_connection, reach)
        done = await connection.run_sync(work)
        await _commit(connection)
        return done


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except DBAPIError as problem:
        # Nobody knows whether it was stored, so it must not be stored once more.
        problem.connection_invalidated = False
        raise


def _may_begin_anew(problem: DBAPIError) -> bool:
    return problem.connection_invalidated or sqlstate(problem) in BEGIN_ANEW


def sqlstate(problem: DBAPIError) -> str:
    """The server's code for it; "" where it was not the server that said so."""
    return str(getattr(problem.orig, "sqlstate", None) or "")
