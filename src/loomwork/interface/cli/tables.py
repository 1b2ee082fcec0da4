"""Tables for people: a line under the headings, and nothing else that is not data."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from loomwork.interface.cli.screen import harmless

Cell = str | Text


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Sequence[str] = ()) -> Table:
    """The first column names things and is never broken; those in `right` hold numbers."""
    made = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    for place, title in enumerate(columns):
        made.add_column(
            title,
            no_wrap=place == 0,
            overflow="fold",
            justify="right" if title in right else "left",
            style="cyan" if place == 0 else "",
        )
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(harmless(cell)) for cell in row))
    return made
