"""What went wrong, as one clear line and an exit status."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from loomwork.interface.cli.screen import Screen, harmless
from loomwork.kernel.errors import InvalidInput, LoomworkError, NotFound

DONE = 0
FAILED = 1
REFUSED = 2
PAUSED = 3

REFUSING_CODES = frozenset({"document_refused", "model_not_found"})
"""Errors that say what was given cannot be used, beside those of `InvalidInput` and `NotFound`."""


def exit_status(error: LoomworkError) -> int:
    """2 where a file or an argument is refused, 1 for everything else."""
    refused = isinstance(error, InvalidInput | NotFound) or error.code in REFUSING_CODES
    return REFUSED if refused else FAILED


def show_error(screen: Screen, error: LoomworkError, *, about: str | None = None) -> int:
    """Write an error to stderr; its exit status."""
    sentence = f"{about}: {error.message}" if about else error.message
    screen.note(screen.line("fail", sentence, Text(f"({error.code})", style="dim")))
    return exit_status(error)


def show_unexpected(screen: Screen, error: BaseException, *, debug: bool) -> int:
    """Write a line about a bug, and its trace where that was asked for."""
    if debug:
        screen.notes.print_exception()
    else:
        what = f"Loomwork broke ({type(error).__name__}: {harmless(str(error))[:300]})."
        screen.note(screen.line("fail", what, Text("LOOMWORK_LOG_LEVEL=debug shows where.", style="dim")))
    return FAILED


def problem_lines(problems: Sequence[Mapping[str, Any]]) -> list[Text]:
    """Problems of a document, grouped by what is wrong, errors first."""
    lines: list[Text] = []
    for level, style in (("error", "red"), ("warning", "yellow")):
        for code in dict.fromkeys(it["code"] for it in problems if it["level"] == level):
            lines.append(Text("  ").append(str(code), style=style))
            found = [it for it in problems if it["level"] == level and it["code"] == code]
            lines.extend(_problem_line(it) for it in found)
    return lines


def _problem_line(problem: Mapping[str, Any]) -> Text:
    where = " ".join(str(problem[part]) for part in ("node_id", "place") if problem.get(part))
    line = Text("    ").append(harmless(str(problem["message"])))
    return line.append(f"  {harmless(where)}", style="dim") if where else line
