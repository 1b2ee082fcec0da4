"""How an SQLite file is opened, and what a transaction is on it."""

import asyncio
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import IntegrityError

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.adapters.storage.sql.tables import api_keys, apps
from loomwork.kernel.errors import InvalidInput

MOMENT = "2026-01-01 00:00:00.000000"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def scalar(statement: str) -> Any:
    return lambda connection: connection.execute(text(statement)).scalar()


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
async def test_sqlite_is_set_up_on_every_connection(database: Database, pragma: str, value: object) -> None:
    asked = [database.read(scalar(f"PRAGMA {pragma}")) for _ in range(8)]
    assert set(await asyncio.gather(*asked)) == {value}
    assert await database.write(scalar(f"PRAGMA {pragma}")) == value


async def test_only_the_owner_can_read_the_file_and_the_folders_made_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "inner"
    database = open_database(f"sqlite:///{folder}/loomwork.db")
    await database.change(text("CREATE TABLE t (x)"))
    seen = modes(folder)
    await database.close()
    assert seen == {"inner": 0o700, "loomwork.db": 0o600, "loomwork.db-wal": 0o600, "loomwork.db-shm": 0o600}
    assert modes(tmp_path)["data"] == 0o700


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    open_database(f"sqlite:///{tmp_path}/x.db")
    assert modes(tmp_path) == {tmp_path.name: 0o755, "x.db": 0o600}


async def test_writers_that_read_before_they_write_wait_for_one_another(url: str, database: Database) -> None:
    """Two databases on one file stand for two processes: no count is lost, and none fails with a lock error."""
    other = open_database(url)
    await database.change(text("CREATE TABLE counter (n INTEGER)"))
    await database.change(text("INSERT INTO counter VALUES (0)"))

    def count(connection: Connection) -> None:
        number = connection.execute(text("SELECT n FROM counter")).scalar_one()
        connection.execute(text("UPDATE counter SET n = :n"), {"n": number + 1})

    await asyncio.gather(*(on.write(count) for on in (database, other) for _ in range(20)))
    await other.close()
    assert await database.read(scalar("SELECT n FROM counter")) == 40


async def test_work_that_raises_leaves_nothing_behind(database: Database) -> None:
    def write_and_fail(connection: Connection) -> None:
        connection.execute(text(f"INSERT INTO workspaces VALUES ('w', 'slug', 'name', '{MOMENT}')"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(write_and_fail)
    assert await database.rows(text("SELECT id FROM workspaces")) == []


async def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    """The first statement fixes what is seen, so two statements of one read cannot contradict each other."""
    written = threading.Event()
    began = threading.Event()

    def read_twice(connection: Connection) -> tuple[int, int]:
        count = text("SELECT count(*) FROM workspaces")
        first = connection.execute(count).scalar_one()
        began.set()
        assert written.wait(60)
        return first, connection.execute(count).scalar_one()

    reading = asyncio.create_task(database.read(read_twice))
    assert await asyncio.to_thread(began.wait, 60)
    await database.change(text(f"INSERT INTO workspaces VALUES ('w', 'slug', 'name', '{MOMENT}')"))
    written.set()
    assert await reading == (0, 0)
    assert await database.read(scalar("SELECT count(*) FROM workspaces")) == 1


async def test_what_was_begun_is_finished_though_the_caller_is_cancelled(database: Database) -> None:
    began = threading.Event()
    go_on = threading.Event()

    def write(connection: Connection) -> None:
        connection.execute(text(f"INSERT INTO workspaces VALUES ('w', 'slug', 'name', '{MOMENT}')"))
        began.set()
        assert go_on.wait(60)

    writing = asyncio.create_task(database.write(write))
    assert await asyncio.to_thread(began.wait, 60)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    go_on.set()
    await database.change(text("DELETE FROM workspaces WHERE id = 'another'"))
    assert await database.read(scalar("SELECT count(*) FROM workspaces")) == 1


async def test_a_row_cannot_point_into_another_workspace(database: Database) -> None:
    for workspace in ("ours", "theirs"):
        await database.change(text(f"INSERT INTO workspaces VALUES ('{workspace}', '{workspace}', '', '{MOMENT}')"))
    app = {**dict.fromkeys(("name", "description", "mode", "icon", "icon_background", "document"), ""), "id": "a"}
    counts = {"node_count": 0, "warnings": 0, "bindings": {}, "created_at": NOON, "updated_at": NOON}
    await database.change(insert(apps).values(workspace_id="theirs", **app, **counts))
    key = {"id": "k", "kind": "app", "app_id": "a", "key_hash": "h", "last_four": "", "created_at": NOON}
    with pytest.raises(IntegrityError):
        await database.change(insert(api_keys).values(workspace_id="ours", **key))
    await database.change(insert(api_keys).values(workspace_id="theirs", **key))


def test_a_database_outlives_the_event_loop_that_it_was_first_used_in(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    asyncio.run(database.change(text("CREATE TABLE t (x)")))
    assert asyncio.run(database.rows(text("SELECT x FROM t"))) == []
    asyncio.run(database.close())


def test_a_file_that_cannot_be_opened_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path}/file/x.db")
