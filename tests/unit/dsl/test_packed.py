"""Agents that are packed beside the graph."""

from typing import Any

import pytest
import yaml

from loomwork import Workflow
from loomwork.dsl import Document, read_document, write_document

MODEL = {"plugin_id": "langgenius/openai", "model_provider": "langgenius/openai/openai", "model": "gpt-4o"}
CALCULATOR = {"plugin_id": "langgenius/calculator", "provider": "calculator", "tool_name": "eval_expression"}


def soul(**more: Any) -> dict[str, Any]:
    said = {"system_prompt": "Use [§tool:calculator/eval_expression§]."}
    return {"schema_version": 1, "prompt": said, "model": MODEL, "tools": {"dify_tools": [CALCULATOR]}, **more}


def app(packed: Any, **job: Any) -> str:
    agent = {
        "type": "agent",
        "title": "Agent",
        "version": "2",
        "agent_binding": {"binding_type": "inline_agent", "package_ref": "one"},
        "agent_job": {"schema_version": 1, "workflow_prompt": "Count {{#start.what#}}", **job},
    }
    start = {"type": "start", "title": "Start", "variables": [{"variable": "what", "type": "paragraph"}]}
    end = {"type": "end", "title": "End", "outputs": [{"variable": "said", "value_selector": ["agent", "text"]}]}
    nodes = [{"id": name, "data": data} for name, data in (("start", start), ("agent", agent), ("end", end))]
    edges = [{"source": "start", "target": "agent"}, {"source": "agent", "target": "end"}]
    workflow = {"graph": {"nodes": nodes, "edges": edges}}
    tree = {"version": "0.7.0", "app": {"mode": "workflow", "name": "It"}, "workflow": workflow}
    return yaml.safe_dump({**tree, "agent_packages": {"one": {"schema_version": 1, "soul": packed}}})


def config_of(document: Document) -> Any:
    assert document.graph is not None
    return document.graph.nodes[1].config


def test_its_prompt_model_and_tools_are_those_of_its_package_and_its_task_that_of_the_node() -> None:
    document = read_document(app(soul(), previous_node_output_refs=[{"selector": ["start", "other"]}]))
    given = {name: each["value"] for name, each in config_of(document)["agent_parameters"].items()}
    assert given["instruction"] == "Use eval_expression."
    assert given["query"] == "Count {{#start.what#}}\nstart.other: {{#start.other#}}"
    assert given["tools"][0]["provider_id"] == "langgenius/calculator/calculator"
    assert [str(each) for each in document.model_references] == ["langgenius/openai/openai/gpt-4o"]
    assert "agent_parameters" not in write_document(document)


async def test_it_runs() -> None:
    result = await Workflow.from_dsl(app(soul()), model="debug/echo").run({"what": "owls"})
    assert result.status == "succeeded", result.error
    assert "Count owls" in result.outputs["said"]


def test_what_it_has_to_work_without_is_said() -> None:
    tools = {"dify_tools": [{"provider_id": "time", "tool_name": None}], "cli_tools": [{"name": "ffmpeg"}]}
    (problem,) = read_document(app(soul(tools=tools, knowledge={"datasets": [{"id": "d"}]}))).problems
    assert problem.code == "agent_parts_left_out"
    assert problem.message.endswith("works without command line tools, knowledge, all tools of 'time' at once.")


@pytest.mark.parametrize("packed", [None, 3, "x", []])
def test_without_a_package_it_stays_as_it_is(packed: Any) -> None:
    assert "agent_parameters" not in config_of(read_document(app(packed)))


def test_one_that_declares_outputs_of_its_own_stays_as_it_is() -> None:
    outputs = [{"name": "score", "type": "number"}]
    assert "agent_parameters" not in config_of(read_document(app(soul(), declared_outputs=outputs)))


@pytest.mark.parametrize("junk", [None, 3, "x", [1], {"dify_tools": [None, {"tool_name": 4}]}])
def test_odd_packages_are_read_all_the_same(junk: Any) -> None:
    odd = dict.fromkeys(("prompt", "model", "tools", "knowledge", "human", "skills_files"), junk)
    assert "agent_parameters" in config_of(read_document(app({**soul(), **odd})))
