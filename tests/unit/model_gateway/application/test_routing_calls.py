"""Whom a call is sent to, again or instead, and what it says in the end."""

import random
from collections import Counter

import pytest

from loomwork.model_gateway.api import (
    Cause,
    Finished,
    ModelFailure,
    ModelNotFound,
    ModelRefused,
    ModelUnavailable,
    Patience,
    ReasoningDelta,
    Route,
    Share,
    TextDelta,
    ToolCallDelta,
)
from tests.unit.model_gateway.application.routed import SCOPE, World, asking, key, said


def down(cause: Cause = "outage", retry_after: float | None = None) -> list[ModelFailure]:
    return [ModelUnavailable(f"down: {cause}", cause=cause, retry_after=retry_after)]


def refused(cause: Cause) -> list[ModelFailure]:
    return [ModelRefused(f"refused: {cause}", cause=cause)]


async def test_the_end_of_an_answer_says_who_gave_it() -> None:
    events = await World().events("acme/fine")
    assert isinstance(events[-1], Finished)
    assert events[-1].model == "acme/fine"


@pytest.mark.parametrize("cause", ["outage", "rate", "bad_answer"])
async def test_what_may_pass_is_tried_again_at_the_same_place_after_a_pause(cause: Cause) -> None:
    world = World()
    world.wire.tell("acme/fine", down(cause), said("Yes"))
    assert await world.text("acme/fine") == "Yes"
    assert len(world.clock.slept) == 1
    assert 0 < world.clock.slept[0] <= 1.0


@pytest.mark.parametrize("cause", ["timeout", "credentials", "bad_request", "not_found", "policy", "context_too_long"])
async def test_what_will_not_pass_is_not_tried_again(cause: Cause) -> None:
    world = World()
    world.wire.tell("acme/fine", down(cause) if cause == "timeout" else refused(cause))
    with pytest.raises(ModelFailure) as failed:
        await world.events("acme/fine")
    assert (failed.value.cause, len(world.wire.asked), world.clock.slept) == (cause, 1, [])


async def test_a_pause_that_the_provider_asks_for_is_waited_out() -> None:
    world = World()
    world.wire.tell("acme/fine", down("rate", 7.0), said("Yes"))
    assert await world.text("acme/fine") == "Yes"
    assert world.clock.slept == [7.0]


async def test_a_pause_that_is_too_long_is_told_instead_of_waited_out() -> None:
    world = World()
    world.wire.tell("acme/fine", down("rate", 3600.0))
    for times in (1, 2):
        with pytest.raises(ModelUnavailable) as failed:
            await world.events("acme/fine")
        assert failed.value.cause == "rate"
        assert failed.value.retry_after is not None
        assert len(world.wire.asked) == 1, f"call {times} must not reach a place that asked for a pause"
    world.clock.passed += 300
    world.wire.tell("acme/fine", said("Yes"))
    assert await world.text("acme/fine") == "Yes"


async def test_another_key_is_asked_at_once_while_one_cools_down() -> None:
    world = World()
    world.keys.keys["acme"] = [key("one"), key("two")]
    world.wire.tell("acme/fine:one", down("rate", 60.0))
    for _ in range(3):
        assert await world.text("acme/fine") == "Hi"
    assert world.clock.slept == []
    assert Counter(world.wire.asked)["acme/fine:one"] <= 1


async def test_keys_share_the_calls_by_their_weight() -> None:
    world = World(chance=random.Random(5).random)
    world.keys.keys["acme"] = [key("one", 3), key("two", 1)]
    for _ in range(400):
        await world.text("acme/fine")
    assert 260 < Counter(world.wire.asked)["acme/fine:one"] < 340


async def test_a_key_that_is_not_accepted_costs_a_call_to_the_next_one() -> None:
    world = World()
    world.keys.keys["acme"] = [key("one"), key("two")]
    world.wire.tell("acme/fine:one", refused("credentials"))
    assert await world.text("acme/fine") == "Hi"
    assert world.wire.asked[-1] == "acme/fine:two"


async def test_stored_keys_go_before_the_environments_and_are_sent_to_their_own_address_only() -> None:
    world = World()
    world.keys.keys["acme"] = [key("one")]
    await world.text("acme/fine")
    assert world.wire.calls[0].connection.api_key == "sk-one"
    world.keys.keys["acme"] = [key("one", provider="elsewhere")]
    with pytest.raises(ModelUnavailable) as failed:
        await world.events("acme/fine")
    assert failed.value.cause == "not_configured"
    assert len(world.wire.calls) == 1


