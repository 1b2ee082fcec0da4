"""Vectors and rankings as they came, checked against what was asked for."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.rerank import Ranked, Ranking, RerankRequest
from loomwork.model_gateway.domain.usage import Usage


def embeddings(request: EmbeddingRequest, found: Sequence[Any], usage: Usage) -> Embeddings:
    """Raises `BrokenStream` for too few, too many, and vectors that are none or not all of one length."""
    if len(found) != len(request.texts):
        raise BrokenStream(f"it sent {len(found)} vectors for {len(request.texts)} texts")
    vectors = [_vector(one) for one in found]
    if len({len(vector) for vector in vectors}) > 1:
        raise BrokenStream("it sent vectors of different lengths")
    return Embeddings(vectors, usage)


def ranking(request: RerankRequest, found: Sequence[Mapping[str, Any]], usage: Usage) -> Ranking:
    """The best first, as many as were asked for. Raises `BrokenStream` for results that name no document, or one
    twice.
    """
    results = sorted((_ranked(one, len(request.documents)) for one in found), key=lambda one: -one.score)
    if not results or len({one.index for one in results}) != len(results):
        raise BrokenStream("it sent a ranking that is not one of the documents")
    return Ranking(results[: request.top_n], usage)


def _vector(value: Any) -> list[float]:
    if not isinstance(value, list) or not value or not all(_is_number(one) for one in value):
        raise BrokenStream("it sent a vector that is none")
    return [float(one) for one in value]


def _ranked(found: Mapping[str, Any], documents: int) -> Ranked:
    index, score = found.get("index"), found.get("relevance_score", found.get("score"))
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < documents or not _is_number(score):
        raise BrokenStream("it sent a ranking that is not one of the documents")
    return Ranked(index, float(score))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
