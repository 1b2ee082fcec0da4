"""Spreadsheets, tables and documents of Feishu, by its open platform."""

import json
import re
from typing import Any

from loomwork.adapters.tools.asking import Asked, ask
from loomwork.adapters.tools.cards import Answer
from loomwork.adapters.tools.templates import Values, url_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.nodes.ports import EgressRequest
from loomwork.tools.api import ToolInputInvalid, ToolOutputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["add_records", "add_rows", "create_document", "read_document", "write_document"]

PLACE = "https://open.feishu.cn/open-apis"
ANSWER = Answer(fail_if="[{code: code, msg: msg}][?code && code != `0`].msg | [0]", error="msg", web=False)
LABEL = "Feishu"
MOST_BLOCKS = 50
"""Paragraphs that are added at once."""

TEXT = 2
"""The kind of a block that is a paragraph."""

_TOKEN = re.compile(r"/(?:base|docx|docs|wiki|sheets)/([A-Za-z0-9]+)")


async def add_rows(call: ToolCall, world: ToolWorld) -> ToolResult:
    """Rows below those that a sheet has."""
    rows = _rows(call.arguments["values"])
    token = await _let_in(call, world)
    sheet = call.arguments.get("sheet_id") or await _sheet_named(call, world, token)
    body = {"valueRange": {"range": sheet, "values": rows}}
    address = "/sheets/v2/spreadsheets/{spreadsheet_token}/values_append?insertDataOption=INSERT_ROWS"
    asked = await _asked(call, world, "POST", address, body, token)
    return ToolResult("The rows were added.", json=[_data(asked)])


async def add_records(call: ToolCall, world: ToolWorld) -> ToolResult:
    """Records of a table of a base: objects by the names of its fields."""
    records = [{"fields": each} for each in _objects(call.arguments["records"])]
    token = await _let_in(call, world)
    path = "/bitable/v1/apps/{app_token}/tables/{table_id}/records/batch_create"
    asked = await _asked(call, world, "POST", path, {"records": records}, token)
    return ToolResult("The records were added.", json=[_data(asked)])


async def create_document(call: ToolCall, world: ToolWorld) -> ToolResult:
    """A document, with a first text where there is one."""
    token = await _let_in(call, world)
    body = {name: call.arguments[name] for name in ("title", "folder_token") if call.arguments.get(name)}
    document = _data(await _asked(call, world, "POST", "/docx/v1/documents", body, token)).get("document") or {}
    if call.arguments.get("content"):
        await _write(call, world, token, str(document.get("document_id")))
    return ToolResult(json.dumps(document, ensure_ascii=False), json=[document])


async def write_document(call: ToolCall, world: ToolWorld) -> ToolResult:
    """Paragraphs at the end of a document."""
    token = await _let_in(call, world)
    await _write(call, world, token, call.arguments["document_id"])
    return ToolResult("The text was added.")


async def read_document(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The text of a document."""
    token = await _let_in(call, world)
    asked = await _asked(call, world, "GET", "/docx/v1/documents/{document_id}/raw_content", None, token)
    return ToolResult(str(_data(asked).get("content") or ""), marks=frozenset({"retrieved"}))


async def _write(call: ToolCall, world: ToolWorld, token: str, document_id: str) -> None:
    lines = [line for line in str(call.arguments["content"]).splitlines() if line.strip()]
    blocks = [{"block_type": TEXT, "text": {"elements": [{"text_run": {"content": line}}]}} for line in lines]
    path = "/docx/v1/documents/{document_id}/blocks/{document_id}/children"
    for start in range(0, len(blocks), MOST_BLOCKS):
        body = {"children": blocks[start : start + MOST_BLOCKS]}
        await _asked(call, world, "POST", path, body, token, document_id=document_id)


async def _sheet_named(call: ToolCall, world: ToolWorld, token: str) -> str:
    """The sheet of this name, the first one where none is named."""
    asked = await _asked(call, world, "GET", "/sheets/v3/spreadsheets/{spreadsheet_token}/sheets/query", None, token)
    sheets = _data(asked).get("sheets") or []
    wanted = call.arguments.get("sheet_name")
    found = next((each for each in sheets if not wanted or each.get("title") == wanted), None)
    if found is None:
        raise ToolInputInvalid(f"The spreadsheet has no sheet {str(wanted)[:80]!r}.", parameter="sheet_name")
    return str(found.get("sheet_id"))


async def _let_in(call: ToolCall, world: ToolWorld) -> str:
    """What an app is known by for the next two hours."""
    body = {name: call.credentials[name] for name in ("app_id", "app_secret")}
    asked = await _asked(call, world, "POST", "/auth/v3/tenant_access_token/internal", body, None)
    token = asked.value.get("tenant_access_token") if isinstance(asked.value, dict) else None
    if not isinstance(token, str):
        raise ToolOutputInvalid("Feishu has let nobody in, and does not say why.")
    return token


async def _asked(
    call: ToolCall, world: ToolWorld, method: str, path: str, body: Any, token: str | None, **more: str
) -> Asked:
    headers = [("Content-Type", "application/json; charset=utf-8")]
    if token is not None:
        headers.append(("Authorization", f"Bearer {token}"))
    content = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
    named = {name: _bare(value) for name, value in {**call.arguments, **more}.items()}
    request = EgressRequest(method, url_of(PLACE + path, Values(named, {})), headers, content)
    secrets = [call.credentials["app_secret"], *([token] if token is not None else [])]
    return await ask(world.egress, request, label=LABEL, secrets=secrets, answer=ANSWER)


def _bare(value: Any) -> Any:
    """The token of a thing, where somebody gave its whole address."""
    found = _TOKEN.search(value) if isinstance(value, str) and value.startswith("https://") else None
    return found[1] if found is not None else value


def _data(asked: Asked) -> dict[str, Any]:
    data = asked.value.get("data") if isinstance(asked.value, dict) else None
    return data if isinstance(data, dict) else {}


def _rows(values: Any) -> list[list[Any]]:
    try:
        rows = json.loads(values) if isinstance(values, str) else values
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not rows:
        raise ToolInputInvalid("The rows are a list of lists, such as [[1, 2], [3, 4]].", parameter="values")
    return [row if isinstance(row, list) else [row] for row in rows]


def _objects(values: Any) -> list[dict[str, Any]]:
    try:
        records = json.loads(values) if isinstance(values, str) else values
    except (ValueError, RecursionError):
        records = None
    if isinstance(records, dict):
        records = [records]
    if not isinstance(records, list) or not records or not all(isinstance(each, dict) for each in records):
        raise ToolInputInvalid('The records are a list of objects, such as [{"Name": "A"}].', parameter="records")
    return records
