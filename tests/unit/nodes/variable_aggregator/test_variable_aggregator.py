"""Bringing branches together."""

import pytest

from tests.unit.nodes.bench import Bench

BOTH = {"variables": [["a", "x"], ["b", "x"]]}


@pytest.mark.parametrize("type_name", ["variable-aggregator", "variable-assigner"])
async def test_the_first_variable_that_exists_wins(bench: Bench, type_name: str) -> None:
    assert (await bench.run(type_name, BOTH, {"b": {"x": 2}})).outputs == {"output": 2}
    assert (await bench.run(type_name, BOTH, {"a": {"x": 1}, "b": {"x": 2}})).outputs == {"output": 1}


async def test_null_exists(bench: Bench) -> None:
    assert (await bench.run("variable-aggregator", BOTH, {"a": {"x": None}, "b": {"x": 2}})).outputs == {"output": None}


async def test_without_any_there_is_no_output(bench: Bench) -> None:
    assert (await bench.run("variable-aggregator", BOTH)).outputs == {}


async def test_groups_choose_for_themselves(bench: Bench) -> None:
    groups = [
        {"group_name": "g1", "variables": [["a", "x"], ["b", "x"]]},
        {"group_name": "g2", "variables": [["c", "x"]]},
    ]
    config = {"variables": [], "advanced_settings": {"group_enabled": True, "groups": groups}}
    assert (await bench.run("variable-aggregator", config, {"b": {"x": 2}})).outputs == {"g1": {"output": 2}}


async def test_groups_that_are_switched_off_do_not_count(bench: Bench) -> None:
    config = {**BOTH, "advanced_settings": {"group_enabled": False, "groups": [{"group_name": "g"}]}}
    assert (await bench.run("variable-aggregator", config, {"a": {"x": 1}})).outputs == {"output": 1}
