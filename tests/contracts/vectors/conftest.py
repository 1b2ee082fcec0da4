"""Every store of vectors that can be had here, opened in a place of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from loomwork.adapters.vectors import StorePlace, open_vector_store
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.knowledge.ports import VectorStore
from tests.postgres_server import PostgresServer

STORES = ("zvec", "pgvector", "sqlite-vec")

_databases: list[str] = []
"""One for all tests of this process: each has workspaces of its own."""

Reopen = Callable[[], Awaitable[VectorStore]]


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> StorePlace:
    if kind != "pgvector":
        return StorePlace(tmp_path / "knowledge", f"sqlite:///{tmp_path}/loomwork.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    if not _databases:
        _databases.append(await server.new_database())
    return StorePlace(tmp_path / "knowledge", _databases[0])


@pytest.fixture
async def store(kind: str, place: StorePlace) -> AsyncIterator[VectorStore]:
    store = open_vector_store(kind, place)
    yield store
    await store.close()


@pytest.fixture
async def reopened(kind: str, place: StorePlace, store: VectorStore) -> AsyncIterator[Reopen]:
    """Ends the first and opens another in the same place, as a restart does."""
    opened: list[VectorStore] = []

    async def restart() -> VectorStore:
        await store.close()
        opened.append(open_vector_store(kind, place))
        return opened[-1]

    yield restart
    for another in opened:
        await another.close()


@pytest.fixture
def ours() -> Scope:
    return Scope(WorkspaceId(new_id()), SYSTEM)


@pytest.fixture
def theirs() -> Scope:
    return Scope(WorkspaceId(new_id()), SYSTEM)
