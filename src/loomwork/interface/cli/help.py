"""Help as plain text with bold headings. Typer's own, with boxes, takes longer to import than all of this to run."""

import re
from typing import Any

from typer import style
from typer.core import TyperCommand, TyperGroup

_BRACES = re.compile(r"\{([A-Z]+)\}")
_TYPES = re.compile(r" <(?:list\[)?str\]?>")
_HEADING = re.compile(r"^(Usage:|[A-Z][a-z]+:$|  Examples?:$)", re.MULTILINE)


class CalmCommand(TyperCommand):
    """A command whose help has bold headings."""

    def get_help(self, ctx: Any) -> str:
        return _calm(super().get_help(ctx))


class CalmGroup(TyperGroup):
    """A group of commands whose help has bold headings."""

    def get_help(self, ctx: Any) -> str:
        return _calm(super().get_help(ctx))


def _calm(text: str) -> str:
    """The text with bold headings, and without Python's types and braces."""
    text = _TYPES.sub("", _BRACES.sub(r"\1", text))
    return _HEADING.sub(lambda found: style(found.group(), bold=True), text)
