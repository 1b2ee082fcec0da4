"""Containers at work: depth, shared values, exits, failures, cancelling, events."""

import asyncio
import gc
from typing import Any

import pytest

from loomwork.engine.commands import Cancel
from loomwork.engine.ports import NodeError
from loomwork.nodes.catalog import NodeCatalog
from tests.unit.engine.run.rounds import (
    Flow,
    assign,
    condition,
    failing,
    item,
    iteration,
    leave_now,
    loop,
    soon,
    source,
    step,
    variable,
    when,
)

pytestmark = pytest.mark.anyio

RETRY = {"retry_config": {"retry_enabled": True, "max_retries": 2, "retry_interval": 0}}


class Gate:
    """Lets each of several waiting nodes go when the test says so, and counts those that wait and those cancelled."""

    def __init__(self) -> None:
        self.waiting: dict[Any, asyncio.Event] = {}
        self.most = 0
        self.cancelled: list[Any] = []

    async def wait(self, name: Any) -> None:
        opened = self.waiting[name] = asyncio.Event()
        self.most = max(self.most, len(self.waiting))
        try:
            await opened.wait()
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise

    async def until(self, count: int) -> None:
        await soon(lambda: len(self.waiting) == count)

    def open(self, name: Any) -> None:
        self.waiting.pop(name).set()


async def test_containers_nest_to_depth_four_and_read_every_level() -> None:
    def describe(seen: Any) -> Any:
        return {"x": f"{seen.root}{seen.a}{seen.round}{seen.b}{seen.deep}"}

    nodes = {
        "s": source(list=["a", "b"], name="R"),
        "one": iteration(["s", "list"], ["two", "kept"]),
        "one/two": loop(2, variable("kept", "[]", kind="array[object]"), variable("n", "0", kind="number")),
        "one/two/three": iteration(["s", "list"], ["four", "x"]),
        "one/two/three/four": loop(1, variable("x", "")),
        "one/two/three/four/in": step(
            describe,
            root=["s", "name"],
            a=["one", "item"],
            round=["two", "n"],
            b=["three", "item"],
            deep=["three", "index"],
        ),
        "one/two/three/four/set": assign(item(["four", "x"], "over-write", of=["in", "x"])),
        "one/two/keep": assign(
            item(["two", "kept"], "extend", of=["three", "output"]), item(["two", "n"], "+=", constant=1)
        ),
        "e": step(lambda seen: {"all": seen.all}, ends=True, all=["one", "output"]),
    }
    edges = "s>one, one_start>two, two_start>three, three_start>four, four_start>in, in>set, three>keep, one>e"
    flow = Flow(nodes, edges)
    result = await flow.run()
    assert result.outputs == {"all": ["Ra0a0", "Ra0b1", "Ra1a0", "Ra1b1", "Rb0a0", "Rb0b1", "Rb1a0", "Rb1b1"]}
    paths = [event.frame for event in flow.seen.of_type("node_succeeded") if event.node_id == "in"]
    assert paths[3] == (("one", 0), ("two", 1), ("three", 1), ("four", 0))
    assert len(set(paths)) == 8


async def test_a_value_around_is_read_at_any_depth_without_being_copied() -> None:
    big = ["x" * 1000] * 10_000
    same: list[bool] = []
    copied: list[str] = []

    class Uncopied(list[str]):
        def __copy__(self) -> Any:
            copied.append("copy")
            raise AssertionError

        def __deepcopy__(self, memo: Any) -> Any:
            copied.append("deepcopy")
            raise AssertionError

    shared = Uncopied(big)
    nodes = {
        "s": source(list=list(range(20)), big=shared),
        "it": iteration(["s", "list"], ["look", "x"], width=4),
        "it/lo": loop(3),
        "it/lo/look": step(lambda seen: same.append(seen.big is shared), big=["s", "big"]),
    }
    result = await Flow(nodes, "s>it, it_start>lo, lo_start>look").run()
    assert result.status == "succeeded"
    assert same == [True] * 60
    assert copied == []


