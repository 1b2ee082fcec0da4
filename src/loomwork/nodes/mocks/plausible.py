"""Plausible outputs of a node that does not run, from what its type and its config declare."""

from collections.abc import Iterable, Mapping
from typing import Any

from loomwork.engine.ports import NodeSpec
from loomwork.engine.variables import File
from loomwork.nodes.known import KNOWN_TYPES, canonical

SAMPLE = "sample text"
MAX_DEPTH = 8

_NO_TOKENS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def sample_file() -> File:
    return File(
        type="document",
        transfer_method="remote_url",
        url="https://example.invalid/sample.txt",
        name="sample.txt",
        extension=".txt",
        mime_type="text/plain",
        size=11,
    )


def plausible_value(type_name: Any) -> Any:
    """A value of a wire type; lists have one item, and a type that is not known is text."""
    name = str(type_name or "string").lower()
    if name.startswith("array"):
        item = name.removeprefix("array").strip("[]")
        return [] if item == "file" else [plausible_value(item)]
    match name:
        case "number" | "integer" | "float":
            return 1
        case "boolean" | "bool" | "checkbox":
            return True
        case "object" | "json_object":
            return {}
        case "file":
            return sample_file()
        case "file-list":
            return []
        case _:
            return SAMPLE


def plausible_of_schema(schema: Any, depth: int = 0) -> Any:
    """A value that fits a JSON schema, all properties present."""
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return None
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    options = schema.get("enum")
    if isinstance(options, list) and options:
        return options[0]
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return plausible_of_schema(schema[key][0], depth + 1)
    return _of_type(schema, depth)


def plausible_outputs(spec: NodeSpec) -> dict[str, Any]:
    """All that the node would leave, each of its declared type."""
    name = canonical(spec.type)
    known = KNOWN_TYPES.get(name)
    if known is None:
        return dict.fromkeys(("output", "text", "result"), SAMPLE) | _declared(spec.config)
    outputs = {output: plausible_value(kind) for output, kind in known.outputs.items()}
    return outputs | _ADDED.get(name, _declared)(spec.config)


def _of_type(schema: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((option for option in kind if option != "null"), "null")
    if kind == "object" or (kind is None and "properties" in schema):
        return {str(key): plausible_of_schema(value, depth + 1) for key, value in _items(schema.get("properties"))}
    if kind == "array":
        item = plausible_of_schema(schema.get("items"), depth + 1)
        return [] if item is None else [item]
    return None if kind == "null" else plausible_value(kind)


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, Mapping) else ()


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _named(value: Any, name_key: str, type_key: str = "type") -> dict[str, Any]:
    """A list of declarations as outputs; the first of its options where one has any."""
    outputs: dict[str, Any] = {}
    for row in _rows(value):
        options = row.get("options")
        first = options[0] if isinstance(options, list) and options else None
        outputs[str(row.get(name_key, ""))] = first if first is not None else plausible_value(row.get(type_key))
    outputs.pop("", None)
    return outputs


