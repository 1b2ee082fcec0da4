"""What a name stands for is worked out once, and anew as soon as anything that it follows from is another."""

from collections.abc import Mapping, MutableMapping

import pytest

from loomwork.model_gateway.api import ModelUnavailable
from loomwork.model_gateway.application import candidates as room
from loomwork.model_gateway.application.candidates import Candidate, Candidates
from tests.unit.model_gateway.application.routed import (
    ENVIRONMENT,
    SCOPE,
    CatalogHeld,
    KeysInHand,
    ToldWire,
    a_catalog,
    key,
)


class World:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.catalog, self.keys = CatalogHeld(), KeysInHand()
        self.candidates = Candidates(
            catalog=self.catalog,
            wires={"openai_chat": ToldWire(), "local": ToldWire()},
            environment=environment,
            credentials=self.keys,
            routes=None,
        )

    async def asked(self, name: str = "acme/fine") -> Candidate:
        (candidate,) = (await self.candidates.named(SCOPE, name, "chat")).candidates
        return candidate


async def test_a_name_is_looked_up_once_while_nothing_changes() -> None:
    world = World(ENVIRONMENT)
    first = await world.asked()
    assert await world.asked() is first
    assert await world.asked("acme/old") is not first


async def test_a_catalog_that_was_read_anew_counts_at_once() -> None:
    world = World(ENVIRONMENT)
    first = await world.asked()
    world.catalog.catalog = a_catalog()
    assert await world.asked() is not first


async def test_a_key_that_is_stored_changed_or_removed_counts_at_once() -> None:
    world = World(ENVIRONMENT)
    assert (await world.asked()).target.connection.api_key == "sk-acme"
    world.keys.keys["acme"] = [key("one")]
    assert (await world.asked()).target.connection.api_key == "sk-one"
    # The very list that was handed out before.
    world.keys.keys["acme"][0] = key("two")
    assert (await world.asked()).target.connection.api_key == "sk-two"
    world.keys.keys["acme"].clear()
    assert (await world.asked()).target.connection.api_key == "sk-acme"


async def test_what_the_environment_says_counts_at_once() -> None:
    environment: MutableMapping[str, str] = dict(ENVIRONMENT)
    world = World(environment)
    await world.asked()
    environment["ACME_KEY"] = "sk-other"
    assert (await world.asked()).target.connection.api_key == "sk-other"
    del environment["ACME_KEY"]
    with pytest.raises(ModelUnavailable, match="set ACME_KEY"):
        await world.asked()


async def test_names_that_anybody_can_make_up_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_KNOWN", 4)
    world = World(ENVIRONMENT)
    for number in range(20):
        await world.asked(f"acme/made-up-{number}")
        assert len(world.candidates._known) <= 5
