"""What SQLite says when it cannot store, as a fact with a sentence that says what to do.

Only what the disk, the file or another process is to blame for: a statement that is wrong is a bug of ours, and stays
the exception that it is. Codes: https://www.sqlite.org/rescode.html
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from loomwork.adapters.storage.sql.database import Database
from loomwork.kernel.errors import LoomworkError

T = TypeVar("T")

log = logging.getLogger(__name__)

BUSY = "Something else has held the database for too long. Try again; if it stays so, end what else has it open."
READ_ONLY = "The database is read-only here. Make its file and its folder writable for the server, then try again."
BROKEN_DISK = "The disk did not read or write the database. See that it is there, has room and is sound; try again."
DAMAGED = "The database is damaged. Stop the server and put a sound copy in its place."

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
    """The database did not do it, and nothing of it was stored. `details["reason"]`: SQLite's own words."""

    code = "storage_failed"


@contextmanager
def saying_failures() -> Iterator[None]:
    """What the database raises meanwhile becomes `StorageFailed`, but for bugs."""
    try:
        yield
    except DBAPIError as error:
        failure = storage_failure(error)
        if failure is None:
            raise
        raise failure from error


def storage_failure(error: DBAPIError) -> StorageFailed | None:
    """The fact behind what the database raised; None where it is a bug. It is logged."""
    # The lower byte is the kind; the rest says where in SQLite it was met.
    kind = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    if kind not in SENTENCES:
        return None
    log.error("The database failed: %s (%s)", error.orig, getattr(error.orig, "sqlite_errorname", kind))
    return StorageFailed(SENTENCES[kind], reason=str(error.orig))


class SpeakingDatabase(Database):
    """An open database that says why it failed: `StorageFailed` where the database under it raises what its driver
    does. The two share everything, and closing this one closes that one.
    """

    def __init__(self, database: Database) -> None:
        self.engine = database.engine
        self._silent = database

    async def read(self, work: Callable[[Connection], T]) -> T:
        with saying_failures():
            return await self._silent.read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        with saying_failures():
            return await self._silent.write(work)

    async def probe(self) -> None:
        """Write, and change nothing: the first page goes into the write-ahead log as it is."""
        await self.write(_write_first_page)

    async def close(self) -> None:
        await self._silent.close()


def _write_first_page(connection: Connection) -> None:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")
