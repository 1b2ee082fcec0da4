"""How documents are cut."""

import itertools
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomwork.knowledge.domain.chunking import ChunkDraft, ChunkMode, ChunkSettings
from loomwork.knowledge.domain.chunks import chunks_of
from loomwork.knowledge.domain.parsed import Block, BlockKind, ParsedDocument

CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[A-Za-z0-9]{1,6}|[^\sA-Za-z0-9]")
TABLE = "| Model | Price |\n| --- | --- |\n" + "\n".join(f"| Lamp {n} | {n * 3} EUR |" for n in range(40))


def tokens(text: str) -> int:
    """A word has a token for six letters; a Chinese letter is one; and there are two around every text."""
    return len(CJK.findall(text)) + 2 if text else 2


def cut(*blocks: Block, title: str = "", **settings: object) -> list[ChunkDraft]:
    return chunks_of(ParsedDocument(blocks), ChunkSettings.model_validate(settings), title=title, count=tokens)


def heading(text: str, level: int = 1, page: int | None = None) -> Block:
    return Block("heading", text, level=level, page=page)


def text(words: str, page: int | None = None) -> Block:
    return Block("text", words, page=page)


def sentences(number: int, about: str = "lamp") -> str:
    return " ".join(f"Sentence {n} speaks of the {about} in room {n}." for n in range(number))


def letters(words: str) -> list[str]:
    return [letter for letter in words if not letter.isspace()]


WORDS = st.text(
    alphabet=st.sampled_from("abc xyzK123 \n.,!?。！？、中文简体日本語のをカナ#|-`* \u00e9\u0301\U0001f600\u200d"),
    max_size=200,
)
PROSE = st.lists(
    st.builds(
        Block,
        kind=st.sampled_from(["heading", "text", "list", "code", "qa"]),
        text=WORDS,
        level=st.integers(1, 6),
        page=st.none() | st.integers(1, 9),
    ),
    max_size=6,
)
TABLES = st.lists(st.lists(WORDS, min_size=2, max_size=3), min_size=1, max_size=6).map(
    lambda rows: Block(
        "table", "\n".join(["| a | b |", "|---|---|", *(f"| {' | '.join(' '.join(r).split())} |" for r in rows)])
    )
)
GENERAL = st.builds(
    ChunkSettings,
    size=st.integers(16, 80),
    overlap=st.integers(0, 8),
    separators=st.lists(st.sampled_from(["\n\n", "。", ". ", "##", "ab", "\n"]), max_size=3).map(tuple),
    collapse_spaces=st.booleans(),
)


def in_order(wanted: list[str], found: list[str]) -> bool:
    rest = iter(found)
    return all(letter in rest for letter in wanted)


@given(
    st.tuples(PROSE, st.lists(TABLES, max_size=2), PROSE).map(lambda parts: [*parts[0], *parts[1], *parts[2]]), GENERAL
)
def test_every_letter_is_in_some_chunk_in_order_and_no_chunk_is_too_large(
    blocks: list[Block], settings: ChunkSettings
) -> None:
    chunks = chunks_of(ParsedDocument(blocks), settings, title="T", count=tokens)
    assert in_order(letters("".join(block.text for block in blocks)), letters("".join(chunk.text for chunk in chunks)))
    assert all(chunk.tokens == tokens(chunk.text) <= settings.size for chunk in chunks)
    assert all(chunk.text.strip() and 0 <= chunk.begin < chunk.end <= len(blocks) for chunk in chunks)
    assert [chunk.begin for chunk in chunks] == sorted(chunk.begin for chunk in chunks)
    assert chunks == chunks_of(ParsedDocument(blocks), settings, title="T", count=tokens)


@given(PROSE, st.sampled_from(["paragraph", "full_document"]))
def test_what_a_parent_says_is_in_its_children(blocks: list[Block], parent: str) -> None:
    settings = ChunkSettings.model_validate(
        {"mode": "parent_child", "size": 24, "overlap": 4, "parent_size": 64, "parent": parent}
    )
    for chunk in chunks_of(ParsedDocument(blocks), settings, title="", count=tokens):
        assert in_order(letters(chunk.text), letters("".join(chunk.children)))
        assert all(tokens(child) <= 24 for child in chunk.children)
        assert parent == "full_document" or chunk.tokens <= 64


def test_a_chunk_does_not_cross_a_heading_of_the_upper_levels() -> None:
    blocks = [heading("Lamps", 1), text(sentences(12)), heading("Chairs", 2), text(sentences(12, "chair"))]
    chunks = cut(*blocks, size=120)
    assert not any("lamp" in chunk.text and "chair" in chunk.text for chunk in chunks)
    assert chunks[0].text.startswith("# Lamps\n\nSentence 0")
    assert chunks[-1].headings == ("Lamps", "Chairs")


