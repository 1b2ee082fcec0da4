from typing import Any

import pytest

from loomwork.adapters.wires.openai_schema import can_be_strict

TEXT = {"type": "string"}


def closed(**properties: Any) -> dict[str, Any]:
    names = list(properties)
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


@pytest.mark.parametrize(
    "schema",
    [
        closed(a=TEXT, b={"type": ["integer", "null"]}, c={"enum": ["x"]}),
        closed(a={"type": "array", "items": closed(b=TEXT)}),
        closed(a={"anyOf": [closed(b=TEXT), {"type": "null"}]}),
        {**closed(a={"$ref": "#/$defs/one"}), "$defs": {"one": closed(b=TEXT)}},
        closed(),
    ],
)
def test_schemas_that_leave_nothing_open_are_strict(schema: dict[str, Any]) -> None:
    assert can_be_strict(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        TEXT,
        {"type": "object"},
        {"type": "array", "items": TEXT},
        {**closed(a=TEXT), "required": []},
        {**closed(a=TEXT), "additionalProperties": True},
        {**closed(a=TEXT), "anyOf": [closed()]},
        closed(a={"type": "object"}),
        closed(a={"type": "array", "items": {"type": "object", "properties": {"b": TEXT}}}),
        closed(a={"type": ["object", "null"]}),
        closed(a={"allOf": [TEXT]}),
        closed(a={"type": "string", "default": "x"}),
        closed(a={}),
        closed(a=True),
        {"type": "object", "properties": 3, "additionalProperties": False},
        {**closed(a=TEXT), "required": "a"},
        {**closed(a=TEXT), "required": [["a"]]},
    ],
)
def test_schemas_that_leave_something_open_are_not(schema: dict[str, Any]) -> None:
    assert not can_be_strict(schema)


def test_a_schema_without_bottom_is_not() -> None:
    schema: dict[str, Any] = closed(a=TEXT)
    for _ in range(5000):
        schema = closed(a=schema)
    assert not can_be_strict(schema)
