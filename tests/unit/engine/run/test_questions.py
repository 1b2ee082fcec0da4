"""Questions to people: each is answered once, wherever it was asked, and whoever advances the run by then."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from loomwork.engine.commands import Answer
from loomwork.engine.ports import NodeError
from tests.unit.engine.retelling import check_retelling
from tests.unit.engine.run.rounds import Flow, Part, ask, iteration, leave_now, loop, source, step


def collect(node_id: str) -> Part:
    return step(lambda seen: {"all": seen.all or None}, ends=True, all=[node_id, "output"])


def check(flow: Flow, run: Any) -> None:
    check_retelling(run._plan, run._context, flow.seen.batches)


def noted(note: str, *frame: tuple[str, int]) -> Answer:
    return Answer("h", frame, "source", {"note": note})


async def rest(run: Any) -> None:
    assert (await run.execute()).status == "paused"


class Fixed:
    """A clock whose day does not go on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds, UTC)

    def monotonic(self) -> float:
        return 0.0


def in_rounds(strategy: str | None = None, **after: Part) -> Flow:
    """Three rounds that ask, two beside each other."""
    nodes: dict[str, Part] = {
        "s": source(items=["x", "y", "z"]),
        "it": iteration(["s", "items"], ["h", "note"], width=2).having(error_strategy=strategy),
        "it/h": ask(),
        "e": collect("it"),
    }
    nodes |= {f"it/{name}": part for name, part in after.items()}
    return Flow(nodes, "s>it, it>e, it_start>h" + "".join(f", h>{name}" for name in after))


async def test_each_round_has_a_question_of_its_own_and_the_first_answer_to_it_counts() -> None:
    flow = in_rounds()
    await rest(flow.begin())
    assert [event.frame for event in flow.seen.of_type("input_required")] == [(("it", 0),), (("it", 1),)]
    await rest(flow.again(noted("second", ("it", 1)), noted("too late", ("it", 1)), noted("nobody asks", ("it", 2))))
    await rest(flow.again(noted("first", ("it", 0)), noted("nobody asks", ("it", 1))))
    run = flow.again(noted("third", ("it", 2)))
    assert (await run.execute()).outputs["all"] == ["first", "second", "third"]
    assert len(flow.seen.of_type("input_received")) == 3
    check(flow, run)


async def test_an_answer_to_a_round_that_was_given_up_changes_nothing() -> None:
    def fail(seen: Any) -> None:
        raise NodeError("This round fails.")

    flow = in_rounds("default-value", f=step(fail))
    await rest(flow.begin())
    flow.seen.then["node_failed:f"] = [noted("given up", ("it", 1))]
    run = flow.again(noted("fails", ("it", 0)))
    result = await run.execute()
    assert result.status == "partial-succeeded"
    assert len(flow.seen.of_type("input_received")) == 1
    check(flow, run)


async def test_a_round_that_is_left_waits_for_those_it_has_asked() -> None:
    nodes = {
        "s": source(),
        "lo": loop(5),
        "lo/h": ask(),
        "lo/out": leave_now(),
        "lo/never": step(),
        "e": step(lambda seen: {"rounds": seen.rounds}, ends=True, rounds=["lo", "loop_round"]),
    }
    flow = Flow(nodes, "s>lo, lo>e, lo_start>h, lo_start>out, h>never")
    await rest(flow.begin())
    run = flow.again(noted("still heard", ("lo", 0)))
    assert (await run.execute()).outputs["rounds"] == 1
    assert flow.seen.about("never") == []
    check(flow, run)


async def test_an_answer_that_comes_while_the_run_lies_down_is_heard() -> None:
    flow = Flow({"s": source(), "h": ask(), "e": step(ends=True)}, "s>h, h>e")
    flow.seen.then["run_paused"] = [noted("just in time")]
    run = flow.begin()
    assert (await run.execute()).status == "succeeded"
    check(flow, run)


async def test_a_run_that_has_come_to_rest_says_that_it_hears_nothing() -> None:
    flow = Flow({"s": source(), "h": ask()}, "s>h")
    run = flow.begin()
    assert run.send(noted("before it is asked"))
    await rest(run)
    assert not run.send(noted("too late"))


async def test_a_question_whose_time_was_over_meanwhile_is_over_when_the_run_is_taken_up() -> None:
    flow = Flow({"s": source(), "h": ask(60), "e": step(lambda seen: {"late": True}, ends=True)}, "s>h, h:over>e")
    run = flow.again(clock=Fixed(1000))
    result = await run.execute()
    assert (result.status, result.wakes_at) == ("paused", 1060)
    await rest(flow.again(clock=Fixed(1059)))
    run = flow.again(clock=Fixed(1060))
    assert (await run.execute()).outputs == {"late": True}
    assert flow.seen.of_type("input_received")[0].data == {"action": None, "values": {}}
    check(flow, run)


async def test_a_question_keeps_its_time_over_a_crash_while_something_else_goes_on() -> None:
    runs: Counter[str] = Counter()

    async def other(seen: Any) -> None:
        runs["a"] += 1

    flow = Flow({"s": source(), "h": ask(60), "a": step(other)}, "s>h, s>a")
    await rest(flow.again(clock=Fixed(1000)))
    asked = next(n for n, batch in enumerate(flow.seen.batches, 1) if batch.records[-1].kind == "asked")
    run = flow.again(batches=asked, clock=Fixed(1030))
    assert (await run.execute()).wakes_at == 1060
    assert runs["a"] == 2
    assert len(flow.seen.of_type("input_required")) == 1
    check(flow, run)


async def test_a_question_that_fails_unanswered_is_asked_again_where_its_node_is_retried() -> None:
    retried = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
    nodes = {
        "s": source(),
        "h": ask(60, fails_unanswered=True).having(**retried),
        "e": step(lambda seen: {"note": seen.note}, ends=True, note=["h", "note"]),
    }
    flow = Flow(nodes, "s>h, h>e")
    await rest(flow.again(clock=Fixed(1000)))
    await rest(flow.again(clock=Fixed(1061)))
    assert [event.data["expires_at"] for event in flow.seen.of_type("input_required")] == [1060, 1121]
    run = flow.again(noted("at last"), clock=Fixed(1062))
    assert (await run.execute()).outputs == {"note": "at last"}
    check(flow, run)


async def test_what_is_no_answer_leaves_the_question_open() -> None:
    flow = Flow({"s": source(), "h": ask()}, "s>h")
    await rest(flow.begin())
    before = len(flow.seen.events)
    strange: Any = [
        Answer("h", (), "jump", {}),
        Answer("s", (), "source", {}),
        Answer("nobody", (), "source", {}),
        Answer("h", (("it", 0),), "source", {}),
        Answer("h", (("h", 0),), "source", {}),
    ]
    await rest(flow.again(*strange))
    assert len(flow.seen.events) == before
