"""How long a node may take, in all and between two signs of life. Time is virtual, so every second is exact."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from loomwork.engine import GraphRun, RunResult
from loomwork.engine.commands import Cancel
from loomwork.engine.ports import NodeContext, NodeResult, RunContext
from loomwork.engine.run.waiting import LETTING_GO_SECONDS
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import embedded_scope
from tests.unit.engine.run.virtual_time import VirtualClock, in_virtual_time

Make = Callable[..., Any]
Awaits = Callable[[NodeContext], Awaitable[NodeResult]]


def begin(made: Any) -> GraphRun:
    plan = made.compiled().plan
    return GraphRun(plan, RunContext(RunId("run"), embedded_scope()), log=made.kept, clock=VirtualClock())


async def to_the_end(made: Any) -> Any:
    """Run it, and see that nothing of it is left behind."""
    result = await begin(made).execute()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return result


async def for_ever(context: NodeContext) -> NodeResult:
    await asyncio.Event().wait()
    raise AssertionError


def speaking(*silences: float, tell: Callable[[NodeContext], None] = lambda context: context.say("x")) -> Awaits:
    """Says something after each of these silences."""

    async def awaits(context: NodeContext) -> NodeResult:
        for silence in silences:
            await asyncio.sleep(silence)
            tell(context)
        return NodeResult({"text": "x" * len(silences)})

    return awaits


def limited(awaits: Awaits, graph: Make, node: Make, root: Any, *, config: Any = None, **limits: Any) -> Any:
    return graph({"s": root, "a": node(awaits=awaits)}, "s>a", {"a": {"x-loomwork": limits, **(config or {})}})


def test_a_node_that_takes_too_long_in_all_fails(graph: Make, node: Make, root: Any) -> None:
    result = in_virtual_time(to_the_end(limited(for_ever, graph, node, root, timeout=5)))
    assert (result.status, result.error["code"]) == ("failed", "node_timeout")
    assert "5 seconds" in result.error["message"]
    assert result.nodes["a"].elapsed_ms == 5000


def test_a_node_that_goes_on_speaking_may_still_take_too_long_in_all(graph: Make, node: Make, root: Any) -> None:
    made = limited(speaking(*[1.0] * 9), graph, node, root, timeout=4.5, idle_timeout=2)
    assert in_virtual_time(to_the_end(made)).error["code"] == "node_timeout"


def test_a_node_that_says_nothing_for_too_long_fails(graph: Make, node: Make, root: Any) -> None:
    made = limited(speaking(2.0, 2.0, 60.0), graph, node, root, timeout=30, idle_timeout=3)
    result = in_virtual_time(to_the_end(made))
    assert result.error["code"] == "node_idle_timeout"
    assert result.nodes["a"].elapsed_ms == 7000


@pytest.mark.parametrize("tell", [lambda context: context.say("x"), lambda context: context.reason("hm")])
def test_each_sign_of_life_begins_the_silence_anew(graph: Make, node: Make, root: Any, tell: Any) -> None:
    made = limited(speaking(2.0, 2.0, 2.0, 2.0, tell=tell), graph, node, root, idle_timeout=3)
    result = in_virtual_time(to_the_end(made))
    assert (result.status, result.nodes["a"].elapsed_ms) == ("succeeded", 8000)


def test_a_node_whose_time_was_over_is_retried(graph: Make, node: Make, root: Any) -> None:
    async def slow_at_first(context: NodeContext) -> NodeResult:
        await asyncio.sleep(60 if context.attempt == 1 else 1)
        return NodeResult({"attempt": context.attempt})

    retry = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 2000}}
    made = limited(slow_at_first, graph, node, root, config=retry, timeout=5)
    result = in_virtual_time(to_the_end(made))
    assert (result.status, result.nodes["a"].outputs, result.nodes["a"].runs) == ("succeeded", {"attempt": 2}, 2)
    [retrying] = made.kept.of_type("node_retrying")
    assert (retrying.data["error"]["code"], retrying.data["next_at"]) == ("node_timeout", 7.0)


def test_an_error_strategy_stands_in_for_a_node_whose_time_is_over(graph: Make, node: Make, root: Any) -> None:
    rescue = {"error_strategy": "default-value", "default_value": [{"key": "text", "type": "string", "value": "n/a"}]}
    result = in_virtual_time(to_the_end(limited(for_ever, graph, node, root, config=rescue, timeout=5)))
    assert (result.status, result.nodes["a"].outputs["error_type"]) == ("partial-succeeded", "node_timeout")


def test_a_nodes_own_timeout_error_is_not_mistaken_for_the_limits(graph: Make, node: Make, root: Any) -> None:
    async def times_out(context: NodeContext) -> NodeResult:
        async with asyncio.timeout(1):
            await asyncio.Event().wait()
        raise AssertionError

    result = in_virtual_time(to_the_end(limited(times_out, graph, node, root, timeout=5, idle_timeout=4)))
    assert result.error["code"] == "internal_error"
    assert "TimeoutError" in result.error["message"]


def test_what_a_node_leaves_after_its_time_does_not_count(graph: Make, node: Make, root: Any) -> None:
    async def stubborn(context: NodeContext) -> NodeResult:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(1)
            context.say("too late")
        return NodeResult({"text": "too late"})

    types = {"s": root, "a": node(awaits=stubborn), "e": node(shows="{{#a.text#}}")}
    made = graph(types, "s>a, a>e", {"a": {"x-loomwork": {"timeout": 5}}})
    result = in_virtual_time(to_the_end(made))
    assert (result.status, result.error["code"], made.kept.text()) == ("failed", "node_timeout", "")


def test_a_node_that_does_not_let_go_is_left_to_itself_after_a_while(graph: Make, node: Make, root: Any) -> None:
    async def deaf(context: NodeContext) -> NodeResult:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()
        raise AssertionError

    async def seconds() -> float:
        result = await begin(limited(deaf, graph, node, root, timeout=5)).execute()
        assert result.error is not None
        assert result.error["code"] == "node_timeout"
        return asyncio.get_running_loop().time()

    assert in_virtual_time(seconds()) == 5 + LETTING_GO_SECONDS


def test_a_node_that_cancels_itself_did_not_take_too_long(graph: Make, node: Make, root: Any) -> None:
    async def gives_up(context: NodeContext) -> NodeResult:
        raise asyncio.CancelledError

    result = in_virtual_time(to_the_end(limited(gives_up, graph, node, root, timeout=5)))
    assert result.error["code"] == "node_cancelled"


def test_a_cancelled_run_takes_its_nodes_with_it_whatever_time_they_had(graph: Make, node: Make, root: Any) -> None:
    let_go: list[bool] = []

    async def holding(context: NodeContext) -> NodeResult:
        try:
            await asyncio.Event().wait()
        finally:
            let_go.append(True)
        raise AssertionError

    async def cancelled() -> RunResult:
        run = begin(limited(holding, graph, node, root, timeout=50))
        asyncio.get_running_loop().call_later(3, run.send, Cancel("somebody"))
        result = await run.execute()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert asyncio.get_running_loop().time() == 3
        return result

    assert (in_virtual_time(cancelled()).status, let_go) == ("stopped", [True])


def test_a_node_in_time_is_not_disturbed(graph: Make, node: Make, root: Any) -> None:
    result = in_virtual_time(to_the_end(limited(speaking(1.0), graph, node, root, timeout=5, idle_timeout=2)))
    assert (result.status, result.nodes["a"].outputs) == ("succeeded", {"text": "x"})
