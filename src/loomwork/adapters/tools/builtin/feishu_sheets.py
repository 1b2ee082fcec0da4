"""Spreadsheets of Feishu, by its open platform."""

import json
from typing import Any

from loomwork.adapters.tools.asking import Asked, ask
from loomwork.adapters.tools.cards import Answer
from loomwork.adapters.tools.templates import Values, url_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.nodes.ports import EgressRequest
from loomwork.tools.api import ToolInputInvalid, ToolOutputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["add_rows"]

PLACE = "https://open.feishu.cn/open-apis"
ANSWER = Answer(fail_if="[{code: code, msg: msg}][?code && code != `0`].msg | [0]", error="msg", web=False)
LABEL = "Feishu"


async def add_rows(call: ToolCall, world: ToolWorld) -> ToolResult:
    """Rows below those that a sheet has."""
    rows = _rows(call.arguments["values"])
    token = await _let_in(call, world)
    sheet = call.arguments.get("sheet_id") or await _sheet_named(call, world, token)
    body = {"valueRange": {"range": sheet, "values": rows}}
    address = "/sheets/v2/spreadsheets/{spreadsheet_token}/values_append?insertDataOption=INSERT_ROWS"
    asked = await _asked(call, world, "POST", address, body, token)
    return ToolResult("The rows were added.", json=[_data(asked)])


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


async def _asked(call: ToolCall, world: ToolWorld, method: str, path: str, body: Any, token: str | None) -> Asked:
    headers = [("Content-Type", "application/json; charset=utf-8")]
    if token is not None:
        headers.append(("Authorization", f"Bearer {token}"))
    content = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
    request = EgressRequest(method, url_of(PLACE + path, Values(call.arguments, {})), headers, content)
    secrets = [call.credentials["app_secret"], *([token] if token is not None else [])]
    return await ask(world.egress, request, label=LABEL, secrets=secrets, answer=ANSWER)


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
