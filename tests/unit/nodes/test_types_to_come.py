"""Node types whose capability is not built: apps with them import, say so, and run with something in their place."""

from itertools import pairwise
from typing import Any

import pytest
import yaml

from loomwork import Workflow
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.dsl import read_document, write_document
from loomwork.nodes.known import KNOWN_TYPES, canonical
from loomwork.nodes.registry import node_types
from tests.unit.nodes.bench import ScriptedModels
from tests.unit.nodes.outside import refusing

pytestmark = pytest.mark.anyio

CONFIGS: dict[str, dict[str, Any]] = {
    "trigger-schedule": {"mode": "visual", "frequency": "daily", "timezone": "UTC"},
    "trigger-webhook": {"method": "post", "headers": [], "params": [{"name": "q", "type": "string"}]},
    "trigger-plugin": {"plugin_id": "a/b", "event_name": "happened", "event_parameters": {}},
    "datasource": {"plugin_id": "a/b", "provider_type": "local_file", "datasource_name": "upload"},
    "knowledge-index": {"chunk_structure": "text_model", "indexing_technique": "economy"},
    "made-up": {"outputs": {"text": {"type": "string"}}},
    "": {},
}
OUTPUT = {"knowledge-index": "result", "trigger-webhook": "q", "datasource": "title"}
ROOTS = frozenset({"trigger-schedule", "trigger-webhook", "trigger-plugin", "datasource"})


@pytest.fixture(params=[name for name in CONFIGS if name])
def type_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def app_with(type_name: str) -> str:
    """An app that goes through a node of this type, beginning with it where a run may."""
    node = {"id": "n", "type": type_name, "title": "The node", **CONFIGS[type_name]}
    start = {"id": "s", "type": "start", "title": "Start", "variables": [{"variable": "text", "type": "paragraph"}]}
    output = {"variable": "out", "value_selector": ["n", OUTPUT.get(type_name, "text")]}
    end = {"id": "e", "type": "end", "title": "End", "outputs": [output]}
    before = [] if type_name in ROOTS else [start]
    path = [data["id"] for data in (*before, node, end)]
    edges = [{"id": f"{a}-{b}", "source": a, "target": b} for a, b in pairwise(path)]
    nodes = [{"id": data["id"], "type": "custom", "data": data} for data in (*before, node, end)]
    graph = {"nodes": nodes, "edges": edges}
    app = {"name": "Sample", "mode": "workflow"}
    return yaml.safe_dump({"version": "0.6.0", "kind": "app", "app": app, "workflow": {"graph": graph}})


def test_the_list_is_of_every_known_type_that_is_not_built() -> None:
    built = {canonical(name) for name in node_types(ScriptedModels(), refusing())}
    assert set(KNOWN_TYPES) - built == set(CONFIGS) - {"made-up", ""}


def test_an_app_with_it_imports_and_is_written_back_equal(type_name: str) -> None:
    text = app_with(type_name)
    assert yaml.safe_load(write_document(read_document(text))) == yaml.safe_load(text)


def test_check_names_it_as_not_runnable_yet(type_name: str) -> None:
    flow = FlowCompiler(node_types(ScriptedModels(), refusing())).compile(app_with(type_name))
    code = "unknown_type" if type_name == "made-up" else "not_runnable_yet"
    assert [(item.level, item.code, item.node_id) for item in flow.problems] == [("warning", code, "n")]
    assert "--mock" not in flow.problems[0].message, "whoever reads this may be at no terminal"


async def test_it_fails_its_run_and_says_why(type_name: str) -> None:
    result = await Workflow.from_dsl(app_with(type_name)).run({"text": "hi"})
    assert result.error is not None
    assert (result.status, result.error["code"], result.error["node_id"]) == ("failed", "not_runnable_yet", "n")
    assert f"'{type_name}'" in result.error["message"]
    assert "--mock" not in result.error["message"], "whoever reads this may be at no terminal"


async def test_a_mock_of_its_type_stands_in_for_it(type_name: str) -> None:
    mocks = {f"*{type_name}": {OUTPUT.get(type_name, "text"): "mocked"}}
    result = await Workflow.from_dsl(app_with(type_name), mocks=mocks).run({"text": "hi"})
    assert (result.status, result.outputs) == ("succeeded", {"out": "mocked"})


async def test_with_everything_outside_mocked_it_leaves_something_plausible(type_name: str) -> None:
    flow = Workflow.from_dsl(app_with(type_name), mock_outside=True)
    result = await flow.run({"text": "hi"})
    assert result.status == "succeeded"
    assert type_name in ("trigger-schedule", "trigger-plugin") or result.outputs["out"] is not None
