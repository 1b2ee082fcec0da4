"""Branches: every operator, its failures included, and how cases are chosen."""

from typing import Any

import pytest

from loomwork.engine.ports import NodeError
from loomwork.engine.variables import File
from tests.unit.nodes.bench import Bench, Values

PHOTO = File("image", "remote_url", url="u", name="a.png", extension=".png", size=10)
PAPER = File("document", "remote_url", url="u", name="b.pdf", extension="pdf", size=20)


def when(operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"variable_selector": ["v", "x"], "comparison_operator": operator, "value": value, **more}


async def holds(bench: Bench, condition: dict[str, Any], actual: Any, values: Values | None = None) -> bool:
    config = {"cases": [{"case_id": "yes", "logical_operator": "and", "conditions": [condition]}]}
    result = await bench.run("if-else", config, {"v": {"x": actual}, **(values or {})})
    return bool(result.outputs["result"])


@pytest.mark.parametrize(
    ("actual", "operator", "expected", "outcome"),
    [
        ("hello", "contains", "ell", True),
        ("hello", "contains", "ELL", False),
        ("", "contains", "x", False),
        (0, "contains", "x", False),
        ("a1", "contains", 1, True),
        (["a", "b"], "contains", "a", True),
        (["a", "b"], "not contains", "a", False),
        ("hello", "not contains", "z", True),
        (None, "not contains", "z", True),
        ("hello", "start with", "he", True),
        ("", "start with", "he", False),
        ("hello", "end with", "lo", True),
        ("a", "is", "a", True),
        (None, "is", "a", False),
        (None, "is not", "a", False),
        ("b", "is not", "a", True),
        (True, "is", "true", True),
        (True, "is", True, True),
        (False, "is", "1", False),
        ("", "empty", "", True),
        (0, "empty", None, True),
        (False, "empty", None, True),
        ([], "empty", None, True),
        ("x", "not empty", None, True),
        ("x", "is empty", None, False),
        ("a", "in", ["a", "b"], True),
        ("", "in", ["a"], False),
        ("c", "not in", ["a", "b"], True),
        ("", "not in", ["a"], True),
        (["a", "b"], "all of", ["a"], True),
        (["a"], "all of", ["a", "b"], False),
        ([True], "all of", [True], True),
        (3, "=", "3", True),
        (3.5, "=", "3.5", True),
        (None, "=", "3", False),
        (None, "≠", "3", False),
        (4, "≠", "3", True),
        (True, "=", "true", True),
        (4, ">", "3.5", True),
        (3, "<", "3.5", True),
        (3, "≥", "3", True),
        (2.5, "≤", "2", False),
        (3, ">=", "3", True),
        (None, ">", "1", False),
        (None, "null", None, True),
        ("", "null", None, False),
        ("", "not null", None, True),
        (None, "is null", None, True),
        (None, "exists", None, False),
        ("", "exists", None, True),
        (None, "not exists", None, True),
    ],
)
async def test_an_operator_decides(bench: Bench, actual: Any, operator: str, expected: Any, outcome: bool) -> None:
    assert await holds(bench, when(operator, expected), actual) is outcome


@pytest.mark.parametrize(
    ("actual", "operator", "expected"),
    [
        (5, "contains", "5"),
        ({"a": 1}, "not contains", "a"),
        (5, "start with", "5"),
        (5, "is", "5"),
        (["a"], "is not", "a"),
        (True, "is", "yes"),
        (True, "is", "True"),
        (True, "is", "1.5"),
        ("5", "=", "5"),
        (5, "=", "3.5"),
        (5, "≠", "five"),
        (5, "=", None),
        ("5", ">", "3"),
        (5, ">", "three"),
        (5, ">", None),
        ("a", "in", "a"),
        ("a", "not in", "a"),
        (["a"], "all of", "a"),
        (["a"], "all of", ["a", True]),
        (float("inf"), "=", "x"),
        (["a", PHOTO], "start with", "a"),
        ([PHOTO], "contains", "a"),
    ],
)
async def test_what_cannot_be_compared_fails_the_node(bench: Bench, actual: Any, operator: str, expected: Any) -> None:
    with pytest.raises(NodeError, match="cannot be decided") as failed:
        await holds(bench, when(operator, expected), actual)
    assert (failed.value.code, failed.value.retryable) == ("condition_failed", False)


@pytest.mark.parametrize("operator", ["is", "exists", "empty", "contains"])
async def test_a_variable_that_nothing_set_fails_the_node(bench: Bench, operator: str) -> None:
    with pytest.raises(NodeError, match=r"v\.x") as failed:
        await bench.run("if-else", {"cases": [{"case_id": "a", "conditions": [when(operator, "a")]}]})
    assert failed.value.code == "variable_not_found"


