"""Embeddings and rankings of every dialect that has them, over real sockets."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from loomwork.adapters.wires.bedrock_converse import BedrockConverseWire
from loomwork.adapters.wires.cohere import CohereWire
from loomwork.adapters.wires.gemini import GeminiWire
from loomwork.adapters.wires.jina import JinaWire
from loomwork.adapters.wires.ollama import OllamaWire
from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.rerank import Ranked, RerankRequest
from loomwork.model_gateway.ports import EmbeddingWire, RerankWire, Target
from tests.unit.adapters.wires.scripted_provider import Script, ScriptedProvider, provider

KEY = "sk-very-secret-key-0123456789"
TEXTS = EmbeddingRequest("m", ["one", "two"], kind="query")
DOCUMENTS = RerankRequest("m", "which?", ["a", "b", "c"], top_n=2)


@dataclass(frozen=True)
class Embedder:
    """`answer` holds vectors for two texts; `short` for one too few."""

    wire: Callable[[], EmbeddingWire]
    model: str
    path: str
    answer: Any
    short: Any


EMBEDDERS = {
    "openai, as numbers": Embedder(
        OpenAIChatWire,
        "embed",
        "/embeddings",
        {"data": [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [3, 4]}], "usage": {"prompt_tokens": 6}},
        {"data": [{"index": 0, "embedding": [1, 2]}]},
    ),
    "openai, in base64": Embedder(
        OpenAIChatWire,
        "embed",
        "/embeddings",
        {"data": [{"index": 1, "embedding": "AABAQAAAgEA="}, {"index": 0, "embedding": "AACAPwAAAEA="}]},
        {"data": [{"index": 0, "embedding": "AACAPwAAAEA="}, {"index": 1, "embedding": "AACAP"}]},
    ),
    "gemini": Embedder(
        GeminiWire,
        "embed",
        "/v1beta/models/embed:batchEmbedContents",
        {"embeddings": [{"values": [1, 2]}, {"values": [3, 4]}]},
        {"embeddings": [{"values": [1, 2]}]},
    ),
    "cohere": Embedder(
        CohereWire,
        "embed",
        "/v2/embed",
        {"embeddings": {"float": [[1, 2], [3, 4]]}, "meta": {"billed_units": {"input_tokens": 6}}},
        {"embeddings": {"float": [[1, 2]]}},
    ),
    "jina": Embedder(
        JinaWire,
        "embed",
        "/v1/embeddings",
        {"data": [{"index": 1, "embedding": [3, 4]}, {"index": 0, "embedding": [1, 2]}], "usage": {"total_tokens": 6}},
        {"data": [{"index": 0, "embedding": [1, 2]}]},
    ),
    "ollama": Embedder(
        OllamaWire,
        "embed",
        "/api/embed",
        {"embeddings": [[1, 2], [3, 4]], "prompt_eval_count": 6},
        {"embeddings": [[1, 2]]},
    ),
    "bedrock, a model of Cohere": Embedder(
        BedrockConverseWire,
        "cohere.embed-v4:0",
        "/model/cohere.embed-v4%3A0/invoke",
        {"embeddings": [[1, 2], [3, 4]]},
        {"embeddings": [[1, 2]]},
    ),
}
RERANKERS: dict[str, tuple[Callable[[], RerankWire], str]] = {
    "cohere": (CohereWire, "/v2/rerank"),
    "jina": (JinaWire, "/v1/rerank"),
}


@pytest.fixture
async def acme() -> AsyncIterator[ScriptedProvider]:
    async with provider() as scripted:
        scripted.url = scripted.url.removesuffix("/v1")
        yield scripted


def plays(acme: ScriptedProvider, answer: Any, **more: Any) -> None:
    acme.script = Script([json.dumps(answer).encode()], content_type="application/json", **more)


def at(acme: ScriptedProvider, model: str = "rank") -> Target:
    return Target("acme", model, Connection(acme.url, KEY))


@pytest.mark.parametrize("name", EMBEDDERS)
async def test_texts_become_vectors_in_their_order(acme: ScriptedProvider, name: str) -> None:
    embedder = EMBEDDERS[name]
    wire = embedder.wire()
    plays(acme, embedder.answer)
    result = await wire.embed(at(acme, embedder.model), TEXTS)
    assert list(result.vectors) == [[1.0, 2.0], [3.0, 4.0]]
    assert acme.paths == [embedder.path]
    assert KEY in " ".join(acme.headers[0].values())
    await wire.close()


@pytest.mark.parametrize("name", EMBEDDERS)
async def test_too_few_vectors_and_nonsense_are_bad_answers(acme: ScriptedProvider, name: str) -> None:
    embedder = EMBEDDERS[name]
    wire = embedder.wire()
    answers: tuple[Any, ...] = (embedder.short, [], "nonsense", {})
    for answer in answers:
        plays(acme, answer)
        with pytest.raises(ModelUnavailable) as caught:
            await wire.embed(at(acme, embedder.model), TEXTS)
        assert caught.value.cause == "bad_answer"
    await wire.close()


@pytest.mark.parametrize("name", EMBEDDERS)
async def test_a_refused_key_is_told_without_the_key(acme: ScriptedProvider, name: str) -> None:
    embedder = EMBEDDERS[name]
    wire = embedder.wire()
    plays(acme, {"message": f"no: {KEY}", "error": {"message": f"no: {KEY}"}}, status=401)
    with pytest.raises(ModelRefused) as caught:
        await wire.embed(at(acme, embedder.model), TEXTS)
    assert caught.value.cause == "credentials"
    assert KEY not in str(caught.value)
    await wire.close()


async def test_a_model_that_takes_one_text_at_a_time_is_asked_for_each(acme: ScriptedProvider) -> None:
    wire = BedrockConverseWire()
    plays(acme, {"embedding": [1, 2], "inputTextTokenCount": 4})
    result = await wire.embed(at(acme, "amazon.titan-embed-text-v2:0"), TEXTS)
    assert (list(result.vectors), result.usage.prompt_tokens) == ([[1.0, 2.0], [1.0, 2.0]], 8)
    assert [body["inputText"] for body in acme.bodies] == ["one", "two"]
    await wire.close()


@pytest.mark.parametrize("name", RERANKERS)
async def test_documents_are_ranked_best_first_and_as_many_as_were_asked_for(acme: ScriptedProvider, name: str) -> None:
    make, path = RERANKERS[name]
    wire = make()
    results = [{"index": 2, "relevance_score": 0.1}, {"index": 0, "relevance_score": 0.9}]
    plays(acme, {"results": [*results, {"index": 1, "relevance_score": 0.5}]})
    ranking = await wire.rerank(at(acme), DOCUMENTS)
    assert list(ranking.results) == [Ranked(0, 0.9), Ranked(1, 0.5)]
    assert acme.paths == [path]
    await wire.close()


@pytest.mark.parametrize("name", RERANKERS)
async def test_a_ranking_of_other_documents_is_a_bad_answer(acme: ScriptedProvider, name: str) -> None:
    wire = RERANKERS[name][0]()
    plays(acme, {"results": [{"index": 7, "relevance_score": 1}]})
    with pytest.raises(ModelUnavailable) as caught:
        await wire.rerank(at(acme), DOCUMENTS)
    assert caught.value.cause == "bad_answer"
    await wire.close()


@pytest.mark.parametrize("name", EMBEDDERS)
async def test_a_text_that_no_body_can_carry_is_refused_before_anything_is_sent(
    acme: ScriptedProvider, name: str
) -> None:
    embedder = EMBEDDERS[name]
    wire = embedder.wire()
    with pytest.raises(ModelRefused) as caught:
        await wire.embed(at(acme, embedder.model), EmbeddingRequest("m", ["half of one: \ud800"]))
    assert (caught.value.cause, acme.paths) == ("bad_request", [])
    await wire.close()
