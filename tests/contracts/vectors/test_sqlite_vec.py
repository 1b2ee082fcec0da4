"""What is true of sqlite-vec alone: processes share its files, and a broken file is said to be one."""

from pathlib import Path

import pytest

from loomwork.adapters.vectors import StorePlace, open_vector_store
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.knowledge.domain.errors import IndexMissing, StoreFailed
from tests.contracts.vectors.entries import DIMENSIONS, direction, document_id, entries, entry_id

pytestmark = pytest.mark.anyio


@pytest.fixture
def place(tmp_path: Path) -> StorePlace:
    return StorePlace(tmp_path / "knowledge", "sqlite:///x.db")


@pytest.fixture
def ours() -> Scope:
    return Scope(WorkspaceId(new_id()), SYSTEM)


def path_of(place: StorePlace, scope: Scope, index: str) -> Path:
    return place.folder / scope.workspace_id / f"{index}.vectors"


async def test_two_that_have_an_index_open_see_what_the_other_puts(place: StorePlace, ours: Scope) -> None:
    one, other, index = open_vector_store("sqlite-vec", place), open_vector_store("sqlite-vec", place), new_id()
    await one.make(ours, index, dimensions=DIMENSIONS)
    await one.put(ours, index, entries(range(8)))
    await other.remove_document(ours, index, document_id(1))
    hits = await other.search(ours, index, direction(2), limit=20)
    assert hits[0].id == entry_id(2)
    assert (len(hits), await one.count(ours, index)) == (4, 4)


async def test_more_are_answered_than_a_virtual_table_would(place: StorePlace, ours: Scope) -> None:
    store, index = open_vector_store("sqlite-vec", place), new_id()
    await store.make(ours, index, dimensions=DIMENSIONS)
    await store.put(ours, index, entries(range(5000)))
    assert len(await store.search(ours, index, direction(1), limit=4500)) == 4500


async def test_a_broken_file_is_a_store_that_failed(place: StorePlace, ours: Scope) -> None:
    store, index = open_vector_store("sqlite-vec", place), new_id()
    await store.make(ours, index, dimensions=DIMENSIONS)
    for part in path_of(place, ours, index).parent.iterdir():
        part.write_bytes(b"no database " * 1000)
    with pytest.raises(StoreFailed, match="can be made again"):
        await store.count(ours, index)
    await store.drop(ours, index)
    with pytest.raises(IndexMissing):
        await store.count(ours, index)


async def test_an_index_whose_making_was_cut_off_is_not_there_and_can_be_made(place: StorePlace, ours: Scope) -> None:
    store, index = open_vector_store("sqlite-vec", place), new_id()
    path = path_of(place, ours, index)
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(IndexMissing):
        await store.count(ours, index)
    await store.make(ours, index, dimensions=DIMENSIONS)
    assert await store.count(ours, index) == 0
