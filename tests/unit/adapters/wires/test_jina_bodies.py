"""origin: documented. Jina's API reference (embeddings, reranker); SiliconFlow's and Voyage's references for the shapes
that differ."""

import orjson
import pytest

from loomwork.adapters.wires.jina_bodies import embedding_body, ranked, rerank_body, vectors
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.adapters.wires.vectors import embeddings, ranking
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.domain.rerank import Ranked, Ranking, RerankRequest
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target

TARGET = Target("acme", "jina-x")
TEXTS = EmbeddingRequest("m", ["a", "b"], kind="document", dimensions=2)
DOCUMENTS = RerankRequest("m", "q", ["a", "b", "c"], top_n=2)


def test_a_request_says_what_texts_are_for_and_leaves_out_what_is_not_known_there() -> None:
    body = orjson.loads(embedding_body(TARGET, TEXTS))
    assert body == {"model": "jina-x", "input": ["a", "b"], "task": "retrieval.passage", "dimensions": 2}
    plain = Target("acme", "jina-x", profile=Profile(unsupported=("task", "top_n", "return_documents")))
    assert "task" not in orjson.loads(embedding_body(plain, TEXTS))
    assert orjson.loads(rerank_body(plain, DOCUMENTS)).keys() == {"model", "query", "documents"}
    assert orjson.loads(rerank_body(TARGET, DOCUMENTS))["top_n"] == 2


def test_vectors_come_in_the_order_of_their_texts() -> None:
    data = [{"index": 1, "embedding": [3, 4]}, {"index": 0, "embedding": [1, 2]}]
    body = orjson.dumps({"data": data, "usage": {"total_tokens": 7}})
    result = embeddings(TEXTS, *vectors(body))
    assert (list(result.vectors), result.usage) == ([[1.0, 2.0], [3.0, 4.0]], Usage(prompt_tokens=7))


@pytest.mark.parametrize(
    "body",
    [
        b'{"results": [{"index": 2, "relevance_score": 0.1, "document": {"text": "c"}}, {"index": 0,'
        b' "relevance_score": 0.9, "document": {"text": "a"}}, {"index": 1, "relevance_score": 0.5}],'
        b' "usage": {"total_tokens": 4}}',
        b'{"results": [{"index": 0, "relevance_score": 0.9, "document": "a"}, {"index": 1, "relevance_score": 0.5}],'
        b' "meta": {"tokens": {"input_tokens": 4}}}',
        b'{"object": "list", "data": [{"relevance_score": 0.9, "index": 0}, {"relevance_score": 0.5, "index": 1}],'
        b' "usage": {"total_tokens": 4}}',
    ],
    ids=["jina", "siliconflow", "voyage"],
)
def test_rankings_of_every_like_shape_are_understood(body: bytes) -> None:
    found, usage = ranked(body)
    assert ranking(DOCUMENTS, found, usage) == Ranking([Ranked(0, 0.9), Ranked(1, 0.5)], Usage(prompt_tokens=4))


@pytest.mark.parametrize(
    "data",
    [
        "[]",
        '[{"embedding": [1, 2]}]',
        '[{"embedding": [1]}, {"embedding": [1, 2]}]',
        '[{"embedding": "x"}, {}]',
        '[{"embedding": []}, {"embedding": []}]',
        '[{"embedding": [true]}, {"embedding": [1]}]',
        "7",
    ],
)
def test_vectors_that_are_none_or_too_few_are_a_broken_answer(data: str) -> None:
    with pytest.raises(BrokenStream):
        embeddings(TEXTS, *vectors(f'{{"data": {data}}}'.encode()))


@pytest.mark.parametrize(
    "results",
    [
        '[{"index": 3, "relevance_score": 1}]',
        '[{"index": 0}]',
        '[{"index": -1, "relevance_score": 1}]',
        "[]",
        '[{"index": 0, "relevance_score": 1}, {"index": 0, "relevance_score": 2}]',
        '[{"index": "0", "relevance_score": 1}]',
    ],
)
def test_a_ranking_of_other_documents_is_a_broken_answer(results: str) -> None:
    with pytest.raises(BrokenStream):
        ranking(DOCUMENTS, *ranked(f'{{"results": {results}}}'.encode()))
