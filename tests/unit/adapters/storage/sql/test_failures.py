"""What the disk, the file or another process is to blame for is a fact with a sentence; a bug stays a bug."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, OperationalError

from loomwork.adapters.storage.sql import sqlite_database
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.failures import BUSY, DAMAGED, READ_ONLY, SpeakingDatabase, StorageFailed
from loomwork.adapters.storage.sql.opening import open_database


@pytest.fixture
def speaking(database: Database) -> SpeakingDatabase:
    return SpeakingDatabase(database)


FILL = text("INSERT INTO alembic_version SELECT hex(zeroblob(500000))")


def fill_the_last_page(connection: Connection) -> None:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    connection.execute(FILL)


def write_while_reading_only(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA query_only = ON")
    connection.execute(FILL)


async def test_a_full_database_is_said_and_nothing_is_stored(speaking: SpeakingDatabase) -> None:
    with pytest.raises(StorageFailed, match="The disk that holds the database is full") as failed:
        await speaking.write(fill_the_last_page)
    assert failed.value.code == "storage_failed"
    assert failed.value.details == {"reason": "database or disk is full"}
    assert len(await speaking.rows(text("SELECT 1 FROM alembic_version"))) == 1


async def test_a_database_that_may_only_be_read_is_said(speaking: SpeakingDatabase) -> None:
    with pytest.raises(StorageFailed) as failed:
        await speaking.write(write_while_reading_only)
    assert failed.value.message == READ_ONLY


async def test_a_database_that_another_process_holds_is_said(
    url: str, speaking: SpeakingDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_database, "BUSY_TIMEOUT_MS", 0)
    impatient = SpeakingDatabase(open_database(url))
    other = sqlite3.connect(tmp_path / "loomwork.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageFailed) as failed:
        await impatient.probe()
    assert failed.value.message == BUSY
    other.close()
    await impatient.probe()
    await impatient.close()


async def test_a_file_that_is_no_database_is_said_by_whoever_reads_it(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"this is no database" * 100)
    speaking = SpeakingDatabase(open_database(f"sqlite:///{tmp_path}/x.db"))
    with pytest.raises(StorageFailed) as failed:
        await speaking.row(text("SELECT 1 FROM t"))
    assert failed.value.message == DAMAGED
    await speaking.close()


async def test_a_wrong_statement_stays_a_bug(speaking: SpeakingDatabase) -> None:
    with pytest.raises(OperationalError):
        await speaking.row(text("SELECT nonsense"))
    with pytest.raises(IntegrityError):
        await speaking.change(text("INSERT INTO workspaces (id) VALUES (NULL)"))


async def test_a_probe_writes_and_changes_nothing(speaking: SpeakingDatabase, tmp_path: Path) -> None:
    await speaking.change(text("PRAGMA user_version = 7"))
    log = tmp_path / "loomwork.db-wal"
    before = log.stat().st_size
    await speaking.probe()
    assert log.stat().st_size > before
    assert await speaking.read(lambda it: it.exec_driver_sql("PRAGMA user_version").scalar()) == 7
