"""When a node that failed runs again. Time is virtual, so every pause is exact."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from loomwork.engine import GraphRun
from loomwork.engine.ports import NodeContext, NodeError, NodeResult, RunContext
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import embedded_scope
from tests.unit.engine.run.virtual_time import VirtualClock, in_virtual_time

Make = Callable[..., Any]


async def fails(context: NodeContext) -> NodeResult:
    await asyncio.sleep(0)
    raise NodeError("no")


def retried(retries: int, interval: float, **own: Any) -> dict[str, Any]:
    config = {"retry_enabled": True, "max_retries": retries, "retry_interval": interval}
    return {"retry_config": config, "x-loomwork": {"retry": own}}


def due_times(made: Any, name: str = "run") -> list[float]:
    """When the node ran again, in seconds since the run's start."""

    async def main() -> None:
        plan = made.compiled().plan
        context = RunContext(RunId(name), embedded_scope())
        await GraphRun(plan, context, log=made.kept, clock=VirtualClock()).execute()

    in_virtual_time(main())
    return [event.data["next_at"] for event in made.kept.of_type("node_retrying")]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, [1.0, 2.0, 3.0, 4.0]),
        ({"backoff": 2}, [1.0, 3.0, 7.0, 15.0]),
        ({"backoff": 3, "max_interval": 5}, [1.0, 4.0, 9.0, 14.0]),
        ({"backoff": -2, "max_interval": "long", "jitter": None}, [1.0, 2.0, 3.0, 4.0]),
    ],
)
def test_pauses_grow_as_the_policy_says(graph: Make, node: Make, root: Any, own: Any, expected: Any) -> None:
    made = graph({"s": root, "a": node(awaits=fails)}, "s>a", {"a": retried(4, 1000, **own)})
    assert due_times(made) == expected


def test_jitter_is_the_same_for_the_same_run_and_other_for_another(graph: Make, node: Make, root: Any) -> None:
    def times(name: str) -> list[float]:
        made = graph({"s": root, "a": node(awaits=fails)}, "s>a", {"a": retried(5, 10_000, jitter=0.5)})
        return due_times(made, name)

    first, again, other = times("one"), times("one"), times("two")
    assert first == again
    assert first != other
    pauses = [after - before for before, after in zip([0.0, *first], first, strict=False)]
    assert all(5.0 <= pause <= 15.0 for pause in pauses)
    assert len(set(pauses)) == len(pauses)


def test_nodes_that_fail_together_do_not_come_back_together(graph: Make, node: Make, root: Any) -> None:
    names = [f"n{index}" for index in range(10)]
    types = {"s": root, **{name: node(awaits=fails) for name in names}}
    configs = {name: {**retried(1, 10_000, jitter=1), "error_strategy": "default-value"} for name in names}
    made = graph(types, ",".join(f"s>{name}" for name in names), configs)
    assert len(set(due_times(made))) == 10


def test_whatever_other_branches_do_is_done_before_a_retry_that_takes_long(graph: Make, node: Make, root: Any) -> None:
    """Counted, not timed: in virtual time a minute passes only when nothing else can be done."""
    done: list[str] = []

    async def work(context: NodeContext) -> NodeResult:
        await asyncio.sleep(1)
        done.append(context.node_id)
        return NodeResult({})

    def again(context: NodeContext) -> NodeResult:
        if context.attempt == 1:
            raise NodeError("not yet")
        done.append(f"again after {len(done)}")
        return NodeResult({})

    names = [f"n{index}" for index in range(40)]
    types = {"s": root, "a": node(does=again), **{name: node(awaits=work) for name in names}}
    chain = ",".join(f"{one}>{two}" for one, two in itertools.pairwise(names))
    made = graph(types, f"s>a, s>n0, {chain}", {"a": retried(1, 60_000)})
    assert due_times(made) == [60.0]
    assert done == [*names, "again after 40"]


def test_what_failed_attempts_have_used_counts(graph: Make, node: Make, root: Any) -> None:
    """Of attempts that were retried, of the last one that a default stands in for, and of a run that fails by it."""

    async def spends(context: NodeContext) -> NodeResult:
        raise NodeError("no", usage={"total_tokens": 10, "model": "one"})

    async def main(**more: Any) -> Any:
        configs = {"a": {**retried(2, 1), **more}}
        made = graph({"s": root, "a": node(awaits=spends), "b": node()}, "s>a, a>b", configs)
        result = await made.run(journalled=True)
        (told, *_) = [record for batch in made.kept.batches for record in batch.records if record.kind == "failed"]
        assert told.data["usage"] == {"total_tokens": 10, "model": "one"}
        return result.status, result.usage

    assert asyncio.run(main(error_strategy="default-value")) == ("partial-succeeded", {"total_tokens": 30})
    assert asyncio.run(main()) == ("failed", {"total_tokens": 30})
