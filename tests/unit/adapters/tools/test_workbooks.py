"""Workbooks are read and written as what they say."""

import base64
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest

from loomwork.adapters.tools.builtin import workbooks
from loomwork.kernel.scope import embedded_scope
from loomwork.tools.api import ToolInputInvalid, ToolResult
from tests.contracts.tools.exchanging import OtherSide, shipped_tools

OURS = embedded_scope()


async def called(name: str, arguments: dict[str, Any]) -> ToolResult:
    return await shipped_tools(OtherSide()).call(OURS, name, arguments, key="k")


def as_file(content: bytes) -> dict[str, str]:
    return {"url": f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}", "name": "a.xlsx"}


def file_in(result: ToolResult) -> bytes:
    (file,) = result.files
    return base64.b64decode((file.url or "").partition(",")[2])


def book_of(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def test_rows_are_objects_by_the_names_in_the_first_row() -> None:
    content = book_of(Sales=[["place", "sum"], ["Köln", 7], [None, 2.5]], Empty=[])
    result = await called("excel/xlsx_to_json", {"file": as_file(content)})
    rows = [{"place": "Köln", "sum": 7}, {"place": None, "sum": 2.5}]
    assert result.json == [{"sheets": {"Sales": rows, "Empty": []}}]
    only = await called("qiangxinglin/excel_tools/excel_tools/excel2json", {"file": as_file(content), "sheet": "Sales"})
    assert json.loads(only.text) == rows
    assert "retrieved" in only.marks


async def test_rows_are_lists_where_the_first_row_names_nothing() -> None:
    content = book_of(A=[["a", None, "c"], [1]])
    result = await called("excel/xlsx_to_json", {"file": as_file(content), "has_header": False})
    assert result.json == [{"sheets": {"A": [["a", None, "c"], [1]]}}]


async def test_what_is_written_is_read_again() -> None:
    given = {"A": [{"x": 1, "y": "z"}, {"x": 2.5, "w": [1]}], "B/C": [["only", True]]}
    written = await called("excel/json_to_xlsx", {"content": json.dumps(given), "output_filename": "out"})
    assert written.files[0].name == "out.xlsx"
    read = await called("excel/xlsx_to_json", {"file": as_file(file_in(written)), "has_header": False})
    rows = [["x", "y", "w"], [1, "z"], [2.5, None, "[1]"]]
    assert read.json == [{"sheets": {"A": rows, "B_C": [["only", True]]}}]


async def test_no_text_becomes_a_formula() -> None:
    written = await called("excel/json_to_xlsx", {"content": [["=1+1", "=cmd|'/c calc'!A0", "plain\x00"]]})
    sheet = openpyxl.load_workbook(io.BytesIO(file_in(written))).active
    assert sheet is not None
    cells = next(iter(sheet.iter_rows()))
    assert [cell.data_type for cell in cells] == ["s", "s", "s"]
    assert [cell.value for cell in cells] == ["=1+1", "=cmd|'/c calc'!A0", "plain"]


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "xxxxxxxxxx">]><workbook>&a;</workbook>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        zipped({}),
        zipped({"[Content_Types].xml": b"<no"}),
        zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": BOMB}),
        zipped({f"part{number}": b"" for number in range(workbooks.MOST_PARTS + 1)}),
        book_of(A=[["a"]])[:-200],
    ],
)
async def test_what_is_no_workbook_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ToolInputInvalid, match=r"workbook"):
        await called("excel/xlsx_to_json", {"file": as_file(content)})


async def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "LARGEST_UNPACKED", 1000)
    with pytest.raises(ToolInputInvalid, match="too large"):
        await called("excel/xlsx_to_json", {"file": as_file(book_of(A=[["a"]]))})


async def test_too_many_cells_are_refused_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_CELLS", 3)
    with pytest.raises(ToolInputInvalid, match="more than 3 cells"):
        await called("excel/xlsx_to_json", {"file": as_file(book_of(A=[[1, 2], [3, 4]]))})
    with pytest.raises(ToolInputInvalid, match="at most 3 cells"):
        await called("excel/json_to_xlsx", {"content": [[1, 2], [3, 4]]})


async def test_a_sheet_that_is_not_there_is_named() -> None:
    with pytest.raises(ToolInputInvalid, match="no sheet 'B'"):
        await called("excel/xlsx_to_json", {"file": as_file(book_of(A=[["a"]])), "sheet": "B"})


@pytest.mark.parametrize("content", ["no json", "7", "[" * 100_000])
async def test_what_holds_no_rows_is_refused(content: str) -> None:
    with pytest.raises(ToolInputInvalid):
        await called("excel/json_to_xlsx", {"content": content})
