"""App files that call tools, run as they are."""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from loomwork import Workflow

pytestmark = pytest.mark.anyio

OLD = {"provider_id": "time", "provider_name": "time", "provider_type": "builtin", "tool_name": "current_time"}
NEW = {"provider_id": "langgenius/json_process/json_process", "provider_type": "builtin", "tool_name": "parse"}


def app_with(*tools: Mapping[str, Any]) -> str:
    start: dict[str, Any] = {
        "id": "s",
        "type": "start",
        "title": "Start",
        "variables": [{"variable": "text", "type": "paragraph"}],
    }
    nodes = [{"id": f"t{number}", "type": "tool", "title": "Tool", **tool} for number, tool in enumerate(tools)]
    outputs = [{"variable": node["id"], "value_selector": [node["id"], "text"]} for node in nodes]
    path = [start, *nodes, {"id": "e", "type": "end", "title": "End", "outputs": outputs}]
    edges = [{"source": one["id"], "target": other["id"]} for one, other in itertools.pairwise(path)]
    graph = {"nodes": [{"id": data["id"], "data": data} for data in path], "edges": edges}
    app = {"name": "Sample", "mode": "workflow"}
    return yaml.safe_dump({"version": "0.3.0", "kind": "app", "app": app, "workflow": {"graph": graph}})


async def test_tools_by_their_old_and_new_names_leave_what_they_say() -> None:
    time = {**OLD, "tool_configurations": {"format": "%Y", "timezone": "Asia/Tokyo"}, "tool_parameters": {}}
    content = {"type": "mixed", "value": "{{#s.text#}}"}
    parse = {
        **NEW,
        "tool_node_version": "2",
        "tool_configurations": {"ensure_ascii": {"type": "constant", "value": 1}},
        "tool_parameters": {"content": content, "json_filter": {"type": "mixed", "value": "name"}},
    }
    result = await Workflow.from_dsl(app_with(time, parse)).run({"text": '{"name": "owl"}'})
    assert result.status == "succeeded"
    assert result.outputs["t0"].startswith("20")
    assert result.outputs["t1"] == "owl"


async def test_a_tool_that_wants_credentials_fails_its_node_with_what_to_do() -> None:
    search = {**OLD, "provider_id": "tavily", "tool_name": "tavily_search", "tool_parameters": {"query": "x"}}
    result = await Workflow.from_dsl(app_with(search)).run({"text": ""})
    assert result.error is not None
    assert (result.status, result.error["code"]) == ("failed", "tool_credentials_missing")
    assert "loomwork tools credentials set tavily" in result.error["message"]
