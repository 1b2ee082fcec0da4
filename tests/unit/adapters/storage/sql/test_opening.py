"""From a URL to a database, or to a sentence that says what would be one."""

import subprocess
import sys
from pathlib import Path

import pytest

from loomwork.adapters.storage.sql.opening import open_database
from loomwork.kernel.errors import InvalidInput

POSTGRES = "loomwork.adapters.storage.sql.postgres_database"


async def test_either_kind_is_opened_by_its_name(tmp_path: Path) -> None:
    kinds = {
        f"sqlite:///{tmp_path}/x.db": "SqliteDatabase",
        "postgresql://host/name": "PostgresDatabase",
        "postgres://host/name": "PostgresDatabase",
        "postgresql+asyncpg://host/name": "PostgresDatabase",
    }
    for url, kind in kinds.items():
        database = open_database(url)
        assert type(database).__name__ == kind
        await database.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "cannot be read"),
        ("no url", "cannot be read"),
        ("postgresql://me:hunter2@host:port/x", "cannot be read"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://user:hunter2@host/db", "not in 'mysql'"),
    ],
)
def test_a_url_that_cannot_be_used_gets_a_sentence_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as refused:
        open_database(url)
    assert "hunter2" not in str(refused.value)


def test_who_lacks_the_driver_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, POSTGRES, raising=False)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(InvalidInput, match=r"pip install 'loomwork\[postgres\]'"):
        open_database("postgresql://host/name")


def test_a_start_on_sqlite_loads_no_driver_of_postgres(tmp_path: Path) -> None:
    script = f"""
import asyncio, sys
from loomwork.adapters.storage.sql import open_storage
asyncio.run(open_storage("sqlite:///{tmp_path}/x.db"))
sys.exit("asyncpg" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
