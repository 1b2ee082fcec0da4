"""A knowledge base moves to another store or model while it is asked and written to; nothing is lost or doubled."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from loomwork.kernel.errors import Conflict, LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import Question, StoreUnknown
from loomwork.knowledge.application.move_indexes import BATCH
from loomwork.knowledge.ports import VectorEntry
from tests.unit.knowledge.stand_ins import OTHER_MODEL, Room


async def found(room: Room, scope: Scope, base: str, text: str) -> list[str]:
    return [each.text for each in (await room.knowledge.search(scope, Question(text, [base]))).passages]


async def many(room: Room, scope: Scope, count: int = BATCH + 20) -> str:
    base = await room.base(scope)
    await room.add(scope, base, "\n".join(f"Line number{number} of many." for number in range(count)))
    await room.index()
    return base


async def move(room: Room) -> None:
    while await room.mover.work_on_next():
        pass


def ids_in(room: Room, kind: str) -> list[list[str]]:
    return [sorted(index) for index in room.stores.opened[kind].indexes.values()]


async def test_every_passage_is_in_the_other_store_and_the_first_lets_go(room: Room, ours: Scope) -> None:
    base = await many(room, ours)
    (before,) = ids_in(room, "listed")
    asked = len(room.models.asked)
    await room.knowledge.move(ours, base, store="other")
    await move(room)
    kept = await room.knowledge.get(ours, base)
    assert kept.settings.store == "other"
    assert ids_in(room, "other") == [before]
    assert len(room.models.asked) == asked + 1, "no chunk was embedded again: one call showed how long vectors are"
    assert (await found(room, ours, base, "number7"))[0] == "Line number7 of many."
    room.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]  # a test's clock
    await move(room)
    assert ids_in(room, "listed") == []
    assert [each.state for each in await room.knowledge.indexes(ours, base)] == ["serving"]


async def test_another_model_makes_its_own_vectors_beside_the_ones_that_serve(room: Room, ours: Scope) -> None:
    base = await many(room, ours, 5)
    await room.knowledge.move(ours, base, model=OTHER_MODEL)
    assert (await found(room, ours, base, "number3"))[0] == "Line number3 of many."
    await move(room)
    assert (await room.knowledge.get(ours, base)).settings.embedding_model == OTHER_MODEL
    assert (await found(room, ours, base, "number3"))[0] == "Line number3 of many."


async def test_what_is_added_and_removed_meanwhile_is_so_in_both(room: Room, ours: Scope) -> None:
    base = await many(room, ours, 2 * BATCH)
    gone = await room.add(ours, base, "This one goes.", name="gone.txt")
    await room.index()
    await room.knowledge.move(ours, base, store="other")
    other = room.stores.opened["other"]

    async def write(entries: Sequence[VectorEntry]) -> None:
        other.before_put = None
        await room.add(ours, base, "Added meanwhile.", name="added.txt")
        await room.knowledge.remove_document(ours, gone)
        await room.index()

    other.before_put = write
    await move(room)
    there = [each.id for each in await room.storage.knowledge_chunks.searched_after(ours, base, "", limit=999)]
    assert ids_in(room, "other") == [there]
    assert (await found(room, ours, base, "added meanwhile"))[0] == "Added meanwhile."


async def test_a_move_that_breaks_off_goes_on_where_it_was(room: Room, ours: Scope) -> None:
    base = await many(room, ours, 2 * BATCH)
    await room.knowledge.move(ours, base, store="other")
    other = room.stores.opened["other"]

    async def break_at_the_second(entries: Sequence[VectorEntry]) -> None:
        if other.puts:
            raise LoomworkError("The store went away.")

    other.before_put = break_at_the_second
    with pytest.raises(LoomworkError):
        await room.mover.work_on_next()
    (building,) = [each for each in await room.knowledge.indexes(ours, base) if each.state == "building"]
    assert building.copied
    assert await found(room, ours, base, "number5"), "the first goes on answering"
    other.before_put = None
    room.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]  # a test's clock
    await move(room)
    assert [len(some) for some in other.puts] == [BATCH, BATCH]
    assert (await room.knowledge.get(ours, base)).settings.store == "other"


async def test_a_store_that_forgets_is_never_switched_to(room: Room, ours: Scope) -> None:
    base = await many(room, ours, 5)
    await room.knowledge.move(ours, base, store="other")
    other = room.stores.opened["other"]

    async def forget(entries: Sequence[VectorEntry]) -> None:
        if not forgetful:
            return
        for index in other.indexes.values():
            index.clear()

    forgetful = True
    other.before_put = forget
    original = other.fetch

    async def nothing(*given: object) -> dict[str, list[float]]:
        return {}

    other.fetch = nothing  # type: ignore[assignment,method-assign]  # what the world may do
    with pytest.raises(LoomworkError):
        await room.mover.work_on_next()
    assert (await room.knowledge.get(ours, base)).settings.store == "listed"
    other.fetch, forgetful = original, False  # type: ignore[method-assign]
    room.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]  # a test's clock
    await move(room)
    assert (await room.knowledge.get(ours, base)).settings.store == "other"


async def test_one_move_at_a_time_and_it_can_be_stopped(room: Room, ours: Scope) -> None:
    base = await many(room, ours, 5)
    with pytest.raises(StoreUnknown):
        await room.knowledge.move(ours, base, store="nowhere")
    await room.knowledge.move(ours, base, store="other")
    with pytest.raises(Conflict):
        await room.knowledge.move(ours, base, store="other")
    await room.knowledge.stop_move(ours, base)
    assert not await room.mover.work_on_next()
    assert ids_in(room, "other") == []
    with pytest.raises(Conflict):
        await room.knowledge.stop_move(ours, base)
