"""Which texts answer a query, judged by a chat model of this machine: how sure it is of "yes", one text after another.

The server is llama.cpp's: `POST {endpoint}/chat/completions` with OpenAI's `logprobs`, which are those of the whole
vocabulary, before anything is sampled. What a text says to its judge is part of what is judged: a score is a hint for
an order, never a permission.
"""

import math
from collections.abc import Mapping
from typing import Any

import orjson

from loomwork.adapters.wires.failures import failed
from loomwork.adapters.wires.http import Http, headers_for
from loomwork.adapters.wires.json_values import as_object, count, inner, objects
from loomwork.adapters.wires.openai_failure import failure
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.rerank import Ranked, Ranking, RerankRequest
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target

MOST = 100
"""Documents of one request: each is a call of the model."""
LOOKED_AT = 20
"""Tokens whose probability is asked for; yes and no, in their spellings, are the likeliest of them."""
TASK = "You judge search results. Say yes if the document answers the query, and no if it does not. Say one word."


async def judged(http: Http, target: Target, request: RerankRequest) -> Ranking:
    """The best first; a score is between 0 and 1. Calls follow each other, so that others' calls find a free slot, and
    what all prompts begin with is read once.
    """
    if len(request.documents) > MOST:
        raise failed(target, "bad_request", f"It judges {MOST} documents at once, and these are more.")
    found = [await _verdict(http, target, request.query, document) for document in request.documents]
    scores = [Ranked(index, score) for index, (score, _) in enumerate(found)]
    best_first = sorted(scores, key=lambda one: -one.score)
    return Ranking(best_first[: request.top_n], Usage(prompt_tokens=sum(used for _, used in found)), target.name)


async def _verdict(http: Http, target: Target, query: str, document: str) -> tuple[float, int]:
    """How sure it is of yes, and how many tokens it read."""

    def read(answer: bytes) -> tuple[float, int]:
        said = as_object(answer)
        used = count(inner(said, "usage").get("prompt_tokens")) or 0
        return _sureness(said), used

    url = f"{target.connection.endpoint}/chat/completions"
    return await http.ask(
        target, url, _question(target, query, document), headers_for(target, {}), refusal=failure, read=read
    )


def _question(target: Target, query: str, document: str) -> bytes:
    asked = f"<query>\n{query}\n</query>\n<document>\n{document}\n</document>\nDoes the document answer the query?"
    messages = [{"role": "system", "content": TASK}, {"role": "user", "content": asked}]
    body = {"model": target.model, "messages": messages, "max_tokens": 1, "logprobs": True, "top_logprobs": LOOKED_AT}
    with sendable(target):
        return orjson.dumps(body)


def _sureness(said: Mapping[str, Any]) -> float:
    """The share of yes in yes and no. Raises `BrokenStream` where the answer carries neither."""
    choices = objects(said.get("choices"))
    words = objects(inner(choices[0], "logprobs").get("content")) if choices else []
    weights = {"yes": 0.0, "no": 0.0}
    for token in objects(words[0].get("top_logprobs")) if words else []:
        word, logarithm = str(token.get("token")).strip().lower(), token.get("logprob")
        if word in weights and isinstance(logarithm, int | float) and logarithm <= 0:
            weights[word] += math.exp(logarithm)
    total = sum(weights.values())
    if not total:
        raise BrokenStream("it said neither yes nor no")
    return weights["yes"] / total
