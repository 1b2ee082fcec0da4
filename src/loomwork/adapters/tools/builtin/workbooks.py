"""Reads and writes workbooks of Excel."""

import asyncio
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from loomwork.adapters.tools.builtin.files import file_name
from loomwork.adapters.tools.reading import bytes_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult, file_of

__all__ = ["json_to_xlsx", "xlsx_to_json"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST_UNPACKED = 100 * 1024 * 1024
"""Bytes: a small archive may hold a great deal."""
MOST_PARTS = 2000
MOST_CELLS = 1_000_000
MOST_SHEETS = 100
LONGEST_CELL = 32_767
"""Excel's own limit."""
_NOT_IN_TITLES = str.maketrans(dict.fromkeys(r"[]:*?/\\", "_"))


async def xlsx_to_json(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The rows of each sheet as objects, or as lists where the first row names nothing."""
    raw = await bytes_of(call.scope, call.arguments["file"], world)
    sheet = (call.arguments.get("sheet") or "").strip()
    sheets = await asyncio.to_thread(_sheets, raw, sheet, call.arguments["has_header"])
    only = next(iter(sheets.values())) if len(sheets) == 1 else sheets
    text = json.dumps(only, ensure_ascii=False)
    return ToolResult(text, json=[{"sheets": sheets}], marks=frozenset({"retrieved"}))


async def json_to_xlsx(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """Objects, or lists, as a workbook."""
    value = call.arguments["content"]
    try:
        content = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise ToolInputInvalid("The content is no JSON.", parameter="content") from None
    written = await asyncio.to_thread(_workbook, _tables(content))
    name = file_name(call.arguments.get("output_filename") or "", ".xlsx")
    return ToolResult(files=[file_of(written, name=name, mime_type=XLSX)])


def _sheets(raw: bytes, wanted: str, has_header: bool) -> dict[str, list[Any]]:
    # Here, because most processes never read a workbook.
    import openpyxl

    _check_archive(raw)
    try:
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        titles = [sheet.title for sheet in book.worksheets]
        if wanted and wanted not in titles:
            raise ToolInputInvalid(f"There is no sheet {wanted[:40]!r}.", parameter="sheet")
        left = MOST_CELLS
        found = {}
        for sheet in book.worksheets:
            if wanted in ("", sheet.title):
                rows, left = _rows(sheet.iter_rows(values_only=True), left)
                found[sheet.title] = _named(rows) if has_header else rows
    except ToolInputInvalid:
        raise
    except Exception:  # noqa: BLE001 - the parser raises whatever a broken part happens to lead to
        raise ToolInputInvalid("The file is no workbook that can be read (.xlsx).", parameter="file") from None
    return found


def _check_archive(raw: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise ToolInputInvalid("The file is no workbook that can be read (.xlsx).", parameter="file") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise ToolInputInvalid("The workbook is too large once it is unpacked.", parameter="file")


def _rows(given: Iterable[Sequence[Any]], left: int) -> tuple[list[list[Any]], int]:
    """Those that hold anything, without the empty cells at their ends, and how many cells may still come."""
    rows: list[list[Any]] = []
    for cells in given:
        left -= max(len(cells), 1)
        if left < 0:
            raise ToolInputInvalid(f"The workbook has more than {MOST_CELLS} cells.", parameter="file")
        row = [_plain(cell) for cell in cells]
        while row and row[-1] is None:
            row.pop()
        if row:
            rows.append(row)
    return rows, left


def _plain(cell: Any) -> Any:
    if cell is None or isinstance(cell, str | bool | int | float):
        return cell
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def _named(rows: list[list[Any]]) -> list[Any]:
    if not rows:
        return []
    width = max(map(len, rows))
    heads = [*rows[0], *[None] * (width - len(rows[0]))]
    names = [str(head) if head is not None else f"column_{number}" for number, head in enumerate(heads, 1)]
    return [dict(zip(names, [*row, *[None] * (width - len(row))], strict=True)) for row in rows[1:]]


def _tables(content: Any) -> dict[str, list[Any]]:
    """Rows by the names of sheets."""
    if isinstance(content, Mapping) and content and all(isinstance(rows, list) for rows in content.values()):
        tables = {str(name): list(rows) for name, rows in content.items()}
    elif isinstance(content, Mapping):
        tables = {"Sheet1": [content]}
    elif isinstance(content, list):
        tables = {"Sheet1": content}
    else:
        raise ToolInputInvalid("The content is a list of objects, or of lists.", parameter="content")
    if len(tables) > MOST_SHEETS:
        raise ToolInputInvalid(f"A workbook has at most {MOST_SHEETS} sheets.", parameter="content")
    return tables


def _workbook(tables: Mapping[str, list[Any]]) -> bytes:
    import openpyxl

    lists = {name: _lists(rows) for name, rows in tables.items()}
    # Counted before anything is written: a writer that is left in the middle cannot be closed.
    if sum(max(len(row), 1) for rows in lists.values() for row in rows) > MOST_CELLS:
        raise ToolInputInvalid(f"A workbook has at most {MOST_CELLS} cells.", parameter="content")
    book = openpyxl.Workbook(write_only=True)
    for name, rows in lists.items():
        sheet = book.create_sheet(name.translate(_NOT_IN_TITLES).strip("'")[:31] or None)
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lists(rows: list[Any]) -> list[list[Any]]:
    names = list(dict.fromkeys(str(name) for row in rows if isinstance(row, Mapping) for name in row))
    heads = [list(names)] if names else []
    return heads + [_list(row, names) for row in rows]


def _list(row: Any, names: Sequence[str]) -> list[Any]:
    if isinstance(row, Mapping):
        given = {str(name): value for name, value in row.items()}
        return [given.get(name) for name in names]
    return list(row) if isinstance(row, list) else [row]


def _cell(sheet: Any, value: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**15 else str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST_CELL])
    # A text stays one: what begins with = would be run as a formula by whoever opens the file (CWE-1236).
    cell.data_type = "s"
    return cell
