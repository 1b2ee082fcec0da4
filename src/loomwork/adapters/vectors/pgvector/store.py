"""The port over pgvector (github.com/pgvector/pgvector), a table for each index."""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

import asyncpg

from loomwork.adapters.vectors.checked import missing, unlike
from loomwork.adapters.vectors.pgvector import statements
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.errors import StoreFailed, StoreFull
from loomwork.knowledge.ports import Hit, Vector, VectorEntry

log = logging.getLogger(__name__)

EXACT_UP_TO = 20_000
"""Entries that are compared one by one: exact, and no slower than a graph with a condition."""

CONNECTIONS = 5
SECONDS = 30.0
_OTHER = re.compile(r"expected (\d+) dimensions, not (\d+)|different halfvec dimensions (\d+) and (\d+)")
_NO_EXTENSION = (
    "The database server has no pgvector, or does not let this user turn it on: install it there, and have an "
    "administrator say CREATE EXTENSION vector in the database."
)


class PgvectorStore:
    """Several servers may use it at once. Expects to be asked through `CheckedStore`, in one event loop."""

    kind = "pgvector"

    def __init__(self, database_url: str, *, exact_up_to: int = EXACT_UP_TO) -> None:
        self._url = database_url
        self._exact_up_to = exact_up_to
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._graphs: set[asyncio.Task[None]] = set()

    async def make(self, scope: Scope, index_id: str, *, dimensions: int) -> None:
        name = statements.table(scope, index_id)
        async with self._connected(index_id) as connection:
            async with connection.transaction():
                await connection.execute(statements.ONE_AT_A_TIME)
                if await connection.fetchval(statements.HAS_EXTENSION) is None:
                    await connection.execute(statements.MAKE_EXTENSION)
                await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {statements.schema(scope)}")
                await connection.execute(statements.make_table(name, dimensions))
            held = await connection.fetchval(statements.DIMENSIONS, name)
        if held != dimensions:
            raise unlike(held, dimensions)

    async def put(self, scope: Scope, index_id: str, entries: Sequence[VectorEntry]) -> None:
        name = statements.table(scope, index_id)
        # In the same order always, so that two that put the same do not wait for each other.
        ordered = sorted(entries, key=lambda entry: entry.id)
        columns = [it.id for it in ordered], [it.document_id for it in ordered], [_text(it.vector) for it in ordered]
        async with self._connected(index_id) as connection:
            await connection.execute(statements.put(name), *columns)
            wants_graph = await self._wants_graph(connection, name, len(entries[0].vector))
        if wants_graph and not self._graphs:
            building = asyncio.create_task(self._build(name))
            self._graphs.add(building)
            building.add_done_callback(self._graphs.discard)

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None:
        async with self._connected(index_id) as connection:
            table = statements.table(scope, index_id)
            await connection.execute(statements.remove(table), list(ids))

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None:
        async with self._connected(index_id) as connection:
            table = statements.table(scope, index_id)
            await connection.execute(statements.remove_document(table), document_id)

    async def search(
        self, scope: Scope, index_id: str, vector: Vector, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        name, question = statements.table(scope, index_id), _text(vector)
        async with self._connected(index_id) as connection, connection.transaction(readonly=True):
            await connection.execute(statements.SETTINGS)
            if documents is None:
                rows = await connection.fetch(statements.nearest(name), question, limit)
            else:
                rows = await self._within(connection, name, (question, limit, list(documents)))
        return [Hit(row["id"], max(-1.0, min(1.0, row["cosine"]))) for row in rows]

    async def fetch(self, scope: Scope, index_id: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        table = statements.table(scope, index_id)
        async with self._connected(index_id) as connection:
            rows = await connection.fetch(statements.fetch(table), list(ids))
        return {row["id"]: json.loads(row["embedding"]) for row in rows}

    async def count(self, scope: Scope, index_id: str) -> int:
        async with self._connected(index_id) as connection:
            table = statements.table(scope, index_id)
            return int(await connection.fetchval(statements.how_many(table)))

    async def drop(self, scope: Scope, index_id: str) -> None:
        async with self._connected(index_id) as connection:
            await connection.execute(f"DROP TABLE IF EXISTS {statements.table(scope, index_id)}")

    async def drop_all(self, scope: Scope) -> None:
        async with self._connected("") as connection:
            await connection.execute(f"DROP SCHEMA IF EXISTS {statements.schema(scope)} CASCADE")

    async def check(self) -> None:
        async with self._connected("") as connection:
            await connection.fetchval("SELECT 1")

    async def settled(self) -> None:
        """Wait until no graph is being built."""
        await asyncio.gather(*self._graphs)

    async def close(self) -> None:
        for building in list(self._graphs):
            building.cancel()
        await asyncio.gather(*self._graphs, return_exceptions=True)
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.close()

    async def _within(self, connection: Any, name: str, asked: tuple[str, int, list[str]]) -> Any:
        _, limit, documents = asked
        most = self._exact_up_to + 1
        if await connection.fetchval(statements.how_many_within(name), documents, most) == most:
            rows = await connection.fetch(statements.nearest_within(name), *asked)
            if len(rows) == limit:
                return rows
        return await connection.fetch(statements.exact_within(name), *asked)

    async def _wants_graph(self, connection: Any, name: str, dimensions: int) -> bool:
        if dimensions > statements.MOST_IN_GRAPH or await connection.fetchval(statements.has_graph(name)):
            return False
        return bool(
            await connection.fetchval(statements.how_many_up_to(name), self._exact_up_to + 1) > self._exact_up_to
        )

    async def _build(self, name: str) -> None:
        try:
            async with self._connected("") as connection:
                await connection.execute(statements.make_graph(name), timeout=3600)
        except Exception:
            # Without a graph it is slower and no less right; the next put tries again.
            log.exception("A graph of neighbours could not be built")

    @contextlib.asynccontextmanager
    async def _connected(self, index_id: str) -> AsyncIterator[Any]:
        try:
            async with (await self._opened()).acquire(timeout=SECONDS) as connection:
                yield connection
        except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
            raise missing(index_id) from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError) as error:
            raise _failure(error) from error

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:
                # No statements are kept by name, which poolers between here and the server could mix up.
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=CONNECTIONS,
                    command_timeout=SECONDS,
                    timeout=SECONDS,
                    statement_cache_size=0,
                    server_settings={"application_name": "loomwork"},
                )
        return self._pool


def _text(vector: Vector) -> str:
    return "[" + ",".join(f"{part:.7g}" for part in vector) + "]"


def _failure(error: Exception) -> Exception:
    state = str(getattr(error, "sqlstate", None) or "")
    if (other := _OTHER.search(str(error))) is not None:
        wanted, found = [int(each) for each in other.groups() if each is not None]
        return unlike(wanted, found)
    if state == "53100":
        return StoreFull("The disk of the database server is full. Make room on it, then try again.")
    if state in ("0A000", "58P01", "42501", "42704"):
        return StoreFailed(_NO_EXTENSION)
    log.error("The vector store pgvector failed (%s, %s)", type(error).__name__, state)
    return StoreFailed("The database server that holds the vectors cannot be asked. See that it runs; try again.")
