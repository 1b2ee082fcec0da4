"""Speaks to the models that run on this machine: fetches their weights, starts their process, and asks it."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from loomwork.adapters.wires.http import Http
from loomwork.adapters.wires.local.choosing import EMBEDDING, must_choose, narrowed
from loomwork.adapters.wires.local.embedding import embedded
from loomwork.adapters.wires.local.judging import judged
from loomwork.adapters.wires.local.servers import LocalServers, RunningServer
from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.model_gateway.domain.chat import ChatEvent
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.errors import ModelFailure, ModelUnavailable
from loomwork.model_gateway.domain.rerank import Ranking, RerankRequest
from loomwork.model_gateway.domain.routes import Patience
from loomwork.model_gateway.ports import Call, Target, WeightsSupply

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)

PATIENCE = Patience(connect=5.0, first_token=900.0, idle=300.0, total=3600.0)
"""A long prompt takes minutes on a small machine, and the fifth caller waits until one of four slots is free."""


DYING = 2.0
"""Seconds that a process whose connection broke is given to turn out dead."""


class LocalWire:
    """Implements `ChatWire`, `EmbeddingWire` and `RerankWire`."""

    def __init__(self, *, weights: WeightsSupply, servers: LocalServers) -> None:
        self._weights = weights
        self._servers = servers
        self._http = Http(patience=PATIENCE, keep_alive=False)
        self._wire = OpenAIChatWire(self._http)

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `Wire.chat`. Where the process is found dead before it has said anything, another is started."""
        if must_choose(call) and self._weights.is_here(f"{call.provider}/{EMBEDDING}"):
            call = await self._narrowed(call)
        supplied = await self._weights.supply(call.name)
        for last_attempt in (False, True):
            silent = True
            async with self._servers.leased(supplied) as server:
                try:
                    async with aclosing(self._wire.chat(_addressed(call, server))) as events:
                        async for event in events:
                            silent = False
                            yield event
                    return
                except ModelUnavailable:
                    if last_attempt or not silent or not await server.dies_within(DYING):
                        raise

    async def _narrowed(self, call: Call) -> Call:
        """Where nothing can be compared, the model sees both tools, as ever."""

        async def embed(texts: Sequence[str]) -> Sequence[Sequence[float]]:
            name = f"{call.provider}/{EMBEDDING}"
            return (await self.embed(Target(call.provider, EMBEDDING), EmbeddingRequest(name, texts))).vectors

        try:
            return await narrowed(embed, call)
        except ModelFailure as problem:
            log.warning("two tools could not be compared: %s", problem.message)
            return call

    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        """See `EmbeddingWire.embed`. Where the process dies meanwhile, another is started and asked once more."""
        return await self._asked_twice(target, lambda addressed: embedded(self._http, addressed, request))

    async def rerank(self, target: Target, request: RerankRequest) -> Ranking:
        """See `RerankWire.rerank`. Where the process dies meanwhile, another is started and asked once more."""
        return await self._asked_twice(target, lambda addressed: judged(self._http, addressed, request))

    async def _asked_twice(self, target: Target, ask: Callable[[Target], Awaitable[Answer]]) -> Answer:
        supplied = await self._weights.supply(target.name)
        for _ in range(2):
            async with self._servers.leased(supplied) as server:
                try:
                    return await ask(replace(target, connection=server.connection))
                except ModelUnavailable as error:
                    failure = error
                    if not await server.dies_within(DYING):
                        break
        raise failure

    async def close(self) -> None:
        """See `Wire.close`."""
        await self._wire.close()
        await self._http.close()
        await self._servers.close()


def _addressed(call: Call, server: RunningServer) -> Call:
    # In pieces always: our own server is next door, and one that stalls is noticed by its silence.
    return replace(call, connection=server.connection, whole=False)