async def test_the_fallbacks_of_a_request_are_asked_in_order() -> None:
    world = World()
    world.wire.tell("acme/fine", down("timeout"))
    world.wire.tell("bolt/quick", refused("policy"))
    events = await world.events("acme/fine", fallbacks=["bolt/quick", "nobody/x", "local/good"])
    assert isinstance(events[-1], Finished)
    assert events[-1].model == "local/good"
    assert world.wire.asked == ["acme/fine", "bolt/quick", "local/good"]


async def test_with_somebody_else_to_ask_nobody_waits_long() -> None:
    world = World()
    world.wire.tell("acme/fine", down("rate", 5.0))
    assert await world.text("acme/fine", fallbacks=["bolt/quick"]) == "Hi"
    assert world.clock.slept == []


async def test_a_model_that_is_not_here_is_stood_in_for_by_a_fallback() -> None:
    world = World(environment={"BOLT_KEY": "k"})
    assert await world.text("acme/fine", fallbacks=["bolt/quick"]) == "Hi"
    assert await world.text("nobody/x", fallbacks=["bolt/quick"]) == "Hi"
    with pytest.raises(ModelUnavailable, match="set ACME_KEY"):
        await world.events("acme/fine", fallbacks=["nobody/x"])


@pytest.mark.parametrize("first", [TextDelta("Hel"), ReasoningDelta("hm"), ToolCallDelta(0, "1", "look")])
async def test_once_a_piece_is_passed_on_a_failure_is_too_and_nothing_is_repeated(
    first: TextDelta | ReasoningDelta | ToolCallDelta,
) -> None:
    world = World()
    world.wire.tell("acme/fine", [first, *down("outage")], said("Again"))
    stream = world.models.chat(SCOPE, asking("acme/fine", fallbacks=["bolt/quick"]))
    assert await anext(stream) == first
    with pytest.raises(ModelUnavailable) as failed:
        await anext(stream)
    assert (failed.value.cause, world.wire.asked) == ("outage", ["acme/fine"])


async def test_an_answer_without_an_end_is_broken_off() -> None:
    world = World()
    world.wire.tell("acme/fine", [TextDelta("Hel")])
    with pytest.raises(ModelUnavailable, match="broke off") as failed:
        await world.events("acme/fine")
    assert failed.value.cause == "bad_answer"


async def test_a_place_that_keeps_failing_is_left_alone_until_a_trial_shows_it_back() -> None:
    world = World()
    world.wire.tell("acme/fine", down())
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            await world.events("acme/fine")
    asked = len(world.wire.asked)
    with pytest.raises(ModelUnavailable, match="failed too often of late; it is asked again in") as failed:
        await world.events("acme/fine")
    assert (len(world.wire.asked), failed.value.cause) == (asked, "outage")
    assert await world.text("acme/fine", fallbacks=["bolt/quick"]) == "Hi"
    world.wire.tell("acme/fine", said("Back"))
    world.clock.passed += 11
    assert await world.text("acme/fine") == "Back"


async def test_a_trial_that_is_left_early_keeps_nobody_out() -> None:
    world = World()
    world.wire.tell("acme/fine", down())
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            await world.events("acme/fine")
    world.clock.passed += 11
    world.wire.tell("acme/fine", said("Ba", "ck"))
    trial = world.models.chat(SCOPE, asking("acme/fine"))
    await anext(trial)
    with pytest.raises(ModelUnavailable, match="failed too often"):
        await world.events("acme/fine")
    await trial.aclose()
    assert await world.text("acme/fine") == "Back"


async def test_answers_that_are_not_the_json_asked_for_break_the_circuit() -> None:
    world = World()
    world.wire.tell("acme/fine", said("I would rather not."))
    for _ in range(5):
        assert await world.text("acme/fine", json_schema={"type": "object"}) == "I would rather not."
    with pytest.raises(ModelUnavailable, match="failed too often"):
        await world.events("acme/fine")


async def test_the_keys_of_one_workspace_say_nothing_of_anothers_and_models_apart() -> None:
    world = World()
    world.wire.tell("acme/fine", down("rate", 60.0))
    with pytest.raises(ModelUnavailable):
        await world.events("acme/fine")
    assert await world.text("acme/other") == "Hi"
    world.keys.keys["acme"] = [key("one")]
    world.wire.tell("acme/fine", said("Hi"))
    assert await world.text("acme/fine") == "Hi"


