"""A run whose process dies is taken up from its records, wherever they end."""

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.adapters.storage.sql import record_text
from loomwork.engine import GraphRun, retell
from loomwork.engine.commands import Answer, Pause, Resume
from loomwork.engine.ports import Batch, NodeContext, NodeError, NodeResult, Record, RecordKind, RunContext, Step
from loomwork.engine.run import RunLimits
from loomwork.engine.run.decisions import RetryNode
from loomwork.engine.run.frames import new_frame
from loomwork.engine.run.node_run import delay_of
from loomwork.engine.run.records import UnreadableJournal
from loomwork.engine.variables import File
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import embedded_scope
from tests.unit.engine.retelling import check_retelling
from tests.unit.engine.run.invariants import shown
from tests.unit.engine.run.lives import live_through
from tests.unit.engine.run.rounds import Flow, ask, iteration, loop, source, step
from tests.unit.engine.run.test_crash_points import tour

Make = Callable[..., Any]


def counted(runs: Counter[str], *pieces: str, **outputs: Any) -> Any:
    """Wait, say pieces, and leave them as `text`; how often each node ran is counted."""

    async def awaits(context: NodeContext) -> NodeResult:
        runs[context.node_id] += 1
        for piece in pieces:
            context.say(piece)
            await asyncio.sleep(0)
        return NodeResult({"text": "".join(pieces), "key": context.idempotency_key(), **outputs}, usage={"tokens": 1})

    return awaits


def taken_up(made: Any, batches: Sequence[Batch]) -> GraphRun:
    """A run of the same graph that goes on where these batches end."""
    plan = made.compiled().plan
    made.kept.batches[:] = batches
    made.kept.events[:] = [event for batch in batches for event in batch.events]
    context = RunContext(RunId("run"), embedded_scope())
    records = [record for batch in batches for record in batch.records]
    return GraphRun(plan, context, log=made.kept, clock=SystemClock(), journal=made.kept, records=records)


async def test_no_finished_node_runs_twice_wherever_the_journal_ends(graph: Make, node: Make, root: Any) -> None:
    runs: Counter[str] = Counter()
    types = {
        "s": root,
        "a": node(awaits=counted(runs, "one ", "two ")),
        "b": node(awaits=counted(runs, "three ")),
        "e": node(shows="{{#a.text#}}and {{#b.text#}}", ends=True),
    }
    whole = graph(types, "s>a, a>b, b>e")
    result = await whole.run(journalled=True)
    batches = list(whole.kept.batches)
    assert len(batches) > 4

    for cut in range(1, len(batches)):
        runs.clear()
        again = graph(types, "s>a, a>b, b>e")
        kept = batches[:cut]
        finished = {record.node_id for batch in kept for record in batch.records if record.kind == "succeeded"}
        resumed = await taken_up(again, kept).execute()
        assert (resumed.status, resumed.outputs, resumed.answer) == ("succeeded", result.outputs, result.answer)
        assert resumed.usage == result.usage
        assert not finished & set(runs), f"after {cut} batches"
        assert [event.seq for event in again.kept.events] == list(range(1, len(again.kept.events) + 1))
        assert shown(again.kept.events) == "one two and three "
        assert resumed.nodes["a"].outputs == result.nodes["a"].outputs


def stepping(done: Counter[str], *names: str) -> Any:
    """Take these steps, but those that were taken before, and leave what all of them say."""

    async def takes(context: NodeContext) -> NodeResult:
        kept = {step.name: step.output for step in context.steps}
        for name in names:
            if name not in kept:
                done[name] += 1
                context.say(f"{name} ")
                kept[name] = name.upper()
                await context.finish_step(Step(name, "tool", "a/b", {"of": name}, kept[name], {"own": 1}))
        return NodeResult({"text": " ".join(kept[name] for name in names)})

    return takes


