"""Equal requests are answered from the cache for a while."""

from decimal import Decimal
from typing import Any

import pytest

from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.model_gateway.api import (
    ChatEvent,
    Cost,
    Finished,
    Message,
    ModelUnavailable,
    ReasoningDelta,
    Route,
    Share,
    TextDelta,
    Tool,
    ToolChoice,
    Usage,
)
from loomwork.model_gateway.application.response_cache import ResponseCache
from tests.unit.model_gateway.application.routed import SCOPE, World, asking, said

FREE = Decimal(0)
WHOLE = Finished("stop", Usage(1, 1))


async def test_an_equal_request_is_answered_from_the_cache_as_it_came() -> None:
    world = World()
    world.wire.tell("acme/fine", [ReasoningDelta("hm"), *said("Hel", "lo")])
    first = await world.events("acme/fine", cache_seconds=60)
    assert await world.events("acme/fine", cache_seconds=60) == first
    assert len(world.wire.asked) == 1
    asked, cached = world.ledger.written
    assert (asked.cached, cached.cached) == (False, True)
    assert (cached.cost, cached.usage.total_tokens, cached.attempts) == (Cost(FREE), 0, 0)


async def test_a_cached_answer_is_forgotten_when_its_time_is_over() -> None:
    world = World()
    await world.text("acme/fine", cache_seconds=60)
    world.clock.passed += 60
    await world.text("acme/fine", cache_seconds=60)
    assert len(world.wire.asked) == 2


async def test_nothing_is_cached_unless_it_is_asked_for() -> None:
    world = World()
    await world.text("acme/fine", cache_seconds=60)
    await world.text("acme/fine")
    await world.text("acme/fine", cache_seconds=0)
    assert len(world.wire.asked) == 3


@pytest.mark.parametrize(
    "other",
    [
        {"params": {"temperature": 1}},
        {"json_schema": {"type": "object"}},
        {"tools": [Tool("look")]},
        {"tool_choice": ToolChoice("none")},
        {"parallel_tool_calls": False},
        {"fallbacks": ["bolt/quick"]},
    ],
)
async def test_whatever_shapes_the_answer_makes_another_request(other: dict[str, Any]) -> None:
    world = World()
    await world.text("acme/fine", cache_seconds=60)
    await world.text("acme/fine", cache_seconds=60, **other)
    await world.text("acme/other", cache_seconds=60)
    assert len(world.wire.asked) == 3


async def test_workspaces_and_messages_are_told_apart() -> None:
    world = World()
    other = Scope(WorkspaceId("other"), SYSTEM)
    for scope in (SCOPE, other):
        assert [event async for event in world.models.chat(scope, asking("acme/fine", cache_seconds=60))]
    request = asking("acme/fine", cache_seconds=60)
    messages = (*request.messages, Message("user", "And?"))
    assert [event async for event in world.models.chat(SCOPE, type(request)("acme/fine", messages, cache_seconds=60))]
    assert len(world.wire.asked) == 3


@pytest.mark.parametrize(
    "end", [Finished("length", Usage()), Finished("content_filter", Usage()), ModelUnavailable("x", cause="timeout")]
)
async def test_only_whole_answers_are_cached(end: Any) -> None:
    world = World()
    world.wire.tell("acme/fine", [TextDelta("Hel"), end])
    for _ in range(2):
        try:
            await world.text("acme/fine", cache_seconds=60)
        except ModelUnavailable:
            continue
    assert len(world.wire.asked) == 2


async def test_an_answer_that_is_not_the_json_asked_for_is_not_cached() -> None:
    world = World()
    world.wire.tell("acme/fine", said("No."), said("{}"))
    schema = {"type": "object"}
    assert await world.text("acme/fine", cache_seconds=60, json_schema=schema) == "No."
    assert await world.text("acme/fine", cache_seconds=60, json_schema=schema) == "{}"


async def test_a_route_may_have_its_answers_cached() -> None:
    world = World()
    world.routes.routes["kept"] = Route("kept", [Share("acme/fine")], cache_seconds=60)
    await world.text("route/kept")
    await world.text("route/kept")
    assert len(world.wire.asked) == 1
    world.routes.routes["kept"] = Route("kept", [Share("bolt/quick")], cache_seconds=60)
    await world.text("route/kept")
    assert world.wire.asked == ["acme/fine", "bolt/quick"]


def test_the_least_recently_used_goes_when_there_are_too_many() -> None:
    cache = ResponseCache(SystemClock(), entries=2)
    for key in ("a", "b"):
        cache.put(key, [WHOLE], 60)
    assert cache.get("a")
    cache.put("c", [WHOLE], 60)
    assert [bool(cache.get(key)) for key in "abc"] == [True, False, True]


def test_it_is_bounded_in_bytes() -> None:
    cache = ResponseCache(SystemClock(), size=2000)
    answer: list[ChatEvent] = [TextDelta("x" * 600), WHOLE]
    for key in ("a", "b", "c"):
        cache.put(key, answer, 60)
    assert [bool(cache.get(key)) for key in "abc"] == [False, True, True]
    cache.put("d", [TextDelta("x" * 2000), WHOLE], 60)
    assert cache.get("d") is None
    cache.put("b", answer, 60)
    assert [bool(cache.get(key)) for key in "bc"] == [True, True]
