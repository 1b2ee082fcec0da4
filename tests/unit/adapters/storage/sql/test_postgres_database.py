"""What a transaction is on PostgreSQL, and what becomes of it when the server or the connection fails."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.failures import BUSY, OVERLOADED, UNREACHABLE, SpeakingDatabase, StorageFailed
from loomwork.adapters.storage.sql.migrating import migrate
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.adapters.storage.sql.postgres_database import PostgresDatabase
from loomwork.kernel.errors import InvalidInput
from tests.postgres_server import PostgresServer

END_ALL_OTHERS = text(
    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
WORKSPACE = "INSERT INTO workspaces VALUES ('{0}', '{0}', '', now())"
COUNT = text("SELECT count(*) AS n FROM workspaces")


@pytest.fixture
async def url(postgres: PostgresServer) -> str:
    url = await postgres.new_database()
    await migrate(url)
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    yield database
    await database.close()


@pytest.fixture
async def other(url: str) -> AsyncIterator[Database]:
    """Another process, as far as the server can tell."""
    database = open_database(url)
    yield database
    await database.close()


async def count(database: Database) -> int:
    (row,) = await database.rows(COUNT)
    return int(row["n"])


async def test_work_that_raises_leaves_nothing_behind(database: Database) -> None:
    def write_and_fail(connection: Connection) -> None:
        connection.execute(text(WORKSPACE.format("w")))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(write_and_fail)
    assert await count(database) == 0


async def test_a_reader_sees_one_state_while_others_write(database: Database, other: Database) -> None:
    held, began = asyncio.Event(), asyncio.Event()

    def read_twice(connection: Connection) -> tuple[int, int]:
        first = connection.execute(COUNT).scalar_one()
        began.set()
        connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
        return first, connection.execute(COUNT).scalar_one()

    def write(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
        held.set()
        while not began.is_set():
            connection.execute(text("SELECT pg_sleep(0.01)"))
        connection.execute(text(WORKSPACE.format("w")))

    writing = asyncio.create_task(other.write(write))
    await held.wait()
    assert await database.read(read_twice) == (0, 0)
    await writing
    assert await count(database) == 1


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        await database.read(lambda connection: connection.execute(text(WORKSPACE.format("w"))))


async def test_writers_that_lock_what_they_read_lose_no_count(database: Database, other: Database) -> None:
    await database.change(text("CREATE TABLE counter (n INTEGER)"))
    await database.change(text("INSERT INTO counter VALUES (0)"))

    def add_one(connection: Connection) -> None:
        number = connection.execute(text("SELECT n FROM counter FOR UPDATE")).scalar_one()
        connection.execute(text("UPDATE counter SET n = :n"), {"n": number + 1})

    await asyncio.gather(*(each.write(add_one) for each in (database, other) for _ in range(20)))
    assert (await database.rows(text("SELECT n FROM counter")))[0]["n"] == 40


async def test_a_deadlock_is_begun_anew_and_both_go_through(database: Database, url: str) -> None:
    await database.change(text("CREATE TABLE pair (k INTEGER PRIMARY KEY, n INTEGER)"))
    await database.change(text("INSERT INTO pair VALUES (1, 0), (2, 0)"))
    met = threading.Barrier(2)
    tries: list[int] = []

    async def cross(first: int, second: int) -> None:
        def work(connection: Connection) -> None:
            tries.append(first)
            connection.execute(text(f"UPDATE pair SET n = n + 1 WHERE k = {first}"))
            if tries.count(first) == 1:
                met.wait(30)
            connection.execute(text(f"UPDATE pair SET n = n + 1 WHERE k = {second}"))

        mine = open_database(url)
        await mine.write(work)
        await mine.close()

    # Each in a loop of its own, since one that waits in the same loop for the other would wait for ever.
    crossings = (asyncio.to_thread(asyncio.run, cross(*pair)) for pair in ((1, 2), (2, 1)))
    await asyncio.gather(*crossings)
    assert len(tries) == 3
    assert [row["n"] for row in await database.rows(text("SELECT n FROM pair ORDER BY k"))] == [2, 2]


async def test_connections_that_died_are_replaced_and_nothing_fails(database: Database, other: Database) -> None:
    """As after a restart of the server, or when one of its processes was killed."""
    await asyncio.gather(*(count(database) for _ in range(5)))
    await other.read(lambda connection: connection.execute(END_ALL_OTHERS))
    assert await count(database) == 0
    await other.read(lambda connection: connection.execute(END_ALL_OTHERS))
    await database.change(text(WORKSPACE.format("w")))
    assert await count(database) == 1


async def test_a_write_whose_connection_dies_halfway_is_done_once(database: Database, other: Database) -> None:
    began, tries = asyncio.Event(), 0

    def write(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        connection.execute(text(WORKSPACE.format("w")))
        began.set()
        if tries == 1:
            connection.execute(text("SELECT pg_sleep(60)"))

    writing = asyncio.create_task(database.write(write))
    await began.wait()
    await other.read(lambda connection: connection.execute(END_ALL_OTHERS))
    await writing
    assert tries == 2
    assert await count(database) == 1


async def test_what_was_begun_is_finished_though_the_caller_is_cancelled(database: Database, url: str) -> None:
    began = asyncio.Event()

    def write(connection: Connection) -> None:
        connection.execute(text(WORKSPACE.format("w")))
        began.set()
        connection.execute(text("SELECT pg_sleep(0.05)"))

    writing = asyncio.create_task(database.write(write))
    await began.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.close()
    again = open_database(url)
    assert await count(again) == 1
    await again.close()


async def test_a_statement_that_takes_too_long_is_said(database: Database) -> None:
    def slow(connection: Connection) -> None:
        connection.execute(text("SET LOCAL statement_timeout = '50ms'"))
        connection.execute(text("SELECT pg_sleep(60)"))

    with pytest.raises(StorageFailed) as failed:
        await SpeakingDatabase(database).write(slow)
    assert failed.value.message == BUSY


async def test_statements_have_a_limit_but_those_of_a_migration(database: Database, url: str) -> None:
    migrating = open_database(url, migrating=True)
    limits = text("SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock")
    assert [dict(row) for row in await database.rows(limits)] == [{"statement": "30s", "lock": "10s"}]
    assert [dict(row) for row in await migrating.rows(limits)] == [{"statement": "0", "lock": "0"}]
    await migrating.close()


async def test_a_server_that_is_not_there_is_said(url: str) -> None:
    nowhere = SpeakingDatabase(open_database(url.replace("host=", "host=/nowhere")))
    for ask in (nowhere.row(COUNT), nowhere.change(COUNT), nowhere.probe()):
        with pytest.raises(StorageFailed) as failed:
            await ask
        assert failed.value.message == UNREACHABLE


async def test_a_database_that_is_not_there_is_said_without_the_password(postgres: PostgresServer) -> None:
    url = postgres.url("nothing").replace("postgres@", "postgres:hunter2@")
    nowhere = SpeakingDatabase(open_database(url))
    with pytest.raises(StorageFailed, match="no database of that name") as failed:
        await nowhere.row(COUNT)
    assert "hunter2" not in f"{failed.value.message}{failed.value.details}"


async def test_a_server_without_room_for_another_connection_is_said(database: Database) -> None:
    def refuse(connection: Connection) -> None:
        connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53300'; END $$"))

    with pytest.raises(StorageFailed) as failed:
        await SpeakingDatabase(database).write(refuse)
    assert failed.value.message == OVERLOADED


@pytest.mark.parametrize("part", ["nonsense=1&port=x", "port=hunter2", "sslmode=hunter2"])
async def test_a_part_of_the_url_that_means_nothing_gets_a_sentence_without_the_password(part: str) -> None:
    database = open_database(f"postgresql://me:hunter2@/x?{part}")
    with pytest.raises(InvalidInput) as refused:
        await database.row(COUNT)
    assert "hunter2" not in str(refused.value)


async def test_a_probe_writes_and_changes_nothing(database: Database) -> None:
    position = text("SELECT pg_current_wal_insert_lsn()::text AS at")
    version = text("SELECT version_num FROM alembic_version")
    before: Any = await database.rows(version)
    at = await database.row(position)
    await SpeakingDatabase(database).probe()
    assert await database.row(position) != at
    assert await database.rows(version) == before


async def test_the_server_gives_up_on_what_takes_too_long_but_not_on_a_migration(url: str) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    asked = text("SELECT " + ", ".join(f"current_setting('{name}') AS {name}" for name in names))
    found = {}
    for migrating in (False, True):
        database = PostgresDatabase(make_url(url), migrating=migrating)
        found[migrating] = tuple((await database.rows(asked))[0].values())
        await database.close()
    assert found == {False: ("30s", "10s", "1min"), True: ("0", "0", "0")}
