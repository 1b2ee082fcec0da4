"""The tools in Python that come with Loomwork, called as a workspace calls them."""

import base64
import io
import json
from datetime import UTC, datetime
from typing import Any

import docx
import pytest

from loomwork.kernel.scope import embedded_scope
from loomwork.tools.api import ToolFailed, ToolInputInvalid, ToolResult
from tests.contracts.tools.exchanging import OtherSide, SaidResponse, shipped_tools

OURS = embedded_scope()
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>One &amp; only</title><link>https://example.com/1</link>
<description>&lt;b&gt;First&lt;/b&gt; text</description>
<pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate></item>
<item><title>Two</title><link>javascript:alert(1)</link></item></channel></rss>"""


REFUSALS = [(404, "tool_refused"), (429, "tool_rate_limited"), (503, "tool_unavailable")]


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


FEISHU = {"app_id": "cli_1", "app_secret": "secret-0123456789"}
LET_IN = dict.fromkeys(("feishu_spreadsheet", "feishu_base", "feishu_document"), FEISHU)
LET_US_IN = SaidResponse(json={"code": 0, "msg": "ok", "tenant_access_token": "t-123456", "expire": 7200})


async def called(name: str, arguments: dict[str, Any], *answers: SaidResponse) -> ToolResult:
    tools = shipped_tools(OtherSide(answers), clock=Noon())
    toolset = name.rpartition("/")[0]
    if toolset in LET_IN:
        await tools.save_credential(OURS, toolset, LET_IN[toolset])
    return await tools.call(OURS, name, arguments, key="k")


def content_of(result: ToolResult) -> bytes:
    (file,) = result.files
    return base64.b64decode((file.url or "").partition(",")[2])


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("time/current_time", {}, "2026-07-01 12:00:00"),
        ("time/current_time", {"timezone": "Europe/Paris", "format": "%H:%M"}, "14:00"),
        ("time/localtime_to_timestamp", {"localtime": "2026-07-01 14:00:00", "timezone": "Europe/Paris"}, "1782907200"),
        ("time/timestamp_to_localtime", {"timestamp": "1782907200"}, "2026-07-01 12:00:00"),
        ("time/timestamp_to_localtime", {"timestamp": 1782907200000}, "2026-07-01 12:00:00"),
        (
            "time/timezone_conversion",
            {"current_time": "2026-07-01 12:00", "current_timezone": "UTC", "target_timezone": "Asia/Tokyo"},
            "2026-07-01 21:00:00",
        ),
        ("time/weekday", {"year": 2026, "month": 7, "day": 1}, "Wednesday"),
        ("calculator/eval_expression", {"expression": "0.1 + 0.2"}, "0.3"),
        ("calculator/eval_expression", {"expression": "(1 + 2) * sqrt(16) ^ 2"}, "48"),
        ("calculator/eval_expression", {"expression": "2**100"}, "1267650600228229401496703205376"),
        ("json_process/parse", {"content": '{"a": [{"b": 1}, {"b": "é"}]}', "json_filter": "$.a[1].b"}, "é"),
        ("json_process/parse", {"content": '{"a": [{"b": 1}, {"b": 2}]}', "json_filter": "a[*].b"}, "[1, 2]"),
        ("json_process/parse", {"content": '{"a": {"b": 1}}', "json_filter": "$.a"}, '{"b": 1}'),
        ("json_process/parse", {"content": "{}", "json_filter": "$.a"}, ""),
        ("json_process/json_parse", {"json_string": ' {"a": [1]} '}, '{"a": [1]}'),
        ("builtin/json_parse", {"json_string": "[1]"}, "[1]"),
        ("aws/lambda_yaml_to_json", {"yaml_content": "a: [1, x]\n2: no"}, '{"a": [1, "x"], "2": false}'),
        ("regex/regex_extract", {"content": "a1 b22", "expression": r"\d+"}, '["1", "22"]'),
        ("regex/regex_extract", {"content": "a1 b22", "expression": r"(\w)(\d)"}, '[["a", "1"], ["b", "2"]]'),
        ("csv/csv_to_json", {"content": "a,b\n1,2\n3\n"}, '[{"a": "1", "b": "2"}, {"a": "3", "b": ""}]'),
        ("csv/json_to_csv", {"content": '[{"a": 1, "b": "=x"}, {"a": 2}]'}, "a,b\n1,'=x\n2,\n"),
        ("base64/base64_encoder", {"plain_text": "hé"}, "aMOp"),
        ("base64/base64_decoder", {"base64_text": "aMOp"}, "hé"),
    ],
)
async def test_a_tool_says(name: str, arguments: dict[str, Any], text: str) -> None:
    assert (await called(name, arguments)).text == text


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("time/current_time", {"timezone": "../../etc/passwd"}),
        ("time/current_time", {"timezone": "Mars/Base"}),
        ("time/localtime_to_timestamp", {"localtime": "soon"}),
        ("time/timestamp_to_localtime", {"timestamp": 1e300}),
        ("time/weekday", {"year": 2026, "month": 2, "day": 30}),
        ("calculator/eval_expression", {"expression": "__import__('os').system('id')"}),
        ("calculator/eval_expression", {"expression": "().__class__"}),
        ("calculator/eval_expression", {"expression": "9**9**9**9"}),
        ("calculator/eval_expression", {"expression": "factorial(99999999)"}),
        ("calculator/eval_expression", {"expression": "1/0"}),
        ("calculator/eval_expression", {"expression": "'a' * 10"}),
        ("calculator/eval_expression", {"expression": "(" * 1500}),
        ("json_process/parse", {"content": "no json", "json_filter": "$"}),
        ("json_process/parse", {"content": "{}", "json_filter": "$.a["}),
        ("json_process/parse", {"content": '{"a": "b"}', "json_filter": "$[?search(@.a, '(a+)+$')]"}),
        ("json_process/parse", {"content": "[" * 100_000, "json_filter": "$"}),
        ("json_process/parse", {"content": "{}", "json_filter": "$..*..*..*"}),
        ("yaml/yaml_to_json", {"yaml_content": "a: &x 1\nb: *x"}),
        ("yaml/yaml_to_json", {"yaml_content": "a: ["}),
        ("feishu_spreadsheet/add_rows", {"spreadsheet_token": "t", "values": "no rows"}),
        ("feishu_base/add_records", {"app_token": "t", "table_id": "x", "records": "[1]"}),
        ("documents/read_document", {"file": {"url": "/etc/passwd"}}),
        ("regex/regex_extract", {"content": "a" * 40, "expression": "(a|aa)+$b"}),
        ("regex/regex_extract", {"content": "a", "expression": "("}),
        ("csv/csv_to_json", {}),
        ("csv/csv_to_json", {"content": "a", "delimiter": "ab"}),
        ("csv/json_to_csv", {"content": "7"}),
        ("base64/base64_decoder", {"base64_text": "%%%"}),
        ("qrcode/qrcode_generator", {"content": "x" * 4000}),
        ("qrcode/qrcode_generator", {"content": "x", "error_correction": "Z"}),
        ("echarts/bar_chart", {"data": "1;2", "x_axis": "a"}),
    ],
)
async def test_what_cannot_be_meant_is_refused_in_a_sentence(name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolInputInvalid) as refused:
        await called(name, arguments)
    assert len(refused.value.message) < 700
    assert "Traceback" not in refused.value.message


async def test_a_qr_code_is_a_picture() -> None:
    result = await called("qrcode/qrcode_generator", {"content": "https://example.com", "border": "1"})
    assert content_of(result).startswith(b"\x89PNG")
    assert (result.files[0].type, result.files[0].name) == ("image", "qrcode.png")


async def test_texts_become_files_with_harmless_names() -> None:
    result = await called("text_files/text_to_file", {"content": "héllo", "output_filename": "../../a\n/b"})
    assert (content_of(result).decode(), result.files[0].name) == ("héllo", "_.._a_b.txt")
    result = await called("text_files/md_to_md", {"md_text": "```markdown\n# Title\n```"})
    assert (content_of(result).decode(), result.files[0].name) == ("# Title", "export.md")


async def test_a_chart_is_options_in_markdown() -> None:
    result = await called("echarts/pie_chart", {"title": "Votes", "data": "1;2.5", "categories": "yes;no"})
    option = json.loads(result.text.strip().removeprefix("```echarts\n").removesuffix("\n```"))
    assert option["series"][0]["data"] == [{"name": "yes", "value": 1}, {"name": "no", "value": 2.5}]


async def test_a_feed_is_read_without_its_markup() -> None:
    result = await called("rss/rss_reader", {"url": "https://example.com/feed"}, SaidResponse(body=FEED))
    entries = result.json[0]["entries"]
    assert [(each["title"], each["url"], each["summary"]) for each in entries] == [
        ("One & only", "https://example.com/1", "First text"),
        ("Two", "", ""),
    ]
    assert [link.url for link in result.links] == ["https://example.com/1"]
    assert result.marks == {"tool", "web"}


async def test_a_page_is_read_as_markdown() -> None:
    page = SaidResponse(headers={"Content-Type": "text/html"}, body="<h1>Loom</h1><p>Weaves.</p><script>x()</script>")
    result = await called("webscraper/webscraper", {"url": "https://example.com/a"}, page)
    assert result.text == "# Loom\n\nWeaves."


@pytest.mark.parametrize(
    ("status", "code"), [(404, "tool_refused"), (429, "tool_rate_limited"), (503, "tool_unavailable")]
)
async def test_a_page_that_does_not_come_says_why(status: int, code: str) -> None:
    with pytest.raises(ToolFailed) as failed:
        await called(
            "webscraper/webscraper", {"url": "https://example.com/a?token=secret"}, SaidResponse(status=status)
        )
    assert failed.value.code == code
    assert "secret" not in failed.value.message


async def test_a_document_is_read_from_a_file_and_from_an_address() -> None:
    file = {"url": "data:text/html;base64," + base64.b64encode(b"<h1>Loom</h1>").decode(), "filename": "a.html"}
    assert (await called("documents/read_document", {"file": file})).text == "# Loom"
    page = SaidResponse(headers={"Content-Type": "text/plain"}, body="plain words")
    at_address = {"url": "https://example.com/a.txt"}
    assert (await called("textin/pdf2markdown/pdf2markdown/pdf2markdown", at_address, page)).text == "plain words"


async def test_rows_are_added_to_a_sheet_that_is_found_by_its_name() -> None:
    other_side = OtherSide(
        [
            LET_US_IN,
            SaidResponse(json={"code": 0, "data": {"sheets": [{"sheet_id": "s1", "title": "A"}]}, "msg": "success"}),
            SaidResponse(json={"code": 0, "data": {"updates": {"updatedRows": 1}}, "msg": "success"}),
            LET_US_IN,
            SaidResponse(json={"code": 0, "data": {"sheets": []}, "msg": "success"}),
        ]
    )
    tools = shipped_tools(other_side)
    await tools.save_credential(OURS, "feishu_spreadsheet", LET_IN["feishu_spreadsheet"])
    arguments = {"spreadsheet_token": "tok", "sheet_name": "A", "values": "[[1, 2]]"}
    result = await tools.call(OURS, "feishu_spreadsheet/add_rows", arguments, key="k")
    assert list(result.json) == [{"updates": {"updatedRows": 1}}]
    last = other_side.asked[2]
    assert last.url == (
        "https://open.feishu.cn/open-apis/sheets/v2/spreadsheets/tok/values_append?insertDataOption=INSERT_ROWS"
    )
    assert json.loads(last.body or b"") == {"valueRange": {"range": "s1", "values": [[1, 2]]}}
    assert dict(last.headers)["Authorization"] == "Bearer t-123456"
    with pytest.raises(ToolInputInvalid, match="no sheet"):
        await tools.call(OURS, "feishu_spreadsheet/add_rows", {**arguments, "sheet_name": "B"}, key="k")


MARKDOWN = """```markdown
# Title

Some **bold** and *slanted* `code`.

- one
- two

| a | b |
|---|---|
| 1 | 2 |
```"""


async def test_markdown_becomes_a_word_document() -> None:
    result = await called(
        "stvlynn/doc/doc/markdown_to_docx_converter", {"markdown_content": MARKDOWN, "title": "Report"}
    )
    document = docx.Document(io.BytesIO(content_of(result)))
    styles = [(each.text, each.style.name if each.style else "") for each in document.paragraphs]
    assert styles == [
        ("Title", "Heading 1"),
        ("Some bold and slanted code.", "Normal"),
        ("one", "List Bullet"),
        ("two", "List Bullet"),
    ]
    assert [run.text for run in document.paragraphs[1].runs if run.bold] == ["bold"]
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == [["a", "b"], ["1", "2"]]
    assert result.files[0].name == "Report.docx"


async def test_markdown_becomes_a_page_without_what_runs_in_it() -> None:
    result = await called("text_files/md_to_html", {"md_text": "# A\n<script>x()</script>", "output_filename": "<b>"})
    page = content_of(result).decode()
    assert "<h1>A</h1>" in page
    assert "<script" not in page


async def test_hostile_markdown_is_exported_too() -> None:
    for text in ("\x00\ud800", "> " * 300 + "deep", "*" * 5000, "|a|\n|-|\n" * 200, "- " * 200):
        assert content_of(await called("text_files/md_to_docx", {"content": text})).startswith(b"PK")


async def test_feishu_is_asked_by_the_token_in_an_address_and_says_why_it_refuses() -> None:
    done = SaidResponse(json={"code": 0, "data": {"records": []}, "msg": "success"})
    other_side = OtherSide([LET_US_IN, done, LET_US_IN, SaidResponse(json={"code": 91402, "msg": "NOTEXIST"})])
    tools = shipped_tools(other_side)
    await tools.save_credential(OURS, "feishu_base", FEISHU)
    address = "https://x.feishu.cn/base/MuNq1?table=tbl1"
    arguments = {"app_token": address, "table_id": "tbl1", "records": '{"Name": "A"}'}
    await tools.call(OURS, "feishu_base/add_records", arguments, key="k")
    sent = other_side.asked[1]
    assert sent.url == "https://open.feishu.cn/open-apis/bitable/v1/apps/MuNq1/tables/tbl1/records/batch_create"
    assert json.loads(sent.body or b"") == {"records": [{"fields": {"Name": "A"}}]}
    with pytest.raises(ToolFailed, match="NOTEXIST"):
        await tools.call(OURS, "feishu_base/add_records", arguments, key="k")


async def test_a_document_of_feishu_is_made_written_and_read() -> None:
    there = SaidResponse(json={"code": 0, "data": {"document": {"document_id": "d1"}}, "msg": "success"})
    done = SaidResponse(json={"code": 0, "data": {}, "msg": "success"})
    read = SaidResponse(json={"code": 0, "data": {"content": "one"}, "msg": "success"})
    other_side = OtherSide([LET_US_IN, there, done, LET_US_IN, read])
    tools = shipped_tools(other_side)
    await tools.save_credential(OURS, "feishu_document", FEISHU)
    arguments = {"title": "T", "content": "one\n\ntwo"}
    assert (await tools.call(OURS, "feishu_document/create_document", arguments, key="k")).json[0][
        "document_id"
    ] == "d1"
    written = other_side.asked[2]
    assert written.url == "https://open.feishu.cn/open-apis/docx/v1/documents/d1/blocks/d1/children"
    assert len(json.loads(written.body or b"")["children"]) == 2
    document = {"document_id": "d1"}
    assert (await tools.call(OURS, "feishu_document/get_document_content", document, key="k")).text == "one"
