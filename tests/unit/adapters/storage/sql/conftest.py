"""A database file of each test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.migrating import migrate


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/loomwork.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    await migrate(url)
    database = Database(url)
    yield database
    await database.close()
