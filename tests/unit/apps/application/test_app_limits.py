"""An app may ask to be held to less than the installation allows, and never to more."""

import math
from typing import Any

import pytest

from loomwork import Workflow
from loomwork.apps.application.app_limits import read_limits
from loomwork.engine import RunLimits
from tests.unit.apps.conftest import app_text

pytestmark = pytest.mark.anyio


def limits(**given: Any) -> Any:
    return read_limits({"x-loomwork": {"limits": given}})


def test_an_app_that_asks_for_nothing_has_the_limits_of_the_installation() -> None:
    most = RunLimits(steps=5)
    trees: list[dict[str, Any]] = [{}, {"x-loomwork": 5}, {"x-loomwork": {}}]
    assert all(read_limits(tree).within(most) == most for tree in trees)


def test_an_app_may_ask_for_less_and_gets_no_more() -> None:
    asked = limits(steps=10, seconds=0.5, rounds=1_000_000, depth=2, width=3, value_size=10**400, nodes=4)
    held = asked.within(RunLimits())
    assert held == RunLimits(steps=10, seconds=0.5, depth=2, width=3)
    assert (asked.nodes, asked.problems) == (4, ())


@pytest.mark.parametrize("value", [0, -1, "10", None, True, math.nan, math.inf, [1], {}, 0.5])
def test_a_limit_that_cannot_be_meant_is_a_warning_and_does_not_count(value: Any) -> None:
    asked = limits(steps=value)
    assert asked.within(RunLimits()) == RunLimits()
    [problem] = asked.problems
    assert (problem.level, problem.code, problem.place) == ("warning", "invalid_limit", "x-loomwork.limits.steps")


@pytest.mark.parametrize("given", [5, "few", ["steps"]])
def test_limits_that_are_no_map_are_a_warning(given: Any) -> None:
    assert [problem.place for problem in read_limits({"x-loomwork": {"limits": given}}).problems] == [
        "x-loomwork.limits"
    ]


@pytest.mark.parametrize("name", ["speed", 5, ("a", "b"), "x" * 5000, None])
def test_a_limit_that_does_not_exist_is_named(name: Any) -> None:
    [problem] = read_limits({"x-loomwork": {"limits": {name: 5}}}).problems
    assert "is no limit; there are depth, nodes, rounds" in problem.message
    assert len(problem.message) < 300


async def test_a_run_is_held_to_what_its_document_says() -> None:
    nodes = [{"id": name, "type": kind, "title": name} for name, kind in (("s", "start"), ("e", "end"))]
    text = app_text("workflow", nodes, "s>e") + "\nx-loomwork:\n  limits:\n    steps: 1\n    colour: 3\n"
    flow = Workflow.from_dsl(text)
    result = await flow.run({})
    assert result.error is not None
    assert result.error["code"] == "too_many_steps"
