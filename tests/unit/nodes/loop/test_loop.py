"""How often a loop goes round, and what its variables are before, during and after."""

from typing import Any

import pytest

from loomwork.engine import GraphRun, Plan
from loomwork.engine.ports import RunContext
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import embedded_scope
from tests.unit.engine.run.rounds import (
    Flow,
    Part,
    assign,
    condition,
    failing,
    item,
    leave_now,
    loop,
    source,
    step,
    variable,
    when,
)

pytestmark = pytest.mark.anyio

ADD_ONE = assign(item(["lo", "n"], "+=", constant=1))


async def outputs_of(container: Part, inside: dict[str, Part], edges: str, **around: Any) -> Any:
    """All that a loop leaves, or its error's code."""
    nodes = {"s": source(**around), "lo": container, **{f"lo/{name}": part for name, part in inside.items()}}
    result = await Flow(nodes, f"s>lo, {edges}").run()
    return result.nodes["lo"].outputs if result.error is None else result.error["code"]


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("string", "text", "text"),
        ("string", "5", "5"),
        ("string", None, ""),
        ("number", "5", 5),
        ("number", "-1.5", -1.5),
        ("number", 7, 7),
        ("boolean", "true", True),
        ("boolean", False, False),
        ("object", '{"k": [1]}', {"k": [1]}),
        ("object", {"k": 1}, {"k": 1}),
        ("array[string]", '["a", "b"]', ["a", "b"]),
        ("array[string]", ["a"], ["a"]),
        ("array[number]", "[1, 2.5]", [1, 2.5]),
        ("array[object]", '[{"k": 1}]', [{"k": 1}]),
        ("array[boolean]", "[true, false]", [True, False]),
        ("array[string]", "not json", "not json"),
    ],
)
async def test_constants_are_read_as_their_type_says(kind: str, written: Any, value: Any) -> None:
    seen: list[Any] = []
    inside = {"w": step(lambda seen_now: seen.append(seen_now.v), v=["lo", "v"])}
    left = await outputs_of(loop(1, variable("v", written, kind=kind)), inside, "lo_start>w")
    assert seen == [value]
    assert type(seen[0]) is type(value)
    assert left == {"v": value, "loop_round": 1}


async def test_a_variable_may_begin_with_what_was_set_before() -> None:
    rows = [{"k": 1}]
    container = loop(1, variable("v", ["s", "rows"], kind="array[object]", source="variable"))
    left = await outputs_of(container, {"w": step()}, "lo_start>w", rows=rows)
    assert left["v"] is rows


async def test_a_variable_of_what_nothing_set_is_null() -> None:
    container = loop(1, variable("v", ["s", "gone"], source="variable"))
    assert await outputs_of(container, {"w": step()}, "lo_start>w") == {"v": None, "loop_round": 1}


@pytest.mark.parametrize(("count", "rounds"), [(0, 0), (1, 1), (7, 7), ("3", 3), (-1, 0), ("many", 10), (None, 10)])
async def test_a_loop_goes_round_so_often_at_most(count: Any, rounds: int) -> None:
    container = loop(1, variable("n", "0", kind="number")).having(loop_count=count)
    assert await outputs_of(container, {"w": ADD_ONE}, "lo_start>w") == {"n": rounds, "loop_round": rounds}


async def test_the_condition_is_looked_at_before_the_first_round() -> None:
    ran: list[bool] = []
    container = loop(5, variable("n", "3", kind="number"), until=[condition(["lo", "n"], "=", "3")])
    inside = {"w": step(lambda seen: ran.append(True))}
    assert await outputs_of(container, inside, "lo_start>w") == {"n": 3, "loop_round": 0}
    assert ran == []


async def test_the_condition_is_looked_at_after_each_round() -> None:
    container = loop(50, variable("n", "0", kind="number"), until=[condition(["lo", "n"], "≥", "4")])
    assert await outputs_of(container, {"w": ADD_ONE}, "lo_start>w") == {"n": 4, "loop_round": 4}


