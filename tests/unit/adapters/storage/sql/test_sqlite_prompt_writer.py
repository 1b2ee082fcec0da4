"""What is committed on the caller's own thread, and what is left to the thread that may wait."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, make_url, text

from loomwork.adapters.storage.sql import sqlite_database
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.sqlite_database import SqliteDatabase, driver_connection
from loomwork.adapters.storage.sql.sqlite_prompt_writer import (
    ASKS_AFTER,
    PAUSE_SECONDS,
    SLOW_IN_A_ROW,
    SLOW_SECONDS,
    PromptWriter,
)
from loomwork.kernel.clock import SystemClock

Work = Callable[[sqlite3.Connection], bool]


class Seconds:
    """A clock that goes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """How often a checkpoint was asked for."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "with space?.db"


@pytest.fixture
def other(file: Path) -> Iterator[sqlite3.Connection]:
    """Another process's connection, which made the file."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY)")
        connection.execute("CREATE TABLE uses (word TEXT REFERENCES words)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield connection


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def writer(file: Path, other: sqlite3.Connection, seconds: Seconds, asked: Asked) -> Iterator[PromptWriter]:
    with closing(PromptWriter(file, monotonic=seconds, ask_for_checkpoint=asked)) as writer:
        yield writer


def adds(word: str, *, done: bool = True) -> Work:
    def work(connection: sqlite3.Connection) -> bool:
        connection.execute("INSERT INTO words VALUES (?)", (word,))
        return done

    return work


def never(_connection: sqlite3.Connection) -> bool:
    raise AssertionError("this was to be left to the thread")


def words(connection: sqlite3.Connection) -> list[str]:
    return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]


def test_what_it_wrote_is_there_for_others_at_once(writer: PromptWriter, other: sqlite3.Connection) -> None:
    assert writer.write(adds("a"))
    assert words(other) == ["a"]


def test_it_does_not_wait_for_another_writer(writer: PromptWriter, other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")
    assert not writer.write(never)
    other.execute("COMMIT")
    assert writer.write(adds("a"))


def test_what_is_not_wanted_after_all_is_taken_back(writer: PromptWriter, other: sqlite3.Connection) -> None:
    assert not writer.write(adds("a", done=False))
    other.execute("BEGIN IMMEDIATE")
    assert words(other) == []


@pytest.mark.parametrize("statement", ["INSERT INTO words VALUES ('a')", "INSERT INTO uses VALUES ('b')", "SELECT x"])
def test_what_the_database_refuses_leaves_nothing_behind(
    writer: PromptWriter, other: sqlite3.Connection, statement: str
) -> None:
    other.execute("INSERT INTO words VALUES ('a')")

    def work(connection: sqlite3.Connection) -> bool:
        connection.execute("INSERT INTO words VALUES ('z')")
        connection.execute(statement)
        return True

    assert not writer.write(work)
    other.execute("BEGIN IMMEDIATE")
    assert words(other) == ["a"]


def test_work_that_breaks_leaves_nothing_behind(writer: PromptWriter, other: sqlite3.Connection) -> None:
    def work(connection: sqlite3.Connection) -> bool:
        connection.execute("INSERT INTO words VALUES ('z')")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writer.write(work)
    other.execute("BEGIN IMMEDIATE")
    assert words(other) == []


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 1),
        ("foreign_keys", 1),
        ("busy_timeout", 0),
        ("wal_autocheckpoint", 0),
    ],
)
def test_its_connection_never_waits_and_promises_what_the_others_do(
    writer: PromptWriter, pragma: str, value: object
) -> None:
    seen: list[Any] = []

    def work(connection: sqlite3.Connection) -> bool:
        seen.extend(connection.execute(f"PRAGMA {pragma}").fetchone())
        return True

    assert writer.write(work)
    assert seen == [value]


def test_it_never_brings_the_log_into_the_file(writer: PromptWriter, file: Path, other: sqlite3.Connection) -> None:
    other.execute("PRAGMA wal_autocheckpoint = 0")
    before = file.stat().st_size
    for number in range(ASKS_AFTER - 1):
        assert writer.write(adds(f"{number:60000}"))
    writer.close()
    log = file.with_name(f"{file.name}-wal")
    assert (file.stat().st_size, log.stat().st_size > 10_000_000) == (before, True)


def test_after_some_commits_it_asks_once_for_a_checkpoint_and_rests_until_it_was(
    writer: PromptWriter, asked: Asked
) -> None:
    for number in range(ASKS_AFTER):
        assert asked.times == 0
        assert writer.write(adds(str(number)))
    assert not writer.write(never)
    for _ in range(ASKS_AFTER - 1):
        writer.count_commit()
    assert asked.times == 1
    writer.checkpointed()
    assert writer.write(adds("next"))
    assert asked.times == 2


