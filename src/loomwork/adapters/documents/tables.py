"""Rows as a Markdown table."""

from collections.abc import Sequence


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose head is the first row; rows that are shorter than others get empty cells."""
    if not rows:
        return ""
    width = max(map(len, rows))
    head, *body = [_line(row, width) for row in rows]
    return "\n".join([head, _line(["---"] * width, width), *body])


def _line(cells: Sequence[str], width: int) -> str:
    padded = [*cells, *([""] * (width - len(cells)))]
    return f"| {' | '.join(_cell(cell) for cell in padded)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
