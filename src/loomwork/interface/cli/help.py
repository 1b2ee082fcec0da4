"""Help as plain text with bold headings. Typer's own, with boxes, takes longer to import than all of this to run."""

import re
from typing import Any

from typer import style
from typer.core import TyperCommand, TyperGroup

_BRACES = re.compile(r"\{([A-Z]+)\}")
_TYPES = re.compile(r" <(?:list\[)?str\]?>")
_HEADING = re.compile(r"^(Usage:|[A-Z][a-z]+:$|  Examples?:$)", re.MULTILINE)

SENTENCE = 400
"""Characters of what a command does, in the list of its group: a sentence, never cut within."""


class CalmCommand(TyperCommand):
    """A command whose help has bold headings."""

    def get_help(self, ctx: Any) -> str:
        return _calm(super().get_help(ctx))


class CalmGroup(TyperGroup):
    """A group of commands whose help has bold headings, and says what each command does to the end of the sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(SENTENCE)) for name, command in commands if command is not None]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def get_help(self, ctx: Any) -> str:
        return _calm(super().get_help(ctx))


def _calm(text: str) -> str:
    """The text with bold headings, and without Python's types and braces."""
    text = _TYPES.sub("", _BRACES.sub(r"\1", text))
    return _HEADING.sub(lambda found: style(found.group(), bold=True), text)
