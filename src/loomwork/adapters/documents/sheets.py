"""Questions with their answers, out of sheets that have a column for each."""

import re
from collections.abc import Iterator, Sequence

from loomwork.knowledge.domain.parsed import Block
from loomwork.knowledge.domain.questions import ANSWER_WORDS, QUESTION_WORDS

_BAR = re.compile(r"(?<!\\)\|")


def with_questions(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, with tables that have a column of questions and one of answers made into a block for each row."""
    return [found for block in blocks for found in (_rows(block) if block.kind == "table" else (block,))]


def _rows(table: Block) -> Iterator[Block]:
    head, *rows = [_cells(line) for line in table.text.splitlines()] or [[]]
    columns = [cell.lower() for cell in head]
    question = next((place for place, cell in enumerate(columns) if cell in QUESTION_WORDS), None)
    reply = next((place for place, cell in enumerate(columns) if cell in ANSWER_WORDS), None)
    if question is None or reply is None or any(len(row) != len(head) for row in rows):
        yield table
        return
    for row in rows[1:]:
        others = [f"{head[place]}: {cell}" for place, cell in enumerate(row) if cell and place not in (question, reply)]
        if row[question]:
            yield Block("qa", row[question], page=table.page, answer="\n".join([row[reply], *others]))
        elif any(row):
            yield Block("text", "\n".join([row[reply], *others]), page=table.page)


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in _BAR.split(line.strip())[1:-1]]
