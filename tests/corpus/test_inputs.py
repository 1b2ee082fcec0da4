from typing import Any

import pytest

from loomwork.dsl import read_document, write_tree
from tests.corpus.inputs import plausible_inputs, plausible_query


def app(variables: list[dict[str, Any]], mode: str = "workflow") -> dict[str, Any]:
    start = {"id": "s", "data": {"type": "start", "variables": variables}}
    return {"app": {"mode": mode}, "workflow": {"graph": {"nodes": [start], "edges": []}}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "text-input"}, "sample"),
        ({"type": "text-input", "max_length": 3}, "sam"),
        ({"type": "paragraph", "default": "mine"}, "mine"),
        ({"type": "number"}, 1),
        ({"type": "number", "default": 2.5}, 2.5),
        ({"type": "checkbox"}, True),
        ({"type": "select", "options": ["a", "b"]}, "a"),
        ({"type": "select", "options": ["a", "b"], "default": "b"}, "b"),
        ({"type": "json_object"}, {"sample": "value"}),
        (
            {"type": "json_object", "json_schema": '{"type": "object", "properties": {"n": {"type": "integer"}}}'},
            {"n": 1},
        ),
    ],
)
def test_a_field_is_filled_with_what_its_form_lets_through(field: dict[str, Any], value: Any) -> None:
    document = read_document(write_tree(app([{"variable": "x", **field}])))
    assert plausible_inputs(document) == {"x": value}


def test_a_file_is_of_a_kind_that_is_allowed() -> None:
    fields = [{"variable": "x", "type": "file-list", "allowed_file_types": ["image"]}]
    (file,) = plausible_inputs(read_document(write_tree(app(fields))))["x"]
    assert file["type"] == "image"


def test_only_apps_that_answer_are_asked() -> None:
    assert plausible_query(read_document(write_tree(app([])))) is None
    assert plausible_query(read_document(write_tree(app([], "advanced-chat"))))