def _declared(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a config declares as outputs: a map or a list of them, or a JSON schema."""
    outputs: dict[str, Any] = {}
    for name, declared in _items(config.get("outputs")):
        outputs[str(name)] = plausible_value(declared.get("type") if isinstance(declared, Mapping) else declared)
    outputs |= _named(config.get("outputs"), "variable", "value_type") | _named(config.get("outputs"), "name")
    schema = config.get("output_schema")
    found = plausible_of_schema(schema) if isinstance(schema, Mapping) else None
    return outputs | (found if isinstance(found, dict) else {})


def _llm(config: Mapping[str, Any]) -> dict[str, Any]:
    outputs: dict[str, Any] = {"reasoning_content": "", "finish_reason": "stop", "usage": dict(_NO_TOKENS)}
    if config.get("structured_output_enabled") or config.get("structured_output_switch_on"):
        structured = config.get("structured_output")
        schema = structured.get("schema") if isinstance(structured, Mapping) else None
        outputs["structured_output"] = plausible_of_schema(schema) or {}
    return outputs


def _classifier(config: Mapping[str, Any]) -> dict[str, Any]:
    first = next(iter(_rows(config.get("classes"))), {})
    name, label = str(first.get("name") or ""), str(first.get("label") or "")
    return {
        "class_id": str(first.get("id", "")),
        "class_name": name,
        "class_label": label,
        "usage": dict(_NO_TOKENS),
    }


def _http(_: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status_code": 200,
        "body": '{"data": "sample text"}',
        "headers": {"content-type": "application/json"},
        "files": [],
    }


def _message(config: Mapping[str, Any]) -> dict[str, Any]:
    """Tools and agents, the agents of 0.7.0 with outputs of their own included."""
    job = config.get("agent_job")
    declared = job.get("declared_outputs") if isinstance(job, Mapping) else config.get("agent_declared_outputs")
    return {"json": [{"data": SAMPLE}]} | _declared(config) | _named(declared, "name")


def _another_app(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": SAMPLE, "answer": SAMPLE} | _declared(config)


def _retrieval(_: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"_source": "knowledge", "position": 1, "document_name": "sample.txt", "score": 0.9}
    passage = {"content": SAMPLE, "title": "sample.txt", "url": "", "icon": "", "files": [], "metadata": metadata}
    return {"result": [passage]}


def _extractor(config: Mapping[str, Any]) -> dict[str, Any]:
    found = _named(config.get("parameters"), "name")
    return {"__is_success": 1, "__reason": None, "__usage": dict(_NO_TOKENS)} | found


def _document(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": [SAMPLE] if config.get("is_array_file") else SAMPLE}


def _list(config: Mapping[str, Any]) -> dict[str, Any]:
    item = plausible_value(config.get("item_var_type"))
    return {"result": [item], "first_record": item, "last_record": item}


def _person(config: Mapping[str, Any]) -> dict[str, Any]:
    action = next(iter(_rows(config.get("user_actions"))), {})
    fields: dict[str, Any] = {}
    for row in _rows(config.get("inputs")):
        source = row.get("option_source")
        options = source.get("value") if isinstance(source, Mapping) else None
        first = options[0] if isinstance(options, list) and options else None
        fields[str(row.get("output_variable_name", ""))] = first or plausible_value(row.get("type"))
    title = str(action.get("title") or "")
    rendered = str(config.get("form_content") or "")
    return {
        **fields,
        "__action_id": str(action.get("id", "")),
        "__action_value": title,
        "__rendered_content": rendered,
    }


def _iteration(config: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(config.get("output_type") or "array[string]")
    return {"output": plausible_value(kind if kind.startswith("array") else "array[string]")}


def _loop(config: Mapping[str, Any]) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for row in _rows(config.get("loop_variables")):
        constant = row.get("value") if row.get("value_type") == "constant" else None
        outputs[str(row.get("label", ""))] = constant if constant is not None else plausible_value(row.get("var_type"))
    return outputs


def _webhook(config: Mapping[str, Any]) -> dict[str, Any]:
    outputs: dict[str, Any] = {"_webhook_raw": {"headers": {}, "query": {}, "body": {}}}
    for key in ("headers", "params", "body"):
        for name, value in _named(config.get(key), "name").items():
            outputs[name.replace("-", "_") if key == "headers" else name] = value
    return outputs


_ADDED = {
    "llm": _llm,
    "question-classifier": _classifier,
    "http-request": _http,
    "tool": _message,
    "agent": _message,
    "knowledge-retrieval": _retrieval,
    "parameter-extractor": _extractor,
    "document-extractor": _document,
    "list-operator": _list,
    "human-input": _person,
    "sub-workflow": _another_app,
    "iteration": _iteration,
    "loop": _loop,
    "trigger-webhook": _webhook,
}
