"""How the database is opened."""

import asyncio
import stat
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from loomwork.adapters.storage.sql.database import Database
from loomwork.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
async def test_sqlite_is_set_up_on_every_connection(database: Database, pragma: str, value: object) -> None:
    async with database.reading() as first, database.reading() as second:
        for connection in (first, second):
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar() == value


async def test_only_the_owner_can_read_the_file_and_the_folders_made_for_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "inner" / "loomwork.db"
    database = Database(f"sqlite:///{file}")
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE t (x)"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    await database.close()
    assert modes == {"loomwork.db": 0o600, "loomwork.db-wal": 0o600, "loomwork.db-shm": 0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == stat.S_IMODE(file.parent.parent.stat().st_mode) == 0o700


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Database(f"sqlite:///{tmp_path}/x.db")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


async def test_writers_that_read_before_they_write_wait_for_one_another(url: str, database: Database) -> None:
    """Two engines on one file stand for two processes: neither loses a count, and neither fails with a lock error."""
    other = Database(url)
    await database.change(text("CREATE TABLE counter (n INTEGER)"))
    await database.change(text("INSERT INTO counter VALUES (0)"))

    async def count(on: Database) -> None:
        async with on.writing() as connection:
            number = (await connection.execute(text("SELECT n FROM counter"))).scalar_one()
            await connection.execute(text("UPDATE counter SET n = :n"), {"n": number + 1})

    await asyncio.gather(*(count(on) for on in (database, other) for _ in range(20)))
    await other.close()
    row = await database.row(text("SELECT n FROM counter"))
    assert row is not None
    assert row["n"] == 40


async def test_a_block_that_raises_leaves_nothing_behind(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.writing() as connection:
            await connection.execute(
                text("INSERT INTO workspaces VALUES ('w', 'slug', 'name', '2026-01-01 00:00:00.000000')")
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_and_fail()
    assert await database.rows(text("SELECT id FROM workspaces")) == []


async def test_a_row_cannot_point_into_another_workspace(database: Database) -> None:
    moment = "2026-01-01 00:00:00.000000"
    async with database.writing() as connection:
        for workspace in ("ours", "theirs"):
            await connection.execute(
                text(f"INSERT INTO workspaces VALUES ('{workspace}', '{workspace}', '', '{moment}')")
            )
        await connection.execute(text(f"INSERT INTO members VALUES ('theirs', 'm', 'owner', '', '{moment}')"))
    session = text(f"INSERT INTO sessions VALUES ('ours', 's', 'm', 'hash', '{moment}', '{moment}', NULL)")
    with pytest.raises(IntegrityError):
        await database.change(session)


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "mysql://user:hunter2@host/db", "no url"])
async def test_a_url_that_cannot_be_used_gets_a_sentence_without_its_password(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Database(url)
    assert caught.value.code == "invalid_input"
    assert "hunter2" not in str(caught.value)


async def test_a_file_that_cannot_be_opened_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path}/file/x.db")
