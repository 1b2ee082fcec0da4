"""Apps without a graph of their own, and the graph that they are made into."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from loomwork.dsl import Document, read_document, write_document

MODEL = {"provider": "openai", "name": "gpt-4o", "mode": "chat", "completion_params": {"temperature": 0.2}}
FORM = [{"text-input": {"variable": "animal", "label": "Animal", "required": True}}, {"paragraph": {"variable": "q"}}]
SEARCH = {
    "enabled": True,
    "provider_id": "searxng",
    "provider_name": "searxng",
    "provider_type": "builtin",
    "tool_name": "searxng_search",
    "tool_parameters": {"query": "", "num_results": "3"},
}


def read(mode: str, **model_config: Any) -> Document:
    config = {
        "model": MODEL,
        "user_input_form": FORM,
        "pre_prompt": "Speak of {{animal}} and {{nobody}}.",
        **model_config,
    }
    return read_document(yaml.safe_dump({"app": {"mode": mode, "name": "It"}, "kind": "app", "model_config": config}))


def configs(document: Document) -> Mapping[str, Mapping[str, Any]]:
    assert document.graph is not None
    return {node.id: node.config for node in document.graph.nodes}


def test_a_chat_is_told_its_prompt_with_the_form_s_fields_and_remembers_the_conversation() -> None:
    nodes = configs(read("chat"))
    assert list(nodes) == ["start", "model", "answer"]
    assert [field["variable"] for field in nodes["start"]["variables"]] == ["animal", "q"]
    told = [{"role": "system", "text": "Speak of {{#start.animal#}} and {{nobody}}."}]
    assert nodes["model"]["prompt_template"] == told
    assert nodes["model"]["model"] == MODEL
    assert nodes["model"]["memory"]["query_prompt_template"] == "{{#sys.query#}}"
    assert nodes["answer"]["answer"] == "{{#model.text#}}"


def test_knowledge_is_asked_the_query_and_shown_to_the_model() -> None:
    datasets = {"datasets": {"datasets": [{"dataset": {"enabled": True, "id": "d1"}}]}, "top_k": 7}
    nodes = configs(read("chat", dataset_configs=datasets))
    assert list(nodes) == ["start", "knowledge", "model", "answer"]
    assert (nodes["knowledge"]["dataset_ids"], nodes["knowledge"]["query_variable_selector"]) == (
        ["d1"],
        ["sys", "query"],
    )
    assert nodes["knowledge"]["multiple_retrieval_config"]["top_k"] == 7
    assert "{{#context#}}" in nodes["model"]["prompt_template"][0]["text"]
    assert nodes["model"]["context"] == {"enabled": True, "variable_selector": ["knowledge", "result"]}


def test_a_completion_is_one_prompt_and_remembers_nothing() -> None:
    nodes = configs(read("completion"))
    assert [row["role"] for row in nodes["model"]["prompt_template"]] == ["user"]
    assert nodes["model"]["memory"] is None


def test_knowledge_of_a_completion_is_asked_the_field_that_the_app_names() -> None:
    datasets = {"datasets": {"datasets": [{"dataset": {"enabled": True, "id": "d1"}}]}}
    asked = configs(read("completion", dataset_configs=datasets, dataset_query_variable="q"))
    assert asked["knowledge"]["query_variable_selector"] == ["start", "q"]
    assert "knowledge" not in configs(read("completion", dataset_configs=datasets))


@pytest.mark.parametrize(("strategy", "named"), [("function_call", "function_calling"), ("react", "ReAct")])
def test_an_agent_has_its_tools_instruction_turns_and_strategy(strategy: str, named: str) -> None:
    mode = {"enabled": True, "strategy": strategy, "max_iteration": 9, "tools": [SEARCH]}
    agent = configs(read("agent-chat", agent_mode=mode))["agent"]
    given = {name: each["value"] for name, each in agent["agent_parameters"].items()}
    assert agent["agent_strategy_name"] == named
    assert (given["maximum_iterations"], given["query"]) == (9, "{{#sys.query#}}")
    assert given["instruction"] == "Speak of {{#start.animal#}} and {{nobody}}."
    [tool] = given["tools"]
    assert (tool["provider_id"], tool["tool_name"], tool["type"]) == ("searxng", "searxng_search", "builtin")
    assert tool["parameters"]["num_results"]["value"] == "3"


def test_an_author_s_own_messages_are_the_prompt() -> None:
    rows = [{"role": "system", "text": "You know {{animal}}s. {{#histories#}}"}, {"role": "assistant", "text": "Ask."}]
    nodes = configs(read("chat", prompt_type="advanced", chat_prompt_config={"prompt": rows}))
    assert nodes["model"]["prompt_template"] == [
        {"role": "system", "text": "You know {{#start.animal#}}s. "},
        {"role": "assistant", "text": "Ask."},
    ]


def test_the_model_is_named_once_and_the_file_is_written_as_it_came() -> None:
    document = read("agent-chat", agent_mode={"tools": [SEARCH]})
    assert [str(each) for each in document.model_references] == ["openai/gpt-4o"]
    assert "workflow" not in yaml.safe_load(write_document(document))


@pytest.mark.parametrize("junk", [None, 3, "x", [1], {"tools": [None, {"tool_name": 4}]}, {"tools": {"a": 1}}])
def test_odd_bodies_are_read_all_the_same(junk: Any) -> None:
    odd = dict.fromkeys(("agent_mode", "model", "dataset_configs", "file_upload", "chat_prompt_config"), junk)
    for mode in ("chat", "agent-chat", "completion"):
        assert read(mode, prompt_type="advanced", **odd).graph is not None


def test_an_empty_body_has_nothing_to_run() -> None:
    document = read_document("app: {mode: chat}\nmodel_config: {}\n")
    assert (document.graph, document.node_count) == (None, 0)
