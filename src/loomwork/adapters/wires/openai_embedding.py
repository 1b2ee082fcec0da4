"""Texts to vectors, as OpenAI's API has them: numbers, or base64 of little-endian floats of four bytes."""

import base64
import binascii
import struct
from typing import Any

import orjson

from loomwork.adapters.wires.jina_bodies import vectors_in
from loomwork.adapters.wires.openai_failure import sound
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.adapters.wires.vectors import embeddings
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.ports import Target


def embedding_body(target: Target, request: EmbeddingRequest) -> bytes:
    """Numbers are asked for, which every server can write; what a provider refuses is left out."""
    body: dict[str, Any] = {"model": target.model, "input": list(request.texts), "encoding_format": "float"}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    with sendable(target):
        return orjson.dumps({name: value for name, value in body.items() if name not in target.profile.unsupported})


def read_embeddings(target: Target, request: EmbeddingRequest, body: bytes) -> Embeddings:
    """Raises `BrokenStream` for what are no vectors, or not one for each text."""
    found, usage = vectors_in(sound(target, body))
    return embeddings(request, [_numbers(one) for one in found], usage)


def _numbers(vector: Any) -> Any:
    if not isinstance(vector, str):
        return vector
    try:
        packed = base64.b64decode(vector, validate=True)
        return list(struct.unpack(f"<{len(packed) // 4}f", packed))
    except (binascii.Error, ValueError, struct.error):
        raise BrokenStream("it sent a vector in base64 that is none") from None