async def test_what_it_compares_with_is_a_template(bench: Bench) -> None:
    condition = when("is", "{{#o.y#}}!")
    assert await holds(bench, condition, "hi!", {"o": {"y": "hi"}})


@pytest.mark.parametrize("operator", ["matches", "", None])
async def test_an_unknown_operator_is_reported_and_fails_when_it_is_reached(bench: Bench, operator: Any) -> None:
    with pytest.raises(NodeError) as failed:
        await holds(bench, when(operator), "x")
    assert failed.value.code == "unknown_operator"
    assert bench.binder.problems == [("unknown_operator", "cases[0].conditions[0]")]


FILES_CASES = [
    ("contains", "and", [("type", "in", ["image"])], [PHOTO, PAPER], True),
    ("contains", "and", [("type", "in", ["video"])], [PHOTO, PAPER], False),
    ("contains", "and", [("type", "not in", ["image"])], [PHOTO, PAPER], False),
    ("contains", "and", [("name", "contains", "png"), ("size", ">", "15")], [PHOTO, PAPER], True),
    ("contains", "or", [("name", "contains", "gif"), ("size", ">", "15")], [PHOTO, PAPER], True),
    ("contains", "and", [("extension", "is", "pdf")], [PAPER], True),
    ("contains", "and", [("extension", "is", "png")], [PHOTO], True),
    ("contains", "and", [("type", "in", ["image"])], [], False),
    ("not contains", "and", [("type", "not in", ["image"])], [], True),
]


@pytest.mark.parametrize(("operator", "logic", "subs", "files", "outcome"), FILES_CASES)
async def test_files_are_judged_by_their_attributes(
    bench: Bench, operator: str, logic: str, subs: list[tuple[str, str, Any]], files: list[File], outcome: bool
) -> None:
    rows = [{"key": key, "comparison_operator": compare, "value": value} for key, compare, value in subs]
    sub = {"logical_operator": logic, "conditions": rows}
    assert await holds(bench, when(operator, "", sub_variable_condition=sub), files) is outcome


async def test_an_attribute_of_one_file_is_compared_like_any_value(bench: Bench) -> None:
    condition = {"variable_selector": ["v", "x", "extension"], "comparison_operator": "is", "value": ".png"}
    assert await holds(bench, condition, PHOTO)


CASES = {
    "cases": [
        {"case_id": "first", "logical_operator": "and", "conditions": [when("is", "a"), when("contains", "a")]},
        {"id": "second", "logical_operator": "or", "conditions": [when("is", "b"), when("is", "c")]},
    ]
}


@pytest.mark.parametrize(("actual", "handle"), [("a", "first"), ("c", "second"), ("d", "false")])
async def test_the_first_case_that_holds_is_the_way_out(bench: Bench, actual: str, handle: str) -> None:
    result = await bench.run("if-else", CASES, {"v": {"x": actual}})
    assert result.handle == handle
    assert result.outputs == {"result": handle != "false", "selected_case_id": handle}


@pytest.mark.parametrize(("logic", "first"), [("and", when("is", "b")), ("or", when("is", "a"))])
async def test_conditions_after_the_deciding_one_are_not_looked_at(bench: Bench, logic: str, first: Any) -> None:
    config = {"cases": [{"case_id": "c", "logical_operator": logic, "conditions": [first, when(">", "1")]}]}
    await bench.run("if-else", config, {"v": {"x": "a"}})


async def test_conditions_at_the_top_are_a_case_of_old_files(bench: Bench) -> None:
    config = {"cases": None, "logical_operator": None, "conditions": [when("is", "a")]}
    assert (await bench.run("if-else", config, {"v": {"x": "a"}})).handle == "true"
    assert (await bench.run("if-else", config, {"v": {"x": "b"}})).handle == "false"


async def test_groups_of_conditions_at_the_top_lead_out_by_the_same_handle(bench: Bench) -> None:
    group = {"id": "g", "logical_operator": "and", "conditions": [when("is", "a")]}
    assert (await bench.run("if-else", {"conditions": [group]}, {"v": {"x": "a"}})).handle == "true"


def test_a_branch_says_that_it_branches_and_what_it_reads(bench: Bench) -> None:
    node = bench.compile("if-else", CASES)
    assert node.branches
    assert [name for name, _ in node.inputs] == ["#v.x#"]


async def test_a_boolean_compared_with_json_of_endless_depth_fails_with_a_sentence(bench: Bench) -> None:
    with pytest.raises(NodeError, match=r"^The condition 'v\.x is' cannot be decided: .* nested too deep\.$") as failed:
        await holds(bench, when("is", "[" * 100_000), True)
    assert failed.value.code == "condition_failed"
