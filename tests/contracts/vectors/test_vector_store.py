"""What every `knowledge.ports.VectorStore` promises."""

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest

from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.knowledge.domain.errors import IndexMissing
from loomwork.knowledge.ports import VectorEntry, VectorStore
from tests.contracts.vectors.entries import (
    DIMENSIONS,
    PER_DOCUMENT,
    cosine,
    direction,
    document_id,
    entries,
    entry,
    entry_id,
    nearest,
)

pytestmark = pytest.mark.anyio

MANY = 400


@pytest.fixture
async def index(store: VectorStore, ours: Scope) -> str:
    index = new_id()
    await store.make(ours, index, dimensions=DIMENSIONS)
    return index


@pytest.fixture
async def full(store: VectorStore, ours: Scope, index: str) -> str:
    """An index with `MANY` entries in it."""
    await store.put(ours, index, entries(range(MANY)))
    return index


async def found(store: VectorStore, scope: Scope, index: str, number: int, limit: int = 5, **more: object) -> list[str]:
    hits = await store.search(scope, index, direction(number), limit=limit, **more)  # type: ignore[arg-type]
    return [hit.id for hit in hits]


async def test_a_store_says_its_kind(store: VectorStore, kind: str) -> None:
    assert store.kind == kind


async def test_a_store_that_stands_says_so(store: VectorStore) -> None:
    await store.check()


async def test_the_nearest_are_found_best_first_with_their_cosines(store: VectorStore, ours: Scope, full: str) -> None:
    question = direction(10_000)
    hits = await store.search(ours, full, question, limit=10)
    assert [hit.id for hit in hits] == nearest(question, entries(range(MANY)), 10)
    vectors = {it.id: it.vector for it in entries(range(MANY))}
    assert [hit.score for hit in hits] == pytest.approx([cosine(question, vectors[hit.id]) for hit in hits], abs=2e-3)


async def test_the_length_of_a_vector_does_not_matter(store: VectorStore, ours: Scope, full: str) -> None:
    question = direction(77)
    for factor in (1e-30, 1e30):
        hits = await store.search(ours, full, [part * factor for part in question], limit=1)
        assert [hit.id for hit in hits] == [entry_id(77)]
        assert hits[0].score == pytest.approx(1, abs=2e-3)


async def test_an_index_with_nothing_in_it_finds_nothing(store: VectorStore, ours: Scope, index: str) -> None:
    assert await found(store, ours, index, 1) == []
    assert await found(store, ours, index, 1, documents=[document_id(1)]) == []
    assert (await store.count(ours, index), await store.fetch(ours, index, [entry_id(1)])) == (0, {})


async def test_fewer_are_found_where_there_are_fewer(store: VectorStore, ours: Scope, index: str) -> None:
    await store.put(ours, index, entries(range(3)))
    assert len(await found(store, ours, index, 1, limit=50)) == 3
    assert await found(store, ours, index, 1, limit=0) == []


