"""An installation with two workspaces in it, on each kind of database."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.postgres_server import KINDS, PostgresServer, postgres_server
from tests.tenancy.tenants import Installation, installation


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=KINDS)
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Installation]:
    url = f"sqlite:///{tmp_path}/loomwork.db"
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.new_database()
    async with installation(url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[Installation]:
    """On SQLite, which has no second wall behind ours."""
    async with installation(f"sqlite:///{tmp_path}/loomwork.db", tmp_path) as opened:
        yield opened
