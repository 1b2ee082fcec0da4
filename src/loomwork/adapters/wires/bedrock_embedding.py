"""Texts to vectors by InvokeModel of Amazon Bedrock, where every vendor's model wants a body of its own.

Bodies as in "Amazon Titan Embeddings text" and "Cohere Embed" of the Bedrock user guide.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from loomwork.adapters.wires.cohere_answer import vectors as cohere_vectors
from loomwork.adapters.wires.cohere_request import INPUT_TYPES
from loomwork.adapters.wires.json_values import as_object, count
from loomwork.adapters.wires.sendable import sendable
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target


def is_of_cohere(target: Target) -> bool:
    """By the vendor in the id of the model: `cohere.embed-v4:0`, `us.cohere.embed-v4:0`."""
    return "cohere." in target.model


def bodies(target: Target, request: EmbeddingRequest) -> Iterator[bytes]:
    """One body for all texts, or one for each where the model takes one at a time."""
    if is_of_cohere(target):
        with sendable(target):
            body = orjson.dumps(_of_cohere(request))
        yield body
        return
    further = {} if request.dimensions is None else {"dimensions": request.dimensions}
    for text in request.texts:
        with sendable(target):
            body = orjson.dumps({"inputText": text, **further})
        yield body


def vectors(target: Target, answer: bytes) -> tuple[Sequence[Any], Usage]:
    """The vectors of one answer, unchecked, and what they used where that is said."""
    if is_of_cohere(target):
        return cohere_vectors(answer)
    said = as_object(answer)
    return [said.get("embedding")], Usage(prompt_tokens=count(said.get("inputTextTokenCount")))


def _of_cohere(request: EmbeddingRequest) -> dict[str, Any]:
    body: dict[str, Any] = {"texts": list(request.texts), "input_type": INPUT_TYPES[request.kind or "document"]}
    if request.dimensions is not None:
        body |= {"output_dimension": request.dimensions, "embedding_types": ["float"]}
    return body
