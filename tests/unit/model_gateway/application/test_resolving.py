"""Which model answers for a reference, and which models there are, with what a workspace has stored."""

import pytest

from loomwork.model_gateway.api import ModelNotFound, ModelReference, Route, Share
from tests.unit.model_gateway.application.routed import SCOPE, World, key

FINE = ModelReference("acme", "fine")


async def test_a_stored_key_makes_its_provider_answer_for_itself() -> None:
    world = World(environment={})
    assert (await world.models.resolve(SCOPE, FINE)).model == "local/good"
    world.keys.keys["acme"] = [key("one")]
    resolved = await world.models.resolve(SCOPE, FINE)
    assert (resolved.model, resolved.notice) == ("acme/fine", None)


async def test_a_key_for_another_address_does_not() -> None:
    world = World()
    world.keys.keys["acme"] = [key("one", provider="elsewhere")]
    resolved = await world.models.resolve(SCOPE, FINE)
    assert resolved.model == "local/good"
    assert "enter its credentials again" in (resolved.notice or "")


async def test_a_route_is_a_model_by_reference_and_by_name() -> None:
    world = World()
    world.routes.routes["fast"] = Route("fast", [Share("acme/fine")])
    assert (await world.models.resolve(SCOPE, ModelReference("route", "fast"))).model == "route/fast"
    assert (await world.models.resolve(SCOPE, FINE, override="route/fast")).model == "route/fast"
    assert (await world.models.resolve(SCOPE, ModelReference("route", "slow"))).model == "local/good"
    with pytest.raises(ModelNotFound, match="Routes: route/fast"):
        await world.models.resolve(SCOPE, FINE, override="route/slow")


async def test_a_model_near_its_end_is_resolved_with_a_notice() -> None:
    world = World()
    for resolved in (
        await world.models.resolve(SCOPE, ModelReference("acme", "old")),
        await world.models.resolve(SCOPE, FINE, override="acme/old"),
    ):
        assert resolved.model == "acme/old"
        assert resolved.notice == "acme/old is switched off on 2026-06-01 by its vendor. Use acme/fine instead."


async def test_models_are_listed_with_what_the_catalog_says_and_routes_beside_them() -> None:
    world = World(environment={})
    world.keys.keys["acme"] = [key("one")]
    targets = [Share("acme/fine"), Share("bolt/quick")]
    world.routes.routes["fast"] = Route("fast", targets)
    world.routes.routes["lost"] = Route("lost", [Share("bolt/quick")])
    listed = {info.id: info for info in await world.models.list_models(SCOPE)}
    fine, old, vectors = listed["acme/fine"], listed["acme/old"], listed["acme/vectors"]
    assert (fine.ready, fine.max_output, fine.abilities) == (True, 100, ("tools", "vision"))
    assert fine.price is not None
    assert (fine.price["input"], fine.price["per"], fine.price["currency"]) == ("1", 1000, "USD")
    assert (old.retires, old.successor, old.price) == ("2026-06-01", "acme/fine", None)
    assert (vectors.type, vectors.abilities) == ("embedding", ())
    assert listed["bolt/quick"].problem == "Not configured: set BOLT_KEY."
    fast, lost = listed["route/fast"], listed["route/lost"]
    assert (fast.provider, fast.type, fast.context_size, fast.ready, fast.abilities) == (
        "route",
        "chat",
        1000,
        True,
        ("tools",),
    )
    assert (lost.ready, lost.problem) == (False, "None of its targets can be called.")


async def test_a_model_of_this_machine_takes_tools_though_it_knows_none_by_itself() -> None:
    listed = {info.id: info for info in await World(environment={}).models.list_models(SCOPE)}
    assert "tools" in listed["local/good"].abilities