async def test_no_more_rounds_than_the_width_run_at_once() -> None:
    gate = Gate()

    async def work(seen: Any) -> Any:
        await gate.wait(seen.n)
        return {"x": seen.n * 10}

    nodes = {
        "s": source(list=list(range(7))),
        "it": iteration(["s", "list"], ["w", "x"], width=3),
        "it/w": step(work, n=["it", "item"]),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    flow = Flow(nodes, "s>it, it_start>w, it>e")
    task = asyncio.create_task(flow.run())
    for _ in range(4):
        await gate.until(3)
        gate.open(max(gate.waiting))
    await gate.until(3)
    for name in (6, 1, 0):
        gate.open(name)
    result = await task
    assert gate.most == 3
    assert result.outputs == {"out": [0, 10, 20, 30, 40, 50, 60]}


async def test_rounds_do_not_see_each_others_nodes() -> None:
    def leave_a_trace(seen: Any) -> Any:
        return {"before": repr(seen.other), "mine": seen.n}

    nodes = {
        "s": source(list=[1, 2]),
        "it": iteration(["s", "list"], ["a", "before"]),
        "it/a": step(leave_a_trace, n=["it", "item"], other=["b", "x"]),
        "it/b": step(lambda seen: {"x": "set"}),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    result = await Flow(nodes, "s>it, it_start>a, a>b, it>e").run()
    assert result.outputs == {"out": ["MISSING", "MISSING"]}


async def test_a_failing_round_cancels_what_the_other_rounds_have_in_flight() -> None:
    gate = Gate()

    async def work(seen: Any) -> Any:
        await gate.wait(seen.n)
        if seen.n == 1:
            raise NodeError("one is bad", code="bad")
        return {"x": seen.n}

    nodes = {
        "s": source(list=[0, 1, 2, 3]),
        "it": iteration(["s", "list"], ["w", "x"], width=3),
        "it/w": step(work, n=["it", "item"]),
        "after": step(),
    }
    flow = Flow(nodes, "s>it, it_start>w, it>after")
    run = flow.begin()
    task = asyncio.create_task(run.execute())
    await gate.until(3)
    gate.open(1)
    result = await task
    assert sorted(gate.cancelled) == [0, 2]
    assert result.status == "failed"
    assert result.error == {"code": "bad", "message": "Item 2 failed: one is bad", "node_id": "it"}
    assert "after" not in result.nodes
    assert flow.seen.about("it") == [
        "node_started",
        "iteration_started",
        *["iteration_next"] * 3,
        "iteration_failed",
        "node_failed",
        "run_failed",
    ]


async def test_a_round_that_fails_cancels_its_own_nodes_and_lets_the_others_go_on() -> None:
    gate = Gate()

    async def slow(seen: Any) -> Any:
        await gate.wait(seen.n)
        return {"x": seen.n}

    nodes = {
        "s": source(list=[0, 1, 2]),
        "it": iteration(["s", "list"], ["slow", "x"], width=3, error_handle_mode="continue-on-error"),
        "it/slow": step(slow, n=["it", "item"]),
        "it/bad": failing(when=lambda seen: seen.n == 1, n=["it", "item"]),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    task = asyncio.create_task(Flow(nodes, "s>it, it_start>slow, it_start>bad, it>e").run())
    await gate.until(2)
    gate.open(0)
    gate.open(2)
    result = await task
    assert result.outputs == {"out": [0, None, 2]}
    assert 1 not in gate.waiting


async def test_cancelling_the_run_stops_the_nodes_of_every_round() -> None:
    gate = Gate()

    async def work(seen: Any) -> Any:
        await gate.wait((seen.n, seen.m))

    nodes = {
        "s": source(list=[0, 1]),
        "it": iteration(["s", "list"], ["w", "x"], width=2),
        "it/in": iteration(["s", "list"], ["w", "x"], width=2),
        "it/in/w": step(work, n=["it", "item"], m=["in", "item"]),
        "after": step(),
    }
    flow = Flow(nodes, "s>it, it_start>in, in_start>w, it>after")
    run = flow.begin()
    task = asyncio.create_task(run.execute())
    await gate.until(4)
    run.send(Cancel("somebody"))
    result = await task
    assert (result.status, sorted(gate.cancelled)) == ("stopped", [(0, 0), (0, 1), (1, 0), (1, 1)])
    assert flow.seen.events[-1].type == "run_stopped"
    assert {name: node.status for name, node in result.nodes.items()} == {
        "s": "succeeded",
        "it": "stopped",
        "it_start": "succeeded",
        "in": "stopped",
        "in_start": "succeeded",
        "w": "stopped",
    }


@pytest.mark.parametrize("depth", ["outer", "inner"])
async def test_a_failure_deep_inside_is_told_at_every_level(depth: str) -> None:
    mode = "terminated" if depth == "outer" else "remove-abnormal-output"
    nodes = {
        "s": source(list=[1, 2]),
        "it": iteration(["s", "list"], ["lo", "x"], error_handle_mode=mode),
        "it/lo": loop(2, variable("x", "v")),
        "it/lo/bad": failing("deep down", when=lambda seen: seen.n == 2, n=["it", "item"]),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    flow = Flow(nodes, "s>it, it_start>lo, lo_start>bad, it>e")
    result = await flow.run()
    failed = [(event.node_id, event.data["error"]["message"]) for event in flow.seen.of_type("node_failed")]
    told = [("bad", "deep down"), ("lo", "Round 1 failed: deep down")]
    if depth == "outer":
        assert failed == [*told, ("it", "Item 2 failed: Round 1 failed: deep down")]
        assert result.error is not None
        assert (result.error["code"], result.error["node_id"]) == ("broken", "it")
    else:
        assert failed == told
        assert result.outputs == {"out": ["v"]}


async def test_a_node_in_a_round_is_retried_there_and_only_there() -> None:
    tried: list[tuple[int, int]] = []

    def stumble(seen: Any) -> Any:
        tried.append((seen.n, seen.context.attempt))
        if seen.n == 1 and seen.context.attempt < 3:
            raise NodeError("not yet")
        return {"x": seen.n}

    nodes = {
        "s": source(list=[0, 1, 2]),
        "it": iteration(["s", "list"], ["w", "x"]),
        "it/w": step(stumble, n=["it", "item"]).having(**RETRY),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    flow = Flow(nodes, "s>it, it_start>w, it>e")
    result = await flow.run()
    assert tried == [(0, 1), (1, 1), (1, 2), (1, 3), (2, 1)]
    assert result.outputs == {"out": [0, 1, 2]}
    assert [event.frame for event in flow.seen.of_type("node_retrying")] == [(("it", 1),)] * 2


async def test_strategies_inside_a_round_keep_it_from_failing() -> None:
    defaults = [{"key": "n", "type": "number", "value": "-1"}]
    nodes = {
        "s": source(list=[0, 1]),
        "it": iteration(["s", "list"], ["join", "output"]),
        "it/default": failing(when=lambda seen: seen.n == 1, n=["it", "item"]).having(
            error_strategy="default-value", default_value=defaults
        ),
        "it/branch": failing("why", when=lambda seen: seen.n == 1, n=["it", "item"]).having(
            error_strategy="fail-branch"
        ),
        "it/join": step(
            lambda seen: {"output": [seen.n, repr(seen.why)]}, n=["default", "n"], why=["branch", "error_message"]
        ),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    edges = "s>it, it_start>default, default>branch, branch>join, branch:fail-branch>join, it>e"
    result = await Flow(nodes, edges).run()
    assert result.status == "partial-succeeded"
    assert result.outputs == {"out": [0, "MISSING", -1, "'why'"]}


async def test_a_container_that_fails_leaves_its_default_values() -> None:
    nodes = {
        "s": source(list=[0, 1]),
        "it": iteration(["s", "list"], ["bad", "n"]).having(
            error_strategy="default-value",
            default_value=[{"key": "output", "type": "array[string]", "value": '["none"]'}],
        ),
        "it/bad": failing("no luck", when=lambda seen: seen.n == 1, n=["it", "item"]),
        "e": step(
            lambda seen: {"out": seen.out, "why": seen.why},
            ends=True,
            out=["it", "output"],
            why=["it", "error_message"],
        ),
    }
    flow = Flow(nodes, "s>it, it_start>bad, it>e")
    result = await flow.run()
    assert result.status == "partial-succeeded"
    assert result.outputs == {"out": ["none"], "why": "Item 2 failed: no luck"}
    assert result.nodes["it"].status == "exception"
    assert flow.seen.about("it")[-2:] == ["iteration_failed", "node_failed"]


async def test_a_container_that_fails_leaves_by_its_fail_branch() -> None:
    nodes = {
        "s": source(),
        "lo": loop(3).having(error_strategy="fail-branch"),
        "lo/bad": failing("no luck", "unlucky"),
        "ok": step(),
        "rescue": step(lambda seen: {"why": seen.why}, ends=True, why=["lo", "error_type"]),
    }
    result = await Flow(nodes, "s>lo, lo_start>bad, lo>ok, lo:fail-branch>rescue").run()
    assert (result.status, result.outputs) == ("partial-succeeded", {"why": "unlucky"})
    assert result.nodes["ok"].status == "skipped"


async def test_a_container_is_run_again_from_its_first_round() -> None:
    rounds: list[int] = []

    def third_time_lucky(seen: Any) -> Any:
        rounds.append(seen.n)
        if len(rounds) in (2, 4):
            raise NodeError("not yet")
        return {"x": seen.n}

    nodes = {
        "s": source(list=[7, 8]),
        "it": iteration(["s", "list"], ["w", "x"]).having(**RETRY),
        "it/w": step(third_time_lucky, n=["it", "item"]),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    flow = Flow(nodes, "s>it, it_start>w, it>e")
    result = await flow.run()
    assert rounds == [7, 8, 7, 8, 7, 8]
    assert (result.status, result.outputs) == ("succeeded", {"out": [7, 8]})
    assert flow.seen.about("it").count("iteration_started") == 3
    assert flow.seen.about("it").count("node_retrying") == 2
    assert result.nodes["it"].runs == 3


async def test_a_container_whose_list_is_no_list_is_not_tried_again() -> None:
    nodes = {"s": source(list="text"), "it": iteration(["s", "list"], ["w", "x"]).having(**RETRY), "it/w": step()}
    flow = Flow(nodes, "s>it, it_start>w")
    result = await flow.run()
    assert flow.seen.of_type("node_retrying", "iteration_started") == []
    assert result.nodes["it"].runs == 1


async def test_a_condition_that_cannot_be_decided_is_not_tried_again() -> None:
    nodes = {
        "s": source(),
        "lo": loop(3, until=[condition(["w", "never_set"], "is", "x")]).having(**RETRY),
        "lo/w": step(),
    }
    flow = Flow(nodes, "s>lo, lo_start>w")
    result = await flow.run()
    assert result.error is not None
    assert result.error["code"] == "variable_not_found"
    assert flow.seen.of_type("node_retrying") == []


async def test_leaving_an_iteration_opens_no_further_round_and_keeps_what_there_is() -> None:
    nodes = {
        "s": source(list=[0, 1, 2, 3]),
        "it": iteration(["s", "list"], ["w", "x"]),
        "it/w": step(lambda seen: {"x": seen.n}, n=["it", "item"]),
        "it/enough": when(condition(["it", "index"], "=", "1")),
        "it/leave": leave_now(),
        "it/on": step(),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    flow = Flow(nodes, "s>it, it_start>w, w>enough, enough:true>leave, enough:false>on, leave>on, it>e")
    result = await flow.run()
    assert result.outputs == {"out": [0, 1]}
    assert [event.frame for event in flow.seen.of_type("node_started") if event.node_id == "on"] == [(("it", 0),)]


async def test_leaving_one_of_several_rounds_lets_those_that_run_finish() -> None:
    gate = Gate()

    async def work(seen: Any) -> Any:
        await gate.wait(seen.n)
        return {"x": seen.n}

    nodes = {
        "s": source(list=[0, 1, 2, 3, 4]),
        "it": iteration(["s", "list"], ["w", "x"], width=3),
        "it/w": step(work, n=["it", "item"]),
        "it/enough": when(condition(["it", "index"], "=", "1")),
        "it/leave": leave_now(),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    flow = Flow(nodes, "s>it, it_start>w, w>enough, enough:true>leave, it>e")
    task = asyncio.create_task(flow.run())
    await gate.until(3)
    gate.open(1)
    await soon(lambda: "node_succeeded" in flow.seen.about("leave"))
    gate.open(0)
    gate.open(2)
    assert (await task).outputs == {"out": [0, 1, 2]}


async def test_leaving_a_loop_inside_an_iteration_leaves_only_the_loop() -> None:
    nodes = {
        "s": source(list=[0, 1]),
        "it": iteration(["s", "list"], ["lo", "loop_round"]),
        "it/lo": loop(5),
        "it/lo/leave": leave_now(),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    result = await Flow(nodes, "s>it, it_start>lo, lo_start>leave, it>e").run()
    assert result.outputs == {"out": [1, 1]}


async def test_the_events_of_rounds_are_whole_and_in_order() -> None:
    nodes = {
        "s": source(list=["a", "b"]),
        "it": iteration(["s", "list"], ["lo", "loop_round"]),
        "it/lo": loop(2),
        "it/lo/w": step(),
        "e": step(ends=True),
    }
    flow = Flow(nodes, "s>it, it_start>lo, lo_start>w, it>e")
    await flow.run()
    assert [event.seq for event in flow.seen.events] == list(range(1, len(flow.seen.events) + 1))
    rounds = [
        (event.type, event.frame, event.data["index"], event.data["length"], event.data["outputs"])
        for event in flow.seen.events
        if event.type.startswith(("iteration_", "loop_"))
    ]

    def inner(number: int) -> list[Any]:
        path = (("it", number),)
        return [
            ("iteration_next", (), number, 2, None),
            ("loop_started", path, None, 2, None),
            ("loop_next", path, 0, 2, None),
            ("loop_next", path, 1, 2, None),
            ("loop_succeeded", path, 2, 2, {"loop_round": 2}),
        ]

    assert rounds == [
        ("iteration_started", (), None, 2, None),
        *inner(0),
        *inner(1),
        ("iteration_succeeded", (), 2, 2, {"output": [2, 2]}),
    ]
    wire = [event.wire()["frame"] for event in flow.seen.of_type("node_started") if event.node_id == "w"]
    assert wire == [[["it", i], ["lo", j]] for i in (0, 1) for j in (0, 1)]


async def test_conversation_variables_written_inside_a_loop_are_read_outside_and_left_with_the_run() -> None:
    nodes = {
        "s": source(),
        "lo": loop(3),
        "lo/w": assign(item(["conversation", "n"], "+=", constant=2)),
        "lo/r": assign(item(["conversation", "log"], "append", of=["conversation", "n"])),
        "e": step(
            lambda seen: {"n": seen.n, "log": seen.log}, ends=True, n=["conversation", "n"], log=["conversation", "log"]
        ),
    }
    started = {"n": 1, "log": [], "other": "x"}
    result = await Flow(nodes, "s>lo, lo_start>w, w>r, lo>e").run(conversation=started)
    assert result.outputs == {"n": 7, "log": [3, 5, 7]}
    assert result.written == {"conversation": {"n": 7, "log": [3, 5, 7]}}
    assert started == {"n": 1, "log": [], "other": "x"}


async def test_what_was_written_is_left_by_a_run_that_fails_or_is_stopped() -> None:
    nodes = {"s": source(), "w": assign(item(["conversation", "n"], "set", constant=2)), "bad": failing()}
    result = await Flow(nodes, "s>w, w>bad").run(conversation={"n": 1})
    assert (result.status, result.written) == ("failed", {"conversation": {"n": 2}})


async def test_loop_variables_are_no_part_of_what_a_run_leaves() -> None:
    nodes = {
        "s": source(),
        "lo": loop(1, variable("n", "1", kind="number")),
        "lo/w": assign(item(["lo", "n"], "set", constant=2)),
    }
    result = await Flow(nodes, "s>lo, lo_start>w").run(conversation={"n": 1})
    assert result.written == {}


async def test_nodes_inside_rounds_are_mocked_by_id_and_by_type() -> None:
    nodes = {
        "s": source(list=[1, 2]),
        "it": iteration(["s", "list"], ["bad", "text"]),
        "it/bad": failing(),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    for mocks in ({"bad": {"text": "m"}}, {"*step-of-the-test": {"text": "m"}}):
        flow = Flow(nodes, "s>it, it_start>bad, it>e")
        catalog = NodeCatalog({"step-of-the-test": nodes["it/bad"].type}, mocks=mocks)
        spec = next(spec for spec in flow.spec().nodes if spec.id == "bad")
        mocked = catalog.resolve_type(type(spec)(spec.id, "step-of-the-test", spec.title, spec.config, spec.container))
        result = await Flow(nodes, flow.edges, replaced={"bad": mocked}).run()
        assert result.outputs == {"out": ["m", "m"]}


async def test_a_mocked_container_runs_nothing_inside() -> None:
    nodes = {
        "s": source(list=[1, 2]),
        "it": iteration(["s", "list"], ["bad", "text"]),
        "it/bad": failing(),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    flow = Flow(nodes, "s>it, it_start>bad, it>e")
    catalog = NodeCatalog({"iteration": nodes["it"].type}, mocks={"it": {"output": ["x"]}})
    spec = next(spec for spec in flow.spec().nodes if spec.id == "it")
    flow = Flow(nodes, flow.edges, replaced={"it": catalog.resolve_type(spec)})
    result = await flow.run()
    assert result.outputs == {"out": ["x"]}
    assert flow.seen.about("it") == ["node_started", "node_succeeded"]
    assert "bad" not in result.nodes


async def test_ten_thousand_rounds_leave_no_frame_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    run: Any = None

    def count(seen: Any) -> Any:
        nonlocal most
        most = max(most, len(run._core.frames))
        return {"x": seen.n}

    nodes = {
        "s": source(list=list(range(10_000))),
        "it": iteration(["s", "list"], ["w", "x"]),
        "it/w": step(count, n=["it", "item"]),
        "e": step(lambda seen: {"count": len(seen.out), "last": seen.out[-1]}, ends=True, out=["it", "output"]),
    }
    run = Flow(nodes, "s>it, it_start>w, it>e").begin()
    result = await run.execute()
    assert result.outputs == {"count": 10_000, "last": 9999}
    assert most == 2
    assert_nothing_kept(run)


async def test_wide_rounds_are_let_go_as_well() -> None:
    async def work(seen: Any) -> Any:
        await asyncio.sleep(0)
        return {"x": seen.n}

    nodes = {
        "s": source(list=list(range(1000))),
        "it": iteration(["s", "list"], ["w", "x"], width=1000),
        "it/w": step(work, n=["it", "item"]),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    run = Flow(nodes, "s>it, it_start>w, it>e").begin()
    result = await run.execute()
    assert result.outputs == {"out": list(range(1000))}
    assert_nothing_kept(run)


async def test_failing_and_retried_rounds_leave_nothing_behind() -> None:
    def stumble(seen: Any) -> Any:
        if seen.n % 3 == 0 or (seen.n % 3 == 1 and seen.context.attempt == 1):
            raise NodeError("no")
        return {"x": seen.n}

    retry = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
    nodes = {
        "s": source(list=list(range(300))),
        "it": iteration(["s", "list"], ["w", "x"], width=7, error_handle_mode="remove-abnormal-output"),
        "it/w": step(stumble, n=["it", "item"]).having(**retry),
        "it/beside": step(),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    run = Flow(nodes, "s>it, it_start>w, it_start>beside, it>e").begin()
    result = await run.execute()
    assert result.outputs == {"out": [n for n in range(300) if n % 3]}
    assert_nothing_kept(run)


def assert_nothing_kept(run: Any) -> None:
    """Of all rounds, a run that has ended holds no frame and no trace that grows with their number."""
    assert list(run._core.frames) == [0]
    assert run._core.answers.sessions == []
    assert run._core.answers.chunks == {}
    assert len(run._writer._node_began) == 0
    assert len(run._writer._first_text) <= 1
    assert len(run._timers) == 0
    assert len(run._tasks) == 0


async def test_a_loop_of_a_thousand_rounds_ends_by_its_condition() -> None:
    nodes = {
        "s": source(),
        "lo": loop(5000, variable("n", "0", kind="number"), until=[condition(["lo", "n"], "≥", "1000")]),
        "lo/w": assign(item(["lo", "n"], "+=", constant=1)),
        "e": step(
            lambda seen: {"n": seen.n, "rounds": seen.rounds}, ends=True, n=["lo", "n"], rounds=["lo", "loop_round"]
        ),
    }
    run = Flow(nodes, "s>lo, lo_start>w, lo>e").begin()
    result = await run.execute()
    assert result.outputs == {"n": 1000, "rounds": 1000}
    assert_nothing_kept(run)


async def test_a_round_costs_the_same_however_large_the_values_around_it_are() -> None:
    async def objects_per_round(size: int) -> int:
        counts: list[int] = []

        def measure(seen: Any) -> Any:
            if seen.n in (50, 150):
                gc.collect()
                counts.append(len(gc.get_objects()))
            return {"x": len(seen.big)}

        nodes = {
            "s": source(list=list(range(200)), big=[{"row": number} for number in range(size)]),
            "it": iteration(["s", "list"], ["w", "x"]),
            "it/w": step(measure, n=["it", "item"], big=["s", "big"]),
        }
        assert (await Flow(nodes, "s>it, it_start>w").run()).status == "succeeded"
        return counts[1] - counts[0]

    await objects_per_round(1)
    small, large = await objects_per_round(1), await objects_per_round(20_000)
    assert abs(large - small) < 500