async def test_no_finished_step_of_a_node_is_taken_twice_wherever_the_journal_ends(
    graph: Make, node: Make, root: Any
) -> None:
    done: Counter[str] = Counter()
    types = {"s": root, "a": node(awaits=stepping(done, "one", "two", "three")), "e": node(ends=True)}
    whole = graph(types, "s>a, a>e")
    await whole.run(journalled=True)
    batches = [Batch(record_text.decode(record_text.encode(each.records)), each.events) for each in whole.kept.batches]
    told = [event.data for event in whole.kept.events if event.type == "agent_step"]
    assert told[1] == {"step": 2, "kind": "tool", "tool": "a/b", "input": {"of": "two"}, "output": "TWO"}
    for cut in range(1, len(batches)):
        done.clear()
        kept = [record for batch in batches[:cut] for record in batch.records]
        finished = {record.data["name"] for record in kept if record.kind == "stepped"}
        again = graph(types, "s>a, a>e")
        resumed = await taken_up(again, batches[:cut]).execute()
        assert resumed.nodes["a"].outputs == {"text": "ONE TWO THREE"}
        assert not finished & set(done), f"after {cut} batches"
        assert [event.data["step"] for event in again.kept.events if event.type == "agent_step"] == [1, 2, 3]


async def test_a_step_is_stored_before_its_node_goes_on(graph: Make, node: Make, root: Any) -> None:
    stored: list[int] = []

    async def takes(context: NodeContext) -> NodeResult:
        for name in ("one", "two"):
            await context.finish_step(Step(name, "tool"))
            records = [record.kind for batch in made.kept.batches for record in batch.records]
            stored.append(records.count("stepped"))
        return NodeResult({})

    made = graph({"s": root, "a": node(awaits=takes)}, "s>a")
    await made.run(journalled=True)
    assert stored == [1, 2]


async def test_a_container_is_retried_after_a_crash_with_rounds_of_its_own() -> None:
    runs: Counter[tuple[int, str]] = Counter()
    failing = {"x"}

    async def work(seen: Any) -> Any:
        runs[seen.context.attempt, seen.item] += 1
        if seen.item in failing:
            raise NodeError("Not yet.")
        return {"out": seen.item}

    retried = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
    nodes = {
        "s": source(items=["w", "x"]),
        "it": iteration(["s", "items"], ["a", "out"]).having(**retried),
        "it/a": step(work, item=["it", "item"]),
        "e": step(lambda seen: {"all": seen.all}, ends=True, all=["it", "output"]),
    }
    flow = Flow(nodes, "s>it, it>e, it_start>a")
    flow.seen.then["node_retrying:it"] = [Pause("ada")]
    assert (await flow.begin().execute()).status == "paused"
    failing.clear()
    run = flow.again(Resume("ada"))
    assert (await run.execute()).outputs == {"all": ["w", "x"]}
    assert runs == {(1, "w"): 2, (1, "x"): 2}
    check_retelling(run._plan, run._context, flow.seen.batches)


@pytest.mark.parametrize("waits", [False, True])
async def test_steps_are_counted_on_by_whoever_takes_a_run_up(waits: bool) -> None:
    async def waiting(seen: Any) -> None:
        return None

    nodes = {"s": source()} | {f"n{number}": step(waiting if waits else None) for number in range(10)} | {"h": ask()}
    edges = "s>n0, n4>h, h>n5, " + ", ".join(f"n{number}>n{number + 1}" for number in range(9) if number != 4)
    limits = RunLimits(steps=8)
    flow = Flow(nodes, edges)
    assert (await flow.again(limits=limits).execute()).status == "paused"
    run = flow.again(Answer("h", (), "source", {}), limits=limits)
    result = await run.execute()
    assert result.error is not None
    assert result.error["code"] == "too_many_steps"
    assert flow.seen.about("n7") == []
    check_retelling(run._plan, run._context, flow.seen.batches)


async def test_a_run_that_died_of_its_steps_does_not_take_another_one() -> None:
    runs: Counter[str] = Counter()

    async def waiting(seen: Any) -> None:
        runs[seen.context.node_id] += 1

    nodes = {"s": source()} | {f"n{number}": step(waiting) for number in range(4)}
    flow = Flow(nodes, "s>n0, n0>n1, n1>n2, n2>n3")
    whole = await flow.again(limits=RunLimits(steps=3)).execute()
    assert (whole.status, set(runs)) == ("failed", {"n0", "n1"})
    assert len(flow.seen.batches) > 1
    run = flow.again(batches=len(flow.seen.batches) - 1, limits=RunLimits(steps=3))
    assert (await run.execute()).status == "failed"
    assert set(runs) == {"n0", "n1"}
    check_retelling(run._plan, run._context, flow.seen.batches)


