"""Tables for people: a line under the headings, and nothing else that is not data."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from loomwork.interface.cli.screen import Screen, harmless

Cell = str | Text

GAP = 3
LONGEST_WORD = 30
"""Cells that a column keeps for its longest word; longer ones, such as addresses, are broken."""


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    right: Sequence[str] = (),
    spare: Sequence[str] = (),
    width: int | None = None,
) -> Table:
    """The first column names things and is never broken; those in `right` hold numbers. Those in `spare` are left out,
    the last one first, where they would have the words of the others broken in a window of `width` cells.
    """
    cells = [[cell if isinstance(cell, Text) else Text(harmless(cell)) for cell in row] for row in rows]
    room = Screen().console.width if width is None else width
    least = [_longest_word(title, [row[place] for row in cells]) for place, title in enumerate(columns)]
    least[0] = _longest(columns[0], [row[0] for row in cells])
    shown = _shown(columns, least, spare, room)
    made = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    wide = _widths(
        [least[place] for place in shown], [_longest(columns[p], [r[p] for r in cells]) for p in shown], room
    )
    for place, cells_wide in zip(shown, wide, strict=True):
        made.add_column(
            columns[place],
            no_wrap=place == 0,
            overflow="fold",
            width=cells_wide,
            justify="right" if columns[place] in right else "left",
            style="cyan" if place == 0 else "",
        )
    for row in cells:
        made.add_row(*(row[place] for place in shown))
    return made


def _shown(columns: Sequence[str], least: Sequence[int], spare: Sequence[str], room: int) -> list[int]:
    """The places of the columns for which there is room."""
    shown = list(range(len(columns)))
    for title in reversed(spare):
        if _taken([least[place] for place in shown]) <= room:
            break
        shown.remove(columns.index(title))
    return shown


def _widths(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """What each column gets: its longest word, and of what is left its share of what it would need."""
    left = max(room - _taken(least), 0)
    wanted = sum(most) - sum(least)
    share = min(left / wanted, 1.0) if wanted else 0.0
    return [low + int((high - low) * share) for low, high in zip(least, most, strict=True)]


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _longest(title: str, cells: Sequence[Text]) -> int:
    return max([cell_len(title), *(cell.cell_len for cell in cells)])


def _longest_word(title: str, cells: Sequence[Text]) -> int:
    words = [title, *(word for cell in cells for word in cell.plain.split())]
    return min(max(map(cell_len, words)), max(LONGEST_WORD, cell_len(title)))
