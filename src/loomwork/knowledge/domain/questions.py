"""Questions with their answers, found in what was not marked as such."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from loomwork.knowledge.domain.parsed import Block
from loomwork.knowledge.domain.pieces import Part, is_rule, markdown_of

_QUESTION = re.compile(
    r"^\s*(?:[-*]\s+)?(?:\*\*)?(?:q|question|问题|问|問題|問|質問)\s*\d{0,4}\s*[:：.、](?:\*\*)?\s*", re.I
)
_ANSWER = re.compile(r"^\s*(?:[-*]\s+)?(?:\*\*)?(?:a|answer|答案|回答|答)\s*\d{0,4}\s*[:：.、](?:\*\*)?\s*", re.I)
_CELLS = re.compile(r"(?<!\\)\|")
QUESTION_WORDS = frozenset({"q", "question", "questions", "问题", "问", "提问", "問題", "質問"})
ANSWER_WORDS = frozenset({"a", "answer", "answers", "答案", "回答", "答", "回复"})


@dataclass(slots=True)
class _Pair:
    part: Part
    question: list[str]
    answer: list[str] = field(default_factory=list)
    answering: bool = False

    def done(self) -> Part:
        block = Block("qa", "\n".join(self.question), page=self.part.block.page, answer="\n".join(self.answer))
        return replace(self.part, block=block)


def with_questions(parts: Sequence[Part]) -> list[Part]:
    """The parts, with "Q: ..." and "A: ..." and the rows of tables of two columns made into questions with answers.
    What is neither stays as it is.
    """
    found: list[Part] = []
    pair: _Pair | None = None
    for part in parts:
        for piece in _rows(part) if part.block.kind == "table" else [part]:
            if piece.block.kind in ("text", "list"):
                pair = _read_lines(piece, pair, found)
            elif pair is not None and pair.answering and piece.block.kind in ("table", "code"):
                pair.answer.append(markdown_of(piece.block))
            else:
                _end(pair, found)
                pair = None
                found.append(piece)
    _end(pair, found)
    return found


def _read_lines(part: Part, pair: _Pair | None, found: list[Part]) -> _Pair | None:
    loose: list[str] = []
    for line in part.block.text.split("\n"):
        if begins := _QUESTION.match(line):
            _let_go(loose, part, found)
            _end(pair, found)
            pair = _Pair(part, [line[begins.end() :]])
        elif pair is None:
            loose.append(line)
        elif begins := _ANSWER.match(line):
            pair.answering = True
            pair.answer.append(line[begins.end() :])
        else:
            (pair.answer if pair.answering else pair.question).append(line)
    _let_go(loose, part, found)
    return pair


def _let_go(lines: list[str], part: Part, found: list[Part]) -> None:
    if any(line.strip() for line in lines):
        found.append(replace(part, block=replace(part.block, text="\n".join(lines))))
    lines.clear()


def _end(pair: _Pair | None, found: list[Part]) -> None:
    if pair is not None:
        found.append(pair.done())


def _rows(table: Part) -> Iterator[Part]:
    lines = table.block.text.splitlines()
    rows = [_cells(line) for line in lines if not is_rule(line)]
    if len(rows) < 2 or any(len(row) != 2 or not row[0] for row in rows):
        yield table
        return
    for question, answer in rows[1:] if are_question_and_answer(*rows[0]) else rows:
        yield replace(table, block=Block("qa", question, page=table.block.page, answer=answer))


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in _CELLS.split(line.strip())[1:-1]]


def are_question_and_answer(first: str, second: str) -> bool:
    """Whether two heads of columns say that they are of questions and of answers."""
    return first.strip().lower() in QUESTION_WORDS and second.strip().lower() in ANSWER_WORDS