async def test_a_route_shares_its_calls_and_asks_the_others_where_one_fails() -> None:
    world = World(chance=random.Random(3).random)
    world.routes.routes["fast"] = Route("fast", [Share("acme/fine", 1), Share("bolt/quick", 3)])
    for _ in range(200):
        await world.text("route/fast")
    assert 120 < Counter(world.wire.asked)["bolt/quick"] < 180
    world.wire.tell("bolt/quick", down("timeout"))
    for _ in range(20):
        assert await world.text("route/fast") == "Hi"


async def test_a_request_too_long_for_one_model_is_not_tried_with_its_other_keys_but_with_the_routes_fallback() -> None:
    world = World()
    world.keys.keys["acme"] = [key("one"), key("two")]
    fallbacks = {"context_too_long": ["bolt/long"], "any": ["bolt/quick"]}
    world.routes.routes["fast"] = Route("fast", [Share("acme/fine")], fallbacks)
    world.wire.tell("acme/fine", refused("context_too_long"))
    assert await world.text("route/fast") == "Hi"
    assert len(world.wire.asked) == 2
    assert world.wire.asked[1] == "bolt/long"


async def test_the_fallbacks_of_the_request_come_after_the_routes_own() -> None:
    world = World()
    world.routes.routes["fast"] = Route("fast", [Share("acme/fine")], {"any": ["bolt/a"]}, retries=0)
    world.wire.tell("acme/fine", down())
    world.wire.tell("bolt/a", down())
    assert await world.text("route/fast", fallbacks=["bolt/b"]) == "Hi"
    assert world.wire.asked == ["acme/fine", "bolt/a", "bolt/b"]


async def test_a_route_may_lead_to_routes_and_never_in_circles() -> None:
    world = World()
    world.routes.routes["outer"] = Route("outer", [Share("route/inner"), Share("route/outer")])
    world.routes.routes["inner"] = Route("inner", [Share("bolt/quick"), Share("route/outer")])
    assert await world.text("route/outer") == "Hi"
    world.routes.routes["inner"] = Route("inner", [Share("route/outer")])
    with pytest.raises(ModelUnavailable, match="no targets"):
        await world.events("route/outer")


async def test_a_route_that_is_not_there_names_those_that_are() -> None:
    world = World()
    world.routes.routes["fast"] = Route("fast", [Share("acme/fine")])
    with pytest.raises(ModelNotFound, match="Routes: route/fast"):
        await world.events("route/slow")


async def test_the_patience_of_a_route_reaches_the_wire_and_shrinks_with_each_attempt() -> None:
    world = World()
    world.routes.routes["fast"] = Route("fast", [Share("acme/fine")], patience=Patience(1, 2, 3, 20), retries=2)
    world.wire.tell("acme/fine", down("rate", 4.0), said("Yes"))
    await world.text("route/fast")
    first, second = (call.patience for call in world.wire.calls)
    assert (first, second) == (Patience(1, 2, 3, 20), Patience(1, 2, 3, 16))


async def test_when_the_time_of_a_route_is_over_nobody_is_asked_any_more() -> None:
    world = World()
    route = Route("fast", [Share("acme/fine")], {"any": ["bolt/quick"]}, patience=Patience(total=2), retries=9)
    world.routes.routes["fast"] = route
    world.wire.tell("acme/fine", down("bad_answer"))
    world.wire.tell("bolt/quick", down("bad_answer"))
    with pytest.raises(ModelUnavailable):
        await world.events("route/fast")
    assert world.clock.passed <= 102.0


async def test_a_model_of_another_type_is_refused() -> None:
    with pytest.raises(ModelRefused, match="of type embedding"):
        await World().events("acme/vectors")


async def test_an_answer_that_is_wanted_whole_is_asked_for_so_where_nothing_hangs_on_its_pieces() -> None:
    world = World()
    world.routes.routes["fast"] = Route("fast", [Share("acme/fine")])
    await world.events("acme/fine", whole=True)
    await world.events("acme/fine")
    await world.events("route/fast", whole=True)
    assert [call.whole for call in world.wire.calls] == [True, False, False]


async def test_when_an_answer_comes_that_is_wanted_whole_says_nothing_of_its_first_piece() -> None:
    world = World()
    await world.events("acme/fine", whole=True)
    assert [entry.first_piece for entry in world.ledger.written] == [None]
