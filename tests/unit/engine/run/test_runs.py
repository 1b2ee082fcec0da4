"""Runs of small graphs: order, branches, joins, failures, streams, cancel."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from loomwork.engine.commands import Cancel
from loomwork.engine.ports import NodeContext, NodeError, NodeResult
from loomwork.engine.variables import MISSING

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]


def left(**outputs: Any) -> Callable[[NodeContext], NodeResult]:
    return lambda context: NodeResult(outputs)


def by(handle: str) -> Callable[[NodeContext], NodeResult]:
    return lambda context: NodeResult({}, handle)


def breaks(message: str = "no", code: str = "node_failed", *, retryable: bool = True) -> Any:
    def fail(context: NodeContext) -> NodeResult:
        raise NodeError(message, code=code, retryable=retryable)

    return fail


def says(*pieces: str, pause: float = 0.0) -> Any:
    async def stream(context: NodeContext) -> NodeResult:
        for piece in pieces:
            context.say(piece)
            await asyncio.sleep(pause)
        return NodeResult({"text": "".join(pieces)})

    return stream


async def test_events_are_one_gap_free_sequence_that_ends_with_the_run(graph: Make, node: Make, root: Any) -> None:
    made = graph({"s": root, "a": node(), "e": node(ends=True, does=left(x=1))}, "s>a, a>e")
    result = await made.run()
    assert [event.seq for event in made.kept.events] == list(range(1, len(made.kept.events) + 1))
    assert [event.type for event in made.kept.events] == [
        "run_started",
        *["node_started", "node_succeeded"] * 3,
        "run_succeeded",
    ]
    assert (result.status, result.outputs, result.answer) == ("succeeded", {"x": 1}, None)


async def test_a_branch_takes_one_handle_and_skips_the_rest_of_the_other(graph: Make, node: Make, root: Any) -> None:
    types = {"s": root, "if": node(branches=True, does=by("yes")), "y": node(), "n": node(), "n2": node(), "j": node()}
    made = graph(types, "s>if, if:yes>y, if:no>n, n>n2, n2>j, y>j")
    result = await made.run()
    assert {name: outcome.status for name, outcome in result.nodes.items()} == {
        "s": "succeeded",
        "if": "succeeded",
        "y": "succeeded",
        "n": "skipped",
        "n2": "skipped",
        "j": "succeeded",
    }


async def test_a_handle_without_an_edge_ends_its_path(graph: Make, node: Make, root: Any) -> None:
    made = graph({"s": root, "if": node(branches=True, does=by("other")), "y": node()}, "s>if, if:yes>y")
    result = await made.run()
    assert result.status == "succeeded"
    assert result.nodes["y"].status == "skipped"


async def test_a_join_waits_for_every_branch_that_runs(graph: Make, node: Make, root: Any) -> None:
    order: list[str] = []

    def slow(name: str, turns: int) -> Any:
        async def work(context: NodeContext) -> NodeResult:
            for _ in range(turns):
                await asyncio.sleep(0)
            order.append(name)
            return NodeResult({})

        return work

    def joined(context: NodeContext) -> NodeResult:
        order.append("join")
        return NodeResult({})

    types = {"s": root, "a": node(awaits=slow("a", 9)), "b": node(awaits=slow("b", 2)), "j": node(does=joined)}
    await graph(types, "s>a, s>b, a>j, b>j").run()
    assert order == ["b", "a", "join"]


async def test_the_root_that_did_not_fire_is_skipped_with_what_only_it_leads_to(
    graph: Make, node: Make, root: Any
) -> None:
    types = {"start": root, "trigger": node(is_root=True), "only": node(), "both": node()}
    result = await graph(types, "start>both, trigger>both, trigger>only").run()
    assert {name: outcome.status for name, outcome in result.nodes.items()} == {
        "trigger": "skipped",
        "only": "skipped",
        "start": "succeeded",
        "both": "succeeded",
    }


async def test_a_failure_without_a_strategy_fails_the_run_and_stops_what_is_in_flight(
    graph: Make, node: Make, root: Any
) -> None:
    cancelled = asyncio.Event()

    async def endless(context: NodeContext) -> NodeResult:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    async def soon(context: NodeContext) -> NodeResult:
        await asyncio.sleep(0)
        raise NodeError("the roof fell in", code="roof")

    made = graph({"s": root, "long": node(awaits=endless), "bad": node(awaits=soon)}, "s>long, s>bad")
    result = await made.run()
    assert result.status == "failed"
    assert result.error == {"code": "roof", "message": "the roof fell in", "node_id": "bad"}
    assert cancelled.is_set()
    assert result.nodes["long"].status == "stopped"
    assert made.kept.events[-1].type == "run_failed"


async def test_a_bug_in_a_node_fails_the_run_without_showing_its_trace(graph: Make, node: Make, root: Any) -> None:
    def bug(context: NodeContext) -> NodeResult:
        empty: dict[str, str] = {}
        return NodeResult({"x": empty["secret-key"]})

    result = await graph({"s": root, "a": node(does=bug)}, "s>a").run()
    assert result.error is not None
    assert result.error["code"] == "internal_error"
    assert "secret-key" not in result.error["message"]


async def test_a_fail_branch_goes_on_with_the_error_as_outputs(graph: Make, node: Make, root: Any) -> None:
    types = {
        "s": root,
        "a": node(does=breaks("broken", "bad_day")),
        "ok": node(),
        "rescue": node(ends=True, does=left(saved=True), reads=[("why", ["a", "error_message"])]),
    }
    made = graph(types, "s>a, a>ok, a:fail-branch>rescue", {"a": {"error_strategy": "fail-branch"}})
    result = await made.run()
    assert result.status == "partial-succeeded"
    assert result.outputs == {"saved": True}
    assert result.nodes["a"].status == "exception"
    assert result.nodes["ok"].status == "skipped"
    started = next(event for event in made.kept.of_type("node_started") if event.node_id == "rescue")
    assert started.data["inputs"] == {"why": "broken"}


async def test_default_values_stand_in_for_what_failed(graph: Make, node: Make, root: Any) -> None:
    config = {
        "error_strategy": "default-value",
        "default_value": [
            {"key": "text", "type": "string", "value": "n/a"},
            {"key": "n", "type": "number", "value": "3"},
        ],
    }
    reader = node(ends=True, does=lambda context: NodeResult({}), reads=[("t", ["a", "text"]), ("n", ["a", "n"])])
    made = graph({"s": root, "a": node(does=breaks()), "b": reader}, "s>a, a>b", {"a": config})
    result = await made.run()
    assert result.status == "partial-succeeded"
    started = made.kept.of_type("node_started")[-1]
    assert started.data["inputs"] == {"t": "n/a", "n": 3}


async def test_a_retry_runs_the_node_again_and_delays_no_other_branch(graph: Make, node: Make, root: Any) -> None:
    attempts: list[int] = []

    def second_time(context: NodeContext) -> NodeResult:
        attempts.append(context.attempt)
        if context.attempt == 1:
            raise NodeError("not yet")
        return NodeResult({"done": True})

    retry = {"retry_config": {"retry_enabled": True, "max_retries": 2, "retry_interval": 30}}
    made = graph({"s": root, "a": node(does=second_time), "b": node()}, "s>a, s>b", {"a": retry})
    result = await made.run()
    assert (result.status, attempts) == ("succeeded", [1, 2])
    assert result.nodes["a"].runs == 2
    names = [(event.type, event.node_id) for event in made.kept.events]
    assert names.index(("node_succeeded", "b")) < names.index(("node_succeeded", "a"))
    assert made.kept.of_type("node_retrying")[0].data["attempt"] == 2


async def test_what_cannot_succeed_is_not_retried(graph: Make, node: Make, root: Any) -> None:
    retry = {"retry_config": {"retry_enabled": True, "max_retries": 3, "retry_interval": 0}}
    made = graph({"s": root, "a": node(does=breaks(retryable=False))}, "s>a", {"a": retry})
    result = await made.run()
    assert result.nodes["a"].runs == 1


async def test_text_of_an_attempt_that_failed_is_taken_back(graph: Make, node: Make, root: Any) -> None:
    async def stumbling(context: NodeContext) -> NodeResult:
        context.say("half a ")
        await asyncio.sleep(0)
        if context.attempt == 1:
            raise NodeError("cut off")
        context.say("whole")
        return NodeResult({"text": "half a whole"})

    retry = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
    made = graph({"s": root, "m": node(awaits=stumbling), "a": node(shows="> {{#m.text#}}")}, "s>m, m>a", {"m": retry})
    result = await made.run()
    assert result.answer == "> half a whole"
    retrying = made.kept.of_type("node_retrying")[0]
    first = next(event for event in made.kept.of_type("text_chunk") if event.data["from"] == ["m", "text"])
    assert retrying.data["discard_from"] == first.seq


async def test_an_answer_streams_in_template_order(graph: Make, node: Make, root: Any) -> None:
    types = {
        "s": root,
        "slow": node(awaits=says("1", "2", pause=0.03)),
        "fast": node(awaits=says("x", "y")),
        "a": node(shows="A {{#slow.text#}} B {{#fast.text#}} C"),
    }
    made = graph(types, "s>slow, s>fast, slow>a, fast>a")
    result = await made.run()
    assert made.kept.text() == result.answer == "A 12 B xy C"
    texts = [event.data["text"] for event in made.kept.of_type("text_chunk")]
    assert texts[0] == "A "
    assert texts[1] == "1"


async def test_text_waits_until_its_branch_is_certain(graph: Make, node: Make, root: Any) -> None:
    async def decide(context: NodeContext) -> NodeResult:
        await asyncio.sleep(0.01)
        return NodeResult({}, "yes")

    types = {
        "s": root,
        "if": node(branches=True, awaits=decide),
        "y": node(shows="yes!"),
        "n": node(shows="no!"),
    }
    made = graph(types, "s>if, if:yes>y, if:no>n")
    result = await made.run()
    assert result.answer == "yes!"
    order = [event.type for event in made.kept.events if event.type == "text_chunk" or event.node_id == "if"]
    assert order == ["node_started", "node_succeeded", "text_chunk"]


async def test_an_edge_from_a_handle_that_a_node_never_leaves_by_makes_nothing_certain(
    graph: Make, node: Make, root: Any
) -> None:
    async def talk(context: NodeContext) -> NodeResult:
        context.say("m")
        await asyncio.sleep(0.01)
        return NodeResult({"text": "m"})

    types = {
        "s": root,
        "m": node(awaits=talk),
        "x": node(shows="never"),
        "e": node(shows="{{#m.text#}}"),
    }
    made = graph(types, "s>m, m:other>x, m>e")
    result = await made.run()
    assert result.answer == made.kept.text() == "m"


async def test_a_certain_answer_streams_before_its_node_is_reached(graph: Make, node: Make, root: Any) -> None:
    types = {
        "s": root,
        "m": node(awaits=says("a", "b", pause=0.03)),
        "later": node(awaits=says("z")),
        "e": node(shows="{{#m.text#}}"),
    }
    made = graph(types, "s>m, m>later, later>e")
    await made.run()
    names = [(event.type, event.node_id) for event in made.kept.events]
    assert names.index(("text_chunk", "e")) < names.index(("node_succeeded", "m"))


async def test_a_branch_that_did_not_run_leaves_no_trace_in_the_answer(graph: Make, node: Make, root: Any) -> None:
    types = {
        "s": root,
        "if": node(branches=True, does=by("b")),
        "one": node(awaits=says("one")),
        "two": node(awaits=says("two")),
        "e": node(shows="[{{#one.text#}}{{#two.text#}}]"),
    }
    result = await graph(types, "s>if, if:a>one, if:b>two, one>e, two>e").run()
    assert result.answer == "[two]"


async def test_answers_join_in_the_order_in_which_they_could_speak(graph: Make, node: Make, root: Any) -> None:
    types = {
        "s": root,
        "if": node(branches=True, does=by("yes")),
        "m": node(awaits=says("model", pause=0.01)),
        "first": node(shows="branch, "),
        "second": node(shows="{{#m.text#}}"),
    }
    result = await graph(types, "s>if, s>m, if:yes>first, if:no>second, m>second").run()
    assert result.answer == "branch, model"


async def test_reasoning_is_shown_apart_from_the_answer(graph: Make, node: Make, root: Any) -> None:
    async def think(context: NodeContext) -> NodeResult:
        context.reason("hmm")
        context.say("yes")
        return NodeResult({"text": "yes"})

    made = graph({"s": root, "m": node(awaits=think), "a": node(shows="{{#m.text#}}")}, "s>m, m>a")
    result = await made.run()
    assert result.answer == "yes"
    assert [event.data["text"] for event in made.kept.of_type("reasoning_chunk")] == ["hmm"]


async def test_small_pieces_are_merged_and_none_is_lost(graph: Make, node: Make, root: Any) -> None:
    pieces = [f"{index} " for index in range(1000)]
    made = graph({"s": root, "m": node(awaits=says(*pieces)), "a": node(shows="{{#m.text#}}")}, "s>m, m>a")
    result = await made.run()
    assert result.answer == "".join(pieces)
    assert len(made.kept.of_type("text_chunk")) < 100


async def test_cancel_stops_the_nodes_in_flight_and_starts_no_other(graph: Make, node: Make, root: Any) -> None:
    going = asyncio.Event()
    let_go = asyncio.Event()

    async def endless(context: NodeContext) -> NodeResult:
        going.set()
        try:
            await asyncio.Event().wait()
        finally:
            let_go.set()
        raise AssertionError

    made = graph({"s": root, "a": node(awaits=endless), "b": node()}, "s>a, a>b")
    run = made.begin()
    task = asyncio.create_task(run.execute())
    await going.wait()
    run.send(Cancel("somebody"))
    result = await task
    assert (result.status, let_go.is_set()) == ("stopped", True)
    assert made.kept.events[-1].data == {"by": "somebody"}
    assert "b" not in result.nodes


async def test_a_node_that_cancels_itself_fails_instead_of_hanging_the_run(graph: Make, node: Make, root: Any) -> None:
    async def gives_up(context: NodeContext) -> NodeResult:
        raise asyncio.CancelledError

    result = await graph({"s": root, "a": node(awaits=gives_up)}, "s>a").run()
    assert result.error is not None
    assert result.error["code"] == "node_cancelled"


async def test_a_panic_in_compiled_code_fails_the_node_instead_of_hanging_the_run(
    graph: Make, node: Make, root: Any
) -> None:
    class Panic(BaseException):
        """As Rust's are, seen from Python."""

    async def panics(context: NodeContext) -> NodeResult:
        raise Panic

    async with asyncio.timeout(60):
        result = await graph({"s": root, "a": node(awaits=panics)}, "s>a").run()
    assert result.error is not None
    assert result.error["code"] == "internal_error"


