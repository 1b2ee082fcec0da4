"""Embeddings and rankings in the shape of Jina's API, which Voyage, SiliconFlow, vLLM, Xinference and LocalAI share.

`POST {endpoint}/v1/embeddings` and `/v1/rerank`, as Jina's reference describes.
"""

from loomwork.adapters.wires.cohere_failure import failure
from loomwork.adapters.wires.http import Http, address, headers_for
from loomwork.adapters.wires.jina_bodies import embedding_body, ranked, rerank_body, vectors
from loomwork.adapters.wires.vectors import embeddings, ranking
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.rerank import Ranking, RerankRequest
from loomwork.model_gateway.ports import Target

VERSION = "v1"
JSON = {"Accept": "application/json"}


class JinaWire:
    """Implements `EmbeddingWire` and `RerankWire`."""

    def __init__(self, http: Http | None = None) -> None:
        self._http = http or Http()

    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        """See `EmbeddingWire.embed`."""

        def read(answer: bytes) -> Embeddings:
            return embeddings(request, *vectors(answer))

        url, body = address(target, "embedding", "/embeddings", VERSION), embedding_body(target, request)
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