async def test_time_is_counted_on_but_for_what_nobody_worked() -> None:
    flow = Flow({"s": source(), "h": ask(), "a": step(None)}, "s>h, h>a")
    assert (await flow.begin().execute()).status == "paused"
    rested = [replace(batch, records=[_at(record, 30.0) for record in batch.records]) for batch in flow.seen.batches]
    flow.seen.batches[:] = rested
    limits = RunLimits(seconds=100.0)
    run = flow.again(limits=limits, elapsed=10_000.0)
    assert (await run.execute()).status == "paused"
    assert run._spent == 30.0
    flow.seen.batches[:] = [
        replace(batch, records=[_at(record, 101.0) for record in batch.records]) for batch in flow.seen.batches
    ]
    late = flow.again(Answer("h", (), None, {}), limits=limits, elapsed=10_000.0)
    assert late._spent == 0.0
    await late.execute()
    assert late._spent == 101.0


def _at(record: Record, seconds: float) -> Record:
    return record if record.kind == "began" else replace(record, at=seconds)


async def test_an_output_that_is_too_large_by_now_fails_its_node_and_stays_failed() -> None:
    async def large(seen: Any) -> Any:
        return {"text": "x" * 100}

    flow = Flow({"s": source(), "h": ask(), "a": step(large)}, "s>h, h>a")
    await flow.begin().execute()
    run = flow.again(Answer("h", (), "source", {}), limits=RunLimits(value_size=50))
    result = await run.execute()
    assert result.error is not None
    assert result.error["code"] == "output_too_large"
    check_retelling(run._plan, run._context, flow.seen.batches)
    assert (await flow.again().execute()).status == "failed"


async def test_the_wait_before_a_retry_is_the_same_in_every_process() -> None:
    policy = {
        "retry_config": {"retry_enabled": True, "max_retries": 3, "retry_interval": 60_000},
        "x-loomwork": {"retry": {"jitter": 0.5}},
    }

    def fail(seen: Any) -> None:
        raise NodeError("No.")

    made = Flow({"s": source(), "a": step(fail).having(**policy)}, "s>a").compiled()
    assert made.plan is not None
    frame = new_frame(0, made.plan, {})
    node = made.plan.index_of["a"]

    def delay(run_id: str, attempt: int) -> float:
        return delay_of(RetryNode(frame, node, attempt, 60.0, {}), RunId(run_id))

    delays = [delay(run_id, attempt) for run_id in ("r1", "r2", "r3") for attempt in (2, 3, 4)]
    assert len(set(delays)) == 9
    assert all(30.0 <= seconds <= 90.0 for seconds in delays)
    assert delays == [delay(run_id, attempt) for run_id in ("r1", "r2", "r3") for attempt in (2, 3, 4)]


async def test_values_of_every_kind_are_read_as_json_by_what_runs_after_a_crash() -> None:
    picture = File("image", "local_file", name="ü.png", size=3)
    values = {
        "file": picture,
        "files": [picture],
        "pair": (1, 2),
        "by_number": {1: {2: "x"}},
        "none": None,
        "ü": "\ud800",
    }
    seen_by_b: list[Any] = []

    def look(seen: Any) -> Any:
        seen_by_b.append(seen.value)
        return {"size": seen.size}

    nodes = {
        "s": source(all=values),
        "h": ask(),
        "b": step(look, ends=True, value=["s", "all"], size=["s", "all", "file", "size"]),
    }
    flow = Flow(nodes, "s>h, h>b")
    assert (await flow.begin().execute()).status == "paused"
    flow.seen.batches[:] = [
        replace(batch, records=record_text.decode(record_text.encode(batch.records))) for batch in flow.seen.batches
    ]
    run = flow.again(Answer("h", (), "source", {}))
    assert (await run.execute()).outputs == {"size": 3}
    assert seen_by_b == [{**values, "pair": [1, 2], "by_number": {"1": {"2": "x"}}}]
    check_retelling(run._plan, run._context, flow.seen.batches)


async def test_a_run_whose_work_is_kept_at_its_rests_goes_on_from_the_last_one() -> None:
    runs: Counter[str] = Counter()

    async def work(seen: Any) -> Any:
        runs[seen.context.node_id] += 1

    flow = Flow({"s": source(), "a": step(work), "h": ask(), "b": step(work)}, "s>a, a>h, h>b")
    assert (await flow.again(durability="exit").execute()).status == "paused"
    assert [len(batch.records) > 0 for batch in flow.seen.batches] == [True]
    run = flow.again(Answer("h", (), "source", {}), durability="exit")
    assert (await run.execute()).status == "succeeded"
    assert runs == {"a": 1, "b": 1}
    check_retelling(run._plan, run._context, flow.seen.batches)


