"""pgvector in practice: graphs once there are many, a server that is not there, and none at all."""

from pathlib import Path

import pytest

from loomwork.adapters.vectors import StorePlace, open_vector_store
from loomwork.adapters.vectors.checked import CheckedStore
from loomwork.adapters.vectors.pgvector import PgvectorStore
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.errors import StoreFailed, StoreUnknown
from tests.contracts.vectors.entries import DIMENSIONS, direction, entries, nearest
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.anyio

MANY = 1000


async def test_searches_are_right_once_there_is_a_graph(postgres: PostgresServer, ours: Scope) -> None:
    inner = PgvectorStore(await postgres.new_database(), exact_up_to=200)
    store, every, index = CheckedStore(inner), entries(range(MANY)), new_id()
    try:
        await store.make(ours, index, dimensions=DIMENSIONS)
        await store.put(ours, index, every)
        await inner.settled()
        right = 0
        for number in range(20):
            question = direction(60_000 + number)
            hits = await store.search(ours, index, question, limit=10)
            right += len({hit.id for hit in hits} & set(nearest(question, every, 10)))
        assert right >= 20 * 10 * 0.95
        half = list({it.document_id for it in every[: MANY // 2]})
        few = list({it.document_id for it in every[-40:]})
        for documents, meant in ((half, every[: MANY // 2]), (few, every[-40:])):
            hits = await store.search(ours, index, direction(3), limit=10, documents=documents)
            assert len({hit.id for hit in hits} & set(nearest(direction(3), meant, 10))) >= 9
    finally:
        await store.close()


async def test_a_server_that_is_not_there_is_told_without_its_password(ours: Scope, tmp_path: Path) -> None:
    store = open_vector_store("pgvector", StorePlace(tmp_path, "postgresql://me:hunter2@127.0.0.1:1/name"))
    for attempt in (store.check(), store.count(ours, new_id()), store.make(ours, new_id(), dimensions=3)):
        with pytest.raises(StoreFailed, match="See that it runs") as raised:
            await attempt
        assert "hunter2" not in f"{raised.value!r}{raised.value.details}"
    await store.close()


async def test_without_postgres_there_is_no_pgvector(tmp_path: Path) -> None:
    with pytest.raises(StoreUnknown, match="LOOMWORK_DATABASE_URL"):
        open_vector_store("pgvector", StorePlace(tmp_path, "sqlite:///x.db"))
