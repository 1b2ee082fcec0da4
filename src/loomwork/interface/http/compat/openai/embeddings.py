"""Embeddings."""

import base64
import struct
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from loomwork.interface.http.compat.openai.bodies import ModelName
from loomwork.interface.http.compat.openai.call import Call
from loomwork.interface.http.compat.openai.errors import Unsupported
from loomwork.interface.http.compat.openai.posts import post
from loomwork.interface.http.errors import json_response
from loomwork.interface.http.hanging_up import while_connected
from loomwork.kernel.errors import InvalidInput
from loomwork.model_gateway.api import EmbeddingRequest

MOST_TEXTS = 2048


class EmbeddingBody(BaseModel):
    model: ModelName
    input: Any
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1, le=100_000)] | None = None
    user: Annotated[str, Field(max_length=255)] | None = None


@post("/embeddings", EmbeddingBody)
async def create_embeddings(call: Call, request: Request, body: EmbeddingBody) -> Response:
    """Turn texts into vectors."""
    wanted = EmbeddingRequest(
        model=call.model(await call.named(body.model)),
        texts=texts_of(body.input),
        dimensions=body.dimensions,
        spender=call.spender(body.user),
    )
    made = await while_connected(request, call.models.embed(call.scope, wanted))
    encode = _base64 if body.encoding_format == "base64" else list
    data = [
        {"object": "embedding", "index": index, "embedding": encode(vector)}
        for index, vector in enumerate(made.vectors)
    ]
    tokens = made.usage.prompt_tokens or 0
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json_response({"object": "list", "data": data, "model": made.model or body.model, "usage": usage})


def texts_of(given: Any, *, most: int = MOST_TEXTS) -> tuple[str, ...]:
    """One text or several. Raises `Unsupported` for tokens and `InvalidInput` for anything else."""
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts:
        raise InvalidInput("`input` must be a text, or a list of texts.", field="input")
    if any(isinstance(text, int | list) and not isinstance(text, bool) for text in texts):
        raise Unsupported(
            "Arrays of tokens are not supported: each model counts its own. Send the text itself; with LangChain, "
            "`check_embedding_ctx_length=False` does so.",
            field="input",
        )
    if not all(isinstance(text, str) and text for text in texts):
        raise InvalidInput("Every text of `input` must be a text that is not empty.", field="input")
    if len(texts) > most:
        raise InvalidInput(f"`input` may have at most {most} texts.", field="input")
    return tuple(texts)


def _base64(vector: Sequence[float]) -> str:
    """As OpenAI encodes vectors: little-endian 32 bit floats."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
