"""Tables keep words whole, and leave out what can be spared, where the window is narrow."""

from io import StringIO

import pytest
from rich.console import Console

from loomwork.interface.cli.tables import table

COLUMNS = ("ID", "Name", "Kind", "State")
ROWS = [("12b8fca5", "An app with a long name", "workspace", "Not set up: give OPENAI_COMPATIBLE_KEY_OF_IT.")]


def lines(width: int) -> list[str]:
    console = Console(file=StringIO(), width=width)
    console.print(table(COLUMNS, ROWS, spare=("Name", "Kind"), width=width))
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_word_is_broken(width: int) -> None:
    words = {word for line in lines(width) for word in line.split()}
    assert {"12b8fca5", "OPENAI_COMPATIBLE_KEY_OF_IT."} <= words
    assert all(len(line) <= width for line in lines(width))


def test_what_can_be_spared_goes_last_first() -> None:
    titles = [lines(width)[0].split() for width in (120, 50, 44)]
    assert titles == [["ID", "Name", "Kind", "State"], ["ID", "Name", "State"], ["ID", "State"]]
