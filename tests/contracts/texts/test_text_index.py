"""What every `knowledge.ports.TextIndex` promises."""

import asyncio
from pathlib import Path

import pytest

from loomwork.adapters.texts import SqliteTextIndex
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.knowledge.domain.errors import IndexMissing, StoreFailed
from loomwork.knowledge.ports import TextEntry, TextIndex

pytestmark = pytest.mark.anyio

DOCUMENTS = [new_id() for _ in range(3)]
TEXTS = {
    "token": (0, "A JSON Web Token (RFC 7519) carries claims. A token may be signed."),
    "error": (0, "Error E-4471 is raised where the pump has no water."),
    "pump": (1, "The pump, the pump and again the pump: a poem about water in the water pipes."),
    "chinese": (1, "知识库的文档会被切成段落,然后建立索引。"),
    "japanese": (2, "データベースの設定を変更してください。"),
    "plain": (2, "Nothing in here but words that nobody asks for."),
}
IDS = {name: new_id() for name in TEXTS}
NAMES = {entry_id: name for name, entry_id in IDS.items()}


@pytest.fixture
def texts(tmp_path: Path) -> TextIndex:
    return SqliteTextIndex(tmp_path / "knowledge")


@pytest.fixture
def ours() -> Scope:
    return Scope(WorkspaceId(new_id()), SYSTEM)


@pytest.fixture
def theirs() -> Scope:
    return Scope(WorkspaceId(new_id()), SYSTEM)


@pytest.fixture
async def full(texts: TextIndex, ours: Scope) -> str:
    index = new_id()
    await texts.make(ours, index)
    every = [TextEntry(IDS[name], DOCUMENTS[document], text) for name, (document, text) in TEXTS.items()]
    await texts.put(ours, index, every)
    return index


async def found(
    texts: TextIndex, scope: Scope, index: str, question: str, limit: int = 5, documents: list[str] | None = None
) -> list[str]:
    hits = await texts.search(scope, index, question, limit=limit, documents=documents)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    return [NAMES[hit.id] for hit in hits]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("what is e4471?", "error"),
        ("ERROR E-4471", "error"),
        ("rfc-7519", "token"),
        ("pump water", "pump"),
        ("索引", "chinese"),
        ("怎么切成段落", "chinese"),
        ("データベース", "japanese"),
    ],
)
async def test_a_text_is_found_by_its_words(texts: TextIndex, ours: Scope, full: str, question: str, best: str) -> None:
    assert (await found(texts, ours, full, question))[0] == best


async def test_what_has_none_of_the_words_is_not_found(texts: TextIndex, ours: Scope, full: str) -> None:
    assert await found(texts, ours, full, "zebra 斑馬 シマウマ") == []
    assert await found(texts, ours, full, " ?! \x00 ") == []
    assert await found(texts, ours, full, "pump", limit=0) == []


@pytest.mark.parametrize(
    "question", ['"', "pu*", 'pump" OR "x', "words:pump", "NEAR(pump water)", "(((", "pump AND NOT", "-pump", "^pump"]
)
async def test_a_question_is_no_query_language(texts: TextIndex, ours: Scope, full: str, question: str) -> None:
    hits = await found(texts, ours, full, question)
    assert ("pump" in hits) == ("pump" in question)


async def test_with_documents_only_theirs_are_found(texts: TextIndex, ours: Scope, full: str) -> None:
    assert await found(texts, ours, full, "pump", documents=[DOCUMENTS[0]]) == ["error"]
    many = [new_id() for _ in range(5000)]
    assert await found(texts, ours, full, "pump", documents=[*many, DOCUMENTS[1]]) == ["pump"]
    assert await found(texts, ours, full, "pump", documents=[]) == []
    assert await found(texts, ours, full, "pump", documents=["') OR 1=1 --"]) == []


async def test_what_is_put_again_replaces_what_was_there(texts: TextIndex, ours: Scope, full: str) -> None:
    await texts.put(ours, full, [TextEntry(IDS["pump"], DOCUMENTS[2], "Now about zebras.")] * 2)
    assert await texts.count(ours, full) == len(TEXTS)
    assert await found(texts, ours, full, "zebras") == ["pump"]
    assert await found(texts, ours, full, "pump") == ["error"]


async def test_what_is_removed_is_not_found(texts: TextIndex, ours: Scope, full: str) -> None:
    for _ in range(2):
        await texts.remove(ours, full, [IDS["pump"], new_id(), "'"])
        await texts.remove_document(ours, full, DOCUMENTS[0])
        await texts.remove_document(ours, full, "' OR '1'='1")
    assert await found(texts, ours, full, "pump water token") == []
    assert await texts.count(ours, full) == 3


async def test_making_again_leaves_it_and_dropping_takes_it(texts: TextIndex, ours: Scope, full: str) -> None:
    await texts.make(ours, full)
    assert await texts.count(ours, full) == len(TEXTS)
    for _ in range(2):
        await texts.drop(ours, full)
    with pytest.raises(IndexMissing):
        await texts.search(ours, full, "pump", limit=3)
    await texts.make(ours, full)
    assert await texts.count(ours, full) == 0


async def test_another_workspace_has_indexes_of_its_own(
    texts: TextIndex, ours: Scope, theirs: Scope, full: str
) -> None:
    with pytest.raises(IndexMissing):
        await texts.count(theirs, full)
    await texts.make(theirs, full)
    await texts.remove_document(theirs, full, DOCUMENTS[0])
    assert await found(texts, theirs, full, "pump") == []
    await texts.drop_all(theirs)
    assert await texts.count(ours, full) == len(TEXTS)
    await texts.drop_all(ours)
    with pytest.raises(IndexMissing):
        await texts.count(ours, full)


@pytest.mark.parametrize("bad", ["", "..", "../../etc", "a\x00b", "x" * 5000])
async def test_ids_that_are_none_of_ours_do_no_harm(texts: TextIndex, ours: Scope, full: str, bad: str) -> None:
    for attempt in (
        texts.make(ours, bad),
        texts.make(Scope(WorkspaceId(bad), SYSTEM), full),
        texts.put(ours, full, [TextEntry(bad, DOCUMENTS[0], "x")]),
    ):
        with pytest.raises(InvalidInput):
            await attempt
    for missing in (texts.count(ours, bad), texts.count(Scope(WorkspaceId(bad), SYSTEM), full)):
        with pytest.raises(IndexMissing):
            await missing
    await texts.drop(ours, bad)
    await texts.drop_all(Scope(WorkspaceId(bad), SYSTEM))
    assert await texts.count(ours, full) == len(TEXTS)


async def test_puts_and_searches_at_once_all_come_true(texts: TextIndex, ours: Scope, full: str) -> None:
    async def put(number: int) -> None:
        await texts.put(ours, full, [TextEntry(new_id(), new_id(), f"number {number} of many")])
        assert len(await texts.search(ours, full, f"number {number}", limit=50)) >= 1

    await asyncio.gather(*(put(number) for number in range(30)))
    assert await texts.count(ours, full) == len(TEXTS) + 30


async def test_a_broken_file_fails_with_a_sentence(texts: TextIndex, ours: Scope, full: str, tmp_path: Path) -> None:
    for part in (tmp_path / "knowledge" / ours.workspace_id).iterdir():
        part.write_bytes(b"rubbish" * 1000)
    with pytest.raises(StoreFailed, match="can be made again") as raised:
        await texts.search(ours, full, "pump", limit=3)
    assert str(tmp_path) not in raised.value.message