def slow(seconds: Seconds, then: Work) -> Work:
    def work(connection: sqlite3.Connection) -> bool:
        seconds.now += 2 * SLOW_SECONDS
        return then(connection)

    return work


def test_a_slow_disk_is_left_to_the_thread_for_a_while(writer: PromptWriter, seconds: Seconds) -> None:
    for number in range(SLOW_IN_A_ROW):
        assert writer.write(slow(seconds, adds(str(number))))
    seconds.now += PAUSE_SECONDS / 2
    assert not writer.write(never)
    seconds.now += PAUSE_SECONDS
    assert writer.write(slow(seconds, adds("slow still")))
    assert not writer.write(never)
    seconds.now += 2 * PAUSE_SECONDS
    assert writer.write(adds("quick"))
    assert writer.write(slow(seconds, adds("slow again")))
    assert writer.write(adds("quick again"))


def test_slow_commits_between_quick_ones_are_not_the_disk_s(writer: PromptWriter, seconds: Seconds) -> None:
    for number in range(10 * SLOW_IN_A_ROW):
        work = adds(str(number))
        assert writer.write(work if number % SLOW_IN_A_ROW == 0 else slow(seconds, work))


def test_what_fails_slowly_counts_as_slow_too(writer: PromptWriter, seconds: Seconds) -> None:
    def fails(_connection: sqlite3.Connection) -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    for _ in range(SLOW_IN_A_ROW):
        assert not writer.write(slow(seconds, fails))
    assert not writer.write(never)


def test_it_makes_no_file_and_does_nothing_once_it_is_closed(
    tmp_path: Path, writer: PromptWriter, seconds: Seconds, asked: Asked
) -> None:
    gone = tmp_path / "gone.db"
    assert not PromptWriter(gone, monotonic=seconds, ask_for_checkpoint=asked).write(never)
    assert not gone.exists()
    writer.close()
    assert not writer.write(never)
    for _ in range(ASKS_AFTER):
        writer.count_commit()
    assert asked.times == 0


def frames(file: Path) -> int:
    """In the write-ahead log, but for those of logs before."""
    with closing(sqlite3.connect(file)) as connection:
        _, in_log, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(in_log)


async def test_the_thread_that_writes_begins_the_log_anew(database: Database, url: str) -> None:
    await database.change(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
    done = 0
    while done < 10 * ASKS_AFTER:
        if database.write_at_once(adds(str(done))):
            done += 1
        else:
            # Whatever the thread was asked for before is done when it has done this.
            await database.write(lambda _connection: None)
    await database.write(lambda _connection: None)
    assert frames(Path(make_url(url).database or "")) < 4 * ASKS_AFTER


async def test_whoever_writes_does_not_wait_while_the_log_is_brought_in(
    database: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.change(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
    bringing, disk = threading.Event(), threading.Event()

    def slow(connection: Connection) -> sqlite3.Connection:
        if threading.current_thread().name.startswith("loomwork-log"):
            bringing.set()
            assert disk.wait(60)
        return driver_connection(connection)

    monkeypatch.setattr(sqlite_database, "driver_connection", slow)
    for number in range(ASKS_AFTER + 2):
        await database.change(text(f"INSERT INTO words VALUES ('{number}')"))
    assert bringing.wait(60)
    await database.change(text("INSERT INTO words VALUES ('meanwhile')"))
    disk.set()
    while not database.write_at_once(adds("after")):
        await database.write(lambda _connection: None)
    assert frames(Path(make_url(url).database or "")) < ASKS_AFTER


async def test_a_log_that_cannot_be_brought_in_stops_nobody(
    url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_connection: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr("loomwork.adapters.storage.sql.sqlite_database.rewrite_first_page", broken)
    database = SqliteDatabase(make_url(url), clock=SystemClock())
    await database.change(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
    for number in range(ASKS_AFTER):
        database.write_at_once(adds(str(number)))
    while not database.write_at_once(adds("next")):
        await database.change(text("DELETE FROM words"))
    assert "disk I/O error" in caplog.text
    await database.close()


async def test_closing_lets_go_of_the_file(url: str, database: Database) -> None:
    """SQLite removes the log with the last connection."""
    assert database.write_at_once(lambda connection: bool(connection.execute("CREATE TABLE t (x)")))
    file = Path(make_url(url).database or "")
    assert file.with_name(f"{file.name}-wal").exists()
    await database.close()
    assert not database.write_at_once(never)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


async def test_what_is_taken_at_once_by_one_kind_is_left_to_write_by_the_other(any_database: Database) -> None:
    here = any_database.write_at_once(lambda _connection: True)
    assert here == isinstance(any_database, SqliteDatabase)
