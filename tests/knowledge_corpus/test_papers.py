"""The papers are what the measurements of retrieval say that they are."""

import asyncio
from pathlib import PurePath

from loomwork.adapters.documents.blocks import markdown_of_blocks
from loomwork.adapters.documents.reader import ProcessDocumentReader
from tests.knowledge_corpus.papers import answers, files, questions


def test_there_are_three_hundred_pages_in_eight_formats_and_two_languages() -> None:
    assert sum(file.pages for file in files()) >= 300
    assert len({PurePath(file.name).suffix for file in files()}) >= 8
    assert {file.language for file in files()} == {"en", "zh"}


def test_there_are_sixty_questions_in_each_language_and_each_has_its_own_answer() -> None:
    assert [sum(question.language == language for question in questions()) for language in ("en", "zh")] == [60, 60]
    assert len({question.text for question in questions()}) == 120
    assert len({(question.file, question.passage) for question in questions()}) == 120


def test_the_papers_are_the_same_each_time() -> None:
    before = files()
    files.cache_clear()
    assert files() == before


async def test_every_answer_is_in_its_paper_as_it_is_read_and_in_no_other() -> None:
    reader = ProcessDocumentReader()
    texts = await asyncio.gather(*(_text(reader, file.name, file.content) for file in files()))
    reader.close()
    for question in questions():
        found = [file.name for file, text in zip(files(), texts, strict=True) if answers(question, text)]
        assert found == [question.file]


async def _text(reader: ProcessDocumentReader, name: str, content: bytes) -> str:
    return markdown_of_blocks((await reader.read(content, name=name, media_type="")).blocks)
