"""Results of another run stand in for nodes: they do not run, and what follows them cannot tell."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.engine import GraphRun
from loomwork.engine.commands import Answer
from loomwork.engine.ports import NodeError, NodeResult, Record
from loomwork.engine.run.records import Reused
from tests.unit.engine.retelling import check_retelling
from tests.unit.engine.run.lives import live_through
from tests.unit.engine.run.random_graphs import Chain, Level, nested_graphs
from tests.unit.engine.run.rounds import Flow, Part, answer, ask, assign, item, iteration, source, step


def stored(flow: Flow) -> Reused:
    """The last result of each node of a run that has ended."""
    return results([record for batch in flow.seen.batches for record in batch.records])


def results(records: Sequence[Record]) -> Reused:
    ended = [record for record in records if record.kind in ("succeeded", "failed")]
    return {(record.frame, str(record.node_id)): (record.kind, record.data) for record in ended}


async def repeated(nodes: Mapping[str, Part], edges: str, reused: Reused) -> tuple[Flow, Any]:
    """A new run of the same graph, in which these results stand in."""
    flow = Flow(nodes, edges)
    begun: GraphRun = flow.again(reused=reused)
    result = await begun.execute()
    check_retelling(begun._plan, begun._context, flow.seen.batches)
    return flow, result


async def test_what_was_used_for_a_stored_result_is_not_charged_again() -> None:
    runs: Counter[str] = Counter()

    async def costly(seen: Any) -> NodeResult:
        runs[seen.context.node_id] += 1
        return NodeResult({"text": "x"}, usage={"tokens": 5})

    nodes = {"s": source(), "a": step(costly), "b": step(costly), "x": answer("{{#a.text#}}{{#b.text#}}")}
    edges = "s>a, a>b, b>x"
    first = Flow(nodes, edges)
    whole = await first.run()
    assert whole.usage == {"tokens": 10}
    runs.clear()
    flow, result = await repeated(nodes, edges, {key: it for key, it in stored(first).items() if key[1] in ("s", "a")})
    assert runs == {"b": 1}
    assert (result.answer, result.usage) == ("xx", {"tokens": 5})
    succeeded = {event.node_id: event.data for event in flow.seen.of_type("node_succeeded")}
    assert (succeeded["a"].get("reused"), succeeded["a"]["usage"]) == (True, None)
    assert succeeded["b"].get("reused") is None


async def test_a_node_inside_a_container_is_stood_in_for_in_one_round_and_runs_in_another() -> None:
    runs: Counter[str] = Counter()

    async def work(seen: Any) -> Any:
        runs[seen.item] += 1
        return {"out": seen.item * 2}

    nodes = {
        "s": source(items=["x", "y", "z"]),
        "it": iteration(["s", "items"], ["a", "out"], width=2),
        "it/a": step(work, item=["it", "item"]),
        "e": step(lambda seen: {"all": seen.all}, ends=True, all=["it", "output"]),
    }
    edges = "s>it, it>e, it_start>a"
    first = Flow(nodes, edges)
    await first.run()
    runs.clear()
    kept = {key: it for key, it in stored(first).items() if key[0] == '[["it", 1]]'}
    assert len(kept) == 2
    _flow, result = await repeated(nodes, edges, kept)
    assert result.outputs["all"] == ["xx", "yy", "zz"]
    assert runs == {"x": 1, "z": 1}


async def test_a_whole_container_is_stood_in_for_and_opens_no_rounds() -> None:
    nodes = {
        "s": source(items=[1, 2]),
        "it": iteration(["s", "items"], ["a", "out"]),
        "it/a": step(lambda seen: {"out": 1}),
        "e": step(lambda seen: {"all": seen.all}, ends=True, all=["it", "output"]),
    }
    first = Flow(nodes, "s>it, it>e, it_start>a")
    await first.run()
    kept = {("", "it"): stored(first)["", "it"]}
    flow, result = await repeated(nodes, "s>it, it>e, it_start>a", kept)
    assert result.outputs["all"] == [1, 1]
    assert flow.seen.of_type("iteration_started", "iteration_next") == []


async def test_a_container_in_which_a_strategy_stood_in_leaves_its_run_partial_again() -> None:
    def fail(seen: Any) -> None:
        raise NodeError("No.", code="broken")

    nodes = {
        "s": source(items=[1, 2]),
        "it": iteration(["s", "items"], ["a", "error_type"]),
        "it/a": step(fail).having(error_strategy="fail-branch"),
        "e": step(lambda seen: {"all": seen.all}, ends=True, all=["it", "output"]),
    }
    edges = "s>it, it>e, it_start>a"
    first = Flow(nodes, edges)
    whole = await first.run()
    kept = {("", "it"): stored(first)["", "it"]}
    _flow, result = await repeated(nodes, edges, kept)
    assert (whole.status, result.status) == ("partial-succeeded", "partial-succeeded")
    assert result.outputs == whole.outputs


async def test_a_failure_that_a_strategy_stood_in_for_is_one_again_and_is_not_retried() -> None:
    runs: Counter[str] = Counter()

    def fail(seen: Any) -> None:
        runs["a"] += 1
        raise NodeError("No.", code="broken")

    handled = {
        "error_strategy": "fail-branch",
        "retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0},
    }
    why = ["a", "error_message"]
    nodes = {
        "s": source(),
        "a": step(fail).having(**handled),
        "e": step(lambda seen: {"why": seen.why}, ends=True, why=why),
    }
    first = Flow(nodes, "s>a, a:fail-branch>e")
    assert (await first.run()).outputs == {"why": "No."}
    assert runs["a"] == 2
    _flow, result = await repeated(nodes, "s>a, a:fail-branch>e", stored(first))
    assert (result.status, result.outputs, runs["a"]) == ("partial-succeeded", {"why": "No."}, 2)


async def test_a_question_that_was_answered_is_not_asked_again() -> None:
    nodes = {
        "s": source(),
        "h": ask(),
        "e": step(lambda seen: {"note": seen.note}, ends=True, note=["h", "note"]),
    }
    first = Flow(nodes, "s>h, h>e")
    await first.begin().execute()
    await first.again(Answer("h", (), "source", {"note": "fine"})).execute()
    flow, result = await repeated(nodes, "s>h, h>e", {("", "h"): stored(first)["", "h"]})
    assert result.outputs == {"note": "fine"}
    assert flow.seen.of_type("input_required", "run_paused") == []


async def test_what_a_node_wrote_is_written_again() -> None:
    target = ["conversation", "notes"]
    nodes = {
        "s": source(),
        "w": assign(item(target, "over-write", constant="new")),
        "e": step(lambda seen: {"notes": seen.notes}, ends=True, notes=target),
    }
    first = Flow(nodes, "s>w, w>e")
    assert (await first.run(conversation={"notes": "old"})).written == {"conversation": {"notes": "new"}}
    _flow, result = await repeated(nodes, "s>w, w>e", {("", "w"): stored(first)["", "w"]})
    assert (result.outputs, result.written) == ({"notes": "new"}, {"conversation": {"notes": "new"}})


@settings(max_examples=60, deadline=None)
@given(nested_graphs(depth=2), st.integers(0, 2**32), st.data())
def test_any_results_of_a_run_may_stand_in_for_any_of_its_nodes(level: Level, seed: int, data: st.DataObject) -> None:
    first = live_through(level, seed, trouble=0)
    if first.stopped or first.exited or first.dropped or first.ledger.attempts:
        return
    whole = results(first.ledger.told())
    keys = sorted(whole)
    kept = {key: whole[key] for key in data.draw(st.sets(st.sampled_from(keys)))} if keys else {}
    again = live_through(level, seed, trouble=data.draw(st.integers(0, 2)), reused=kept)
    if again.exited:
        return
    before, after = first.ledger.result, again.ledger.result
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert before.type == after.type
        assert {**before.outputs, "answer": 0} == {**after.outputs, "answer": 0}
    assert not kept.keys() & {(_path_text(chain), node_id) for chain, node_id, _ in again.ledger.runs}


def _path_text(chain: Chain) -> str:
    """The path of a frame as records write it."""
    return json.dumps([(container, index) for container, index, _ in chain]) if chain else ""