async def test_nothing_is_shown_before_it_is_committed(graph: Make, node: Make, root: Any) -> None:
    types = {"s": root, "m": node(awaits=says("a", "b")), "e": node(shows="{{#m.text#}}", ends=True)}
    made = graph(types, "s>m, m>e")
    await made.run(journalled=True)
    assert made.kept.calls == ["commit", "publish"] * (len(made.kept.calls) // 2)
    committed = [event.seq for batch in made.kept.batches for event in batch.events]
    assert committed == [event.seq for event in made.kept.events]
    records = [(record.kind, record.node_id) for batch in made.kept.batches for record in batch.records]
    assert records[0] == ("began", None)
    assert [node for kind, node in records if kind == "succeeded"] == ["s", "m", "e"]


async def test_a_run_goes_as_far_in_one_go_as_it_is_told_each_time(graph: Make, node: Make, root: Any) -> None:
    names = [f"n{each}" for each in range(9)]
    made = graph({"s": root, **{name: node() for name in names}}, ", ".join(map(">".join, pairwise(["s", *names]))))
    told = iter([2, 3, 1, 20])
    result = await made.run(journalled=True, steps_at_once=lambda: next(told))
    assert result.status == "succeeded"
    steps = [sum(event.type == "node_succeeded" for event in batch.events) for batch in made.kept.batches]
    assert steps == [2, 3, 1, 4]


async def test_values_are_read_by_path_and_absent_ones_are_missing(graph: Make, node: Make, root: Any) -> None:
    seen: list[Any] = []

    def look(context: NodeContext) -> NodeResult:
        seen.extend(context.get(ref) for ref in refs)
        return NodeResult({})

    reader = node(
        does=look,
        reads=[("a", ["x", "o", "k"]), ("b", ["x", "o", "none"]), ("c", ["x", "l", "1"]), ("d", ["sys", "query"])],
    )
    made = graph({"s": root, "x": node(does=left(o={"k": 1}, l=[5, 6])), "r": reader}, "s>x, x>r")
    refs = [ref for _, ref in made.compiled().plan.nodes[2].node.inputs]
    await made.run(namespaces={"sys": {"query": "hi"}})
    assert seen == [1, MISSING, 6, "hi"]


async def test_many_runs_of_one_plan_do_not_see_each_other(graph: Make, node: Make, root: Any) -> None:
    async def echo(context: NodeContext) -> NodeResult:
        await asyncio.sleep(0)
        return NodeResult({"text": context.run.inputs["n"]})

    made = graph({"s": root, "m": node(awaits=echo), "e": node(shows="{{#m.text#}}")}, "s>m, m>e")
    results = await asyncio.gather(*(made.run(inputs={"n": str(number)}) for number in range(50)))
    assert [result.answer for result in results] == [str(number) for number in range(50)]


async def test_the_idempotency_key_is_the_same_for_each_attempt_and_other_for_each_node(
    graph: Make, node: Make, root: Any
) -> None:
    keys: dict[str, list[str]] = {}

    def note(context: NodeContext) -> NodeResult:
        keys.setdefault(context.node_id, []).append(context.idempotency_key())
        if context.attempt == 1:
            raise NodeError("again")
        return NodeResult({})

    retry = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
    types = {"s": root, "a": node(does=note), "b": node(does=note)}
    await graph(types, "s>a, s>b", {"a": retry, "b": retry}).run()
    assert len(set(keys["a"])) == len(set(keys["b"])) == 1
    assert keys["a"] != keys["b"]
