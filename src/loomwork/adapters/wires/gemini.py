"""The Gemini API of Google, at AI Studio and Vertex AI.

`POST {endpoint}/v1beta/models/{model}:streamGenerateContent?alt=sse`, and `:batchEmbedContents` for vectors; the
reference of the Gemini API is its description.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from loomwork.adapters.wires.gemini_answer import Answer, vectors
from loomwork.adapters.wires.gemini_failure import failure
from loomwork.adapters.wires.gemini_request import embedding_body, model_path, request_body
from loomwork.adapters.wires.http import Http, address, headers_for
from loomwork.adapters.wires.sse import SseParser
from loomwork.adapters.wires.streaming import events_of
from loomwork.adapters.wires.vectors import embeddings
from loomwork.model_gateway.domain.chat import ChatEvent
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.provider import Auth
from loomwork.model_gateway.ports import Call, Target

VERSION = "v1beta"
KEY = Auth(header="x-goog-api-key", prefix="")


class GeminiWire:
    """Implements `ChatWire` and `EmbeddingWire`."""

    def __init__(self, http: Http | None = None) -> None:
        self._http = http or Http()

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `ChatWire.chat`."""
        body = request_body(call)
        url = address(call, "chat", f"/{model_path(call.model)}:streamGenerateContent", VERSION)
        url += f"{'&' if '?' in url else '?'}alt=sse"
        async with self._http.post(call, url, body, headers_for(call, {}, usual=KEY)) as reply:
            if reply.status != 200:
                raise failure(call, await reply.error(), status=reply.status, retry_after=reply.retry_after)
            async with aclosing(events_of(reply, SseParser(), Answer(call))) as events:
                async for event in events:
                    yield event

    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        """See `EmbeddingWire.embed`."""
        url = address(target, "embedding", f"/{model_path(target.model)}:batchEmbedContents", VERSION)
        body, headers = embedding_body(target, request), headers_for(target, {}, usual=KEY)

        def read(answer: bytes) -> Embeddings:
            return embeddings(request, *vectors(answer))

        return await self._http.ask(target, url, body, headers, refusal=failure, read=read)

    async def close(self) -> None:
        """See `Wire.close`."""
        await self._http.close()
