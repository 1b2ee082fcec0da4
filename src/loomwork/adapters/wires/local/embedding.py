"""Texts to vectors by a model of this machine, those longer than it reads at once included.

The server is llama.cpp's: `POST {endpoint}/embeddings` as OpenAI has it, where an input may also be a list of tokens,
and `POST {endpoint}/tokenize`.
"""

import math
from collections.abc import Sequence
from typing import Any

import orjson

from loomwork.adapters.wires.failures import failed
from loomwork.adapters.wires.http import Http, headers_for
from loomwork.adapters.wires.jina_bodies import vectors
from loomwork.adapters.wires.json_values import as_object, inner, text
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.adapters.wires.vectors import embeddings
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.errors import ModelFailure
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target

AT_ONCE = 8
"""Inputs in one request: a question that comes meanwhile waits for no more of a long batch than these."""
READ_AT_ONCE = 512
"""Tokens, where the model's file does not say."""
SPECIAL = 2
"""Tokens that every input begins and ends with."""
WINDOWS = 32
"""Pieces that a long text may have. A longer one is refused: the mean of so many pieces says little about any."""
Input = str | list[int]


async def embedded(http: Http, target: Target, request: EmbeddingRequest) -> Embeddings:
    """The vectors, of length 1. A text that is longer than the model reads is read in pieces, and gets their mean."""
    _check(target, request)
    inputs = [await _inputs(http, target, request, one) for one in request.texts]
    flat = [piece for pieces in inputs for piece in pieces]
    found: list[list[float]] = []
    used = 0
    for start in range(0, len(flat), AT_ONCE):
        answer = await _vectors(http, target, flat[start : start + AT_ONCE])
        found += [list(vector) for vector in answer.vectors]
        used += answer.usage.prompt_tokens or 0
    left = iter(found)
    joined = [_mean([next(left) for _ in pieces], [len(piece) for piece in pieces]) for pieces in inputs]
    return Embeddings(joined, Usage(prompt_tokens=used), target.name)


def _check(target: Target, request: EmbeddingRequest) -> None:
    length = target.card.dimensions if target.card else None
    if request.dimensions is not None and request.dimensions != length:
        raise failed(target, "bad_request", f"Its vectors have {length} dimensions, and no other number.")
    longest = _limit(target) * WINDOWS * 16
    if any(len(one) > longest for one in request.texts):
        raise _too_long(target)


async def _inputs(http: Http, target: Target, request: EmbeddingRequest, said: str) -> list[Input]:
    """What is sent for one text: itself, or the tokens of its pieces, each with the prefix before it."""
    whole = _prefix(target, request) + said
    # No token is shorter than a byte, so this one is short enough whatever is in it.
    if len(whole.encode("utf-8", "replace")) <= _limit(target) - SPECIAL:
        return [whole]
    begin, *prefix, end = await _tokens(http, target, _prefix(target, request))
    tokens = (await _tokens(http, target, said))[1:-1]
    room = _limit(target) - SPECIAL - len(prefix)
    if len(tokens) > room * WINDOWS:
        raise _too_long(target)
    starts = range(0, max(1, len(tokens)), room)
    return [[begin, *prefix, *tokens[start : start + room], end] for start in starts]


def _prefix(target: Target, request: EmbeddingRequest) -> str:
    # Of texts that are only compared with each other, models of this kind want each one to be a question.
    return target.card.prefixes.get(request.kind or "query", "") if target.card else ""


async def _tokens(http: Http, target: Target, said: str) -> list[int]:
    def read(answer: bytes) -> list[int]:
        tokens = as_object(answer).get("tokens")
        if not isinstance(tokens, list) or len(tokens) < SPECIAL or not all(isinstance(one, int) for one in tokens):
            raise BrokenStream("it sent no tokens")
        return tokens

    body = _body(target, {"content": said, "add_special": True})
    url = f"{(target.connection.endpoint or '').removesuffix('/v1')}/tokenize"
    return await http.ask(target, url, body, headers_for(target, {}), refusal=_refusal, read=read)


async def _vectors(http: Http, target: Target, inputs: Sequence[Input]) -> Embeddings:
    def read(answer: bytes) -> Embeddings:
        return embeddings(EmbeddingRequest(target.name, [""] * len(inputs)), *vectors(answer))

    body = _body(target, {"model": target.model, "input": list(inputs)})
    url = f"{target.connection.endpoint}/embeddings"
    return await http.ask(target, url, body, headers_for(target, {}), refusal=_refusal, read=read)


def _body(target: Target, body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:
        raise failed(target, "bad_request", "A text holds half a character (a lone surrogate).") from None


def _refusal(target: Target, said: Any, /, *, status: int | None, retry_after: float | None) -> ModelFailure:
    return failed(target, "outage", text(inner(said, "error").get("message")), status=status, retry_after=retry_after)


def _too_long(target: Target) -> ModelFailure:
    most = _limit(target) * WINDOWS
    return failed(target, "context_too_long", f"A text may have about {most} tokens; cut it into passages first.")


def _limit(target: Target) -> int:
    return (target.card.max_input if target.card else None) or READ_AT_ONCE


def _mean(pieces: Sequence[Sequence[float]], weights: Sequence[int]) -> list[float]:
    """The mean of vectors, by weight, made as long as 1 again."""
    if len(pieces) == 1:
        return list(pieces[0])
    columns = zip(*pieces, strict=True)
    total = [sum(weight * value for weight, value in zip(weights, column, strict=True)) for column in columns]
    length = math.hypot(*total) or 1.0
    return [value / length for value in total]
