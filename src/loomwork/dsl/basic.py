"""Apps without a graph of their own (`chat`, `agent-chat`, `completion`), made into a graph of the same engine.

Format: the `model_config` of Dify's DSL. The tree of such a document stays as it is; only what runs is derived from it:
start, where knowledge is named a retrieval, a model or an agent, and an answer.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from loomwork.dsl.form import FormField
from loomwork.dsl.values import as_count, as_flag, as_list, as_mapping, as_text

BASIC_MODES = frozenset({"chat", "agent-chat", "completion"})

START, KNOWLEDGE, MODEL, AGENT, ANSWER = "start", "knowledge", "model", "agent", "answer"
"""The ids of the nodes; what a run tells of them is kept under these names."""

_QUERY = "{{#sys.query#}}"
_CONTEXT = "{{#context#}}"
_SLOT = re.compile(r"\{\{\s*([A-Za-z_]\w{0,99}|#(?:query|histories)#)\s*\}\}")
_WITH_CONTEXT = f"Answer with the help of what was found in the knowledge:\n<context>\n{_CONTEXT}\n</context>\n\n"
_REACT = frozenset({"react", "cot", "react_router", "react-router"})
_REMEMBERS = {"window": {"enabled": False}, "query_prompt_template": _QUERY}


def basic_workflow(mode: str, model_config: Mapping[Any, Any], form: Sequence[FormField]) -> dict[str, Any]:
    """The `workflow` that does what this `model_config` says, in the form in which files write one."""
    words = _Words(mode, model_config, form)
    datasets = list(dict.fromkeys(_dataset_ids(model_config)))
    nodes = [_node(START, "start", "Start", {"variables": as_fields(model_config)})]
    if datasets and words.question is not None:
        nodes.append(_node(KNOWLEDGE, "knowledge-retrieval", "Knowledge", _retrieval(model_config, words, datasets)))
    has_context = len(nodes) > 1
    if mode == "agent-chat":
        nodes.append(_node(AGENT, "agent", "Agent", _agent(model_config, words, has_context=has_context)))
    else:
        nodes.append(_node(MODEL, "llm", "Model", _model(model_config, words, has_context=has_context)))
    answer = {"answer": f"{{{{#{nodes[-1]['id']}.text#}}}}"}
    nodes.append(_node(ANSWER, "answer", "Answer", answer))
    ids = [node["id"] for node in nodes]
    edges = [{"source": source, "target": target} for source, target in itertools.pairwise(ids)]
    return {"graph": {"nodes": nodes, "edges": edges}}


def as_fields(model_config: Mapping[Any, Any]) -> list[dict[Any, Any]]:
    """The form as a start node has it: `{type, variable, ...}` for each one-key mapping from type to field."""
    return [
        {**as_mapping(settings), "type": as_text(field_type)}
        for item in map(as_mapping, as_list(model_config.get("user_input_form")))
        for field_type, settings in item.items()
    ]


class _Words:
    """What the model is told, with the app's `{{name}}` as references into the graph."""

    def __init__(self, mode: str, model_config: Mapping[Any, Any], form: Sequence[FormField]) -> None:
        self._names = {field.variable for field in form}
        self._config = model_config
        self.is_chat = mode != "completion"
        self.instruction = self._referring(as_text(model_config.get("pre_prompt")))

    @property
    def question(self) -> list[str] | None:
        """The selector of what knowledge is asked: a field where the app names one, else the query of a chat."""
        named = as_text(self._config.get("dataset_query_variable"))
        if not self.is_chat:
            return [START, named] if named in self._names else None
        return ["sys", "query"]

    def prompt(self, *, has_context: bool) -> list[dict[str, str]]:
        """The messages of a model; in a chat the query follows them."""
        rows = self._written_rows()
        if not rows and self.is_chat:
            rows = [{"role": "system", "text": self.instruction}] if self.instruction.strip() else []
        elif not rows:
            rows = [{"role": "user", "text": self.instruction or self._referring("{{query}}")}]
        if has_context and not any(_CONTEXT in row["text"] for row in rows):
            first = rows.pop(0) if rows else {"role": "system", "text": ""}
            rows.insert(0, {**first, "text": f"{_WITH_CONTEXT}{first['text']}"})
        return rows

    def _written_rows(self) -> list[dict[str, str]]:
        """The prompt of an author who writes all of it (`prompt_type: advanced`)."""
        if self._config.get("prompt_type") != "advanced":
            return []
        chat = as_list(as_mapping(self._config.get("chat_prompt_config")).get("prompt"))
        single = as_mapping(as_mapping(self._config.get("completion_prompt_config")).get("prompt"))
        found = [*map(as_mapping, chat)] or ([{**single, "role": "user"}] if single else [])
        rows = [
            {"role": as_text(row.get("role")) or "system", "text": self._referring(as_text(row.get("text")))}
            for row in found
        ]
        return [row for row in rows if row["text"].strip()]

    def _referring(self, text: str) -> str:
        return _SLOT.sub(self._reference, text)

    def _reference(self, slot: re.Match[str]) -> str:
        name = slot[1]
        if name in ("#query#", "#histories#"):
            # In a chat both follow as messages; written into the prompt they would be told twice.
            return ""
        return f"{{{{#{START}.{name}#}}}}" if name in self._names else slot[0]