@pytest.mark.parametrize(("word", "rounds"), [("and", 5), ("or", 2)])
async def test_several_conditions_are_joined_by_their_word(word: str, rounds: int) -> None:
    until = [condition(["lo", "n"], "≥", "2"), condition(["lo", "n"], "≥", "5")]
    container = loop(50, variable("n", "0", kind="number"), until=until, logical_operator=word)
    assert (await outputs_of(container, {"w": ADD_ONE}, "lo_start>w"))["loop_round"] == rounds


async def test_a_condition_may_look_at_nodes_inside_once_they_have_run() -> None:
    container = loop(9, variable("n", "0", kind="number"), until=[condition(["say", "text"], "is", "3!")])
    inside = {"w": ADD_ONE, "say": step(lambda seen: {"text": f"{seen.n}!"}, n=["lo", "n"])}
    assert (await outputs_of(container, inside, "lo_start>w, w>say"))["loop_round"] == 3


async def test_what_nodes_left_in_one_round_is_gone_in_the_next() -> None:
    seen: list[Any] = []
    inside = {
        "look": step(lambda now: seen.append(repr(now.x)), x=["w", "x"]),
        "w": step(lambda now: {"x": 1}),
    }
    await outputs_of(loop(2), inside, "lo_start>look, look>w")
    assert seen == ["MISSING", "MISSING"]


async def test_a_condition_on_a_node_that_did_not_run_fails_the_loop() -> None:
    container = loop(3, until=[condition(["w", "gone"], "is", "x")])
    assert await outputs_of(container, {"w": step()}, "lo_start>w") == "variable_not_found"


async def test_leaving_needs_no_condition_that_the_round_did_not_come_to() -> None:
    container = loop(9, variable("n", "0", kind="number"), until=[condition(["late", "text"], "is", "never")])
    inside = {
        "w": ADD_ONE,
        "enough": when(condition(["lo", "n"], "=", "3")),
        "leave": leave_now(),
        "late": step(lambda seen: {"text": "go on"}),
    }
    edges = "lo_start>w, w>enough, enough:true>leave, enough:false>late"
    assert await outputs_of(container, inside, edges) == {"n": 3, "loop_round": 3}


async def test_a_failing_node_ends_the_loop_with_its_own_code() -> None:
    ran: list[int] = []

    def note(seen: Any) -> bool:
        ran.append(seen.n)
        return bool(seen.n == 2)

    container = loop(9, variable("n", "0", kind="number"), error_handle_mode="continue-on-error")
    inside = {"w": ADD_ONE, "bad": failing("no", "bad_day", when=note, n=["lo", "n"])}
    assert await outputs_of(container, inside, "lo_start>w, w>bad") == "bad_day"
    assert ran == [1, 2]


async def test_the_error_says_which_round_failed() -> None:
    result = await Flow({"s": source(), "lo": loop(2), "lo/bad": failing("no")}, "s>lo, lo_start>bad").run()
    assert result.error == {"code": "broken", "message": "Round 1 failed: no", "node_id": "lo"}


async def test_a_loop_without_variables_or_conditions_counts_its_rounds() -> None:
    assert await outputs_of(loop(4), {"w": step()}, "lo_start>w") == {"loop_round": 4}


async def test_runs_of_one_plan_do_not_share_loop_variables() -> None:
    nodes = {
        "s": source(),
        "lo": loop(3, variable("log", "[]", kind="array[number]")),
        "lo/w": assign(item(["lo", "log"], "append", constant=1)),
        "e": step(lambda seen: {"log": seen.log}, ends=True, log=["lo", "log"]),
    }
    flow = Flow(nodes, "s>lo, lo_start>w, lo>e")
    plan = flow.compiled().plan
    assert plan is not None
    first, second = [await _run_of(flow, plan) for _ in range(2)]
    assert first == second == {"log": [1, 1, 1]}


async def _run_of(flow: Flow, plan: Plan) -> Any:
    context = RunContext(RunId("run"), embedded_scope())
    return (await GraphRun(plan, context, log=flow.seen, clock=SystemClock()).execute()).outputs
