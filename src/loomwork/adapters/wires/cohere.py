"""The second API of Cohere: `POST {endpoint}/v2/chat`, `/v2/embed` and `/v2/rerank`, as its reference describes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from loomwork.adapters.wires.cohere_answer import Answer, ranked, vectors
from loomwork.adapters.wires.cohere_failure import failure
from loomwork.adapters.wires.cohere_request import embedding_body, request_body, rerank_body
from loomwork.adapters.wires.http import Http, address, headers_for
from loomwork.adapters.wires.sse import SseParser
from loomwork.adapters.wires.streaming import events_of
from loomwork.adapters.wires.vectors import embeddings, ranking
from loomwork.model_gateway.domain.chat import ChatEvent
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.rerank import Ranking, RerankRequest
from loomwork.model_gateway.ports import Call, Target

VERSION = "v2"
JSON = {"Accept": "application/json"}


class CohereWire:
    """Implements `ChatWire`, `EmbeddingWire` and `RerankWire`."""

    def __init__(self, http: Http | None = None) -> None:
        self._http = http or Http()

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `ChatWire.chat`."""
        body, url = request_body(call), address(call, "chat", "/chat", VERSION)
        async with self._http.post(call, url, body, headers_for(call, {"Accept": "text/event-stream"})) as reply:
            if reply.status != 200:
                raise failure(call, await reply.error(), status=reply.status, retry_after=reply.retry_after)
            async with aclosing(events_of(reply, SseParser(), Answer(call))) as events:
                async for event in events:
                    yield event

    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        """See `EmbeddingWire.embed`."""

        def read(answer: bytes) -> Embeddings:
            return embeddings(request, *vectors(answer))

        url, body = address(target, "embedding", "/embed", VERSION), embedding_body(target, request)
        return await self._http.ask(target, url, body, headers_for(target, JSON), refusal=failure, read=read)

    async def rerank(self, target: Target, request: RerankRequest) -> Ranking:
        """See `RerankWire.rerank`."""

        def read(answer: bytes) -> Ranking:
            return ranking(request, *ranked(answer))

        url, body = address(target, "rerank", "/rerank", VERSION), rerank_body(target, request)
        return await self._http.ask(target, url, body, headers_for(target, JSON), refusal=failure, read=read)

    async def close(self) -> None:
        """See `Wire.close`."""
        await self._http.close()
