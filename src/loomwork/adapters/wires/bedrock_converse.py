"""Amazon Bedrock: ConverseStream for chat, InvokeModel for vectors.

`POST {endpoint}/model/{model}/converse-stream`, and `/invoke`; the API reference of Amazon Bedrock Runtime is its
description. Credentials are `api_key`, or `access_key_id` and `secret_access_key` with a `session_token` where they
were lent; `region` is that of the signature.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from multidict import CIMultiDict

from loomwork.adapters.wires.aws_event_stream import EventStreamParser
from loomwork.adapters.wires.aws_signature import AwsKey, Signer, region_of
from loomwork.adapters.wires.bedrock_answer import Answer
from loomwork.adapters.wires.bedrock_embedding import bodies, vectors
from loomwork.adapters.wires.bedrock_failure import failure
from loomwork.adapters.wires.bedrock_request import asked
from loomwork.adapters.wires.http import Http, Reply, address, headers_for, understood
from loomwork.adapters.wires.json_values import added
from loomwork.adapters.wires.streaming import events_of
from loomwork.adapters.wires.vectors import embeddings
from loomwork.model_gateway.domain.chat import ChatEvent
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.errors import ModelFailure, ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call, Target

SERVICE = "bedrock"


class BedrockConverseWire:
    """Implements `ChatWire` and `EmbeddingWire`. `now` is the clock that signatures are dated by."""

    def __init__(self, http: Http | None = None, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._http = http or Http()
        self._now = now

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `ChatWire.chat`."""
        request = asked(call)
        url = address(call, "chat", f"/model/{quote(call.model, safe='')}/converse-stream")
        headers = self._headers(call, url, request.body, "application/vnd.amazon.eventstream")
        async with self._http.post(call, url, request.body, headers) as reply:
            if reply.status != 200:
                raise await _refused(call, reply)
            async with aclosing(events_of(reply, EventStreamParser(), Answer(call, request.answer_tool))) as events:
                async for event in events:
                    yield event

    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        """See `EmbeddingWire.embed`. A model that takes one text at a time is asked for one after another."""
        found: list[Any] = []
        used: list[int | None] = []
        for body in bodies(target, request):
            some, usage = await self._invoked(target, body)
            found += some
            used.append(usage.prompt_tokens)
        with understood(target):
            return embeddings(request, found, Usage(prompt_tokens=added(*used)))

    async def close(self) -> None:
        """See `Wire.close`."""
        await self._http.close()

    async def _invoked(self, target: Target, body: bytes) -> tuple[Sequence[Any], Usage]:
        url = address(target, "embedding", f"/model/{quote(target.model, safe='')}/invoke")
        headers = self._headers(target, url, body, "application/json")
        async with self._http.post(target, url, body, headers) as reply:
            if reply.status != 200:
                raise await _refused(target, reply)
            return vectors(target, await reply.whole())

    def _headers(self, target: Call | Target, url: str, body: bytes, accept: str) -> CIMultiDict[str]:
        """Signed, unless there is an API key, which needs no signature."""
        headers = headers_for(target, {"Accept": accept})
        if target.connection.api_key:
            return headers
        return CIMultiDict(_signer(target).signed("POST", url, headers, body, now=self._now()))


def _signer(target: Call | Target) -> Signer:
    """Raises `ModelUnavailable` where a credential is missing."""
    values = target.connection.values
    access, secret = values.get("access_key_id"), values.get("secret_access_key")
    region = values.get("region") or region_of(target.connection.endpoint or "")
    if not access or not secret or not region:
        what = "an API key, or an access key id, a secret access key and a region"
        raise ModelUnavailable(
            f"{target.name} is not configured: give it {what}.", cause="not_configured", model=target.name
        )
    return Signer(AwsKey(access, secret, values.get("session_token") or None), region, SERVICE)


async def _refused(target: Call | Target, reply: Reply) -> ModelFailure:
    kind = reply.headers.get("x-amzn-ErrorType")
    said = await reply.error()
    return failure(target, said, kind=kind, status=reply.status, retry_after=reply.retry_after)
