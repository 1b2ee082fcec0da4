"""Texts are sent in as many calls as the model needs, and come back in their order."""

import pytest

from loomwork.model_gateway.api import EmbeddingRequest, ModelUnavailable, RerankRequest, Route, Share
from tests.unit.model_gateway.application.routed import SCOPE, World

TEXTS = ["a", "bb", "ccc", "dddd", "eeeee"]


async def test_batches_fit_the_model_and_are_put_together_in_order() -> None:
    world = World()
    answer = await world.models.embed(SCOPE, EmbeddingRequest("acme/vectors", TEXTS))
    assert world.wire.texts == [["a", "bb"], ["ccc", "dddd"], ["eeeee"]]
    assert [vector[0] for vector in answer.vectors] == [1, 2, 3, 4, 5]
    assert (answer.usage.prompt_tokens, answer.model) == (5, "acme/vectors")


async def test_without_a_limit_all_go_in_one_call() -> None:
    world = World()
    await world.models.embed(SCOPE, EmbeddingRequest("bolt/vectors", TEXTS))
    assert world.wire.texts == [TEXTS]


async def test_a_batch_that_fails_is_repeated_and_those_before_it_are_not() -> None:
    world = World()
    world.wire.vectors["acme/vectors"] = [None, ModelUnavailable("busy", cause="rate")]
    answer = await world.models.embed(SCOPE, EmbeddingRequest("acme/vectors", TEXTS))
    assert world.wire.texts == [["a", "bb"], ["ccc", "dddd"], ["ccc", "dddd"], ["eeeee"]]
    assert [vector[0] for vector in answer.vectors] == [1, 2, 3, 4, 5]
    assert answer.usage.prompt_tokens == 5


async def test_vectors_of_two_models_are_never_mixed() -> None:
    world = World()
    world.routes.routes["any"] = Route("any", [Share("acme/vectors", 1), Share("bolt/vectors", 0)], retries=0)
    world.wire.vectors["acme/vectors"] = [None, ModelUnavailable("slow", cause="timeout")]
    answer = await world.models.embed(SCOPE, EmbeddingRequest("route/any", TEXTS))
    assert world.wire.texts[-1] == TEXTS
    assert (len(answer.vectors), answer.model) == (5, "bolt/vectors")


async def test_a_wire_that_does_not_carry_the_type_says_so() -> None:
    with pytest.raises(ModelUnavailable, match="carries no models of type rerank") as failed:
        await World().models.rerank(SCOPE, RerankRequest("acme/anything", "q", ["a"]))
    assert failed.value.cause == "not_configured"
