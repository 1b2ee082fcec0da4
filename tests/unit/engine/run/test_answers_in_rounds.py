"""Answers inside containers: shown in the order of the rounds, however these run, and the same in the end."""

import asyncio
import random
from typing import Any

import pytest

from loomwork.engine.ports import NodeError
from tests.unit.engine.run.invariants import shown as shown_in
from tests.unit.engine.run.rounds import (
    Flow,
    answer,
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


async def shown(flow: Flow, **namespaces: Any) -> str:
    """What was streamed, once it is sure that the final answer says the same."""
    result = await flow.run(**namespaces)
    assert result.error is None
    assert result.answer == flow.seen.text() == result.outputs["answer"]
    return flow.seen.text()


class Speakers:
    """Nodes that say a word when the test lets them, in whatever order it likes."""

    def __init__(self) -> None:
        self.gates: dict[Any, asyncio.Event] = {}

    async def speak(self, seen: Any) -> Any:
        self.gates[seen.n] = asyncio.Event()
        await self.gates[seen.n].wait()
        seen.context.say(f"{seen.n}a ")
        await asyncio.sleep(0)
        seen.context.say(f"{seen.n}b ")
        return {"text": f"{seen.n}a {seen.n}b "}


async def test_rounds_that_finish_out_of_order_are_shown_in_order() -> None:
    speakers = Speakers()
    nodes = {
        "s": source(list=[0, 1, 2, 3]),
        "it": iteration(["s", "list"], ["say", "text"], width=4),
        "it/say": step(speakers.speak, n=["it", "item"]),
        "it/a": answer("[{{#it.index#}}: {{#say.text#}}]"),
        "end": answer(" done"),
    }
    flow = Flow(nodes, "s>it, it_start>say, say>a, it>end")
    task = asyncio.create_task(shown(flow))
    await soon(lambda: len(speakers.gates) == 4)
    for name in (3, 1, 0, 2):
        speakers.gates[name].set()
        await soon(lambda name=name: ("a", (("it", name),)) in done(flow))  # type: ignore[misc]  # bound at once
    assert await task == "[0: 0a 0b ][1: 1a 1b ][2: 2a 2b ][3: 3a 3b ] done"


def done(flow: Flow) -> list[tuple[str | None, Any]]:
    return [(event.node_id, event.frame) for event in flow.seen.of_type("node_succeeded")]


async def test_the_first_round_streams_while_the_others_wait() -> None:
    speakers = Speakers()
    nodes = {
        "s": source(list=[0, 1]),
        "it": iteration(["s", "list"], ["say", "text"], width=2),
        "it/say": step(speakers.speak, n=["it", "item"]),
        "it/a": answer("{{#say.text#}}"),
    }
    flow = Flow(nodes, "s>it, it_start>say, say>a")
    task = asyncio.create_task(shown(flow))
    await soon(lambda: len(speakers.gates) == 2)
    speakers.gates[1].set()
    await soon(lambda: ("a", (("it", 1),)) in done(flow))
    assert flow.seen.text() == ""
    speakers.gates[0].set()
    assert await task == "0a 0b 1a 1b "
    first = next(event for event in flow.seen.of_type("text_chunk"))
    ended = next(e for e in flow.seen.of_type("node_succeeded") if (e.node_id, e.frame) == ("say", (("it", 0),)))
    assert first.seq < ended.seq
    assert first.frame == (("it", 0),)


@pytest.mark.parametrize("seed", range(8))
async def test_nested_rounds_speak_in_the_order_of_a_book(seed: int) -> None:
    chance = random.Random(seed)

    async def work(seen: Any) -> Any:
        for _ in range(chance.randrange(20)):
            await asyncio.sleep(0)
        seen.context.say(f"{seen.n}.{seen.m} ")
        return {"text": f"{seen.n}.{seen.m} "}

    nodes = {
        "s": source(list=[0, 1, 2]),
        "it": iteration(["s", "list"], ["in", "output"], width=3),
        "it/in": iteration(["s", "list"], ["w", "text"], width=2),
        "it/in/w": step(work, n=["it", "item"], m=["in", "item"]),
        "it/in/a": answer("{{#w.text#}}"),
        "it/end": answer("| "),
    }
    flow = Flow(nodes, "s>it, it_start>in, in_start>w, w>a, in>end")
    assert await shown(flow) == "0.0 0.1 0.2 | 1.0 1.1 1.2 | 2.0 2.1 2.2 | "


async def test_a_loop_shows_its_variables_as_they_are_in_each_round() -> None:
    nodes = {
        "s": source(),
        "lo": loop(3, variable("n", "0", kind="number")),
        "lo/w": assign(item(["lo", "n"], "+=", constant=1)),
        "lo/a": answer("{{#lo.n#}} of {{#conversation.of#}}, "),
        "end": answer("so {{#lo.n#}}"),
    }
    flow = Flow(nodes, "s>lo, lo_start>w, w>a, lo>end")
    assert await shown(flow, conversation={"of": 3}) == "1 of 3, 2 of 3, 3 of 3, so 3"


async def test_a_round_that_fails_says_no_more_and_the_next_goes_on() -> None:
    async def stumble(seen: Any) -> Any:
        seen.context.say(f"{seen.n} ")
        if seen.n == 1:
            raise NodeError("no")
        return {"text": f"{seen.n} "}

    nodes = {
        "s": source(list=[0, 1, 2]),
        "it": iteration(["s", "list"], ["w", "text"], error_handle_mode="continue-on-error"),
        "it/w": step(stumble, n=["it", "item"]),
        "it/a": answer("<{{#w.text#}}>"),
    }
    text = await shown(Flow(nodes, "s>it, it_start>w, w>a"))
    assert text.startswith("<0 >")
    assert text.endswith("<2 >")
    assert text.count(">") == 2


async def test_a_parallel_round_that_fails_lets_those_behind_it_speak() -> None:
    speakers = Speakers()

    async def speak(seen: Any) -> Any:
        spoken = await speakers.speak(seen)
        if seen.n == 0:
            raise NodeError("no")
        return spoken

    nodes = {
        "s": source(list=[0, 1]),
        "it": iteration(["s", "list"], ["w", "text"], width=2, error_handle_mode="remove-abnormal-output"),
        "it/w": step(speak, n=["it", "item"]),
        "it/a": answer("{{#w.text#}}"),
    }
    flow = Flow(nodes, "s>it, it_start>w, w>a")
    task = asyncio.create_task(shown(flow))
    await soon(lambda: len(speakers.gates) == 2)
    speakers.gates[1].set()
    await soon(lambda: ("a", (("it", 1),)) in done(flow))
    speakers.gates[0].set()
    assert (await task).endswith("1a 1b ")


async def test_what_a_node_in_a_round_said_before_its_retry_is_forgotten() -> None:
    async def stumble(seen: Any) -> Any:
        seen.context.say(f"try {seen.context.attempt} of {seen.n} ")
        await asyncio.sleep(0)
        if seen.n == 1 and seen.context.attempt == 1:
            raise NodeError("no")
        return {"text": "-"}

    retry = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
    nodes = {
        "s": source(list=[0, 1]),
        "it": iteration(["s", "list"], ["w", "text"]),
        "it/w": step(stumble, n=["it", "item"]).having(**retry),
        "it/a": answer("({{#w.text#}})"),
    }
    flow = Flow(nodes, "s>it, it_start>w, w>a")
    result = await flow.run()
    assert result.answer == "(try 1 of 0 )(try 2 of 1 )"
    retrying = flow.seen.of_type("node_retrying")[0]
    taken_back = [
        event.data["text"]
        for event in flow.seen.of_type("text_chunk")
        if event.data["from"] == ["w", "text"] and retrying.data["discard_from"] <= event.seq < retrying.seq
    ]
    assert taken_back == ["try 1 of 1 "]


async def test_a_value_that_was_shown_stays_when_its_node_is_retried_later() -> None:
    gate = asyncio.Event()

    async def late(seen: Any) -> Any:
        if seen.context.attempt == 1:
            await gate.wait()
            raise NodeError("no")
        return {"text": "late"}

    async def open_the_gate(seen: Any) -> None:
        gate.set()

    retry = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
    nodes = {
        "s": source(),
        "late": step(late).having(**retry),
        "a": answer("<{{#late.text#}}>"),
        "open": step(open_the_gate),
    }
    assert await shown(Flow(nodes, "s>late, s>a, a>open")) == "<late.text>"


async def test_leaving_early_cuts_no_other_answer_short() -> None:
    nodes = {
        "s": source(list=[0, 1, 2]),
        "it": iteration(["s", "list"], ["a", "answer"]),
        "it/a": answer("{{#it.item#}}"),
        "it/enough": when(condition(["it", "item"], "=", "1")),
        "it/leave": leave_now(),
        "it/more": answer("+"),
        "end": answer("."),
    }
    flow = Flow(nodes, "s>it, it_start>a, a>enough, enough:true>leave, enough:false>more, leave>more, it>end")
    assert await shown(flow) == "0+1."


async def test_what_follows_a_failed_container_is_still_said() -> None:
    nodes = {
        "s": source(list=[0, 1]),
        "it": iteration(["s", "list"], ["bad", "n"], width=2).having(error_strategy="fail-branch"),
        "it/a": answer("{{#it.item#}}"),
        "it/bad": failing(when=lambda seen: seen.n == 1, n=["it", "item"]),
        "sorry": answer(" sorry: {{#it.error_message#}}"),
    }
    flow = Flow(nodes, "s>it, it_start>a, a>bad, it:fail-branch>sorry")
    assert await shown(flow) == "01 sorry: Item 2 failed: no"


async def test_a_thousand_rounds_that_answer_keep_nothing_but_the_answer() -> None:
    async def say(seen: Any) -> Any:
        seen.context.say(f"{seen.n},")
        return {"text": f"{seen.n},"}

    nodes = {
        "s": source(list=list(range(1000))),
        "it": iteration(["s", "list"], ["w", "x"], width=50),
        "it/w": step(say, n=["it", "item"]),
        "it/a": answer("{{#w.text#}}"),
    }
    run: Any = Flow(nodes, "s>it, it_start>w, w>a").begin()
    result = await run.execute()
    assert result.answer == "".join(f"{n}," for n in range(1000))
    answers = run._core.answers
    assert (answers.sessions, answers.chunks, answers._ended, dict(answers._readers)) == ([], {}, set(), {})


@pytest.mark.parametrize("width", [1, 3])
async def test_a_container_that_runs_again_takes_back_what_its_rounds_have_said(width: int) -> None:
    """And says from where on, so that whoever shows the stream shows the answer."""
    tries: list[Any] = []

    async def work(seen: Any) -> Any:
        tries.append(seen.item)
        if len(tries) == 2:
            raise NodeError("Not yet.")
        return {"out": seen.item}

    retry = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
    nodes = {
        "s": source(items=["a", "b", "c"]),
        "before": answer("Listen: "),
        "it": iteration(["s", "items"], ["work", "out"], width=width).having(**retry),
        "it/say": answer("[{{#it.item#}}"),
        "it/work": step(work, item=["it", "item"]),
        "it/end": answer("={{#work.out#}}]"),
        "after": answer(" Done."),
    }
    flow = Flow(nodes, "s>before, before>it, it_start>say, say>work, work>end, it>after")
    result = await flow.run()
    assert result.answer == "Listen: [a=a][b=b][c=c] Done."
    assert shown_in(flow.seen.events) == result.answer
    assert len(flow.seen.text()) > len(result.answer)
    (again,) = flow.seen.of_type("node_retrying")
    first = next(event for event in flow.seen.of_type("text_chunk") if event.frame)
    assert again.data["discard_from"] == first.seq


async def test_a_container_that_runs_again_in_a_round_takes_back_only_what_was_said_in_that_round() -> None:
    tries: list[Any] = []

    def work(seen: Any) -> Any:
        tries.append(seen.item)
        if len(tries) == 4:
            raise NodeError("Not yet.")
        return {"out": seen.item}

    retry = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
    nodes = {
        "s": source(items=["a", "b"]),
        "it": iteration(["s", "items"], ["it", "item"]),
        "it/lo": loop(2).having(**retry),
        "it/lo/say": answer("({{#it.item#}}"),
        "it/lo/work": step(work, item=["it", "item"]),
        "it/lo/end": answer(")"),
    }
    flow = Flow(nodes, "s>it, it_start>lo, lo_start>say, say>work, work>end")
    result = await flow.run()
    assert result.answer == "(a)(a)(b)(b)"
    assert shown_in(flow.seen.events) == result.answer
