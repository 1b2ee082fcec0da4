"""Every call has one entry in the ledger, and asks the budget first."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from loomwork.model_gateway.api import (
    BudgetExceeded,
    Cost,
    EmbeddingRequest,
    Finished,
    ModelUnavailable,
    Spender,
    TextDelta,
    Usage,
)
from loomwork.model_gateway.domain.exchange import event_line, event_of, value_of
from tests.unit.model_gateway.application.routed import SCOPE, World, asking, said

SOMEBODY = Spender(app_id="app", run_id="run", node_id="node")


async def test_a_call_is_written_down_once_with_who_answered_for_whom_at_what_price() -> None:
    world = World()
    world.wire.tell("acme/fine", [ModelUnavailable("down", cause="timeout")])
    world.wire.tell("bolt/quick", said("Hi"))
    await world.text("acme/fine", spender=SOMEBODY, fallbacks=["bolt/quick"])
    await world.text("local/good")
    world.wire.tell("acme/fine", said("Hi", usage=Usage(1000, 500)))
    await world.text("acme/fine")
    stood_in, local, priced = world.ledger.written
    assert (stood_in.model, stood_in.asked, stood_in.spender) == ("bolt/quick", "acme/fine", SOMEBODY)
    assert (stood_in.attempts, stood_in.failure, stood_in.cost) == (2, None, Cost(None))
    assert (local.model, local.attempts, local.usage) == ("local/good", 1, Usage(3, 5))
    assert priced.cost == Cost(Decimal(2))
    assert world.ledger.held == {}


async def test_whoever_asked_is_told_what_the_answer_cost_where_its_price_is_known() -> None:
    world = World()
    world.wire.tell("acme/fine", said("Hi", usage=Usage(1000, 500)))
    *_, priced = await world.events("acme/fine")
    assert isinstance(priced, Finished)
    assert priced.cost == Cost(Decimal(2))
    world.wire.tell("bolt/quick", said("Hi"))
    *_, unpriced = await world.events("bolt/quick")
    assert isinstance(unpriced, Finished)
    assert unpriced.cost == Cost(None)
    assert event_of(value_of(event_line(priced))).cost == priced.cost  # type: ignore[union-attr]


async def test_the_most_that_a_call_may_use_is_held_before_it() -> None:
    world = World()
    may_speak = asyncio.Event()
    world.wire.tell("acme/fine", [may_speak, *said("Hi")])
    answer = asyncio.ensure_future(world.text("acme/fine", params={"max_tokens": "50"}))
    await world.wire.until(lambda wire: bool(wire.asked))
    (held,) = world.ledger.held.values()
    assert held.tokens == 60
    assert held.money == Decimal("0.110")
    may_speak.set()
    await answer
    assert world.ledger.held == {}


async def test_what_is_held_is_enough_for_the_dearest_fallback() -> None:
    world = World()
    may_speak = asyncio.Event()
    world.wire.tell("bolt/quick", [may_speak, *said("Hi")])
    answer = asyncio.ensure_future(world.text("bolt/quick", fallbacks=["acme/fine"]))
    await world.wire.until(lambda wire: bool(wire.asked))
    (held,) = world.ledger.held.values()
    assert held.tokens == 10 + 4096
    may_speak.set()
    await answer


@pytest.mark.parametrize(
    ("model", "fallback", "money"),
    [
        ("local/good", "acme/fine", Decimal("0.210")),
        ("acme/fine", "local/good", Decimal("0.210")),
        ("acme/fine", "bolt/quick", None),
        ("bolt/quick", "acme/fine", None),
    ],
)
async def test_the_money_is_that_of_the_dearest_and_unknown_where_that_of_one_is(
    model: str, fallback: str, money: Decimal | None
) -> None:
    world = World()
    may_speak = asyncio.Event()
    world.wire.tell(model, [may_speak, *said("Hi")])
    answer = asyncio.ensure_future(world.text(model, fallbacks=[fallback]))
    await world.wire.until(lambda wire: bool(wire.asked))
    (held,) = world.ledger.held.values()
    assert held.money == money
    may_speak.set()
    await answer


async def test_a_spent_budget_keeps_the_call_from_being_made() -> None:
    world = World()
    world.ledger.limit = 10
    with pytest.raises(BudgetExceeded):
        await world.events("acme/fine", fallbacks=["bolt/quick"])
    assert (world.wire.asked, world.ledger.written) == ([], [])


async def test_parallel_calls_never_pass_the_budget() -> None:
    world = World()
    world.ledger.limit = 600
    world.wire.tell("acme/fine", said("Hi", usage=Usage(10, 50)))
    asked = (world.text("acme/fine", params={"max_tokens": 50}) for _ in range(100))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert outcomes.count("Hi") == 10
    assert sum(entry.usage.total_tokens or 0 for entry in world.ledger.written) == 600


async def test_a_failed_call_is_written_down_with_its_cause_and_costs_nothing_before_it_began() -> None:
    world = World()
    world.wire.tell("acme/fine", [ModelUnavailable("down", cause="outage")])
    with pytest.raises(ModelUnavailable):
        await world.events("acme/fine")
    (entry,) = world.ledger.written
    assert (entry.failure, entry.attempts, entry.usage.total_tokens) == ("outage", 2, 0)
    assert entry.cost == Cost(Decimal(0))
    assert world.ledger.held == {}


async def test_an_answer_that_breaks_off_is_charged_for_what_was_heard() -> None:
    world = World()
    world.wire.tell("acme/fine", [TextDelta("x" * 300), ModelUnavailable("cut", cause="outage")])
    with pytest.raises(ModelUnavailable):
        await world.events("acme/fine")
    (entry,) = world.ledger.written
    assert (entry.failure, entry.usage) == ("outage", Usage(10, 100))
    assert entry.cost == Cost(Decimal("0.21"))


async def test_an_answer_that_is_left_early_is_charged_for_what_was_heard() -> None:
    world = World()
    world.wire.tell("acme/fine", [TextDelta("x" * 300), *said("more")])
    answer = world.models.chat(SCOPE, asking("acme/fine"))
    await anext(answer)
    await answer.aclose()
    (entry,) = world.ledger.written
    assert (entry.failure, entry.usage, world.ledger.held) == (None, Usage(10, 100), {})
    assert world.wire.closed == ["acme/fine"]


async def test_whoever_stops_listening_at_the_end_is_charged_for_all() -> None:
    world = World()
    answer = world.models.chat(SCOPE, asking("acme/fine"))
    while not isinstance(await anext(answer), Finished):
        pass
    await answer.aclose()
    assert world.ledger.written[0].usage == Usage(3, 5)


async def test_what_the_provider_does_not_say_is_counted_for_the_ledger_only() -> None:
    world = World()
    world.wire.tell("acme/fine", said("x" * 300, usage=Usage()))
    events = await world.events("acme/fine")
    assert isinstance(events[-1], Finished)
    assert events[-1].usage == Usage()
    assert world.ledger.written[0].usage == Usage(10, 100)


async def test_a_call_that_is_cancelled_while_the_budget_is_asked_holds_nothing() -> None:
    world = World()
    world.ledger.may_hold.clear()
    task = asyncio.ensure_future(world.text("acme/fine"))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    world.ledger.may_hold.set()
    for _ in range(5):
        await asyncio.sleep(0)
    await world.models.close()
    assert (world.ledger.held, world.wire.asked) == ({}, [])


async def test_an_answer_does_not_wait_for_the_ledger_and_the_ledger_loses_none() -> None:
    world = World()
    world.ledger.may_settle.clear()
    assert await world.text("acme/fine") == "Hi"
    assert world.ledger.written == []
    world.ledger.may_settle.set()
    await world.models.close()
    assert [entry.model for entry in world.ledger.written] == ["acme/fine"]


async def test_a_call_makes_no_task_where_the_accounts_need_not_be_waited_for() -> None:
    world, made = World(), list[asyncio.Task[Any]]()

    def noted(loop: asyncio.AbstractEventLoop, work: Any, **kept: Any) -> "asyncio.Task[Any]":
        made.append(asyncio.Task(work, loop=loop, **kept))
        return made[-1]

    asyncio.get_running_loop().set_task_factory(noted)
    assert await world.text("acme/fine") == "Hi"
    assert (len(world.ledger.written), made) == (1, [])


async def test_a_ledger_that_cannot_be_written_fails_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.ledger.broken = True
    assert await world.text("acme/fine") == "Hi"
    await world.models.close()
    assert "not written into the ledger" in caplog.text


async def test_embeddings_are_counted_too() -> None:
    world = World()
    await world.models.embed(SCOPE, EmbeddingRequest("acme/vectors", ["a", "b", "c"], spender=SOMEBODY))
    (entry,) = world.ledger.written
    assert (entry.type, entry.model, entry.usage.prompt_tokens, entry.spender) == (
        "embedding",
        "acme/vectors",
        3,
        SOMEBODY,
    )
    assert entry.cost == Cost(Decimal("0.003"))


async def test_batches_that_were_done_are_paid_for_though_a_later_one_fails() -> None:
    world = World()
    world.wire.vectors["acme/vectors"] = [None, ModelUnavailable("slow", cause="timeout")]
    with pytest.raises(ModelUnavailable):
        await world.models.embed(SCOPE, EmbeddingRequest("acme/vectors", ["a", "b", "c"]))
    (entry,) = world.ledger.written
    assert (entry.failure, entry.usage.prompt_tokens, entry.cost) == ("timeout", 2, Cost(Decimal("0.002")))


async def test_where_nothing_holds_calls_back_none_is_reserved_and_each_is_written_down() -> None:
    world = World()
    world.ledger.free = True
    world.ledger.may_hold.clear()
    await world.text("local/good")
    await world.models.embed(SCOPE, EmbeddingRequest("acme/vectors", ["a"]))
    assert [entry.model for entry in world.ledger.written] == ["local/good", "acme/vectors"]
    assert len({entry.id for entry in world.ledger.written}) == 2