def retelling_calls(rounds: int) -> int:
    """How many functions are called to tell so many rounds again."""
    nodes = {
        "s": source(items=list(range(rounds))),
        "it": iteration(["s", "items"], ["a", "out"], width=3),
        "it/a": step(lambda seen: {"out": seen.item}, item=["it", "item"]),
        "e": step(ends=True),
    }
    flow = Flow(nodes, "s>it, it>e, it_start>a")
    run = flow.begin()
    asyncio.run(run.execute())
    records = [record for batch in flow.seen.batches for record in batch.records]
    calls = 0

    def count(frame: Any, event: str, arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        retell(run._plan, run._context, records)
    finally:
        sys.setprofile(None)
    return calls


def test_to_tell_a_run_again_costs_the_same_for_each_round() -> None:
    few, many = retelling_calls(500), retelling_calls(5_000)
    assert many < 10.5 * few


@pytest.fixture(scope="module")
def well_kept() -> tuple[Any, list[Record]]:
    """A plan, and the records of a run of it that has everything."""
    history = live_through(tour(), 3, trouble=1)
    return history.plan, history.ledger.told()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_journal_that_does_not_fit_is_refused_with_a_sentence(
    well_kept: tuple[Any, list[Record]], data: st.DataObject
) -> None:
    plan, told = well_kept
    records = list(told)
    place, other = (data.draw(st.integers(1, len(records) - 1)) for _ in range(2))
    record = records[place]
    match data.draw(st.sampled_from(["drop", "double", "swap", "node", "frame", "kind", "data"])):
        case "drop":
            del records[place]
        case "double":
            records.insert(place, record)
        case "swap":
            records[place], records[other] = records[other], record
        case "node":
            records[place] = replace(record, node_id=data.draw(st.sampled_from([None, "n1", "n3", "gone"])))
        case "frame":
            frame = data.draw(st.sampled_from(["", "[", "[]", "7", '[["n3", 0]]', '[["n3", 99]]', '[["gone", 0]]']))
            records[place] = replace(record, frame=frame)
        case "kind":
            records[place] = replace(record, kind=data.draw(st.sampled_from([*get_args(RecordKind), "new"])))
        case _:
            records[place] = replace(record, data={})
    with contextlib.suppress(UnreadableJournal):
        retell(plan, RunContext(RunId("run"), embedded_scope()), records)


def test_a_run_of_another_graph_is_refused(well_kept: tuple[Any, list[Record]]) -> None:
    made = Flow({"s": source(), "a": step()}, "s>a").compiled()
    assert made.plan is not None
    with pytest.raises(UnreadableJournal):
        retell(made.plan, RunContext(RunId("run"), embedded_scope()), well_kept[1])


async def test_a_long_run_that_is_kept_at_its_end_is_stored_whole_or_as_it_stood_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nodes = {"s": source(), "h": ask(), "lo": loop(500), "lo/a": step(), "e": step(ends=True)}
    flow = Flow(nodes, "s>h, h>lo, lo>e, lo_start>a")
    assert (await flow.again(durability="exit").execute()).status == "paused"
    keep = flow.seen.commit

    async def die(scope: Any, run_id: Any, batch: Batch) -> None:
        if len(batch.events) > 1000:
            raise ConnectionError
        await keep(scope, run_id, batch)

    monkeypatch.setattr(flow.seen, "commit", die)
    with pytest.raises(ConnectionError):
        await flow.again(Answer("h", (), "source", {}), durability="exit").execute()
    stood = len(flow.seen.batches)
    assert "answered" in [record.kind for record in flow.seen.batches[-1].records]
    monkeypatch.setattr(flow.seen, "commit", keep)
    run = flow.again(durability="exit", batches=stood)
    assert (await run.execute()).status == "succeeded"
    assert len(flow.seen.batches) == stood + 1
    committed = [event for batch in flow.seen.batches for event in batch.events]
    assert [event.seq for event in committed] == list(range(1, len(committed) + 1))
    check_retelling(run._plan, run._context, flow.seen.batches)
