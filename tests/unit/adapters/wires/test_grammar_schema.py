from typing import Any

import pytest

from loomwork.adapters.wires.grammar_schema import TooLarge, simple_object, simple_schema

TEXT = {"type": "string"}


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [], "additionalProperties": False}


def test_references_are_written_out_where_they_stand() -> None:
    schema = {
        "type": "object",
        "properties": {
            "home": {"$ref": "#/$defs/a~1b"},
            "gone": {"$ref": "#/nowhere"},
            "far": {"$ref": "https://x.test"},
        },
        "required": ["home", "unknown"],
        "$defs": {"a/b": an_object(street=TEXT)},
    }
    assert simple_schema(schema) == an_object(home=an_object(street=TEXT), gone={}, far={}) | {"required": ["home"]}


def test_a_schema_that_holds_itself_is_unfolded_twice_and_then_free() -> None:
    schema = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    assert simple_schema(schema) == an_object(next=an_object(next=an_object(next={"type": "object"})))


def test_words_that_no_grammar_knows_are_left_out() -> None:
    assert simple_schema({"type": "string", "pattern": "(?=x)", "format": "email", "maxLength": 9999}) == TEXT
    assert simple_schema({"type": "string", "minLength": 2, "maxLength": 5}) == {**TEXT, "minLength": 2, "maxLength": 5}
    assert simple_schema({"type": "array", "items": TEXT, "minItems": 3, "maxItems": 1}) == {
        "type": "array",
        "items": TEXT,
    }
    assert simple_schema({"type": "integer", "multipleOf": 3, "not": {"const": 3}}) == {"type": "integer"}
    assert simple_schema({"enum": ["a", {"b": 1}, 2]}) == {"enum": ["a", 2]}


def test_choices_and_conjunctions_are_kept_as_far_as_they_can_be() -> None:
    assert simple_schema({"type": ["string", "null"]}) == {"anyOf": [TEXT, {"type": "null"}]}
    assert simple_schema({"oneOf": [TEXT, {"not": TEXT}]}) == {}
    parts = [an_object(a=TEXT) | {"required": ["a"]}, an_object(b=TEXT)]
    assert simple_schema({"allOf": parts}) == an_object(a=TEXT, b=TEXT) | {"required": ["a"]}


@pytest.mark.parametrize("schema", [{}, {"type": "string"}, {"type": 3}, {"$ref": "#"}, {"anyOf": [TEXT]}])
def test_arguments_are_an_object_whatever_their_schema_says(schema: dict[str, Any]) -> None:
    assert simple_object(schema) == {"type": "object"}


def test_a_tool_that_wants_nothing_gets_nothing() -> None:
    assert simple_object({"type": "object", "properties": {}}) == an_object()


def test_a_schema_without_end_is_given_up() -> None:
    wide = {f"p{number}": {"$ref": "#"} for number in range(50)}
    with pytest.raises(TooLarge):
        simple_schema({"type": "object", "properties": wide})