def test_a_heading_stays_with_what_it_is_of() -> None:
    chunks = cut(
        heading("Handbook", 1), heading("Leave", 2), text("Ask your lead."), heading("Pay", 3), text(sentences(9))
    )
    assert chunks[0].text.startswith("# Handbook\n\n## Leave\n\nAsk your lead.")
    assert not any(chunk.text.split("\n")[-1].startswith("#") for chunk in chunks)


def test_a_tiny_section_goes_with_the_next() -> None:
    (chunk,) = cut(heading("A", 2), text("One."), heading("B", 2), text("Two."), size=256)
    assert chunk.text == "## A\n\nOne.\n\n## B\n\nTwo."


def test_chunks_begin_with_sentences_and_say_the_last_ones_again() -> None:
    chunks = cut(text(sentences(40)), size=64, overlap=20)
    assert all(re.match(r"Sentence \d+ speaks", chunk.text) and chunk.text.endswith(".") for chunk in chunks)
    for before, after in itertools.pairwise(chunks):
        first = after.text.split(".")[0]
        assert first in before.text


def test_no_overlap_where_none_is_wanted() -> None:
    chunks = cut(text(sentences(40)), size=64, overlap=0)
    assert "".join(chunk.text for chunk in chunks).replace(" ", "") == sentences(40).replace(" ", "")


def test_chinese_and_japanese_are_cut_after_their_sentences() -> None:
    said = "本公司提供两年保修服务。" * 5 + "営業時間は午前九時からです！" * 5
    chunks = cut(text(said), size=32, overlap=0)
    assert len(chunks) > 3
    assert all(chunk.text[-1] in "。！" for chunk in chunks)


@pytest.mark.parametrize("words", ["Dr. Smith has 3.5 rooms at No. 7, e.g. for Mr. Jones. He left."])
def test_a_full_stop_that_ends_no_sentence_does_not_cut(words: str) -> None:
    chunks = cut(text(f"{words} " * 8), size=32, overlap=0)
    assert all(chunk.text.endswith(("Jones.", "left.")) for chunk in chunks)


def test_a_table_that_fits_is_whole() -> None:
    table = "\n".join(TABLE.split("\n")[:6])
    chunks = cut(text(sentences(6)), Block("table", table), text(sentences(6)), size=64, overlap=0)
    assert sum(table in chunk.text for chunk in chunks) == 1
    assert sum("Lamp 1 " in chunk.text for chunk in chunks) == 1


def test_a_large_table_is_cut_between_rows_and_its_head_said_again() -> None:
    chunks = cut(heading("Prices", 2), Block("table", TABLE, page=4), size=80)
    assert len(chunks) > 3
    assert all("| Model | Price |\n| --- | --- |\n| Lamp" in chunk.text for chunk in chunks)
    assert all(chunk.text.endswith("EUR |") and chunk.headings == ("Prices",) for chunk in chunks)
    assert sum(chunk.text.count("| Lamp 7 |") for chunk in chunks) == 1


def test_code_is_whole_where_it_fits_and_else_fenced_again() -> None:
    short = "```python\nfor x in y:\n    print(x)\n```"
    chunks = cut(text(sentences(4)), Block("code", short), size=48, overlap=0)
    assert any(short in chunk.text for chunk in chunks)
    long = "```python\n" + "\n".join(f"value_{n} = call({n})" for n in range(30)) + "\n```"
    pieces = cut(Block("code", long), size=64)
    assert len(pieces) > 2
    assert all(chunk.text.startswith("```python\n") and chunk.text.endswith("\n```") for chunk in pieces)


def test_what_has_neither_sentence_nor_space_is_cut_by_tokens() -> None:
    chunks = cut(text("x" * 5000), size=64)
    assert "".join(chunk.text for chunk in chunks) == "x" * 5000
    assert all(chunk.tokens <= 64 for chunk in chunks)
    accents = unicodedata.normalize("NFD", "é" * 900)
    assert all(not unicodedata.combining(chunk.text[0]) for chunk in cut(text(accents), size=64))


def test_separators_of_the_user_come_first() -> None:
    chunks = cut(text("One.---Two. Three.---Four."), heading("H", 1), text("Five."), separators=["---"], size=64)
    assert [chunk.text for chunk in chunks] == ["One.", "---Two. Three.", "---Four.\n\n# H\n\nFive."]
    assert [chunk.text for chunk in cut(text("One."), text("Two."), separators=["\n\n"])] == ["One.", "Two."]
    assert [chunk.text for chunk in cut(text("一。二。"), separators=["。"])] == ["一。", "二。"]


def test_pages_and_places_are_those_of_the_blocks() -> None:
    chunks = cut(heading("A", 1, page=1), text(sentences(12), page=1), text(sentences(12), page=2), size=140, overlap=0)
    assert (chunks[0].page, chunks[0].begin) == (1, 0)
    assert (chunks[-1].page, chunks[-1].begin, chunks[-1].end) == (2, 2, 3)


