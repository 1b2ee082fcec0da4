"""How many nodes wait for the world at once: in one run, and across runs by places of a gate."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from loomwork.engine import GraphRun, RunLimits
from loomwork.engine.commands import Cancel
from loomwork.engine.ports import NodeContext, NodeError, NodeResult, RunContext
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import embedded_scope
from tests.unit.engine.run.rounds import Flow, Seen, iteration, source, step
from tests.unit.engine.run.virtual_time import VirtualClock, in_virtual_time

Make = Callable[..., Any]
RETRY = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 60_000}}


class Places:
    """A gate with so many places, that counts."""

    def __init__(self, count: int) -> None:
        self._semaphore = asyncio.Semaphore(count)
        self.inside = self.most = self.taken = self.waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        self.waiting += 1
        try:
            await self._semaphore.acquire()
        finally:
            self.waiting -= 1
        self.inside += 1
        self.taken += 1
        self.most = max(self.most, self.inside)
        try:
            yield
        finally:
            self.inside -= 1
            self._semaphore.release()


@dataclass
class Crowd:
    """What waiting nodes do: stay for a while. `most` were there at once."""

    seconds: float = 1.0
    going: int = 0
    most: int = 0
    order: list[str] = field(default_factory=list)

    async def __call__(self, context: NodeContext) -> NodeResult:
        self.going += 1
        self.most = max(self.most, self.going)
        self.order.append(context.node_id)
        try:
            context.say(context.node_id)
            await asyncio.sleep(self.seconds)
        finally:
            self.going -= 1
        return NodeResult({"text": context.node_id})


def begin(made: Any, name: str = "run", **how: Any) -> GraphRun:
    plan = made.compiled().plan
    log = made.seen if isinstance(made, Flow) else made.kept
    return GraphRun(plan, RunContext(RunId(name), embedded_scope()), log=log, clock=VirtualClock(), **how)


def fan(graph: Make, node: Make, root: Any, crowd: Any, count: int, **configs: Any) -> Any:
    """So many waiting nodes beside each other, and an answer that shows them all."""
    names = [f"n{index}" for index in range(count)]
    shown = " ".join(f"{{{{#{name}.text#}}}}" for name in names)
    types = {"s": root, **{name: node(awaits=crowd) for name in names}, "e": node(shows=shown)}
    return graph(types, ",".join(f"s>{name}, {name}>e" for name in names), configs)


@pytest.mark.parametrize(("width", "seconds"), [(1, 10.0), (3, 4.0), (10, 1.0), (100, 1.0)])
def test_a_run_is_as_wide_as_it_may_be_and_says_the_same(
    graph: Make, node: Make, root: Any, width: int, seconds: float
) -> None:
    async def main() -> None:
        crowd = Crowd()
        result = await begin(fan(graph, node, root, crowd, 10), limits=RunLimits(width=width)).execute()
        assert result.answer == "n0 n1 n2 n3 n4 n5 n6 n7 n8 n9"
        assert (crowd.most, asyncio.get_running_loop().time()) == (min(width, 10), seconds)
        assert crowd.order == [f"n{index}" for index in range(10)]

    in_virtual_time(main())


def test_a_run_that_is_cancelled_starts_none_of_those_that_waited_their_turn(
    graph: Make, node: Make, root: Any
) -> None:
    async def main() -> None:
        crowd = Crowd()
        run = begin(fan(graph, node, root, crowd, 10), limits=RunLimits(width=2))
        asyncio.get_running_loop().call_later(0.5, run.send, Cancel("test"))
        assert (await run.execute()).status == "stopped"
        assert (crowd.order, crowd.going) == (["n0", "n1"], 0)

    in_virtual_time(main())


def test_runs_share_the_places_of_their_gate_and_the_answer_is_the_same(graph: Make, node: Make, root: Any) -> None:
    async def main() -> None:
        gate, crowd = Places(2), Crowd()
        runs = [begin(fan(graph, node, root, crowd, 3), f"r{number}", gate=gate) for number in range(4)]
        results = await asyncio.gather(*(run.execute() for run in runs))
        assert {(result.status, result.answer) for result in results} == {("succeeded", "n0 n1 n2")}
        assert (gate.most, crowd.most, gate.taken, gate.inside) == (2, 2, 12, 0)

    in_virtual_time(main())


def test_nodes_that_do_not_wait_need_no_place(graph: Make, node: Make, root: Any) -> None:
    async def main() -> None:
        result = await begin(graph({"s": root, "a": node(), "e": node()}, "s>a, a>e"), gate=Places(0)).execute()
        assert result.status == "succeeded"

    in_virtual_time(main())


def test_a_node_that_waits_for_its_retry_holds_no_place(graph: Make, node: Make, root: Any) -> None:
    async def main() -> None:
        times: list[tuple[str, float]] = []

        async def work(context: NodeContext) -> NodeResult:
            times.append((context.node_id, asyncio.get_running_loop().time()))
            if context.node_id == "a" and context.attempt == 1:
                raise NodeError("not yet")
            await asyncio.sleep(1)
            return NodeResult({})

        types = {"s": root, "a": node(awaits=work), "b": node(awaits=work)}
        await begin(graph(types, "s>a, s>b", {"a": RETRY}), gate=Places(1)).execute()
        assert times == [("a", 0.0), ("b", 0.0), ("a", 60.0)]

    in_virtual_time(main())


def test_the_time_of_a_node_begins_with_its_place(graph: Make, node: Make, root: Any) -> None:
    async def main() -> None:
        timed = {"x-loomwork": {"timeout": 5}}
        made = fan(graph, node, root, Crowd(seconds=3), 4, **{f"n{index}": timed for index in range(4)})
        result = await begin(made, gate=Places(1)).execute()
        assert result.status == "succeeded"
        assert [result.nodes[f"n{index}"].elapsed_ms for index in range(4)] == [3000.0] * 4

    in_virtual_time(main())


def test_a_node_whose_time_is_over_gives_its_place_back(graph: Make, node: Make, root: Any) -> None:
    async def main() -> None:
        rescued = {"x-loomwork": {"timeout": 5}, "error_strategy": "default-value"}
        gate = Places(1)
        made = fan(graph, node, root, Crowd(seconds=60), 2, n0=rescued, n1=rescued)
        result = await begin(made, gate=gate).execute()
        assert (result.status, gate.inside, asyncio.get_running_loop().time()) == ("partial-succeeded", 0, 10.0)

    in_virtual_time(main())


def test_a_run_may_be_cancelled_while_its_nodes_wait_for_a_place(graph: Make, node: Make, root: Any) -> None:
    async def main() -> None:
        gate = Places(0)
        run = begin(fan(graph, node, root, Crowd(), 3), gate=gate)
        asyncio.get_running_loop().call_later(1, lambda: run.send(Cancel(f"test of {gate.waiting}")))
        result = await run.execute()
        assert (result.status, gate.waiting, gate.taken) == ("stopped", 0, 0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    in_virtual_time(main())


def test_a_round_that_is_given_up_gives_its_places_back() -> None:
    async def main() -> None:
        async def work(seen: Any) -> Any:
            await asyncio.sleep(1)
            if seen.item == 0:
                raise NodeError("the first one fails")
            await asyncio.Event().wait()

        async def after(seen: Any) -> Any:
            return {"done": True}

        each = iteration(["s", "items"], ["work", "x"], width=3, error_strategy="default-value")
        nodes = {
            "s": source(items=[0, 1, 2, 3, 4]),
            "it": each,
            "it/work": step(work, item=["it", "item"]),
            "after": step(after, ends=True),
        }
        gate = Places(3)
        flow = Flow(nodes, "s>it, it_start>work, it>after", seen=Seen())
        result = await begin(flow, gate=gate).execute()
        assert (result.status, result.outputs) == ("partial-succeeded", {"done": True})
        assert (gate.most, gate.inside, gate.waiting) == (3, 0, 0)

    in_virtual_time(main())


@pytest.mark.parametrize(("holds_place", "status"), [(False, "succeeded"), (None, "failed")])
def test_parents_that_hold_no_place_cannot_starve_their_children(
    graph: Make, node: Make, root: Any, holds_place: bool | None, status: str
) -> None:
    """As many parents as there are places, each waiting for a child that needs one. By default a node holds a place."""

    class Parent:
        is_root = False

        def __init__(self, awaits: Callable[[NodeContext], Awaitable[NodeResult]]) -> None:
            self._type = node(awaits=awaits)

        def compile(self, spec: Any, binder: Any) -> Any:
            compiled = self._type.compile(spec, binder)
            if holds_place is not None:
                compiled.holds_place = holds_place
            return compiled

    async def main() -> None:
        gate = Places(2)

        async def ask_a_child(context: NodeContext) -> NodeResult:
            child = graph({"s": root, "a": node(awaits=Crowd())}, "s>a")
            await begin(child, f"{context.run.run_id}/child", gate=gate).execute()
            return NodeResult({})

        limits = RunLimits(seconds=100)
        made = [graph({"s": root, "p": Parent(ask_a_child)}, "s>p") for _ in range(4)]
        runs = [begin(each, f"r{number}", gate=gate, limits=limits) for number, each in enumerate(made)]
        results = await asyncio.gather(*(run.execute() for run in runs))
        assert {result.status for result in results} == {status}

    in_virtual_time(main())
