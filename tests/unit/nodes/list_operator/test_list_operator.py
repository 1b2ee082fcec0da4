"""Filtering, picking, ordering and shortening lists."""

from typing import Any, Literal

import pytest

from loomwork.engine.ports import NodeError
from loomwork.engine.variables import File
from tests.unit.nodes.bench import Bench


def file(name: str, kind: Literal["image", "document"], size: int) -> File:
    extension = f".{name.rpartition('.')[2]}"
    return File(kind, "local_file", url=f"u/{name}", name=name, extension=extension, size=size)


PHOTO = file("b.png", "image", 20)
PAPER = file("a.pdf", "document", 30)
NOTE = file("c.txt", "document", 10)
VALUES: dict[str, dict[str, Any]] = {
    "v": {
        "words": ["pear", "apple", "fig", "apple pie"],
        "numbers": [3, 1.5, 10, 2],
        "flags": [True, False, True],
        "files": [PHOTO, PAPER, NOTE],
        "none": None,
        "empty": [],
        "objects": [{"a": 1}],
        "mixed": ["a", 1],
        "text": "abc",
        "wanted": "apple",
        "place": 2,
    }
}


async def operated(bench: Bench, name: str, **config: Any) -> Any:
    return (await bench.run("list-operator", {"variable": ["v", name], **config}, VALUES)).outputs


def having(*conditions: tuple[str, str, Any]) -> dict[str, Any]:
    rows = [{"key": key, "comparison_operator": operator, "value": value} for key, operator, value in conditions]
    return {"enabled": True, "conditions": rows}


async def test_a_list_that_nothing_is_done_to_is_passed_on(bench: Bench) -> None:
    assert await operated(bench, "numbers") == {"result": [3, 1.5, 10, 2], "first_record": 3, "last_record": 2}


@pytest.mark.parametrize("name", ["empty", "none"])
async def test_an_empty_list_has_no_records(bench: Bench, name: str) -> None:
    config = {"filter_by": having(("", "contains", "a")), "extract_by": {"enabled": True, "serial": "1"}}
    assert await operated(bench, name, **config) == {"result": [], "first_record": None, "last_record": None}


@pytest.mark.parametrize(
    ("name", "operator", "value", "kept"),
    [
        ("words", "contains", "apple", ["apple", "apple pie"]),
        ("words", "contains", "{{#v.wanted#}}", ["apple", "apple pie"]),
        ("words", "not contains", "apple", ["pear", "fig"]),
        ("words", "start with", "ap", ["apple", "apple pie"]),
        ("words", "end with", "e", ["apple", "apple pie"]),
        ("words", "is", "fig", ["fig"]),
        ("words", "is not", "fig", ["pear", "apple", "apple pie"]),
        ("words", "in", ["fig", "pear"], ["pear", "fig"]),
        ("words", "in", "a fig tree", ["fig"]),
        ("words", "not in", ["fig", "pear"], ["apple", "apple pie"]),
        ("words", "empty", "", []),
        ("words", "not empty", None, ["pear", "apple", "fig", "apple pie"]),
        ("numbers", "=", "1.5", [1.5]),
        ("numbers", "=", "3.5", []),
        ("numbers", "≠", 3, [1.5, 10, 2]),
        ("numbers", ">", "{{#v.place#}}", [3, 10]),
        ("numbers", ">=", "2", [3, 10, 2]),
        ("numbers", "<", "2", [1.5]),
        ("numbers", "≤", " 2 ", [1.5, 2]),
        ("flags", "is", True, [True, True]),
        ("flags", "is not", "true", [False]),
        ("flags", "is", "1", [True, True]),
    ],
)
async def test_items_are_kept_by_a_condition(bench: Bench, name: str, operator: str, value: Any, kept: Any) -> None:
    assert (await operated(bench, name, filter_by=having(("", operator, value))))["result"] == kept


@pytest.mark.parametrize(
    ("key", "operator", "value", "kept"),
    [
        ("type", "in", ["image"], [PHOTO]),
        ("type", "not in", ["image"], [PAPER, NOTE]),
        ("name", "start with", "a", [PAPER]),
        ("extension", "is", "pdf", [PAPER]),
        ("extension", "in", [".pdf", "txt"], [PAPER, NOTE]),
        ("size", ">", "15", [PHOTO, PAPER]),
        ("url", "contains", "b.p", [PHOTO]),
        ("transfer_method", "in", ["local_file"], [PHOTO, PAPER, NOTE]),
        ("mime_type", "empty", "", [PHOTO, PAPER, NOTE]),
    ],
)
async def test_files_are_kept_by_their_attributes(
    bench: Bench, key: str, operator: str, value: Any, kept: list[File]
) -> None:
    assert (await operated(bench, "files", filter_by=having((key, operator, value))))["result"] == kept


