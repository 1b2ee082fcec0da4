"""Every tool that is a request sends what its vendor documents, and makes of the answer what its file says."""

import json
from pathlib import Path

import pytest

from loomwork.adapters.catalog.tool_files import ToolFileReader
from loomwork.bootstrap.package_data import catalog_dir
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import embedded_scope
from loomwork.nodes.ports import EgressRequest
from loomwork.tools.api import ToolResult
from tests.contracts.tools.exchanging import (
    OtherSide,
    SaidRequest,
    SaidResponse,
    SaidResult,
    exchanges,
    read_exchange,
    shipped_tools,
)

OURS = embedded_scope()


def held_against(sent: EgressRequest, said: SaidRequest) -> None:
    assert (sent.method, sent.url) == (said.method, said.url)
    headers = {name.lower(): value for name, value in sent.headers}
    assert {name: headers.get(name.lower()) for name in said.headers} == said.headers
    if said.value is not None:
        assert json.loads(sent.body or b"null") == said.value
    if said.body is not None:
        assert (sent.body or b"").decode() == said.body


@pytest.mark.parametrize(("toolset", "path"), exchanges(), ids=lambda each: getattr(each, "stem", each))
async def test_a_tool_speaks_as_its_vendor_documents(toolset: str, path: Path) -> None:
    exchange = read_exchange(path)
    other_side = OtherSide(exchange.responses or [exchange.response or SaidResponse()])
    tools = shipped_tools(other_side)
    if exchange.credentials:
        await tools.save_credential(OURS, toolset, exchange.credentials)
    if exchange.error is not None:
        with pytest.raises(LoomworkError) as failed:
            await tools.call(OURS, f"{toolset}/{exchange.tool}", exchange.arguments, key="the-key")
        assert failed.value.code == exchange.error.code
        assert exchange.error.says in failed.value.message
        assert not any(value in failed.value.message for value in exchange.credentials.values())
    else:
        _holds(exchange.result, await tools.call(OURS, f"{toolset}/{exchange.tool}", exchange.arguments, key="the-key"))
    said = exchange.requests or ([exchange.request] if exchange.request is not None else [])
    for sent, expected in zip(other_side.asked, said, strict=bool(exchange.requests)):
        held_against(sent, expected)


def _holds(said: SaidResult | None, result: ToolResult) -> None:
    assert said is not None
    if said.text is not None:
        assert result.text == said.text
    if said.values is not None:
        assert list(result.json) == said.values
    if said.links is not None:
        assert [each.url for each in result.links] == said.links
    if said.files is not None:
        assert [each.name for each in result.files] == said.files
    if said.variables is not None:
        assert dict(result.variables) == said.variables


async def test_every_tool_that_is_a_request_has_an_exchange() -> None:
    tools = shipped_tools(OtherSide())
    held = {(toolset, read_exchange(path).tool) for toolset, path in exchanges()}
    files = ToolFileReader([catalog_dir() / "tools"]).read()
    asked = {(card.id, tool.name) for card in files.cards.values() for tool in card.tools if tool.request is not None}
    assert asked - held == set()
    assert {each.id for each in await tools.toolsets(OURS)} == set(files.cards)
