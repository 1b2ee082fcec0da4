"""What was measured, as a table for people: by tier and app mode, and by cluster so that near-copies count once."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.corpus.files import CorpusFile
from tests.corpus.measuring import AnswerResult, ReadResult, RunResult, ToolsResult, Trouble

Verdicts = dict[str, tuple[CorpusFile, bool]]
"""File name to the file and whether it passed; files that a measure does not apply to are absent."""


def reading_columns(reads: Sequence[ReadResult]) -> dict[str, Verdicts]:
    return {
        "accepted": {read.file.path.name: (read.file, read.document is not None) for read in reads},
        "written back equal": {read.file.path.name: (read.file, read.equal) for read in reads},
    }


def running_columns(runs: Sequence[RunResult]) -> dict[str, Verdicts]:
    return {
        "graph compiles": {run.file.path.name: (run.file, run.imports) for run in runs},
        "graph runs to the end": {run.file.path.name: (run.file, run.finished) for run in runs},
    }


def tool_columns(tools: Sequence[ToolsResult]) -> dict[str, Verdicts]:
    return {"tools are there": {each.file.path.name: (each.file, not each.missing) for each in tools}}


def answer_columns(answers: Sequence[AnswerResult], files: Sequence[CorpusFile]) -> dict[str, Verdicts]:
    by_name = {file.path.name: file for file in files}
    verdicts: Verdicts = {}
    for number, answer in enumerate(answers):
        file = by_name.get(answer.expectation.path.name)
        if file is not None:
            verdicts[f"{file.path.name}#{number}"] = (file, answer.right)
    return {"known answers right": verdicts}


def print_table(console: Console, files: Sequence[CorpusFile], columns: dict[str, Verdicts]) -> None:
    """A row for all files, one per tier and one per app mode. A cell: passed/measured, and the share of clusters."""
    table = Table("files", "", *columns, title="passed/measured · share of clusters")
    for label, chosen in _rows(files):
        cells = [_cell(verdicts, chosen) for verdicts in columns.values()]
        table.add_row(label, str(sum(map(chosen, files))), *cells, end_section=label == "all")
    console.print(table)


def print_troubles(console: Console, title: str, troubles: Iterable[tuple[str, Trouble | None]], *, shown: int) -> None:
    """What went wrong, most frequent first, each with files to look at."""
    counted: Counter[str] = Counter()
    examples: dict[str, list[str]] = defaultdict(list)
    for name, trouble in troubles:
        if trouble is not None:
            kind = f"{trouble.code}: {_general(trouble.message)}"
            counted[kind] += 1
            examples[kind].append(name)
    if not counted:
        return
    console.print(f"\n[bold]{escape(title)}[/bold]")
    for kind, count in counted.most_common(shown):
        console.print(f"{count:5}  {escape(kind)}  [dim]{escape(', '.join(examples[kind][:3]))}[/dim]")
    if len(counted) > shown:
        console.print(f"       ... and {len(counted) - shown} kinds more")


def _rows(files: Sequence[CorpusFile]) -> list[tuple[str, Callable[[CorpusFile], bool]]]:
    tiers, modes = sorted({file.tier for file in files}), sorted({file.mode for file in files})
    return [
        ("all", lambda _: True),
        *((f"tier {tier}", _is("tier", tier)) for tier in tiers),
        *((mode, _is("mode", mode)) for mode in modes),
    ]


def _is(attribute: str, value: str) -> Callable[[CorpusFile], bool]:
    return lambda file: bool(getattr(file, attribute) == value)


def _cell(verdicts: Verdicts, chosen: Callable[[CorpusFile], bool]) -> str:
    measured = [(file, passed) for file, passed in verdicts.values() if chosen(file)]
    if not measured:
        return "-"
    votes: dict[str, list[bool]] = defaultdict(list)
    for file, passed in measured:
        votes[file.cluster].append(passed)
    share = sum(sum(vote) / len(vote) for vote in votes.values()) / len(votes)
    return f"{sum(passed for _, passed in measured)}/{len(measured)} · {share:.1%}"


def _general(message: str) -> str:
    """The message without what differs from file to file, so that like counts with like."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "'...'", re.sub(r"\d{2,}", "N", message))[:160]
