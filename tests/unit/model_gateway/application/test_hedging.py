"""A second one is asked where the first takes long to speak."""

import asyncio

import pytest

from loomwork.model_gateway.api import Finished, ModelUnavailable, Route, Share
from tests.unit.model_gateway.application.routed import SCOPE, Piece, World, asking, said

DOWN: list[Piece] = [ModelUnavailable("down", cause="timeout")]


def hedged(world: World, after: float = 0.0) -> asyncio.Event:
    """A route whose first target waits for the event."""
    world.routes.routes["fast"] = Route("fast", [Share("acme/fine", 1), Share("bolt/quick", 0)], hedge_after=after)
    may_speak = asyncio.Event()
    world.wire.tell("acme/fine", [may_speak, *said("First")])
    world.wire.tell("bolt/quick", said("Second"))
    return may_speak


async def test_the_first_to_speak_is_heard_and_the_other_is_closed() -> None:
    world = World()
    hedged(world)
    events = await world.events("route/fast")
    assert isinstance(events[-1], Finished)
    assert events[-1].model == "bolt/quick"
    assert world.wire.asked == ["acme/fine", "bolt/quick"]
    assert sorted(world.wire.closed) == ["acme/fine", "bolt/quick"]
    assert world.ledger.written[-1].attempts == 2


async def test_one_that_speaks_soon_enough_is_the_only_one_asked() -> None:
    world = World()
    hedged(world, after=30.0).set()
    assert await world.text("route/fast") == "First"
    assert world.wire.asked == ["acme/fine"]


async def test_where_the_second_fails_the_first_is_waited_for() -> None:
    world = World()
    may_speak = hedged(world)
    world.wire.tell("bolt/quick", DOWN)
    answer = asyncio.ensure_future(world.text("route/fast"))
    await world.wire.until(lambda wire: "bolt/quick" in wire.closed)
    may_speak.set()
    assert await answer == "First"


async def test_where_both_fail_the_fallbacks_are_asked() -> None:
    world = World()
    hedged(world)
    world.wire.tell("bolt/quick", DOWN)
    pause = asyncio.Event()
    world.wire.tell("acme/fine", [pause, *DOWN])
    answer = asyncio.ensure_future(world.text("route/fast", fallbacks=["local/good"]))
    await world.wire.until(lambda wire: "bolt/quick" in wire.closed)
    pause.set()
    assert await answer == "Hi"
    assert world.wire.asked[-1] == "local/good"


async def test_without_a_second_target_the_first_is_waited_for() -> None:
    world = World()
    may_speak = hedged(world)
    world.routes.routes["fast"] = Route("fast", [Share("acme/fine")], hedge_after=0.0)
    answer = asyncio.ensure_future(world.text("route/fast"))
    await world.wire.until(lambda wire: bool(wire.asked))
    may_speak.set()
    assert await answer == "First"


async def test_leaving_while_both_are_asked_closes_both() -> None:
    world = World()
    hedged(world)
    world.wire.tell("bolt/quick", [asyncio.Event()])
    task = asyncio.ensure_future(anext(world.models.chat(SCOPE, asking("route/fast"))))
    await world.wire.until(lambda wire: len(wire.asked) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(world.wire.closed) == ["acme/fine", "bolt/quick"]
