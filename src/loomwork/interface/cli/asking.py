"""A run's question, asked in the terminal: the form's text, each field, then how to answer."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from loomwork.apps.api import OpenQuestion, PersonAnswer
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.python.files import file_of
from loomwork.kernel.errors import LoomworkError

FILES = frozenset({"file", "file-list"})


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks on stderr, so that stdout holds the answer of the run alone."""

    screen: Screen

    @property
    def possible(self) -> bool:
        """Whether a person sits at both ends."""
        return sys.stdin.isatty() and self.screen.err.isatty()

    def ask(self, question: OpenQuestion) -> PersonAnswer | None:
        """What the person answers; None where he leaves, and where there is no way to answer."""
        if not question.actions:
            return None
        self.screen.note(Text(f"\n{harmless(question.title)}", style="bold"))
        self.screen.note(Text(harmless(str(question.form.get("content") or ""))))
        try:
            values = {str(field["name"]): self._value(field) for field in question.form.get("fields") or ()}
            action = self._action(question.actions)
        except typer.Abort:
            return None
        return PersonAnswer(question.node_id, action, values, question.frame)

    def _value(self, field: Mapping[str, Any]) -> Any:
        label = harmless(str(field.get("label") or field["name"]))
        if field["type"] in FILES:
            return self._files(label, several=field["type"] == "file-list")
        default = str(field.get("default") or "")
        options = [str(option) for option in field.get("options") or ()]
        if field["type"] == "select" and options:
            return self._choice(label, options, default if default in options else options[0])
        return typer.prompt(label, default=default, show_default=bool(default), err=True)

    def _action(self, actions: Sequence[Mapping[str, Any]]) -> str:
        ids = [str(action["id"]) for action in actions]
        titles = [harmless(str(action.get("title") or action["id"])) for action in actions]
        for number, title in enumerate(titles, start=1):
            self.screen.note(Text(f"  {number}  {title}"))
        while True:
            said = str(typer.prompt("Answer", default="1", err=True)).strip()
            if said in ids:
                return said
            if said in titles:
                return ids[titles.index(said)]
            if said.isdecimal() and 1 <= int(said) <= len(ids):
                return ids[int(said) - 1]
            self.screen.note(self.screen.line("warn", f"Choose a number from 1 to {len(ids)}."))

    def _choice(self, label: str, options: Sequence[str], default: str) -> str:
        while True:
            said = str(typer.prompt(f"{label} ({', '.join(map(harmless, options))})", default=default, err=True))
            if said in options:
                return said
            self.screen.note(self.screen.line("warn", "Choose one of these."))

    def _files(self, label: str, *, several: bool) -> Any:
        while True:
            asked = f"{label} (a path{', or several with commas' if several else ''})"
            paths = [path.strip() for path in str(typer.prompt(asked, err=True)).split(",")]
            try:
                files = [file_of(Path(path)).wire() for path in paths if path]
            except (LoomworkError, OSError) as error:
                self.screen.note(self.screen.line("warn", str(error)))
                continue
            return files if several else files[0]
