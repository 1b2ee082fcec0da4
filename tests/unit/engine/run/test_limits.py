"""What a run may use at most: steps, time, and the size and depth of what it carries."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from loomwork.engine import GraphRun
from loomwork.engine.ports import NodeContext, NodeResult, RunContext
from loomwork.engine.run import RunLimits
from loomwork.engine.run.limits import DEEPEST, too_large
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import embedded_scope
from tests.unit.engine.run.rounds import Flow, condition, iteration, loop, source, step

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]


def chain(node: Make, root: Any, count: int) -> tuple[dict[str, Any], str]:
    types = {"n0": root} | {f"n{index}": node() for index in range(1, count)}
    return types, ",".join(f"n{index}>n{index + 1}" for index in range(count - 1))


async def test_a_run_of_too_many_steps_fails_with_a_sentence(graph: Make, node: Make, root: Any) -> None:
    result = await graph(*chain(node, root, 500)).run(limits=RunLimits(steps=100))
    assert result.status == "failed"
    assert result.error["code"] == "too_many_steps"
    assert "100 steps" in result.error["message"]
    assert sum(outcome.runs for outcome in result.nodes.values()) < 250


@pytest.mark.parametrize(("steps", "status"), [(2, "failed"), (3, "succeeded")])
async def test_a_run_takes_just_the_steps_that_it_may(
    graph: Make, node: Make, root: Any, steps: int, status: str
) -> None:
    made = graph(*chain(node, root, 3))
    assert (await made.run(limits=RunLimits(steps=steps))).status == status
    assert len(made.kept.of_type("node_succeeded")) == steps


async def test_a_run_that_takes_too_long_is_ended_and_its_nodes_cancelled(graph: Make, node: Make, root: Any) -> None:
    began, let_go = asyncio.Event(), asyncio.Event()

    async def endless(context: NodeContext) -> NodeResult:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            let_go.set()
        raise AssertionError

    result = await graph({"s": root, "a": node(awaits=endless)}, "s>a").run(limits=RunLimits(seconds=0.2))
    assert result.error == {"code": "run_too_long", "message": result.error["message"], "node_id": None}
    # On a machine that stands still for a moment the node may not have begun.
    assert let_go.is_set() == began.is_set()


async def test_an_output_that_is_too_large_fails_its_node(graph: Make, node: Make, root: Any) -> None:
    big = node(does=lambda context: NodeResult({"text": "x" * 1001}))
    result = await graph({"s": root, "a": big}, "s>a").run(limits=RunLimits(value_size=1000))
    assert (result.error["code"], result.error["node_id"]) == ("output_too_large", "a")
    assert result.nodes["a"].outputs is None


async def test_an_error_strategy_stands_in_for_an_output_that_is_too_large(graph: Make, node: Make, root: Any) -> None:
    big = node(does=lambda context: NodeResult({"items": [0] * 1000}))
    rescue = node(ends=True, does=lambda context: NodeResult({"saved": True}))
    made = graph({"s": root, "a": big, "b": rescue}, "s>a, a:fail-branch>b", {"a": {"error_strategy": "fail-branch"}})
    result = await made.run(limits=RunLimits(value_size=1000))
    assert (result.status, result.outputs) == ("partial-succeeded", {"saved": True})


def test_what_stands_in_a_value_many_times_counts_many_times() -> None:
    value: list[Any] = ["text"]
    for _ in range(40):
        value = [value, value]
    assert too_large([value], 10_000) is not None


def test_what_is_nested_too_deep_is_refused_however_small() -> None:
    deep: Any = "x"
    for _ in range(DEEPEST + 1):
        deep = {"k": deep}
    assert "nested" in str(too_large([deep], 10_000_000))


@pytest.mark.parametrize("value", ["x" * 100, [1, 2, {"a": None}], {}, None, 5, [[], [[]]]])
def test_ordinary_values_pass(value: Any) -> None:
    assert too_large([value], 1000) is None


async def test_a_loop_that_doubles_its_list_ends_before_the_memory_does() -> None:
    from loomwork import Workflow
    from tests.unit.apps.conftest import app_text

    doubling = {
        "id": "grow",
        "type": "assigner",
        "title": "Grow",
        "version": "2",
        "isInLoop": True,
        "loop_id": "again",
        "items": [
            {
                "variable_selector": ["again", "v"],
                "operation": "extend",
                "input_type": "variable",
                "value": ["again", "v"],
            }
        ],
    }
    loop = {
        "id": "again",
        "type": "loop",
        "title": "Again",
        "loop_count": 100,
        "start_node_id": "entry",
        "loop_variables": [{"label": "v", "var_type": "array[number]", "value_type": "constant", "value": "[1, 2]"}],
    }
    entry = {"id": "entry", "type": "loop-start", "title": "", "isInLoop": True, "loop_id": "again"}
    start = {"id": "s", "type": "start", "title": "Start", "variables": []}
    text = app_text("workflow", [start, loop, entry, doubling], "s>again, entry>grow")
    result = await Workflow.from_dsl(text).run({})
    assert result.error is not None
    assert result.error["code"] == "output_too_large"


async def held(flow: Flow, **limits: int) -> Any:
    """How a run of the flow ends that is held to these limits."""
    plan = flow.compiled().plan
    assert plan is not None
    context = RunContext(RunId("run"), embedded_scope())
    return await GraphRun(plan, context, log=flow.seen, clock=SystemClock(), limits=RunLimits(**limits)).execute()


def rounds_of(count: int, *, looped: bool, **config: Any) -> Flow:
    """A container that goes round so often, with a step inside."""
    around = loop(count, **config) if looped else iteration(["s", "items"], ["in", "x"], **config)
    nodes = {"s": source(items=[0] * count), "it": around, "it/in": step(lambda seen: {"x": 1})}
    return Flow(nodes, "s>it, it_start>in")


async def test_an_iteration_over_too_much_fails_before_it_begins() -> None:
    flow = rounds_of(11, looped=False)
    result = await held(flow, rounds=10)
    assert (result.error["code"], result.error["node_id"]) == ("too_many_rounds", "it")
    assert flow.seen.of_type("iteration_next") == []


async def test_an_error_strategy_stands_in_for_an_iteration_over_too_much() -> None:
    flow = rounds_of(11, looped=False, error_strategy="default-value")
    assert (await held(flow, rounds=10)).status == "partial-succeeded"


async def test_a_loop_that_goes_round_too_often_ends_the_run() -> None:
    flow = rounds_of(11, looped=True)
    result = await held(flow, rounds=10)
    assert result.error["code"] == "too_many_rounds"
    assert "10 times" in result.error["message"]
    assert flow.seen.about("in").count("node_succeeded") == 10


@pytest.mark.parametrize("looped", [True, False])
async def test_as_many_rounds_as_there_may_be_are_no_failure(looped: bool) -> None:
    assert (await held(rounds_of(10, looped=looped), rounds=10)).status == "succeeded"


async def test_a_loop_that_could_go_round_too_often_may_leave_before() -> None:
    flow = rounds_of(500, looped=True, until=[condition(["in", "x"], "=", "1")])
    assert (await held(flow, rounds=10)).status == "succeeded"


def nested(levels: int) -> Flow:
    nodes = {"s": source(items=[1])}
    place, edges = "", []
    for level in range(levels):
        name = f"c{level}"
        nodes[f"{place}{name}"] = iteration(["s", "items"], [f"c{level + 1}", "output"])
        edges.append(f"s>{name}" if level == 0 else f"c{level - 1}_start>{name}")
        place = f"{place}{name}/"
    return Flow(nodes, ",".join(edges))


async def test_containers_may_lie_inside_each_other_only_so_deep() -> None:
    assert (await held(nested(3), depth=3)).status == "succeeded"
    result = await held(nested(4), depth=3)
    assert result.error["code"] == "too_deep"


@pytest.mark.parametrize(("levels", "codes"), [(50, set()), (51, {"too_deep"}), (1000, {"too_deep"})])
def test_the_compiler_refuses_what_is_nested_too_deep_before_it_goes_down(levels: int, codes: set[str]) -> None:
    compilation = nested(levels).compiled()
    assert {problem.code for problem in compilation.problems if problem.level == "error"} == codes
    assert (compilation.plan is None) == bool(codes)
