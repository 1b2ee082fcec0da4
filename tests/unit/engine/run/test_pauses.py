"""Pauses that somebody asks for: what is in flight ends, nothing else starts, and it all goes on later, elsewhere."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from loomwork.engine.commands import Answer, Cancel, Pause, Resume
from loomwork.engine.ports import NodeError
from tests.unit.engine.retelling import check_retelling
from tests.unit.engine.run.rounds import Flow, ask, iteration, source, step

RETRY = {"retry_config": {"retry_enabled": True, "max_retries": 2, "retry_interval": 0}}


def counted(runs: Counter[str], *, fails: int = 0) -> Callable[[Any], Any]:
    """A node that waits, counts how often it runs, and fails so often first."""

    async def does(seen: Any) -> Any:
        runs[seen.context.node_id] += 1
        if runs[seen.context.node_id] <= fails:
            raise NodeError("Not yet.")
        return {"out": getattr(seen, "item", None), "attempt": seen.context.attempt}

    return does


async def rest(flow: Flow, run: Any) -> None:
    """Have the run go until it rests."""
    assert (await run.execute()).status == "paused"
    assert flow.seen.events[-1].type == "run_paused"


def check(flow: Flow, run: Any) -> None:
    check_retelling(run._plan, run._context, flow.seen.batches)


async def test_a_node_that_waits_for_its_retry_is_held_and_runs_its_next_attempt_later() -> None:
    runs: Counter[str] = Counter()
    flow = Flow({"s": source(), "a": step(counted(runs, fails=1), ends=True).having(**RETRY)}, "s>a")
    flow.seen.then["node_retrying"] = [Pause("ada")]
    await rest(flow, flow.begin())
    assert runs["a"] == 1
    run = flow.again(Resume("grace"))
    result = await run.execute()
    assert (result.outputs["attempt"], runs["a"]) == (2, 2)
    check(flow, run)


async def test_rounds_beside_each_other_hold_what_comes_next_and_none_runs_twice() -> None:
    runs: Counter[int] = Counter()

    async def work(seen: Any) -> Any:
        runs[seen.item] += 1
        return {"out": seen.item * 2}

    nodes = {
        "s": source(items=list(range(6))),
        "it": iteration(["s", "items"], ["b", "out"], width=2),
        "it/a": step(),
        "it/b": step(work, item=["it", "item"]),
        "e": step(lambda seen: {"all": seen.all}, ends=True, all=["it", "output"]),
    }
    flow = Flow(nodes, "s>it, it>e, it_start>a, a>b")
    flow.seen.then["node_started:b"] = [Pause("ada")]
    await rest(flow, flow.begin())
    assert 0 < sum(runs.values()) < 6
    run = flow.again(Resume("grace"))
    result = await run.execute()
    assert result.outputs["all"] == [0, 2, 4, 6, 8, 10]
    assert set(runs.values()) == {1}
    check(flow, run)


async def test_a_pause_asked_of_a_run_that_waits_for_an_answer_outlives_the_answer() -> None:
    runs: Counter[str] = Counter()
    flow = Flow({"s": source(), "h": ask(), "a": step(counted(runs), ends=True)}, "s>h, h>a")
    await rest(flow, flow.begin())
    await rest(flow, flow.again(Pause("ada")))
    assert [reason["type"] for reason in flow.seen.events[-1].data["reasons"]] == ["asked", "input"]
    await rest(flow, flow.again(Answer("h", (), "source", {})))
    assert flow.seen.events[-1].data["reasons"] == [{"type": "asked", "by": "ada"}]
    assert not runs
    run = flow.again(Resume("grace"))
    assert (await run.execute()).status == "succeeded"
    assert runs["a"] == 1
    check(flow, run)


async def test_a_resume_leaves_questions_open() -> None:
    flow = Flow({"s": source(), "h": ask()}, "s>h")
    await rest(flow, flow.begin())
    await rest(flow, flow.again(Pause("ada")))
    await rest(flow, flow.again(Resume("ada")))
    assert flow.seen.events[-1].data["reasons"] == [{"type": "input", "node_id": "h", "frame": []}]


async def test_a_resume_of_a_run_that_nobody_paused_changes_nothing() -> None:
    flow = Flow({"s": source(), "h": ask()}, "s>h")
    await rest(flow, flow.begin())
    before = len(flow.seen.events)
    await rest(flow, flow.again(Resume("ada"), Resume("ada")))
    assert len(flow.seen.events) == before


async def test_one_resume_is_enough_however_often_it_was_paused() -> None:
    flow = Flow({"s": source(), "a": step(counted(Counter())), "b": step()}, "s>a, a>b")
    flow.seen.then["node_started:a"] = [Pause("ada"), Pause("grace")]
    await rest(flow, flow.begin())
    assert flow.seen.events[-1].data["reasons"] == [{"type": "asked", "by": "ada"}]
    assert (await flow.again(Resume("grace")).execute()).status == "succeeded"


@pytest.mark.parametrize("batches", [None, 1])
async def test_a_run_that_is_taken_up_to_be_stopped_starts_nothing(batches: int | None) -> None:
    runs: Counter[str] = Counter()

    def inline(seen: Any) -> None:
        runs["b"] += 1

    flow = Flow({"s": source(), "a": step(counted(runs)), "b": step(inline)}, "s>a, a>b")
    flow.seen.then["node_started:a"] = [Pause("ada")]
    await rest(flow, flow.begin())
    runs.clear()
    run = flow.again(Cancel("grace"), Resume("grace"), batches=batches)
    assert (await run.execute()).status == "stopped"
    assert not runs
    assert flow.seen.events[-1].data == {"by": "grace"}
    check(flow, run)
    assert (await flow.again(Resume("grace")).execute()).status == "stopped"
    assert not runs
