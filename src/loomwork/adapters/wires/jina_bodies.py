"""Texts to vectors and to rankings, as the JSON that Jina's API and many like it speak."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from loomwork.adapters.wires.json_values import as_object, count, inner, objects
from loomwork.adapters.wires.sendable import sendable
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.rerank import RerankRequest
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target

TASKS = {"query": "retrieval.query", "document": "retrieval.passage"}


def embedding_body(target: Target, request: EmbeddingRequest) -> bytes:
    """Fields that a provider does not know are named as `unsupported` in its profile: `task`, `dimensions`."""
    body: dict[str, Any] = {"model": target.model, "input": list(request.texts)}
    if request.kind is not None:
        body["task"] = TASKS[request.kind]
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    with sendable(target):
        return orjson.dumps(_known(target, body))


def rerank_body(target: Target, request: RerankRequest) -> bytes:
    """Fields that a provider does not know are named as `unsupported` in its profile: `top_n`, `return_documents`."""
    wanted = len(request.documents) if request.top_n is None else request.top_n
    body = {
        "model": target.model,
        "query": request.query,
        "documents": list(request.documents),
        "top_n": max(1, min(wanted, len(request.documents))),
        "return_documents": False,
    }
    with sendable(target):
        return orjson.dumps(_known(target, body))


def vectors(body: bytes) -> tuple[Sequence[Any], Usage]:
    """The vectors in the order of their texts, unchecked, and what they used."""
    return vectors_in(as_object(body))


def vectors_in(answer: Mapping[str, Any]) -> tuple[Sequence[Any], Usage]:
    """As `vectors`, of a body that is decoded."""
    found = objects(answer.get("data"))
    placed = sorted(enumerate(found), key=lambda one: _place(one[1], one[0]))
    return [one.get("embedding") for _, one in placed], Usage(prompt_tokens=_used(answer))


def ranked(body: bytes) -> tuple[Sequence[Mapping[str, Any]], Usage]:
    """The results, unchecked, and what they used. Some name them `data`; the documents in them are not looked at."""
    answer = as_object(body)
    return objects(answer.get("results")) or objects(answer.get("data")), Usage(prompt_tokens=_used(answer))


def _known(target: Target, body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in target.profile.unsupported}


def _place(found: Mapping[str, Any], otherwise: int) -> int:
    index = count(found.get("index"))
    return otherwise if index is None else index


def _used(answer: Mapping[str, Any]) -> int | None:
    """Tokens. SiliconFlow counts them under `meta`."""
    usage, tokens = inner(answer, "usage"), inner(answer, "meta", "tokens")
    counts = (usage.get("prompt_tokens"), usage.get("total_tokens"), tokens.get("input_tokens"))
    return next((used for one in counts if (used := count(one)) is not None), None)
