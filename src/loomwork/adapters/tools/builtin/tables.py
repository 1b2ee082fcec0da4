"""Reads and writes comma-separated values."""

import asyncio
import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.adapters.tools.builtin.files import file_name
from loomwork.adapters.tools.reading import bytes_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult, file_of

__all__ = ["csv_to_json", "json_to_csv"]

MOST_ROWS = 100_000


async def csv_to_json(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The rows of a table as objects, or as lists where its first row names nothing."""
    content = call.arguments.get("content")
    if content is None:
        if "file" not in call.arguments:
            raise ToolInputInvalid("Give the table as `content`, or as a `file`.", parameter="content")
        raw = await bytes_of(call.scope, call.arguments["file"], world)
        content = raw.decode("utf-8-sig", errors="replace")
    rows = await asyncio.to_thread(_rows, content, call.arguments["delimiter"], call.arguments["has_header"])
    return ToolResult(json.dumps(rows, ensure_ascii=False), json=[{"rows": rows}])


async def json_to_csv(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """Objects, or lists, as a table."""
    value = call.arguments["content"]
    try:
        rows = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise ToolInputInvalid("The content is no JSON.", parameter="content") from None
    text = _table(rows, _delimiter(call.arguments["delimiter"]))
    name = file_name(call.arguments.get("output_filename", ""), ".csv")
    return ToolResult(text, files=[file_of(text.encode(), name=name, mime_type="text/csv")])


def _delimiter(text: str) -> str:
    text = "\t" if text in ("\\t", "tab") else text
    if len(text) != 1 or text in '\r\n"':
        raise ToolInputInvalid("A delimiter is one character.", parameter="delimiter")
    return text


def _rows(content: str, delimiter: str, has_header: bool) -> list[Any]:
    delimiter = _delimiter(delimiter)
    try:
        rows = [row for row in csv.reader(io.StringIO(content), delimiter=delimiter) if row]
    except csv.Error as error:
        raise ToolInputInvalid(f"The table cannot be read: {error}.", parameter="content") from None
    if len(rows) > MOST_ROWS:
        raise ToolInputInvalid(f"The table has more than {MOST_ROWS} rows.", parameter="content")
    if not has_header or not rows:
        return rows
    names = rows[0]
    return [dict(zip(names, [*row, *[""] * len(names)], strict=False)) for row in rows[1:]]


def _table(rows: Any, delimiter: str) -> str:
    if isinstance(rows, Mapping):
        rows = [rows]
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise ToolInputInvalid("The content is a list of objects, or of lists.", parameter="content")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    names = list(dict.fromkeys(str(name) for row in rows if isinstance(row, Mapping) for name in row))
    if names:
        writer.writerow([_tame(name) for name in names])
    for row in rows:
        cells = [row.get(name) for name in names] if isinstance(row, Mapping) else row
        writer.writerow([_tame(cell) for cell in (cells if isinstance(cells, list | tuple) else [cells])])
    return out.getvalue()


def _tame(cell: Any) -> str:
    """No spreadsheet takes it for a formula (CWE-1236)."""
    text = "" if cell is None else cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
    return f"'{text}" if isinstance(cell, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
