"""How code nodes are written in app files."""

from typing import Any

import pytest
from pydantic import ValidationError

from loomwork.nodes.code.config import DEEPEST, CodeConfig, Declared


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"a": {"type": "string", "children": None}}, {"a": Declared("string")}),
        ({"a": {"type": "array[object]"}}, {"a": Declared("array[object]")}),
        (
            {"a": {"type": "object", "children": {"b": {"type": "number"}}}},
            {"a": Declared("object", {"b": Declared("number")})},
        ),
        ({"a": {"type": "array[string]", "children": {"type": "string"}}}, {"a": Declared("array[string]")}),
        ({"a": {"type": "object", "children": {"type": "string"}}}, {"a": Declared("object")}),
        ({"a": "number"}, {"a": Declared("number")}),
        ([{"variable": "a", "type": "array-object"}], {"a": Declared("array[object]")}),
        ([{"name": "a", "type": "Integer"}], {"a": Declared("number")}),
        (["a", "b", None, []], {"a": Declared(), "b": Declared()}),
        ({"a": None}, {"a": Declared()}),
        (None, {}),
        ("x", {}),
    ],
)
def test_outputs_are_read_in_every_form_that_files_have(written: Any, read: Any) -> None:
    outputs = CodeConfig.model_validate({"outputs": written}).outputs
    assert outputs == read


@pytest.mark.parametrize("kind", ["file", "array[file]", "array", "secret", "x" * 500])
def test_a_type_that_code_cannot_leave_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError, match="output 'a' is of type"):
        CodeConfig.model_validate({"outputs": {"a": {"type": kind}}})


@pytest.mark.parametrize("language", ["ruby", 5, ["python3"]])
def test_a_language_that_code_nodes_do_not_have_is_refused(language: Any) -> None:
    with pytest.raises(ValidationError, match="is no language"):
        CodeConfig.model_validate({"code_language": language})


def test_declarations_deeper_than_any_value_are_left_unread() -> None:
    nested: Any = {"type": "object"}
    for _ in range(5_000):
        nested = {"type": "object", "children": {"a": nested}}
    outputs = CodeConfig.model_validate({"outputs": {"a": nested}}).outputs
    levels, row = 0, outputs["a"]
    while row.children is not None:
        levels, row = levels + 1, row.children["a"]
    assert levels == DEEPEST - 1
