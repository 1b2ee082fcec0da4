"""Ollama's own API: `POST {endpoint}/api/chat`, as lines of JSON, and `/api/embed`, as its documentation describes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from loomwork.adapters.wires.http import Http, address, headers_for
from loomwork.adapters.wires.ndjson import NdjsonParser
from loomwork.adapters.wires.ollama_answer import Answer, vectors
from loomwork.adapters.wires.ollama_request import embedding_body, request_body
from loomwork.adapters.wires.openai_failure import failure
from loomwork.adapters.wires.streaming import events_of
from loomwork.adapters.wires.vectors import embeddings
from loomwork.model_gateway.domain.chat import ChatEvent
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.ports import Call, Target

LINES = {"Accept": "application/x-ndjson, application/json"}
JSON = {"Accept": "application/json"}
OTHER_DIALECT = "/v1"
"""Where Ollama speaks the dialect of OpenAI. Addresses are often written with it."""


class OllamaWire:
    """Implements `ChatWire` and `EmbeddingWire`."""

    def __init__(self, http: Http | None = None) -> None:
        self._http = http or Http()

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `ChatWire.chat`."""
        call = replace(call, connection=_own(call.connection))
        body, url = request_body(call), address(call, "chat", "/api/chat")
        async with self._http.post(call, url, body, headers_for(call, LINES)) as reply:
            if reply.status != 200:
                raise failure(call, await reply.error(), status=reply.status, retry_after=reply.retry_after)
            async with aclosing(events_of(reply, NdjsonParser(), Answer(call))) as events:
                async for event in events:
                    yield event

    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        """See `EmbeddingWire.embed`."""
        target = replace(target, connection=_own(target.connection))

        def read(answer: bytes) -> Embeddings:
            return embeddings(request, *vectors(target, answer))

        url, body = address(target, "embedding", "/api/embed"), embedding_body(target, request)
        return await self._http.ask(target, url, body, headers_for(target, JSON), refusal=failure, read=read)

    async def close(self) -> None:
        """See `Wire.close`."""
        await self._http.close()


def _own(connection: Connection) -> Connection:
    """The connection to the part of the server that speaks this dialect."""
    endpoint = (connection.endpoint or "").rstrip("/").removesuffix(OTHER_DIALECT)
    return replace(connection, endpoint=endpoint)
