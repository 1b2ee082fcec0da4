"""Pauses that somebody asks for: what is in flight ends, nothing else starts, and it all goes on later, elsewhere."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from loomwork.engine.commands import Answer, Cancel, Pause, Resume
from loomwork.engine.ports import NodeError
from loomwork.engine.run import RunLimits
from tests.unit.engine.retelling import check_retelling
from tests.unit.engine.run.rounds import Flow, ask, iteration, source, step
from tests.unit.engine.run.test_gates import Places
from tests.unit.engine.run.virtual_time import VirtualClock, in_virtual_time

LATER = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 60_000}}
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
        if not runs:
            going[0].send(Pause("ada"))
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
    going = [flow.begin()]
    await rest(flow, going[0])
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


@pytest.mark.parametrize("again", ["in the same process", "in another"])
@pytest.mark.parametrize("how", [{"limits": RunLimits(width=2)}, {"gate": 2}])
def test_nodes_that_wait_for_a_place_do_not_start_after_a_pause_but_when_it_goes_on(how: Any, again: str) -> None:
    """Their start was told before, as everything is told before it happens; it is not told twice."""
    order: list[str] = []

    async def work(seen: Any) -> Any:
        order.append(seen.context.node_id)
        await asyncio.sleep(10)

    def given() -> dict[str, Any]:
        return {"clock": VirtualClock(), **({"gate": Places(2)} if "gate" in how else how)}

    async def main() -> None:
        names = [f"n{index}" for index in range(6)]
        flow = Flow({"s": source(), **{name: step(work) for name in names}}, ",".join(f"s>{name}" for name in names))
        loop = asyncio.get_running_loop()
        run = flow.again(**given())
        loop.call_later(5, run.send, Pause("ada"))
        if again == "in another":
            await rest(flow, run)
            assert (order, loop.time()) == (["n0", "n1"], 10.0)
            run = flow.again(Resume("grace"), **given())
        else:
            loop.call_later(6, run.send, Resume("grace"))
            loop.call_later(7, lambda: order.append("resumed"))
        assert (await run.execute()).status == "succeeded"
        assert [name for name in order if name != "resumed"] == names
        assert [flow.seen.about(name) for name in names] == [["node_started", "node_succeeded"]] * 6
        assert loop.time() == 30.0
        check(flow, run)

    in_virtual_time(main())


def test_a_pause_gives_back_the_places_of_the_gate_that_were_about_to_be_taken() -> None:
    async def main() -> None:
        gate, runs = Places(0), Counter[str]()
        flow = Flow({"s": source(), "a": step(counted(runs)), "b": step(counted(runs))}, "s>a, s>b")
        run = flow.again(clock=VirtualClock(), gate=gate)
        asyncio.get_running_loop().call_later(5, run.send, Pause("ada"))
        await rest(flow, run)
        assert (gate.waiting, gate.taken, sum(runs.values())) == (0, 0, 0)
        gate = Places(1)
        run = flow.again(Resume("grace"), clock=VirtualClock(), gate=gate)
        assert (await run.execute()).status == "succeeded"
        assert (gate.taken, gate.inside, runs) == (2, 0, {"a": 1, "b": 1})
        check(flow, run)

    in_virtual_time(main())


async def test_steps_that_do_not_wait_are_held_with_the_others_and_counted_once() -> None:
    runs: Counter[str] = Counter()

    def inline(seen: Any) -> Any:
        runs[seen.context.node_id] += 1

    async def ends(seen: Any) -> Any:
        going[0].send(Pause("ada"))

    flow = Flow({"s": source(), "a": step(ends), "b": step(inline), "c": step(inline)}, "s>a, a>b, b>c")
    going = [flow.begin()]
    await rest(flow, going[0])
    assert not runs
    run = flow.again(Resume("grace"), limits=RunLimits(steps=4))
    assert (await run.execute()).status == "succeeded"
    assert runs == {"b": 1, "c": 1}
    check(flow, run)


@pytest.mark.parametrize("until", [30, 90])
def test_a_pause_does_not_wait_out_the_delay_of_a_retry_which_comes_when_it_is_due(until: int) -> None:
    async def main() -> None:
        runs: Counter[str] = Counter()
        flow = Flow({"s": source(), "a": step(counted(runs, fails=1), ends=True).having(**LATER)}, "s>a")
        loop = asyncio.get_running_loop()
        run = flow.again(clock=VirtualClock())
        loop.call_later(10, run.send, Pause("ada"))
        await rest(flow, run)
        assert (loop.time(), runs["a"]) == (10.0, 1)
        await asyncio.sleep(until - loop.time())
        await rest(flow, flow.again(clock=VirtualClock(), elapsed=loop.time()))
        run = flow.again(Resume("grace"), clock=VirtualClock(), elapsed=loop.time())
        result = await run.execute()
        assert (result.outputs["attempt"], runs["a"], loop.time()) == (2, 2, float(max(60, until)))
        check(flow, run)

    in_virtual_time(main())


def test_a_node_that_fails_after_the_pause_waits_for_its_next_attempt_until_the_run_goes_on() -> None:
    async def main() -> None:
        runs: Counter[str] = Counter()

        async def fails(seen: Any) -> Any:
            runs["a"] += 1
            await asyncio.sleep(20)
            if runs["a"] == 1:
                raise NodeError("Not yet.")

        flow = Flow({"s": source(), "a": step(fails).having(**LATER)}, "s>a")
        loop = asyncio.get_running_loop()
        run = flow.again(clock=VirtualClock())
        loop.call_later(10, run.send, Pause("ada"))
        await rest(flow, run)
        assert loop.time() == 20.0
        run = flow.again(Resume("grace"), clock=VirtualClock(), elapsed=loop.time())
        assert (await run.execute()).status == "succeeded"
        assert (runs["a"], loop.time()) == (2, 100.0)
        check(flow, run)

    in_virtual_time(main())


def test_a_process_that_dies_between_a_pause_and_its_resume_leaves_a_retry_and_the_queue_as_they_were() -> None:
    """Wherever the journal ends, whoever takes the run up comes to the same end, and runs nothing that was done."""

    async def live(batches: int | None) -> tuple[int, Counter[str]]:
        runs: Counter[str] = Counter()
        nodes = {"s": source(), "a": step(counted(runs, fails=1)).having(**LATER), "b": step(counted(runs))}
        flow = Flow({**nodes, "c": step(counted(runs))}, "s>a, s>b, s>c")
        how: dict[str, Any] = {"clock": VirtualClock(), "limits": RunLimits(width=1)}
        run = flow.again(**how)
        flow.seen.then["node_retrying:a"] = [Pause("ada")]
        await rest(flow, run)
        await flow.again(Resume("grace"), **how).execute()
        made = len(flow.seen.batches)
        if batches is not None:
            run = flow.again(Resume("grace"), batches=batches, **how)
            assert (await run.execute()).status == "succeeded"
            check(flow, run)
        return made, runs

    made, runs = in_virtual_time(live(None))
    assert runs == {"a": 2, "b": 1, "c": 1}
    for batches in range(1, made):
        _, again = in_virtual_time(live(batches))
        assert all(count <= runs[name] + 2 for name, count in again.items())
