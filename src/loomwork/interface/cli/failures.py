"""What went wrong, as one clear line and an exit status."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.text import Text

from loomwork.interface.cli.reading import STDIN, spoken
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


NEVER_AN_APP_FILE = frozenset({"empty_document", "not_a_mapping", "invalid_encoding"})
"""What is wrong with a file that no hand made into an app file, whatever it is called."""

APP_FILE_ENDINGS = (".yml", ".yaml", ".json")


def is_no_app_file(name: str, codes: Collection[str]) -> bool:
    """Whether a file was never meant to be an app file: text that is no YAML, unless it is called one."""
    maybe_broken = name == STDIN or name.lower().endswith(APP_FILE_ENDINGS)
    return bool(NEVER_AN_APP_FILE & set(codes)) or ("invalid_yaml" in codes and not maybe_broken)


def show_refused_file(screen: Screen, name: str, problems: Sequence[Mapping[str, Any]]) -> None:
    """Write why a file is refused: in a line, with its problems, and for what is none, what an app file is."""
    none = is_no_app_file(name, [str(problem["code"]) for problem in problems])
    what = "is not an app file" if none else "cannot be used as an app file"
    screen.note(screen.line("fail", f"{spoken(name)} {what}.", Text("(document_refused)", style="dim")))
    # Where a text stops being YAML tells nobody anything who has named the wrong file.
    for line in problem_lines([it for it in problems if not none or it["code"] != "invalid_yaml"]):
        screen.note(line)
    if none:
        screen.note(Text(f"  {WHAT_AN_APP_FILE_IS}", style="dim"))


WHAT_AN_APP_FILE_IS = (
    "An app file is the YAML or JSON that Loomwork and Dify export, with `app:` and `workflow:` in it; "
    "`loomwork apps export ID` writes one."
)


def show_error(screen: Screen, error: LoomworkError, *, about: str | None = None) -> int:
    """Write an error to stderr; its exit status."""
    sentence = f"{about}: {error.message}" if about and not error.message.startswith(about) else error.message
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
