"""Hands on what models say, to the runs of all workspaces in turns."""

from collections.abc import AsyncGenerator

from loomwork.adapters.fairness.turnstile import Turnstile
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatEvent, ChatModels, ChatRequest, ModelReference, ResolvedModel


class FairChatModels:
    """Fits `ChatModels`. Each piece of an answer is taken when the turn of its workspace has come: of hundreds of
    answers that stream at once, the others wait where they came in, and the next piece of each is not read before.
    """

    def __init__(self, models: ChatModels, turns: Turnstile) -> None:
        self._models = models
        self._turns = turns

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        return await self._models.resolve(scope, reference, override=override)

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        events = self._models.chat(scope, request)
        try:
            async for event in events:
                await self._turns.turn(scope.workspace_id)
                yield event
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()
