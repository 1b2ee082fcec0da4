"""Any model, by name: resolves what an app means, and carries each call to an answer, a failure and a ledger entry.

This is the one owner of retries: wires send once, and what calls the gateway need not try again for what may pass.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TypeGuard, TypeVar

from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    ChatEvent,
    ChatRequest,
    EmbeddingRequest,
    Embeddings,
    ImageRequest,
    Images,
    LocalModels,
    ModelInfo,
    ModelReference,
    ModelType,
    Moderation,
    ModerationRequest,
    Ranking,
    RerankRequest,
    ResolvedModel,
    SpeechEvent,
    SpeechRequest,
    Transcription,
    TranscriptionRequest,
    Usage,
)
from loomwork.model_gateway.application.attempts import Attempts
from loomwork.model_gateway.application.candidates import ROUTE, Candidate, Candidates
from loomwork.model_gateway.application.ears import ChatEar, SpeechEar
from loomwork.model_gateway.application.listing import list_models
from loomwork.model_gateway.application.metering import Bill, Meter
from loomwork.model_gateway.application.places import Places
from loomwork.model_gateway.application.response_cache import ResponseCache
from loomwork.model_gateway.application.stream_call import StreamCall
from loomwork.model_gateway.application.timing import Timing
from loomwork.model_gateway.application.whole_call import Batches, Whole, charge_nothing, whole_answer
from loomwork.model_gateway.domain.counting import text_tokens
from loomwork.model_gateway.domain.provider import ModelCard, Provider
from loomwork.model_gateway.domain.retirement import retirement_notice
from loomwork.model_gateway.domain.routing import asked_for, find_model
from loomwork.model_gateway.ports import (
    AccountStore,
    Call,
    CatalogSource,
    ChatWire,
    CredentialStore,
    ImageWire,
    ModerationWire,
    RerankWire,
    RouteStore,
    SpeechWire,
    Target,
    TranscriptionWire,
    Wire,
)

W = TypeVar("W", bound=Whole)


class Gateway:
    """Implements `Models`. `environment` is where endpoints and credentials are read from where the workspace has
    stored none. Without `credentials`, `routes` or `accounts` there are none, and nothing is metered.
    """

    def __init__(
        self,
        *,
        catalog: CatalogSource,
        wires: Mapping[str, Wire],
        environment: Mapping[str, str],
        default_model: str,
        local: LocalModels,
        credentials: CredentialStore | None = None,
        routes: RouteStore | None = None,
        accounts: AccountStore | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._catalog = catalog
        self._wires = wires
        self._default_model = default_model
        self._local = local
        self._timing = timing or Timing()
        self._places = Places(self._timing.clock)
        self._cache = ResponseCache(self._timing.clock)
        self._meter = Meter(accounts, self._timing.clock)
        self._candidates = Candidates(
            catalog=catalog, wires=wires, environment=environment, credentials=credentials, routes=routes
        )

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        """See `Models.resolve`."""
        if override is not None:
            return await self._overridden(scope, reference, override)
        if reference.provider == ROUTE:
            known = [route.name for route in await self._candidates.routes(scope)]
            if reference.name in known:
                return ResolvedModel(reference, str(reference))
        meant = asked_for(self._catalog.read(), reference)
        if isinstance(meant, str):
            return await self._stood_in_for(reference, meant)
        provider, model = meant
        missing = await self._candidates.missing(scope, provider)
        if missing:
            reason = f"{reference} is not configured here (to use it, {' and '.join(missing)})"
            return replace(await self._stood_in_for(reference, reason), provider=provider.id)
        return self._answering(reference, provider, model)

    def chat(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """See `Models.chat`."""
        attempts = self._attempts(scope, "chat", request.model, request.fallbacks)

        def send(candidate: Candidate) -> AsyncGenerator[ChatEvent, None]:
            if not _chats(candidate.wire):
                raise candidate.cannot()
            return candidate.wire.chat(_call(attempts.target_of(candidate), request))

        bill = self._meter.bill(scope, "chat", request.model, request.spender)
        ear = ChatEar(scope, request, self._cache)
        return StreamCall(attempts, self._meter, bill, ear, send, whole=request.whole).events()

    async def embed(self, scope: Scope, request: EmbeddingRequest) -> Embeddings:
        """See `Models.embed`."""
        attempts = self._attempts(scope, "embedding", request.model)
        batches = Batches(request, attempts.target_of)
        used = Usage(prompt_tokens=text_tokens(*request.texts), completion_tokens=0)
        answer, model = await self._whole(scope, "embedding", attempts, request, used, batches.embed, batches.charge)
        return replace(answer, model=model)

    async def rerank(self, scope: Scope, request: RerankRequest) -> Ranking:
        """See `Models.rerank`."""
        attempts = self._attempts(scope, "rerank", request.model)

        async def send(candidate: Candidate) -> Ranking:
            if not isinstance(candidate.wire, RerankWire):
                raise candidate.cannot()
            return await candidate.wire.rerank(attempts.target_of(candidate), request)

        tokens = text_tokens(request.query) * len(request.documents) + text_tokens(*request.documents)
        used = Usage(prompt_tokens=tokens, completion_tokens=0, searches=1)
        answer, model = await self._whole(scope, "rerank", attempts, request, used, send)
        return replace(answer, model=model)

    async def moderate(self, scope: Scope, request: ModerationRequest) -> Moderation:
        """See `Models.moderate`."""
        attempts = self._attempts(scope, "moderation", request.model)

        async def send(candidate: Candidate) -> Moderation:
            if not isinstance(candidate.wire, ModerationWire):
                raise candidate.cannot()
            return await candidate.wire.moderate(attempts.target_of(candidate), request)

        used = Usage(prompt_tokens=text_tokens(*request.texts), completion_tokens=0)
        answer, model = await self._whole(scope, "moderation", attempts, request, used, send)
        return replace(answer, model=model)

    def speak(self, scope: Scope, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        """See `Models.speak`."""
        attempts = self._attempts(scope, "text_to_speech", request.model)

        def send(candidate: Candidate) -> AsyncGenerator[SpeechEvent, None]:
            if not isinstance(candidate.wire, SpeechWire):
                raise candidate.cannot()
            return candidate.wire.speak(attempts.target_of(candidate), request)

        bill = self._meter.bill(scope, "text_to_speech", request.model, request.spender)
        return StreamCall(attempts, self._meter, bill, SpeechEar(request), send).events()

    async def transcribe(self, scope: Scope, request: TranscriptionRequest) -> Transcription:
        """See `Models.transcribe`."""
        attempts = self._attempts(scope, "speech_to_text", request.model)

        async def send(candidate: Candidate) -> Transcription:
            if not isinstance(candidate.wire, TranscriptionWire):
                raise candidate.cannot()
            return await candidate.wire.transcribe(attempts.target_of(candidate), request)

        answer, model = await self._whole(scope, "speech_to_text", attempts, request, Usage(), send)
        return replace(answer, model=model)

    async def make_images(self, scope: Scope, request: ImageRequest) -> Images:
        """See `Models.make_images`."""
        attempts = self._attempts(scope, "image", request.model)

        async def send(candidate: Candidate) -> Images:
            if not isinstance(candidate.wire, ImageWire):
                raise candidate.cannot()
            return await candidate.wire.make_images(attempts.target_of(candidate), request)

        used = Usage(prompt_tokens=text_tokens(request.prompt), images=request.count)
        answer, model = await self._whole(scope, "image", attempts, request, used, send)
        return replace(answer, model=model)

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        """See `Models.list_models`."""
        return await list_models(
            scope, catalog=self._catalog.read(), candidates=self._candidates, weights=await self._local.status()
        )

    async def close(self) -> None:
        """End connections and child processes, once the ledger is written. The gateway may be used again; it then
        begins afresh.
        """
        await self._meter.close()
        for wire in self._wires.values():
            await wire.close()

    async def _overridden(self, scope: Scope, reference: ModelReference, name: str) -> ResolvedModel:
        if name.startswith(f"{ROUTE}/"):
            await self._candidates.route(scope, name)
            return ResolvedModel(reference, name)
        return self._answering(reference, *find_model(self._catalog.read(), name))

    def _answering(self, reference: ModelReference, provider: Provider, model: ModelCard) -> ResolvedModel:
        notice = retirement_notice(provider, model, self._timing.clock.now().date())
        vision = provider.profile_of(model).vision
        return ResolvedModel(reference, f"{provider.id}/{model.id}", notice, vision=vision)

    async def _stood_in_for(self, reference: ModelReference, reason: str) -> ResolvedModel:
        """By the default model, or by its small stand-in where its weights could not be had, which is then said."""
        provider, model = find_model(self._catalog.read(), self._default_model)
        answering, remark = self._default_model, ""
        for status in await self._local.status():
            if status.model == self._default_model and status.stand_in is not None:
                answering, remark = status.stand_in, f" It is small and often wrong: {status.problem}"
        vision = provider.profile_of(model).vision
        return ResolvedModel(reference, answering, f"{reason}; {answering} answers instead.{remark}", vision=vision)

    def _attempts(self, scope: Scope, type_: ModelType, model: str, fallbacks: Sequence[str] = ()) -> Attempts:
        return Attempts(
            scope,
            type_,
            model,
            fallbacks=fallbacks,
            candidates=self._candidates,
            places=self._places,
            timing=self._timing,
        )

    async def _whole(
        self,
        scope: Scope,
        type_: ModelType,
        attempts: Attempts,
        request: EmbeddingRequest | RerankRequest | ModerationRequest | TranscriptionRequest | ImageRequest,
        foreseen: Usage,
        send: Callable[[Candidate], Awaitable[W]],
        charge: Callable[[Bill], None] = charge_nothing,
    ) -> tuple[W, str]:
        bill = self._meter.bill(scope, type_, request.model, request.spender)
        return await whole_answer(attempts, self._meter, bill, lambda _: foreseen, send, charge)


def _chats(wire: Wire) -> TypeGuard[ChatWire]:
    return _is_chat_wire(type(wire))


@cache
def _is_chat_wire(kind: type) -> bool:
    """Kept, since looking whether a type fits a protocol takes longer than all the rest of finding its model."""
    return issubclass(kind, ChatWire)


def _call(target: Target, request: ChatRequest) -> Call:
    card = target.card
    return Call(
        provider=target.provider,
        model=target.model,
        messages=tuple(request.messages),
        connection=target.connection,
        profile=target.profile,
        params={**(card.defaults if card else {}), **request.params},
        json_schema=request.json_schema,
        context_size=card.context_size if card else None,
        tools=tuple(request.tools),
        tool_choice=request.tool_choice,
        parallel_tool_calls=request.parallel_tool_calls,
        patience=target.patience,
        card=card,
        secrets=target.secrets,
        # A route's patience is with the first piece and with pauses, and its hedge listens for the first piece.
        whole=request.whole and target.profile.whole_answers and target.patience is None,
        turn=request.turn,
    )