async def test_with_documents_only_theirs_are_found_and_as_many_as_there_are(
    store: VectorStore, ours: Scope, full: str
) -> None:
    question = direction(10_001)
    for chosen in ([3], [3, 40], range(0, MANY // PER_DOCUMENT, 2), range(70)):
        meant = [it for it in entries(range(MANY)) if it.document_id in set(map(document_id, chosen))]
        hits = await store.search(ours, full, question, limit=10, documents=[document_id(each) for each in chosen])
        assert [hit.id for hit in hits] == nearest(question, meant, 10)


async def test_thousands_of_documents_may_be_named(store: VectorStore, ours: Scope, full: str) -> None:
    unknown = [document_id(number) for number in range(1000, 7000)]
    assert await found(store, ours, full, 5, documents=unknown) == []
    assert await found(store, ours, full, 5, limit=9, documents=[*unknown, document_id(2)]) == nearest(
        direction(5), entries(range(8, 12)), 9
    )


async def test_of_no_document_nothing_is_found(store: VectorStore, ours: Scope, full: str) -> None:
    assert await found(store, ours, full, 5, documents=[]) == []


async def test_what_is_put_again_replaces_what_was_there(store: VectorStore, ours: Scope, full: str) -> None:
    moved = VectorEntry(entry_id(7), document_id(90), direction(20_000))
    await store.put(ours, full, [moved])
    assert await store.count(ours, full) == MANY
    assert await found(store, ours, full, 20_000, limit=1) == [entry_id(7)]
    assert entry_id(7) not in await found(store, ours, full, 7, limit=9, documents=[document_id(1)])
    assert entry_id(7) in await found(store, ours, full, 7, limit=9, documents=[document_id(90)])


async def test_the_last_of_one_id_in_one_call_counts(store: VectorStore, ours: Scope, index: str) -> None:
    again = VectorEntry(entry_id(1), document_id(0), direction(9))
    await store.put(ours, index, [entry(1), entry(2), again])
    assert await store.count(ours, index) == 2
    fetched = await store.fetch(ours, index, [entry_id(1)])
    assert cosine(fetched[entry_id(1)], direction(9)) == pytest.approx(1, abs=1e-3)


async def test_what_is_removed_is_not_found(store: VectorStore, ours: Scope, full: str) -> None:
    for _ in range(2):
        await store.remove(ours, full, [entry_id(3), entry_id(5), entry_id(99_999)])
    assert await store.count(ours, full) == MANY - 2
    assert entry_id(3) not in await found(store, ours, full, 3)
    assert set(await store.fetch(ours, full, [entry_id(3), entry_id(4)])) == {entry_id(4)}
    await store.remove(ours, full, [])


async def test_a_document_is_removed_with_all_its_entries(store: VectorStore, ours: Scope, full: str) -> None:
    for _ in range(2):
        await store.remove_document(ours, full, document_id(6))
    assert await store.count(ours, full) == MANY - PER_DOCUMENT
    assert await found(store, ours, full, 24, documents=[document_id(6)]) == []
    assert len(await found(store, ours, full, 24, limit=10)) == 10


async def test_vectors_are_fetched_as_they_were_put(store: VectorStore, ours: Scope, full: str) -> None:
    numbers = [0, 17, MANY - 1]
    fetched = await store.fetch(ours, full, [*map(entry_id, numbers), entry_id(99_999)])
    assert set(fetched) == set(map(entry_id, numbers))
    for number in numbers:
        assert cosine(fetched[entry_id(number)], direction(number)) == pytest.approx(1, abs=1e-3)


async def test_making_an_index_again_leaves_it_as_it_is(store: VectorStore, ours: Scope, full: str) -> None:
    await store.make(ours, full, dimensions=DIMENSIONS)
    assert await store.count(ours, full) == MANY


async def test_vectors_of_another_model_are_refused(store: VectorStore, ours: Scope, full: str) -> None:
    short = [1.0] * (DIMENSIONS - 1)
    for attempt in (
        store.make(ours, full, dimensions=DIMENSIONS + 1),
        store.put(ours, full, [VectorEntry(entry_id(1), document_id(1), short)]),
        store.search(ours, full, short, limit=3),
        store.search(ours, full, short, limit=3, documents=[document_id(1)]),
    ):
        with pytest.raises(InvalidInput, match=rf"{DIMENSIONS} dimensions"):
            await attempt
    assert await store.count(ours, full) == MANY


@pytest.mark.parametrize("bad", [[0.0] * DIMENSIONS, [math.nan] * DIMENSIONS, [math.inf] + [1.0] * (DIMENSIONS - 1)])
async def test_a_vector_that_points_nowhere_is_refused(
    store: VectorStore, ours: Scope, index: str, bad: list[float]
) -> None:
    with pytest.raises(InvalidInput):
        await store.put(ours, index, [VectorEntry(entry_id(1), document_id(1), bad)])
    with pytest.raises(InvalidInput):
        await store.search(ours, index, bad, limit=3)


async def test_an_index_that_is_not_there_is_missed_by_name(store: VectorStore, ours: Scope) -> None:
    gone = new_id()
    for attempt in (
        store.put(ours, gone, [entry(1)]),
        store.remove(ours, gone, [entry_id(1)]),
        store.remove_document(ours, gone, document_id(1)),
        store.search(ours, gone, direction(1), limit=3),
        store.fetch(ours, gone, [entry_id(1)]),
        store.count(ours, gone),
    ):
        with pytest.raises(IndexMissing, match=gone):
            await attempt


async def test_a_dropped_index_is_gone_and_may_be_made_anew(store: VectorStore, ours: Scope, full: str) -> None:
    for _ in range(2):
        await store.drop(ours, full)
    with pytest.raises(IndexMissing):
        await store.count(ours, full)
    await store.make(ours, full, dimensions=3)
    assert await store.count(ours, full) == 0


async def test_another_workspace_has_indexes_of_its_own_under_the_same_id(
    store: VectorStore, ours: Scope, theirs: Scope, full: str
) -> None:
    with pytest.raises(IndexMissing):
        await store.count(theirs, full)
    await store.drop(theirs, full)
    await store.make(theirs, full, dimensions=DIMENSIONS)
    assert await found(store, theirs, full, 5) == []
    await store.put(theirs, full, [VectorEntry(entry_id(5), document_id(1), direction(5))])
    await store.remove(theirs, full, [entry_id(6)])
    await store.remove_document(theirs, full, document_id(2))
    assert (await store.count(theirs, full), await store.count(ours, full)) == (1, MANY)
    assert await store.fetch(theirs, full, [entry_id(8)]) == {}
    await store.drop_all(theirs)
    assert await found(store, ours, full, 5, limit=1) == [entry_id(5)]
    with pytest.raises(IndexMissing):
        await store.count(theirs, full)


async def test_a_workspace_goes_with_all_its_indexes(store: VectorStore, ours: Scope, full: str) -> None:
    second = new_id()
    await store.make(ours, second, dimensions=4)
    for _ in range(2):
        await store.drop_all(ours)
    for index in (full, second):
        with pytest.raises(IndexMissing):
            await store.count(ours, index)


HOSTILE = ["", "..", "../../etc", "a' OR '1'='1", '"; DROP TABLE x; --', "a\x00b", "x" * 5000, "𝕏" * 40, "{}", "%"]


@pytest.mark.parametrize("bad", HOSTILE)
async def test_ids_that_are_none_of_ours_do_no_harm(store: VectorStore, ours: Scope, full: str, bad: str) -> None:
    for attempt in (
        store.make(ours, bad, dimensions=3),
        store.make(Scope(WorkspaceId(bad), SYSTEM), full, dimensions=3),
        store.put(ours, full, [VectorEntry(bad, document_id(1), direction(1))]),
        store.put(ours, full, [VectorEntry(entry_id(1), bad, direction(1))]),
    ):
        with pytest.raises(InvalidInput):
            await attempt
    for missing in (store.count(ours, bad), store.count(Scope(WorkspaceId(bad), SYSTEM), full)):
        with pytest.raises(IndexMissing):
            await missing
    await store.remove(ours, full, [bad])
    await store.remove_document(ours, full, bad)
    await store.drop(ours, bad)
    await store.drop_all(Scope(WorkspaceId(bad), SYSTEM))
    assert await store.fetch(ours, full, [bad]) == {}
    assert await found(store, ours, full, 1, documents=[bad]) == []
    assert await store.count(ours, full) == MANY


async def test_everything_is_there_after_a_restart(
    store: VectorStore, reopened: Callable[[], Awaitable[VectorStore]], ours: Scope, full: str
) -> None:
    await store.remove(ours, full, [entry_id(9)])
    again = await reopened()
    assert await again.count(ours, full) == MANY - 1
    question = direction(10_002)
    rest = [it for it in entries(range(MANY)) if it.id != entry_id(9)]
    assert [hit.id for hit in await again.search(ours, full, question, limit=10)] == nearest(question, rest, 10)


async def test_puts_and_searches_at_once_all_come_true(store: VectorStore, ours: Scope, index: str) -> None:
    async def put(start: int) -> None:
        for number in range(start, start + 60, 20):
            await store.put(ours, index, entries(range(number, number + 20)))
            assert await found(store, ours, index, number, limit=1) == [entry_id(number)]

    await asyncio.gather(*(put(start) for start in range(0, 480, 60)))
    assert await store.count(ours, index) == 480
    answers = await asyncio.gather(*(found(store, ours, index, number, limit=1) for number in range(0, 480, 7)))
    assert answers == [[entry_id(number)] for number in range(0, 480, 7)]