@pytest.mark.parametrize(
    ("prefix", "context"), [("none", ""), ("title", "Handbook"), ("headings", "Handbook > Leave > Abroad")]
)
def test_the_context_is_what_the_settings_ask_for(prefix: str, context: str) -> None:
    blocks = [heading("Leave", 1), heading("Abroad", 2), text(sentences(30))]
    chunks = cut(*blocks, title="Handbook", prefix=prefix, size=64)
    assert chunks[-1].context == context
    assert "Leave" not in chunks[0].context


def test_the_title_of_the_document_stands_in_where_none_is_given() -> None:
    chunks = chunks_of(ParsedDocument([text("Hi.")], title="Inside"), ChunkSettings(), title="", count=tokens)
    assert [chunk.context for chunk in chunks] == ["Inside"]


def test_parents_are_larger_than_their_children() -> None:
    chunks = cut(heading("A", 1), text(sentences(60)), mode="parent_child", size=40, overlap=0, parent_size=200)
    assert len(chunks) > 1
    assert all(len(chunk.children) > 2 for chunk in chunks[:-1])
    (whole,) = cut(text(sentences(60)), mode="parent_child", size=40, overlap=0, parent="full_document")
    assert whole.text == sentences(60)
    assert len(whole.children) > 5


def test_each_question_is_a_chunk_with_its_answer() -> None:
    blocks = [
        heading("FAQ", 1),
        Block("qa", "How long?", page=2, answer="Two years."),
        Block("qa", "Where?", answer="Here."),
    ]
    chunks = cut(*blocks, mode="qa")
    assert [(chunk.text, chunk.answer, chunk.headings) for chunk in chunks] == [
        ("How long?", "Two years.", ("FAQ",)),
        ("Where?", "Here.", ("FAQ",)),
    ]


@pytest.mark.parametrize(
    "blocks",
    [
        [text("Q: How long?\nA: Two years.\nOr three.\n\nQ2: Where?\nA2: Here.")],
        [text("Q: How long?"), text("A: Two years.\nOr three."), text("**Q:** Where?"), text("**A:** Here.")],
        [
            Block(
                "table",
                "| Question | Answer |\n| --- | --- |\n| How long? | Two years. Or three. |\n| Where? | Here. |",
            )
        ],
    ],
)
def test_questions_are_found_in_text_and_in_tables_of_two_columns(blocks: list[Block]) -> None:
    chunks = cut(*blocks, mode="qa")
    assert [chunk.text.strip() for chunk in chunks] == ["How long?", "Where?"]
    assert [chunk.answer.replace("\n", " ") for chunk in chunks] == ["Two years. Or three.", "Here."]


def test_questions_are_found_in_chinese() -> None:
    (chunk,) = cut(text("问：保修多久？\n答：两年。"), mode="qa")
    assert (chunk.text, chunk.answer) == ("保修多久？", "两年。")


def test_what_is_no_question_is_cut_as_text() -> None:
    chunks = cut(text("Read this first."), text("Q: Why?\nA: So."), heading("More", 1), text("And this."), mode="qa")
    assert [(chunk.text, chunk.answer) for chunk in chunks] == [
        ("Read this first.", ""),
        ("Why?", "So."),
        ("# More\n\nAnd this.", ""),
    ]


def test_one_chunk_is_the_whole_document() -> None:
    (chunk,) = cut(heading("A", 1), text(sentences(500)), mode="one_chunk", size=16, overlap=0)
    assert chunk.text == f"# A\n\n{sentences(500)}"
    assert chunk.tokens == tokens(chunk.text)


@pytest.mark.parametrize("mode", ["general", "parent_child", "qa", "one_chunk"])
@pytest.mark.parametrize("kind", ["text", "heading", "table"])
def test_an_empty_document_has_no_chunks(mode: ChunkMode, kind: BlockKind) -> None:
    assert cut(Block(kind, "  \n "), mode=mode) == []


def test_spaces_links_and_addresses_go_where_that_is_asked() -> None:
    said = "Write  to \t ann@lamps.example or see [the shop](https://lamps.example/a?b=c) and https://x.example/y."
    (chunk,) = cut(text(said), remove_urls_and_emails=True)
    assert chunk.text == "Write to or see the shop and"
    (kept,) = cut(text(said), collapse_spaces=False)
    assert kept.text == said
    code = "```\na  =  1\n```"
    assert cut(Block("code", code))[0].text == code


def test_most_texts_are_counted_about_once() -> None:
    counted = 0

    def count(words: str) -> int:
        nonlocal counted
        counted += len(words)
        return tokens(words)

    blocks = [
        block for n in range(100) for block in (heading(f"Part {n}", 2), text(sentences(60)), text("好的。" * 200))
    ]
    size = sum(len(block.text) for block in blocks)
    chunks_of(ParsedDocument(blocks), ChunkSettings(overlap=0), title="", count=count)
    assert counted < 3 * size
