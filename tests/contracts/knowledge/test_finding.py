"""The right passages, of documents that may be asked, and chunks as they were edited last."""

import pytest

from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import (
    ChunkChange,
    ChunkSettings,
    Condition,
    DocumentChange,
    Passage,
    Question,
    RetrievalSettings,
    Where,
)
from tests.unit.knowledge.stand_ins import Room

LINES = "Trams leave every hour.\nTickets cost two crowns.\nDogs travel free of charge."


async def asked(room: Room, scope: Scope, base: str, text: str, **given: object) -> list[Passage]:
    question = Question(text, [base], **given)  # type: ignore[arg-type]  # a test names what it cares about
    return list((await room.knowledge.search(scope, question)).passages)


async def indexed(room: Room, scope: Scope, text: str = LINES) -> tuple[str, str]:
    base = await room.base(scope)
    document = await room.add(scope, base, text)
    await room.index()
    return base, document


@pytest.mark.parametrize("method", ["vector", "text", "hybrid"])
async def test_a_passage_says_where_it_stands_and_how_it_was_found(room: Room, ours: Scope, method: str) -> None:
    base, document = await indexed(room, ours)
    how = RetrievalSettings.model_validate({"method": method, "top_k": 1})
    (first,) = await asked(room, ours, base, "dogs travel", settings=how)
    assert (first.document_id, first.document_name, first.knowledge_name) == (document, "note.txt", "Handbook")
    assert (first.text, first.number) == ("Dogs travel free of charge.", 2)
    assert 0 < first.score <= 1
    assert set(first.found_by) == ({"vector", "text"} if method == "hybrid" else {method})
    (chunk,) = await room.storage.knowledge_chunks.by_ids(ours, [first.chunk_id])
    assert chunk.hits == 1


async def test_what_is_switched_off_or_not_for_its_asker_is_never_found(room: Room, ours: Scope) -> None:
    base, document = await indexed(room, ours)
    secret = await room.add(ours, base, "Tickets of the board cost nothing.", name="b.txt", readers=["board"])
    await room.index()
    everything = {each.document_id for each in await asked(room, ours, base, "tickets")}
    assert everything == {document, secret}, "the workspace itself reads everything"
    assert {each.document_id for each in await asked(room, ours, base, "tickets", asker=["staff"])} == {document}
    assert secret in {each.document_id for each in await asked(room, ours, base, "tickets", asker=["staff", "board"])}
    await room.knowledge.change_document(ours, document, DocumentChange(enabled=False))
    assert await asked(room, ours, base, "tickets", asker=["staff"]) == []
    await room.knowledge.change_document(ours, secret, DocumentChange(for_all=True))
    assert {each.document_id for each in await asked(room, ours, base, "tickets", asker=["staff"])} == {secret}


async def test_conditions_on_what_stands_beside_documents_decide_who_is_asked(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    for year in (2019, 2024, 2025):
        await room.add(ours, base, f"Report of {year}.", name=f"{year}.txt", metadata={"year": year, "kind": "report"})
    await room.index()

    async def years(*conditions: Condition, match: str = "all") -> list[int]:
        where = Where.model_validate({"match": match, "conditions": conditions})
        return sorted(each.metadata["year"] for each in await asked(room, ours, base, "report", where=where))

    after = Condition(name="year", operator=">", value=2020)
    assert await years(after) == [2024, 2025]
    assert await years(after, Condition(name="year", operator="≠", value=2024)) == [2025]
    assert await years(Condition(name="year", operator="in", value=(2019, 2025))) == [2019, 2025]
    assert await years(Condition(name="document_name", operator="starts with", value="2024")) == [2024]
    assert await years(Condition(name="nothing", operator="empty"), match="any") == [2019, 2024, 2025]
    assert await years(Condition(name="kind", operator="is", value="letter")) == []


async def test_children_find_and_their_parent_answers_once(room: Room, ours: Scope) -> None:
    base = await room.base(ours, chunking=ChunkSettings(mode="parent_child"))
    await room.add(ours, base, "Trams leave every hour and tickets cost two crowns.\nDogs are quiet and cats are not.")
    await room.index()
    passages = await asked(room, ours, base, "tickets cost trams leave")
    assert passages[0].text == "Trams leave every hour and tickets cost two crowns."
    assert len(passages[0].children) == 2
    assert len({each.chunk_id for each in passages}) == len(passages)


async def test_neighbours_come_along_and_tokens_are_bounded(room: Room, ours: Scope) -> None:
    base, _ = await indexed(room, ours)
    near = RetrievalSettings(top_k=1, neighbours=1)
    (passage,) = await asked(room, ours, base, "tickets cost", settings=near)
    assert passage.text == LINES.replace("\n", "\n\n")
    few = RetrievalSettings(most_tokens=1)
    assert len(await asked(room, ours, base, "tickets cost trams dogs", settings=few)) == 1
    strict = RetrievalSettings(method="vector", threshold=0.99)
    assert await asked(room, ours, base, "tickets", settings=strict) == []


async def test_an_edited_chunk_is_found_by_its_new_words_and_a_removed_one_by_none(room: Room, ours: Scope) -> None:
    base, document = await indexed(room, ours)
    first, second, third = (await room.knowledge.list_chunks(ours, document, PageRequest())).items
    await room.knowledge.change_chunk(ours, first.id, ChunkChange(text="Buses leave at night."))
    await room.knowledge.remove_chunk(ours, third.id)
    added = await room.knowledge.add_chunk(ours, document, "Cats pay double.")
    await room.index()
    texts = [each.text for each in (await room.knowledge.list_chunks(ours, document, PageRequest())).items]
    assert texts == ["Buses leave at night.", second.text, "Cats pay double."]
    assert (await asked(room, ours, base, "buses at night"))[0].text == "Buses leave at night."
    assert {each.chunk_id for each in await asked(room, ours, base, "dogs cats trams buses")} == {
        first.id,
        second.id,
        added.id,
    }
    (index,) = room.stores.opened["listed"].indexes.values()
    assert sorted(index) == sorted([first.id, second.id, added.id])
    kept = await room.knowledge.get_document(ours, document)
    assert (kept.state, kept.chunks, kept.done) == ("indexed", 3, 3)


async def test_a_chunk_that_is_switched_off_is_not_found_until_it_is_on_again(room: Room, ours: Scope) -> None:
    base, document = await indexed(room, ours)
    chunk = (await room.knowledge.list_chunks(ours, document, PageRequest())).items[1]
    await room.knowledge.change_chunk(ours, chunk.id, ChunkChange(enabled=False))
    await room.index()
    assert chunk.id not in {each.chunk_id for each in await asked(room, ours, base, "tickets")}
    embedded = len(room.models.asked)
    await room.knowledge.change_chunk(ours, chunk.id, ChunkChange(enabled=True))
    await room.index()
    assert (await asked(room, ours, base, "tickets cost"))[0].chunk_id == chunk.id
    assert len(room.models.asked) == embedded + 1, "the question was embedded, and no chunk"


async def test_chunks_are_listed_page_by_page_in_the_order_of_the_document(room: Room, ours: Scope) -> None:
    _, document = await indexed(room, ours, "\n".join(f"Line {number}." for number in range(25)))
    seen: list[str] = []
    after = None
    while True:
        page = await room.knowledge.list_chunks(ours, document, PageRequest(10, after))
        seen += [each.text for each in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == [f"Line {number}." for number in range(25)]
    with pytest.raises(InvalidInput):
        await room.knowledge.list_chunks(ours, document, PageRequest(10, "nothing"))
