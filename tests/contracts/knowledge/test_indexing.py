"""Documents are indexed once, whatever goes wrong on the way, and their state is always true."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import DocumentFilter, NewDocument, Question
from loomwork.knowledge.application.index_documents import ATTEMPTS, BATCH, HELD
from loomwork.knowledge.ports import VectorEntry
from tests.unit.knowledge.stand_ins import Room, sent

LINES = "Trams leave every hour.\nTickets cost two crowns.\nDogs travel free of charge."


class Killed(BaseException):
    """What ends a process between two steps."""


async def texts(room: Room, scope: Scope, knowledge_id: str, question: str) -> list[str]:
    found = await room.knowledge.search(scope, Question(question, [knowledge_id]))
    return [each.text for each in found.passages]


async def test_a_document_goes_from_waiting_to_indexed_and_is_found(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, LINES)
    assert (await room.knowledge.get_document(ours, document)).state == "waiting"
    await room.index()
    kept = await room.knowledge.get_document(ours, document)
    assert (kept.state, kept.chunks, kept.done) == ("indexed", 3, 3)
    assert (await texts(room, ours, base, "what do tickets cost"))[0] == "Tickets cost two crowns."
    progress = await room.knowledge.progress(ours, base)
    assert (progress.documents, progress.chunks, progress.done) == ({"indexed": 1}, 3, 3)


async def test_the_same_content_is_neither_taken_in_nor_embedded_twice(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    first = await room.add(ours, base, LINES)
    assert await room.add(ours, base, LINES) == first
    await room.index()
    asked = len(room.models.asked)
    await room.add(ours, base, LINES + "\nBicycles do not.", name="another.txt")
    await room.index()
    assert room.models.asked[asked:] == ["Bicycles do not."]


async def test_indexing_again_embeds_nothing_that_is_unchanged(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, LINES)
    await room.index()
    asked = list(room.models.asked)
    await room.knowledge.retry_document(ours, document)
    await room.index()
    assert room.models.asked == asked
    (index,) = room.stores.opened["listed"].indexes.values()
    assert len(index) == 3, "what was cut before has gone"


async def test_a_document_that_is_replaced_is_found_by_its_new_words_alone(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, LINES)
    await room.index()
    await room.knowledge.replace_document(ours, document, NewDocument("note.txt", sent("Ferries leave at noon.")))
    await room.index()
    assert await texts(room, ours, base, "trams tickets dogs ferries") == ["Ferries leave at noon."]
    assert len(await room.storage.knowledge_chunks.searched_after(ours, base, "", limit=9)) == 1


async def test_a_broken_document_fails_alone_and_says_why(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    broken = await room.add(ours, base, "%BROKEN", name="broken.pdf")
    fine = await room.add(ours, base, LINES)
    await room.index()
    kept = await room.knowledge.get_document(ours, broken)
    assert (kept.state, kept.problem) == ("failed", "broken.pdf is broken.")
    assert (await room.knowledge.get_document(ours, fine)).state == "indexed"


async def test_a_store_that_is_down_puts_a_document_off_and_in_the_end_fails_it(
    room: Room, ours: Scope, clock: object
) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, LINES)
    room.stores.opened["listed"].down = True
    await room.index()
    kept = await room.knowledge.get_document(ours, document)
    assert (kept.state, kept.problem, kept.done) == ("embedding", "The store is down.", 0)
    for _ in range(ATTEMPTS):
        room.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]  # a test's clock
        await room.index()
    assert (await room.knowledge.get_document(ours, document)).state == "failed"
    room.stores.opened["listed"].down = False
    await room.knowledge.retry_document(ours, document)
    await room.index()
    kept = await room.knowledge.get_document(ours, document)
    assert (kept.state, kept.problem, kept.done) == ("indexed", "", 3)


async def test_a_model_that_is_down_in_the_middle_is_waited_for(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, "\n".join(f"Line {number} of many." for number in range(BATCH + 10)))

    async def go_down(entries: Sequence[VectorEntry]) -> None:
        room.models.down = True

    room.stores.opened["listed"].before_put = go_down
    await room.index()
    kept = await room.knowledge.get_document(ours, document)
    assert (kept.state, kept.done) == ("embedding", BATCH)
    room.models.down, room.stores.opened["listed"].before_put = False, None
    room.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]  # a test's clock
    await room.index()
    assert (await room.knowledge.get_document(ours, document)).done == BATCH + 10
    assert len(room.models.asked) == BATCH + 10, "nothing was embedded twice"


async def test_a_process_that_dies_costs_the_batch_in_flight_and_no_more(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, "\n".join(f"Line {number} of many." for number in range(3 * BATCH)))
    puts = 0

    async def die_at_the_second(entries: Sequence[VectorEntry]) -> None:
        nonlocal puts
        puts += 1
        if puts == 2:
            raise Killed

    store = room.stores.opened["listed"]
    store.before_put = die_at_the_second
    with pytest.raises(Killed):
        await room.indexer.work_on_next("somebody")
    store.before_put = None
    other = room.another_indexer()
    assert not await other.work_on_next("somebody else"), "it may live yet"
    room.clock.advance(HELD + timedelta(seconds=1))  # type: ignore[attr-defined]  # a test's clock
    assert await other.work_on_next("somebody else")
    kept = await room.knowledge.get_document(ours, document)
    assert (kept.state, kept.done) == ("indexed", 3 * BATCH)
    put = [each for some in store.puts for each in some]
    assert len(put) == len(set(put)) == 3 * BATCH
    assert len(room.models.asked) == 3 * BATCH


async def test_whoever_lost_a_document_to_another_leaves_nothing_behind(room: Room, ours: Scope) -> None:
    """A worker that was slow for longer than it may be goes on beside the one that has its document by now."""
    base = await room.base(ours)
    await room.add(ours, base, LINES)
    store = room.stores.opened["listed"]

    async def be_overtaken(entries: Sequence[VectorEntry]) -> None:
        store.before_put = None
        room.clock.advance(HELD + timedelta(seconds=1))  # type: ignore[attr-defined]  # a test's clock
        assert await room.another_indexer().work_on_next("somebody else")

    store.before_put = be_overtaken
    assert await room.indexer.work_on_next("somebody")
    (index,) = store.indexes.values()
    there = await room.storage.knowledge_chunks.searched_after(ours, base, "", limit=9)
    assert sorted(index) == [each.id for each in there]
    assert len(there) == 3


async def test_a_document_that_is_deleted_while_it_is_indexed_leaves_nothing_behind(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, LINES)
    store = room.stores.opened["listed"]

    async def delete_it(entries: Sequence[VectorEntry]) -> None:
        store.before_put = None
        await room.knowledge.remove_document(ours, document)

    store.before_put = delete_it
    await room.index()
    with pytest.raises(NotFound):
        await room.knowledge.get_document(ours, document)
    assert all(not index for index in (*store.indexes.values(), *room.texts.indexes.values()))
    assert await room.storage.knowledge_chunks.vectors(ours, []) == {}


async def test_pausing_stops_after_the_batch_in_flight_and_resuming_goes_on(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, "\n".join(f"Line {number} of many." for number in range(2 * BATCH)))
    store = room.stores.opened["listed"]

    async def pause(entries: Sequence[VectorEntry]) -> None:
        store.before_put = None
        await room.knowledge.pause_document(ours, document)

    store.before_put = pause
    await room.index()
    assert (await room.knowledge.get_document(ours, document)).state == "paused"
    with pytest.raises(Conflict):
        await room.knowledge.pause_document(ours, document)
    await room.knowledge.resume_document(ours, document)
    await room.index()
    kept = await room.knowledge.get_document(ours, document)
    assert (kept.state, kept.done) == ("indexed", 2 * BATCH)
    assert len(room.models.asked) == 2 * BATCH


async def test_what_was_removed_half_way_is_cleaned_up_by_whoever_comes_next(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, LINES)
    await room.index()
    store = room.stores.opened["listed"]
    store.down = True
    with pytest.raises(Exception, match="down"):
        await room.knowledge.remove_document(ours, document)
    with pytest.raises(NotFound):
        await room.knowledge.get_document(ours, document)
    assert await texts_of(room, ours, base) == []
    store.down = False
    ((scope, gone),) = await room.storage.knowledge_documents.deleting()
    await room.cleaner.document(scope, gone)
    assert await room.storage.knowledge_documents.deleting() == []
    assert all(not index for index in store.indexes.values())


async def texts_of(room: Room, scope: Scope, base: str) -> list[str]:
    found = await room.knowledge.list_documents(scope, base, DocumentFilter(), PageRequest())
    return [each.name for each in found.items]


async def test_a_base_that_is_removed_takes_everything_with_it_and_frees_its_name(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, LINES)
    await room.index()
    await room.knowledge.remove(ours, base)
    for gone in (room.knowledge.get(ours, base), room.knowledge.get_document(ours, document)):
        with pytest.raises(NotFound):
            await gone
    assert not room.stores.opened["listed"].indexes
    assert not room.texts.indexes
    await room.base(ours)


async def test_an_empty_document_and_a_taken_name_are_refused(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    with pytest.raises(InvalidInput):
        await room.add(ours, base, "")
    with pytest.raises(Conflict):
        await room.base(ours)


async def test_another_workspace_has_none_of_it(room: Room, ours: Scope, theirs: Scope) -> None:
    base = await room.base(ours)
    document = await room.add(ours, base, LINES)
    await room.index()
    for attempt in (
        room.knowledge.get(theirs, base),
        room.knowledge.search(theirs, Question("tickets", [base])),
        room.knowledge.get_document(theirs, document),
        room.knowledge.remove(theirs, base),
        room.knowledge.add_document(theirs, base, NewDocument("a.txt", sent("A."))),
        room.knowledge.list_chunks(theirs, document, PageRequest()),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await room.knowledge.list_bases(theirs, PageRequest())).items == []
