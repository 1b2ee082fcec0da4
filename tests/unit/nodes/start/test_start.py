"""The form of an app: what it lets through, what it makes of it, and what it refuses."""

import math
from typing import Any

import pytest

from loomwork.engine.ports import NodeError
from loomwork.engine.variables import File
from tests.unit.nodes.bench import Bench

IMAGE = {"type": "image", "transfer_method": "remote_url", "url": "https://example.invalid/a.png"}


async def submit(bench: Bench, field: dict[str, Any], *values: Any) -> Any:
    """What the graph gets for one field `x`, when one value or none is sent."""
    bench.inputs = {"x": values[0]} if values else {}
    result = await bench.run("start", {"variables": [{"variable": "x", **field}]})
    return result.outputs["x"]


@pytest.mark.parametrize(
    ("field", "sent", "got"),
    [
        ({"type": "text-input"}, "hi", "hi"),
        ({"type": "text-input", "required": True}, "", ""),
        ({"type": "paragraph"}, "a\x00b", "ab"),
        ({"type": "text-input", "max_length": "3"}, "abc", "abc"),
        ({"type": "number"}, "12", 12),
        ({"type": "number"}, " 1.5 ", 1.5),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "number"}, 7, 7),
        ({"type": "number"}, "", None),
        ({"type": "select", "options": ["a", "b"]}, "b", "b"),
        ({"type": "select", "options": ["a", "b"]}, "", ""),
        ({"type": "select", "options": [{"value": "a", "label": "A"}, {"label": "B"}]}, "B", "B"),
        ({"type": "select", "options": [{"value": "", "label": "B"}, {"value": None, "label": "C"}]}, "C", "C"),
        ({"type": "select", "options": [3, True]}, "3", "3"),
        ({"type": "select", "options": [3, True]}, "true", "true"),
        ({"type": "checkbox"}, "Yes", True),
        ({"type": "checkbox"}, 0, False),
        ({"type": "checkbox"}, False, False),
        ({"type": "json_object"}, '{"a": 1}', {"a": 1}),
        ({"type": "json_object"}, {"a": 1}, {"a": 1}),
        ({"type": "file"}, "", None),
        ({"type": "file-list"}, "", []),
        ({"type": "something-new"}, [1], [1]),
    ],
)
async def test_a_value_that_fits_its_field_is_coerced_to_its_type(
    bench: Bench, field: dict[str, Any], sent: Any, got: Any
) -> None:
    found = await submit(bench, field, sent)
    assert (found, type(found)) == (got, type(got))


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ({"type": "text-input"}, 5),
        ({"type": "text-input", "max_length": 3}, "abcd"),
        ({"type": "number"}, "twelve"),
        ({"type": "number"}, True),
        ({"type": "number"}, "1" * 5000),
        ({"type": "number"}, []),
        ({"type": "number"}, "nan"),
        ({"type": "number"}, "-Infinity"),
        ({"type": "number"}, "1e999"),
        ({"type": "number"}, math.nan),
        ({"type": "number"}, math.inf),
        ({"type": "select", "options": ["a"]}, "c"),
        ({"type": "select"}, "c"),
        ({"type": "select", "options": ["a"], "required": True}, ""),
        ({"type": "checkbox"}, "maybe"),
        ({"type": "checkbox"}, 2),
        ({"type": "json_object"}, "{"),
        ({"type": "json_object"}, "[" * 100_000),
        ({"type": "json_object"}, [1]),
        ({"type": "json_object"}, '{"a": NaN}'),
        ({"type": "json_object"}, {"a": [math.inf]}),
        ({"type": "something-new"}, [math.nan]),
        ({"type": "json_object", "json_schema": {"required": ["a"]}}, {}),
        ({"type": "json_object", "json_schema": '{"required": ["a"]}'}, {}),
        ({"type": "file"}, "not a file"),
        ({"type": "file"}, {"type": "image"}),
        ({"type": "file"}, {**IMAGE, "type": "programme"}),
        ({"type": "file-list", "max_length": 1}, [IMAGE, IMAGE]),
    ],
)
async def test_a_value_that_does_not_fit_is_refused_by_name(bench: Bench, field: dict[str, Any], sent: Any) -> None:
    with pytest.raises(NodeError, match=r"^Input 'x' .*\.$") as refused:
        await submit(bench, field, sent)
    assert refused.value.code == "invalid_input"
    assert refused.value.details == {"field": "x"}
    assert refused.value.retryable is False


async def test_a_missing_required_field_is_refused(bench: Bench) -> None:
    with pytest.raises(NodeError, match="Input 'x' is required"):
        await submit(bench, {"required": True})


async def test_an_empty_default_says_nothing_for_a_required_field(bench: Bench) -> None:
    with pytest.raises(NodeError, match="Input 'x' is required"):
        await submit(bench, {"required": True, "default": ""})


async def test_a_default_stands_in_for_a_required_value(bench: Bench) -> None:
    assert await submit(bench, {"required": True, "default": "d"}) == "d"


async def test_a_missing_optional_field_takes_its_default_in_the_fields_type(bench: Bench) -> None:
    assert await submit(bench, {"type": "number", "default": "3"}) == 3


async def test_a_missing_optional_field_without_default_is_none(bench: Bench) -> None:
    assert await submit(bench, {"type": "text-input"}) is None


async def test_files_arrive_as_files(bench: Bench) -> None:
    file = await submit(bench, {"type": "file"}, IMAGE)
    files = await submit(bench, {"type": "file-list"}, [IMAGE, {**IMAGE, "url": None, "upload_file_id": "u1"}])
    assert isinstance(file, File)
    assert (file.type, file.url) == ("image", "https://example.invalid/a.png")
    assert files[1].related_id == "u1"


async def test_a_hostile_pattern_in_a_schema_is_not_tried(bench: Bench) -> None:
    schema = {"properties": {"a": {"type": "string", "pattern": "(x+x+)+y"}}}
    assert await submit(bench, {"type": "json_object", "json_schema": schema}, {"a": "x" * 200}) == {"a": "x" * 200}


async def test_a_property_that_is_called_pattern_is_still_checked(bench: Bench) -> None:
    schema = {"properties": {"pattern": {"type": "string"}}}
    with pytest.raises(NodeError):
        await submit(bench, {"type": "json_object", "json_schema": schema}, {"pattern": 1})


async def test_inputs_that_no_field_declares_do_not_reach_the_graph(bench: Bench) -> None:
    bench.inputs = {"x": "1", "y": "2"}
    result = await bench.run("start", {"variables": [{"variable": "x"}]})
    assert result.outputs == {"x": "1"}


async def test_system_variables_can_be_read_through_the_start_node(bench: Bench) -> None:
    result = await bench.run("start", {"variables": None}, {"sys": {"query": "hi"}})
    assert result.outputs == {"sys.query": "hi"}


def test_two_fields_of_one_name_are_reported(bench: Bench) -> None:
    bench.compile("start", {"variables": [{"variable": "x"}, {"variable": "x"}]})
    assert bench.binder.problems == [("duplicate_field", "variables[1]")]


def test_a_run_may_begin_at_a_start_node(bench: Bench) -> None:
    assert bench.type_named("start").is_root
