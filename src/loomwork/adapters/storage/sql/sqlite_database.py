"""One SQLite file, with reading and writing kept apart.

A transaction runs whole in a worker thread: to the caller it is one await, where a driver that is awaited statement by
statement changes threads some ten times for a single insert. SQLite has one writer at a time, so there is one thread
that writes, and its queue is the line that writers wait in; between processes SQLite's busy loop is what there is.
A writing transaction takes the lock when it begins (BEGIN IMMEDIATE): one that begins by reading and finds the lock
gone later fails at once, whatever the timeout. A small transaction that need not wait for anything may also be
committed where it is asked for, by a connection of its own (`PromptWriter`).

What a write returned is in the operating system's hands: a process that is killed, even by `kill -9`, loses nothing of
it. SQLite keeps a write-ahead log and, with `synchronous = NORMAL`, waits for the disk at checkpoints only: when the
power fails or the kernel crashes, the newest transactions (those since the last checkpoint, some megabytes at most) may
be gone, and what is left is whole (sqlite.org/pragma.html#pragma_synchronous).
"""

import asyncio
import fcntl
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from loomwork.adapters.storage.sql import json_text
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.reach import EVERYWHERE, OF_FIRST_STATEMENT, Reach
from loomwork.adapters.storage.sql.sqlite_prompt_writer import PromptWriter
from loomwork.adapters.storage.sql.walls import build_wall, stand
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput

T = TypeVar("T")

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for a writer in another process."""

MOST_LOG_PAGES = 20_000
"""Pages of 4 KiB in the write-ahead log at which SQLite itself looks after it, and whoever writes waits for the disk:
where a few transactions wrote much, or others read all the time."""

FORGETS = 3
"""How often the log is tried to be emptied, each time waiting so long."""

READERS = 4
"""Threads that read. More would only wait for the interpreter."""

ASKS_AGAIN = 0.005
"""Seconds between two tries to have something for oneself."""

_WRITING = "loomwork_writing"


class SqliteDatabase(Database):
    """It belongs to no event loop, and starts no thread before it is used."""

    readers = READERS
    writers = of_crowd = 1
    """Readers too mostly keep the interpreter from one another, and from whoever comes."""

    def __init__(self, url: URL, *, clock: Clock, migrating: bool = False, walled: bool = False) -> None:
        """With `migrating`, foreign keys are off: rebuilding a table drops the old one, and that would empty every
        table that points at it. With `walled`, statements stay within a workspace. Raises `InvalidInput`.
        """
        file = _file(url)
        _make_private(file)
        self._turns = file.with_name(f"{file.name}-turns")
        self.engine = _engine(file, foreign_keys=not migrating)
        if walled:
            build_wall(self.engine)
        self._writing = self.engine.execution_options(**{_WRITING: True})
        self._connection: Connection | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="loomwork-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="loomwork-write")
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="loomwork-log")
        self._prompt = PromptWriter(file, monotonic=clock.monotonic, ask_for_checkpoint=self._ask_for_checkpoint)

    async def read(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work, reach)

    async def write(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T:
        writing = asyncio.get_running_loop().run_in_executor(self._writer, self._write, work, reach)
        self._prompt.count_commit()
        return await writing

    def write_at_once(self, work: Callable[[sqlite3.Connection], bool]) -> bool:
        return self._prompt.write(work)

    @asynccontextmanager
    async def alone(self, thing: str) -> AsyncIterator[None]:
        """One lock for all things, on a file beside the database, which the kernel gives up with the process."""
        with _open_private(self._turns) as turns:
            given_up = asyncio.get_running_loop().time() + BUSY_TIMEOUT_MS / 1000
            while not _takes(turns):
                if asyncio.get_running_loop().time() > given_up:
                    raise _busy(thing)
                await asyncio.sleep(ASKS_AGAIN)
            yield

    async def forget(self) -> None:
        """What is deleted is written over with zeros (`secure_delete`), but stands in the log as it was until that is
        brought in and emptied, for which no reader may be at it.
        """
        for _ in range(FORGETS):
            if await asyncio.get_running_loop().run_in_executor(self._writer, self._empty_log):
                return
        log.warning("The write-ahead log is in use and was not emptied: it holds what was deleted for a while yet.")

    async def close(self) -> None:
        self._prompt.close()
        await asyncio.to_thread(self._close)

    def _read(self, work: Callable[[Connection], T], reach: Reach) -> T:
        with self.engine.connect() as connection:
            stand(connection, reach)
            return work(connection)

    def _write(self, work: Callable[[Connection], T], reach: Reach = EVERYWHERE) -> T:
        # Kept open between writes: taking one from the pool costs more than a small transaction.
        connection, self._connection = self._connection or self._writing.connect(), None
        try:
            with connection.begin():
                stand(connection, reach)
                done = work(connection)
        except BaseException:
            # The pool makes sure that nothing of the transaction is left, or throws the connection away.
            connection.close()
            raise
        self._connection = connection
        return done

    def _ask_for_checkpoint(self) -> None:
        self._keeper.submit(self._bring_most_in)

    def _bring_most_in(self) -> None:
        """Bring the log into the file while others write: that waits for the disk, for tens of milliseconds where much
        was written. What is left for the thread that writes is what came meanwhile.
        """
        try:
            with self.engine.connect() as connection:
                driver_connection(connection).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except (sqlite3.Error, SQLAlchemyError) as problem:
            log.warning("The write-ahead log was not brought into the database: %s", problem)
        finally:
            self._writer.submit(self._checkpoint)

    def _checkpoint(self) -> None:
        """Bring the rest in, then write, which begins the log anew where nobody reads from it."""
        try:
            self._connection = self._connection or self._writing.connect()
            driver_connection(self._connection).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            self._write(rewrite_first_page)
        except (sqlite3.Error, SQLAlchemyError) as problem:
            # Nothing is lost by it: the log grows until the next time, and who writes is told what ails the database.
            log.warning("The write-ahead log was not brought into the database: %s", problem)
        finally:
            self._prompt.checkpointed()

    def _empty_log(self) -> bool:
        """Whether it is empty. What is underway elsewhere is waited for as long as for any other turn."""
        self._connection = self._connection or self._writing.connect()
        try:
            busy, _, _ = driver_connection(self._connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as problem:
            raise OperationalError("PRAGMA wal_checkpoint", None, problem) from problem
        return not busy

    def _close(self) -> None:
        self._keeper.shutdown()
        self._writer.shutdown()
        if self._connection is not None:
            self._connection.close()
        self._readers.shutdown()
        self.engine.dispose()


def driver_connection(connection: Connection) -> sqlite3.Connection:
    """What is under a connection to SQLite, for the few statements that run so often that nothing may stand between."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def rewrite_first_page(connection: Connection) -> None:
    """Write, and change nothing."""
    driver = driver_connection(connection)
    try:
        (version,) = driver.execute("PRAGMA user_version").fetchone()
        driver.execute(f"PRAGMA user_version = {version}")
    except sqlite3.Error as problem:
        raise OperationalError("PRAGMA user_version", None, problem) from problem


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise InvalidInput("SQLite needs a file; write sqlite:///path/to/file.db.")
    return Path(url.database)


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


def _open_private(file: Path) -> TextIO:
    try:
        return open(os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600), "r+")
    except OSError as problem:
        raise OperationalError("flock", None, problem) from problem


def _takes(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _busy(thing: str) -> OperationalError:
    problem = sqlite3.OperationalError("somebody else had it for too long")
    problem.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return OperationalError("flock", {"thing": thing}, problem, hide_parameters=True)


def _engine(file: Path, *, foreign_keys: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        connect_args={"check_same_thread": False},
        pool_size=READERS + 2,
        max_overflow=0,
        json_serializer=json_text.encode,
        json_deserializer=json_text.decode,
        hide_parameters=True,
    )
    _take_over_transactions(engine, foreign_keys=foreign_keys)
    return engine


def _take_over_transactions(engine: Engine, *, foreign_keys: bool) -> None:
    """Have SQLAlchemy say BEGIN, because the driver would not say it before reading, nor IMMEDIATE before writing."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {MOST_LOG_PAGES}")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        statement = "BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITING, False) else "BEGIN"
        try:
            driver_connection(connection).execute(statement)
        except sqlite3.Error as problem:
            raise OperationalError(statement, None, problem) from problem
