"""What a database says when it cannot store, as a fact with a sentence that says what to do.

Only what the disk, the file, the server or another process is to blame for: a statement that is wrong is a bug of ours,
and stays the exception that it is. Codes: https://www.sqlite.org/rescode.html, and PostgreSQL manual, appendix A.
"""

import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.reach import OF_FIRST_STATEMENT, Reach
from loomwork.adapters.storage.sql.sqlite_database import rewrite_first_page
from loomwork.adapters.storage.sql.texts import PROBE
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope

T = TypeVar("T")

log = logging.getLogger(__name__)

BUSY = "Something else has held the database for too long. Try again; if it stays so, end what else has it open."
READ_ONLY = "The database is read-only here. Make its file and its folder writable for the server, then try again."
BROKEN_DISK = "The disk did not read or write the database. See that it is there, has room and is sound; try again."
DAMAGED = "The database is damaged. Stop the server and put a sound copy in its place."

UNREACHABLE = "The database server cannot be reached. See that it runs and that this machine may ask it; try again."
REFUSED = "The database server lets nobody in with this name and password. See to LOOMWORK_DATABASE_URL."
OVERLOADED = "The database server has too much to do. Try again; if it stays so, give it more room."

POSTGRES_SENTENCES: Mapping[str, str] = {
    "08": UNREACHABLE,
    "25006": "The database server takes no changes: it is read-only, or a copy of another. Ask the one that does.",
    "28": REFUSED,
    "3D000": "The database server has no database of that name. Make it there, or see to LOOMWORK_DATABASE_URL.",
    "42501": "The database server does not allow this user to do that. Give it the right to, then try again.",
    "53": OVERLOADED,
    "53100": "The disk of the database server is full. Make room on it, then try again.",
    "55P03": BUSY,
    "57": UNREACHABLE,
    "57014": BUSY,
    "58": BROKEN_DISK,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}
"""By code, or by its first two letters."""

SENTENCES: Mapping[int, str] = {
    sqlite3.SQLITE_FULL: "The disk that holds the database is full. Make room on it, then try again.",
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_IOERR: BROKEN_DISK,
    sqlite3.SQLITE_CANTOPEN: "The database cannot be opened. See that its file and its folder are there; try again.",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_NOMEM: "The database ran out of memory. Free some on this machine, then try again.",
}


class StorageFailed(LoomworkError):
    """The database did not do it, and nothing of it was stored. `details["reason"]`: its own words."""

    code = "storage_failed"


@contextmanager
def saying_failures() -> Iterator[None]:
    """What the database raises meanwhile becomes `StorageFailed`, but for bugs."""
    try:
        yield
    except SQLAlchemyError as error:
        failure = storage_failure(error)
        if failure is None:
            raise
        raise failure from error


def storage_failure(error: SQLAlchemyError) -> StorageFailed | None:
    """The fact behind what the database raised; None where it is a bug. It is logged."""
    sentence, problem = _sentence(error), getattr(error, "orig", None) or error
    if sentence is None:
        return None
    # An OSError's text begins with its number, which tells people nothing.
    reason = str(getattr(problem, "strerror", None) or problem)
    log.error("The database failed: %s (%s)", reason, type(problem).__name__)
    return StorageFailed(sentence, reason=reason)


def _sentence(error: SQLAlchemyError) -> str | None:
    if not isinstance(error, DBAPIError):
        return OVERLOADED if isinstance(error, PoolTimeout) else None
    problem = error.orig
    if isinstance(problem, sqlite3.Error):
        # The lower byte is the kind; the rest says where in SQLite it was met.
        return SENTENCES.get(getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF)
    code = str(getattr(problem, "sqlstate", None) or "")
    known = POSTGRES_SENTENCES.get(code) or POSTGRES_SENTENCES.get(code[:2])
    lost = error.connection_invalidated or isinstance(problem, OSError)
    return known or (UNREACHABLE if lost else None)


class SpeakingDatabase(Database):
    """An open database that says why it failed: `StorageFailed` where the database under it raises what its driver
    does. The two share everything, and closing this one closes that one.
    """

    def __init__(self, database: Database) -> None:
        self._silent = database

    async def read(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T:
        with saying_failures():
            return await self._silent.read(work, reach)

    async def write(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T:
        with saying_failures():
            return await self._silent.write(work, reach)

    def together(self, scope: Scope, most: int) -> int:
        return self._silent.together(scope, most)

    @asynccontextmanager
    async def alone(self, thing: str) -> AsyncIterator[None]:
        with saying_failures():
            async with self._silent.alone(thing):
                yield

    async def forget(self) -> None:
        with saying_failures():
            await self._silent.forget()

    async def probe(self) -> None:
        """Write, and change nothing."""
        await self.everywhere.write(_write_what_is_there)

    async def close(self) -> None:
        await self._silent.close()


def _write_what_is_there(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(PROBE)
        return
    rewrite_first_page(connection)