def _node(node_id: str, node_type: str, title: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": node_id, "type": "custom", "data": {**data, "type": node_type, "title": title}}


def _model(model_config: Mapping[Any, Any], words: _Words, *, has_context: bool) -> dict[str, Any]:
    return {
        "model": as_mapping(model_config.get("model")),
        "prompt_template": words.prompt(has_context=has_context),
        "memory": _REMEMBERS if words.is_chat else None,
        "context": {"enabled": has_context, "variable_selector": [KNOWLEDGE, "result"] if has_context else []},
        "vision": _vision(model_config),
    }


def _vision(model_config: Mapping[Any, Any]) -> dict[str, Any]:
    upload = as_mapping(model_config.get("file_upload"))
    image = as_mapping(upload.get("image"))
    configs = {"variable_selector": ["sys", "files"], "detail": as_text(image.get("detail")) or "high"}
    return {"enabled": as_flag(image.get("enabled")), "configs": configs}


def _agent(model_config: Mapping[Any, Any], words: _Words, *, has_context: bool) -> dict[str, Any]:
    mode = as_mapping(model_config.get("agent_mode"))
    react = as_text(mode.get("strategy")).lower() in _REACT
    parameters = {
        "model": {"type": "constant", "value": as_mapping(model_config.get("model"))},
        "tools": {"type": "constant", "value": list(map(_tool, _tools(mode)))},
        "instruction": {"type": "mixed", "value": words.instruction},
        "query": {"type": "mixed", "value": _QUERY},
        "maximum_iterations": {"type": "constant", "value": as_count(mode.get("max_iteration"))},
    }
    if has_context:
        parameters["context"] = {"type": "variable", "value": [KNOWLEDGE, "result"]}
    return {
        "agent_strategy_name": "ReAct" if react else "function_calling",
        "agent_parameters": parameters,
        "memory": _REMEMBERS,
        "x-loomwork": as_mapping(mode.get("x-loomwork")),
    }


def _tools(agent_mode: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
    """Those with a name; the oldest files list knowledge among them, as `{dataset: {enabled, id}}`."""
    for tool in map(as_mapping, as_list(agent_mode.get("tools"))):
        if as_text(tool.get("tool_name")):
            yield tool


def _tool(tool: Mapping[Any, Any]) -> dict[str, Any]:
    """As a node of an agent offers it. A parameter that is left empty is for the model to fill."""
    given = as_mapping(tool.get("tool_parameters"))
    return {
        "type": as_text(tool.get("provider_type")) or "builtin",
        "provider_id": as_text(tool.get("provider_id")),
        "provider_name": as_text(tool.get("provider_name")),
        "tool_name": as_text(tool.get("tool_name")),
        "credential_id": as_text(tool.get("credential_id")),
        "enabled": as_flag(tool.get("enabled", True)),
        "parameters": {as_text(name): {"type": "constant", "value": value} for name, value in given.items()},
    }


def _dataset_ids(model_config: Mapping[Any, Any]) -> Iterator[str]:
    configs = as_mapping(as_mapping(model_config.get("dataset_configs")).get("datasets"))
    tools = as_list(as_mapping(model_config.get("agent_mode")).get("tools"))
    for item in map(as_mapping, [*as_list(configs.get("datasets")), *tools]):
        dataset = as_mapping(item.get("dataset"))
        if as_flag(dataset.get("enabled", True)) and as_text(dataset.get("id")):
            yield as_text(dataset.get("id"))


def _retrieval(model_config: Mapping[Any, Any], words: _Words, datasets: Sequence[str]) -> dict[str, Any]:
    """All of the bases are asked: which one to ask, when there was a choice, was left to a model in old releases."""
    configs = as_mapping(model_config.get("dataset_configs"))
    reranking = as_mapping(configs.get("reranking_model"))
    multiple = {key: configs.get(key) for key in ("top_k", "reranking_enable", "reranking_mode", "weights")}
    threshold = configs.get("score_threshold") if configs.get("score_threshold_enabled", True) else None
    return {
        "dataset_ids": list(datasets),
        "query_variable_selector": words.question,
        "retrieval_mode": "multiple",
        "multiple_retrieval_config": {**multiple, "score_threshold": threshold, "reranking_model": reranking},
        "metadata_filtering_mode": as_text(configs.get("metadata_filtering_mode")) or "disabled",
        "metadata_filtering_conditions": as_mapping(configs.get("metadata_filtering_conditions")),
    }
