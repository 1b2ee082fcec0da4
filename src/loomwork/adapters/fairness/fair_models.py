"""Hands on what models say, to the runs of all workspaces in turns."""

from collections.abc import AsyncGenerator
from dataclasses import replace

from loomwork.adapters.fairness.turnstile import Turnstile
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatEvent, ChatModels, ChatRequest, ModelReference, ResolvedModel

OPENING = 0.005
"""Seconds that a call of a crowd counts as beginning: in which its connection is made, and its request is written."""

FEW = 2
"""Calls of a crowd in company that begin at once. Each takes a millisecond or two of the event loop, in pieces between
which nobody can be let go first; what was committed together would all begin together.
"""

MANY = 1000
"""Calls that begin at once where nobody else is kept waiting by them."""


class FairChatModels:
    """Fits `ChatModels`. A crowd's calls begin a few at a time, and each looks at what has come back, and takes each
    piece of its answer, when the turn of its workspace has come: of hundreds of answers that stream at once, the others
    wait where they came in, and the next piece of each is not read before.
    """

    def __init__(self, models: ChatModels, turns: Turnstile) -> None:
        self._models = models
        self._turns = turns
        self._opening = turns.beside(MANY, crowd=FEW)

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        return await self._models.resolve(scope, reference, override=override)

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        whose = scope.workspace_id
        await self._opening.turn(whose, seconds=OPENING)
        events = self._models.chat(scope, replace(request, turn=lambda: self._turns.turn(whose)))
        try:
            async for event in events:
                await self._turns.turn(whose)
                yield event
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()
