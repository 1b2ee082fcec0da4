"""zvec in practice: graphs built beside searches, few open at once, one process at a time, disks that fill."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.vectors.checked import CheckedStore
from loomwork.adapters.vectors.zvec import ZvecStore
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.knowledge.domain.errors import IndexMissing, StoreFailed, StoreFull
from tests.contracts.vectors.entries import DIMENSIONS, direction, document_id, entries, entry_id, nearest

pytestmark = pytest.mark.anyio

MANY = 3000


@pytest.fixture
def scope() -> Scope:
    return Scope(WorkspaceId(new_id()), SYSTEM)


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[ZvecStore]:
    """A store that builds its graph early, and keeps two indexes open."""
    store = ZvecStore(tmp_path, open_at_most=2, index_from=500)
    yield store
    await store.close()


async def made(store: CheckedStore, scope: Scope) -> str:
    index = new_id()
    await store.make(scope, index, dimensions=DIMENSIONS)
    return index


async def test_searches_are_right_while_and_after_the_graph_is_built(small: ZvecStore, scope: Scope) -> None:
    store, every = CheckedStore(small), entries(range(MANY))
    index = await made(store, scope)

    async def ask(number: int) -> bool:
        question = direction(50_000 + number)
        hits = await store.search(scope, index, question, limit=10)
        return len(hits) == 10

    for start in range(0, MANY, 250):
        await store.put(scope, index, every[start : start + 250])
        assert all(await asyncio.gather(*(ask(number) for number in range(20))))
    await small.settled()
    right = 0
    for number in range(40):
        question = direction(60_000 + number)
        hits = await store.search(scope, index, question, limit=10)
        right += len({hit.id for hit in hits} & set(nearest(question, every, 10)))
    assert right >= 40 * 10 * 0.97


async def test_a_few_documents_far_away_are_found_past_the_graph(small: ZvecStore, scope: Scope) -> None:
    store, every = CheckedStore(small), entries(range(MANY))
    index = await made(store, scope)
    await store.put(scope, index, every)
    await small.settled()
    question = direction(70_000)
    worst = set(nearest(question, every, MANY)[-400:])
    far = list(dict.fromkeys(it.document_id for it in every if it.id in worst))
    meant = [it for it in every if it.document_id in set(far)]
    hits = await store.search(scope, index, question, limit=20, documents=far)
    assert len(hits) == 20
    assert len({hit.id for hit in hits} & set(nearest(question, meant, 20))) >= 19


async def test_more_indexes_than_may_be_open_are_all_answered(small: ZvecStore, scope: Scope) -> None:
    store = CheckedStore(small)
    made_ones = [await made(store, scope) for _ in range(5)]
    for number, index in enumerate(made_ones):
        await store.put(scope, index, entries([number]))
    for number, index in enumerate(made_ones):
        assert [hit.id for hit in await store.search(scope, index, direction(number), limit=3)] == [entry_id(number)]


async def test_a_second_process_is_told_what_to_do(small: ZvecStore, scope: Scope, tmp_path: Path) -> None:
    index = await made(CheckedStore(small), scope)
    second = ZvecStore(tmp_path)
    try:
        with pytest.raises(StoreFailed, match="LOOMWORK_VECTOR_STORE=pgvector"):
            await second.count(scope, index)
    finally:
        await second.close()


async def test_a_broken_index_fails_with_a_sentence_and_no_path(small: ZvecStore, scope: Scope, tmp_path: Path) -> None:
    index = new_id()
    folder = tmp_path / scope.workspace_id / index
    folder.mkdir(parents=True)
    (folder / "rubbish").write_bytes(b"\x00" * 100)
    with pytest.raises(StoreFailed) as raised:
        await small.count(scope, index)
    assert str(tmp_path) not in raised.value.message
    await small.drop(scope, index)
    with pytest.raises(IndexMissing):
        await small.count(scope, index)


async def test_a_disk_with_no_room_is_noticed_before_it_is_full(
    small: ZvecStore, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CheckedStore(small)
    index = await made(store, scope)
    usage: Callable[[Any], Any] = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(path)._replace(free=1000))
    with pytest.raises(StoreFull, match="Make room"):
        await store.put(scope, index, entries(range(3)))
    monkeypatch.undo()
    await store.put(scope, index, entries(range(3)))
    assert await store.count(scope, index) == 3


async def test_an_index_is_dropped_while_its_graph_is_built(small: ZvecStore, scope: Scope) -> None:
    store = CheckedStore(small)
    index = await made(store, scope)
    await store.put(scope, index, entries(range(1000)))
    await store.drop(scope, index)
    with pytest.raises(IndexMissing):
        await store.search(scope, index, direction(1), limit=3, documents=[document_id(1)])


async def test_what_is_no_index_in_the_folder_stays_when_a_workspace_goes(
    small: ZvecStore, scope: Scope, tmp_path: Path
) -> None:
    await made(CheckedStore(small), scope)
    beside = tmp_path / scope.workspace_id / "notes.words"
    beside.write_text("words")
    await small.drop_all(scope)
    assert [each.name for each in beside.parent.iterdir()] == ["notes.words"]
