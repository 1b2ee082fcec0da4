"""The form of an app: its fields, as the document declares them."""

import json
from typing import Annotated, Any

from pydantic import BeforeValidator

from loomwork.nodes.config import NodeConfig, Rows, Text


def _whole_number(value: Any) -> int | None:
    """Some exports write lengths as text, some as an empty one."""
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _options(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(_option, value))) if isinstance(value, list) else ()


def _option(item: Any) -> str:
    """Some files write an option as `{value, label}`; what is chosen is its value, or its label where that is empty."""
    if isinstance(item, dict):
        return _option(item.get("value")) or _option(item.get("label"))
    if isinstance(item, bool):
        return "true" if item else "false"
    return str(item) if isinstance(item, str | int | float) else ""


def _schema(value: Any) -> dict[str, Any] | None:
    """A JSON schema, written as a map or as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


class FieldConfig(NodeConfig):
    """One field of the form. `default` keeps the type that the document gives it."""

    variable: Text = ""
    label: Text = ""
    type: Text = "text-input"
    required: bool = False
    default: Any = None
    max_length: Annotated[int | None, BeforeValidator(_whole_number)] = None
    options: Annotated[tuple[str, ...], BeforeValidator(_options)] = ()
    json_schema: Annotated[dict[str, Any] | None, BeforeValidator(_schema)] = None


class StartConfig(NodeConfig):
    variables: Rows[FieldConfig] = ()
