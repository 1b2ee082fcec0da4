"""Plausible inputs for an app that nobody explained: whatever its form would let through."""

import json
from collections.abc import Mapping
from typing import Any

from loomwork.dsl import Document, FormField
from loomwork.nodes.mocks.readers import wanted_in
from loomwork.nodes.mocks.wanted import fitted

FREE_TEXT = frozenset({"text-input", "paragraph"})
QUERY = "What can you do for me?"
_FILE_URLS = {"image": "https://example.com/sample.png", "document": "https://example.com/sample.pdf"}


def plausible_inputs(document: Document) -> dict[str, Any]:
    """A value for every field of the form, required or not."""
    settings = _settings(document)
    values = {field.variable: _value(field, settings.get(field.variable, {})) for field in document.form}
    return values | _as_code_expects(document, values)


def plausible_query(document: Document) -> str | None:
    """Something to say to an app that answers queries."""
    return QUERY if document.is_chat else None


def _as_code_expects(document: Document, values: Mapping[str, Any]) -> dict[str, Any]:
    """Texts that code reads are such as it can read, where it says what it needs."""
    nodes = document.graph.nodes if document.graph is not None else ()
    starts = {node.id for node in nodes if node.type == "start"}
    wanted = {selector[1]: shape for selector, shape in wanted_in(nodes).items() if selector[0] in starts}
    free = {field.variable for field in document.form if field.type in FREE_TEXT}
    given = {name: shape for name, shape in wanted.items() if name in free and isinstance(values.get(name), str)}
    return {name: fitted(shape, values[name]) for name, shape in given.items()}


def _settings(document: Document) -> dict[str, Mapping[str, Any]]:
    """What the start node says of each variable beyond what a form shows."""
    nodes = document.graph.nodes if document.graph is not None else ()
    start = next((node.config for node in nodes if node.type == "start"), {})
    variables = start.get("variables")
    items = variables if isinstance(variables, list) else []
    return {str(item.get("variable")): item for item in items if isinstance(item, dict)}


def _value(field: FormField, settings: Mapping[str, Any]) -> Any:
    match field.type:
        case "number":
            return field.default if isinstance(field.default, int | float) else 1
        case "checkbox":
            return True
        case "select":
            return field.default if field.default in field.options else next(iter(field.options), "sample")
        case "file":
            return _file(settings)
        case "file-list":
            return [_file(settings)]
        case "json_object":
            return _object(settings.get("json_schema"))
        case _:
            return (str(field.default) if field.default else "sample")[: field.max_length]


def _file(settings: Mapping[str, Any]) -> dict[str, str]:
    allowed = settings.get("allowed_file_types")
    wanted = [kind for kind in allowed if kind in _FILE_URLS] if isinstance(allowed, list) else []
    kind = wanted[0] if wanted else "document"
    return {"type": kind, "transfer_method": "remote_url", "url": _FILE_URLS[kind]}


def _object(schema: Any) -> Any:
    if isinstance(schema, str):
        schema = json.loads(schema) if schema.strip() else {}
    return _of_schema(schema) if isinstance(schema, dict) and schema else {"sample": "value"}


def _of_schema(schema: Mapping[str, Any]) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {key: _of_schema(part) for key, part in (schema.get("properties") or {}).items()}
        case "array":
            return [_of_schema(schema.get("items") or {})]
        case "number" | "integer":
            return 1
        case "boolean":
            return True
        case _:
            return "sample"
