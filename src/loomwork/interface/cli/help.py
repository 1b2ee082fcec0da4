"""Help as plain text with bold headings. Typer's own, with boxes, takes longer to import than all of this to run."""

import re
from typing import Any

from typer import style
from typer.core import TyperCommand, TyperGroup

_HEADING = re.compile(r"^(Usage:|[A-Z][a-z]+:$|  Examples?:$)", re.MULTILINE)


class CalmCommand(TyperCommand):
    """A command whose help has bold headings."""

    def get_help(self, ctx: Any) -> str:
        return _with_headings(super().get_help(ctx))


class CalmGroup(TyperGroup):
    """A group of commands whose help has bold headings."""

    def get_help(self, ctx: Any) -> str:
        return _with_headings(super().get_help(ctx))


def _with_headings(text: str) -> str:
    return _HEADING.sub(lambda found: style(found.group(), bold=True), text)
