"""What code may leave for what it declares."""

import math
from typing import Any

import pytest

from loomwork.engine.ports import NodeError
from loomwork.nodes.code.config import read_declarations
from loomwork.nodes.code.outputs import checked_outputs
from loomwork.nodes.ports import OutputLimits

GREATEST = 9_223_372_036_854_775_807


def left(value: Any, kind: str | None, children: Any = None) -> Any:
    declared = read_declarations({"out": {"type": kind, "children": children}})
    return checked_outputs({"out": value}, declared, OutputLimits())["out"]


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", "x" * 400_000),
        ("number", 1),
        ("number", -GREATEST),
        ("number", 1e-20),
        ("object", nested(4)),
        ("object", {"a": [[1], [2, 3]], "b": [None, 1, "x"], "c": [1, 2.5, True]}),
        ("boolean", False),
        ("boolean", "yes"),
        ("array[string]", ["a", None] * 15),
        ("array[number]", [1, 2.5] * 500),
        ("array[number]", [1e300]),
        ("array[object]", [{"a": 1}, None] * 15),
        ("array[boolean]", [True, None] * 5_000),
        (None, {"anything": [1, 2]}),
        *((kind, None) for kind in ("string", "number", "object", "boolean", "array[string]", "array[object]")),
    ],
)
def test_values_of_the_declared_type_pass_as_they_are(kind: str | None, value: Any) -> None:
    assert left(value, kind) == value


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("string", 1, "'out' is a number, not a text"),
        ("string", "x" * 400_001, "has 400001 characters; 400000 are the most"),
        ("number", "1", "is a text, not a number"),
        ("number", GREATEST + 1, "is out of range"),
        ("number", -GREATEST - 1, "is out of range"),
        ("number", math.inf, "not a finite number"),
        ("number", math.nan, "not a finite number"),
        ("number", 1.5e-21, "more than 20 digits after the point"),
        ("object", [1], "is a list, not an object"),
        ("object", nested(5), "'out.a.a.a.a' is nested more than 5 levels deep"),
        ("object", {"a": [1, "x"]}, "'out.a' is a list whose items are not all of one type"),
        ("object", {"a": "x" * 400_001}, "'out.a' has 400001 characters"),
        ("object", {"a": [2**70]}, r"'out.a\[0\]' is out of range"),
        ("object", {"a": object()}, "no JSON value"),
        ("array[string]", "abc", "is a text, not a list"),
        ("array[string]", ["a"] * 31, "has 31 items; 30 are the most"),
        ("array[string]", ["a", 1], r"'out\[1\]' is a number, not a text"),
        ("array[number]", [1] * 1001, "has 1001 items; 1000 are the most"),
        ("array[number]", [1, None], r"'out\[1\]' is null, not a number"),
        ("array[object]", [{}] * 31, "has 31 items; 30 are the most"),
        ("array[object]", [{"a": nested(4)}], "nested more than 5 levels deep"),
        ("array[object]", [1], r"'out\[0\]' is a number, not an object"),
        ("array[boolean]", [1], r"'out\[0\]' is a number, not true or false"),
        ("boolean", nested(5), "nested more than 5 levels deep"),
    ],
)
def test_other_values_fail_with_where_and_why(kind: str, value: Any, message: str) -> None:
    with pytest.raises(NodeError, match=message) as failed:
        left(value, kind)
    assert failed.value.code == "invalid_output"


def test_a_list_in_lists_without_end_is_measured_and_not_followed() -> None:
    value: list[Any] = [None]
    for _ in range(100_000):
        value = [None, value]
    with pytest.raises(NodeError, match="nested more than 5 levels deep"):
        left({"a": value}, "object")


def test_texts_lose_their_nul_characters() -> None:
    assert (left("a\x00b", "string"), left(["\x00a"], "array[string]")) == ("ab", ["a"])


def test_true_and_false_count_as_numbers_where_numbers_are_declared() -> None:
    assert (left(True, "number"), left([True, False, 2], "array[number]")) == (1, [1, 0, 2])
    assert type(left(True, "number")) is int


@pytest.mark.parametrize("value", [{"a": 1, "b": "x"}, {"a": None, "b": None}])
def test_fields_of_objects_may_be_declared_too(value: Any) -> None:
    children = {"a": {"type": "number"}, "b": {"type": "string"}}
    assert left(value, "object", children) == value
    assert left([value, None], "array[object]", children) == [value, None]


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({}, "'a' is declared, but the code did not leave it"),
        ({"a": 1, "b": 2}, "'b' was left by the code, but is not declared"),
    ],
)
def test_every_declared_output_is_left_and_no_other(outputs: Any, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        checked_outputs(outputs, read_declarations({"a": {"type": "number"}}), OutputLimits())


def test_the_limits_can_be_others() -> None:
    declared = read_declarations({"a": "string"})
    with pytest.raises(NodeError, match="2 are the most"):
        checked_outputs({"a": "abc"}, declared, OutputLimits(string=2))
