"""Leaving a container from within."""

from typing import Any

import pytest

from tests.unit.engine.run.rounds import Flow, answer, assign, item, leave_now, loop, source, step, variable

pytestmark = pytest.mark.anyio


async def test_the_loop_ends_with_the_round_that_left_it() -> None:
    nodes = {
        "s": source(),
        "lo": loop(9, variable("n", "0", kind="number")),
        "lo/w": assign(item(["lo", "n"], "+=", constant=1)),
        "lo/leave": leave_now(),
        "e": step(
            lambda seen: {"n": seen.n, "rounds": seen.rounds}, ends=True, n=["lo", "n"], rounds=["lo", "loop_round"]
        ),
    }
    flow = Flow(nodes, "s>lo, lo_start>w, w>leave, lo>e")
    result = await flow.run()
    assert result.outputs == {"n": 1, "rounds": 1}
    assert flow.seen.about("lo") == ["node_started", "loop_started", "loop_next", "loop_succeeded", "node_succeeded"]


async def test_what_follows_it_does_not_run() -> None:
    nodes = {"s": source(), "lo": loop(2), "lo/leave": leave_now(), "lo/after": step(), "on": step()}
    result = await Flow(nodes, "s>lo, lo_start>leave, leave>after, lo>on").run()
    assert "after" not in result.nodes
    assert result.nodes["on"].status == "succeeded"


async def test_what_runs_beside_it_is_heard_out() -> None:
    done: list[str] = []

    async def beside(seen: Any) -> None:
        done.append("beside")

    nodes = {
        "s": source(),
        "lo": loop(2),
        "lo/leave": leave_now(),
        "lo/beside": step(beside),
        "lo/then": step(lambda seen: done.append("then")),
    }
    result = await Flow(nodes, "s>lo, lo_start>leave, lo_start>beside, beside>then").run()
    assert (result.status, done) == ("succeeded", ["beside"])


async def test_an_answer_that_it_overtook_does_not_silence_those_after_it() -> None:
    nodes = {
        "s": source(),
        "lo": loop(2),
        "lo/leave": leave_now(),
        "lo/slow": step(lambda seen: {"text": "slow"}),
        "lo/cut": answer("half {{#slow.text#}} whole"),
        "after": answer("after"),
    }
    flow = Flow(nodes, "s>lo, lo_start>leave, lo_start>slow, slow>cut, lo>after")
    result = await flow.run()
    assert result.answer == flow.seen.text()
    assert result.answer is not None
    assert result.answer.endswith("after")