async def test_all_conditions_have_to_hold(bench: Bench) -> None:
    filter_by = having(("type", "in", ["document"]), ("size", "<", "20"))
    assert (await operated(bench, "files", filter_by=filter_by))["result"] == [NOTE]


async def test_it_filters_before_it_picks_and_orders_before_it_shortens(bench: Bench) -> None:
    filter_by = having(("", "contains", "p"))
    order_by, limit = {"enabled": True, "value": "desc"}, {"enabled": True, "size": 2}
    picked = await operated(
        bench,
        "words",
        filter_by=filter_by,
        extract_by={"enabled": True, "serial": "{{#v.place#}}"},
        order_by=order_by,
        limit=limit,
    )
    assert picked == {"result": ["apple"], "first_record": "apple", "last_record": "apple"}
    ordered = await operated(bench, "words", filter_by=filter_by, order_by=order_by, limit=limit)
    assert ordered == {"result": ["pear", "apple pie"], "first_record": "pear", "last_record": "apple pie"}


@pytest.mark.parametrize(
    ("name", "order_by", "expected"),
    [
        ("numbers", {"value": "asc"}, [1.5, 2, 3, 10]),
        ("flags", {"value": "desc"}, [True, True, False]),
        ("files", {"key": "name", "value": "asc"}, [PAPER, PHOTO, NOTE]),
        ("files", {"key": "size", "value": "desc"}, [PAPER, PHOTO, NOTE]),
        ("files", {"key": "extension"}, [PAPER, PHOTO, NOTE]),
    ],
)
async def test_lists_are_ordered(bench: Bench, name: str, order_by: Any, expected: Any) -> None:
    assert (await operated(bench, name, order_by={"enabled": True, **order_by}))["result"] == expected


async def test_the_list_it_read_stays_as_it_was(bench: Bench) -> None:
    before = list(VALUES["v"]["numbers"])
    outputs = await operated(bench, "numbers", order_by={"enabled": True}, limit={"enabled": True, "size": 1})
    assert (outputs["result"], VALUES["v"]["numbers"]) == ([1.5], before)


@pytest.mark.parametrize("serial", ["0", "5", "-1", "x", "", "nan", "inf", "1e400"])
async def test_a_place_that_the_list_does_not_have_fails_the_node(bench: Bench, serial: str) -> None:
    with pytest.raises(NodeError, match="the list has 4") as failed:
        await operated(bench, "words", extract_by={"enabled": True, "serial": serial})
    assert failed.value.code == "invalid_serial"


@pytest.mark.parametrize(
    ("name", "config", "code"),
    [
        ("text", {}, "invalid_list"),
        ("place", {}, "invalid_list"),
        ("objects", {}, "invalid_list"),
        ("mixed", {}, "invalid_list"),
        ("unset", {}, "variable_not_found"),
        ("words", {"filter_by": having(("", ">", "a"))}, "condition_failed"),
        ("words", {"filter_by": having(("", "contains", {"a": 1}))}, "condition_failed"),
        ("numbers", {"filter_by": having(("", "contains", "1"))}, "condition_failed"),
        ("numbers", {"filter_by": having(("", "=", "one"))}, "condition_failed"),
        ("numbers", {"filter_by": having(("", "=", None))}, "condition_failed"),
        ("flags", {"filter_by": having(("", "is", "maybe"))}, "condition_failed"),
        ("flags", {"filter_by": having(("", "=", "1"))}, "condition_failed"),
        ("files", {"filter_by": having(("", "contains", "a"))}, "invalid_key"),
        ("files", {"filter_by": having(("size", "contains", "1"))}, "condition_failed"),
        ("files", {"order_by": {"enabled": True, "key": "__class__"}}, "invalid_key"),
    ],
)
async def test_what_does_not_fit_fails_with_a_sentence(bench: Bench, name: str, config: Any, code: str) -> None:
    with pytest.raises(NodeError, match=r"\.$") as failed:
        await operated(bench, name, **config)
    assert (failed.value.code, failed.value.retryable) == (code, False)


@pytest.mark.parametrize("junk", [None, 5, "x", [], float("inf")])
async def test_a_config_of_the_wrong_shape_does_nothing_or_is_refused(bench: Bench, junk: Any) -> None:
    outputs = await operated(bench, "numbers", limit={"enabled": True, "size": junk})
    assert outputs["result"] == [3, 1.5, 10, 2][: junk if isinstance(junk, int) else 10]
