"""A database of each test's own: a file, and for tests of both kinds also an empty one on a PostgreSQL server."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.migrating import migrate
from loomwork.adapters.storage.sql.opening import open_database
from tests.postgres_server import KINDS, PostgresServer, postgres_server


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/loomwork.db"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=KINDS)
async def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/loomwork.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return await server.new_database()


@pytest.fixture
async def any_database(any_url: str) -> AsyncIterator[Database]:
    await migrate(any_url)
    database = open_database(any_url)
    yield database
    await database.close()


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    await migrate(url)
    database = open_database(url)
    yield database
    await database.close()
