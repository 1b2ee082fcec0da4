"""A thing that one at a time has for itself, among all processes that use a database."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from loomwork.adapters.storage.sql import postgres_database, sqlite_database
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.failures import SpeakingDatabase, StorageFailed
from loomwork.adapters.storage.sql.opening import open_database

HOLDER = """
import asyncio, sys
from loomwork.adapters.storage.sql.opening import open_database

async def hold():
    async with open_database(sys.argv[1]).alone("a thing"):
        print("held", flush=True)
        await asyncio.sleep(600)

asyncio.run(hold())
"""


@asynccontextmanager
async def another(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    yield database
    await database.close()


async def test_one_at_a_time_has_it_whichever_process_asks(any_url: str, any_database: Database) -> None:
    inside, most, went = 0, 0, []

    async def go_in(database: Database, name: str) -> None:
        nonlocal inside, most
        async with database.alone("a thing"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1
            went.append(name)

    async with another(any_url) as other:
        await asyncio.gather(*(go_in(each, name) for name, each in zip("abab", [any_database, other] * 2, strict=True)))
    assert most == 1
    assert sorted(went) == ["a", "a", "b", "b"]


async def test_whoever_has_it_goes_on_with_other_transactions(any_url: str, any_database: Database) -> None:
    async def has(thing: str) -> None:
        async with any_database.alone(thing):
            await any_database.everywhere.write(lambda connection: connection.info)

    async with asyncio.timeout(60):
        await asyncio.gather(*(has(f"thing {number % 3}") for number in range(30)))


async def test_what_a_killed_process_had_is_free(any_url: str, any_database: Database) -> None:
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, any_url, stdout=asyncio.subprocess.PIPE)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    waiting = asyncio.create_task(_have(any_database))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    holder.send_signal(signal.SIGKILL)
    await holder.wait()
    async with asyncio.timeout(60):
        await waiting


async def test_who_waits_for_too_long_is_told(
    any_url: str, any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_database, "BUSY_TIMEOUT_MS", 20)
    monkeypatch.setitem(postgres_database.LIMITS, "lock_timeout", "20ms")
    async with any_database.alone("a thing"), another(any_url) as other:
        with pytest.raises(StorageFailed):
            await _have(SpeakingDatabase(other))
    await _have(any_database)


async def _have(database: Database) -> None:
    async with database.alone("a thing"):
        pass
