import asyncio
from pathlib import Path

import pytest

from loomwork.model_gateway.api import Memory, ModelNotFound, ModelUnavailable
from loomwork.model_gateway.application.local_weights import LocalWeights
from tests.unit.model_gateway.worlds import CatalogInHand, StoreInHand


def a_shelf(store: StoreInHand) -> LocalWeights:
    return LocalWeights(catalog=CatalogInHand(), store=store, default_model="local/good")


async def test_the_default_model_comes_first() -> None:
    assert [status.model for status in await a_shelf(StoreInHand()).status()] == [
        "local/good",
        "local/better",
        "local/tiny",
    ]


async def test_weights_go_from_absent_over_fetching_to_ready() -> None:
    store = StoreInHand()
    store.may_arrive.clear()
    shelf = a_shelf(store)
    assert (await shelf.status())[0].state == "absent"
    assert (await shelf.fetch("local/good")).state == "fetching"
    await asyncio.sleep(0)
    assert (await shelf.status())[0].fetched == 40
    store.may_arrive.set()
    ready = await shelf.wait("local/good")
    assert (ready.state, ready.fetched, ready.size) == ("ready", 100, 100)


async def test_a_status_says_whether_the_model_is_in_memory() -> None:
    class Loading:
        def holds(self, path: Path) -> Memory:
            return "loading" if path == Path("/models/a.gguf") else "empty"

    store = StoreInHand()
    shelf = LocalWeights(catalog=CatalogInHand(), store=store, default_model="local/good", memory=Loading())
    assert (await shelf.status())[0].memory == "empty"
    await shelf.fetch("local/good")
    assert (await shelf.wait("local/good")).memory == "loading"


async def test_those_who_ask_at_once_share_one_fetch() -> None:
    store = StoreInHand()
    shelf = a_shelf(store)
    supplied = await asyncio.gather(*(shelf.supply("local/better") for _ in range(5)))
    assert store.begun == ["b.gguf"]
    assert len(set(supplied)) == 1


async def test_one_who_gives_up_waiting_does_not_end_the_fetch() -> None:
    store = StoreInHand()
    store.may_arrive.clear()
    shelf = a_shelf(store)
    impatient = asyncio.create_task(shelf.supply("local/better"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    store.may_arrive.set()
    assert (await shelf.wait("local/better")).state == "ready"
    assert store.begun == ["b.gguf"]


async def test_a_failed_fetch_says_why_and_may_be_begun_again() -> None:
    store = StoreInHand()
    store.missing = {"b.gguf"}
    shelf = a_shelf(store)
    with pytest.raises(ModelUnavailable, match="cannot be had"):
        await shelf.supply("local/better")
    failed = next(status for status in await shelf.status() if status.model == "local/better")
    assert (failed.state, failed.problem) == ("failed", "b.gguf cannot be had.")
    store.missing.clear()
    await shelf.fetch("local/better")
    assert (await shelf.wait("local/better")).state == "ready"


async def test_the_fallback_is_supplied_where_the_model_cannot_be_had() -> None:
    store = StoreInHand()
    store.missing = {"a.gguf"}
    shelf = a_shelf(store)
    assert (await shelf.supply("local/good")).model == "local/tiny"
    assert (await shelf.supply("local/good")).model == "local/tiny"
    assert store.begun == ["a.gguf", "c.gguf"]
    assert (await shelf.status())[0].stand_in == "local/tiny"


async def test_where_nothing_can_be_had_every_call_tries_again() -> None:
    store = StoreInHand()
    store.missing = {"a.gguf", "c.gguf"}
    shelf = a_shelf(store)
    for _ in range(2):
        with pytest.raises(ModelUnavailable):
            await shelf.supply("local/good")
    assert store.begun == ["a.gguf", "c.gguf"] * 2


@pytest.mark.parametrize("model", ["local/none", "openai/gpt-4o", "nonsense"])
async def test_only_local_models_have_weights(model: str) -> None:
    with pytest.raises(ModelNotFound):
        await a_shelf(StoreInHand()).fetch(model)


async def test_closing_ends_fetches_and_those_who_wait_are_told() -> None:
    store = StoreInHand()
    store.may_arrive.clear()
    shelf = a_shelf(store)
    waiting = asyncio.create_task(shelf.supply("local/better"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await shelf.close()
    with pytest.raises(ModelUnavailable, match="stopped"):
        await waiting
