"""Any model, by name: finds it in the catalog, checks that it is configured, and carries the call over its wire."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing

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
    ModelRefused,
    ModelType,
    ModelUnavailable,
    Moderation,
    ModerationRequest,
    Ranking,
    RerankRequest,
    ResolvedModel,
    SpeechEvent,
    SpeechRequest,
    Transcription,
    TranscriptionRequest,
    WeightsStatus,
)
from loomwork.model_gateway.domain.connection import Connection, configure
from loomwork.model_gateway.domain.provider import ModelCard, Provider
from loomwork.model_gateway.domain.routing import asked_for, find_model
from loomwork.model_gateway.ports import (
    Call,
    CatalogSource,
    ChatWire,
    EmbeddingWire,
    ImageWire,
    ModerationWire,
    RerankWire,
    SpeechWire,
    Target,
    TranscriptionWire,
    Wire,
)


class Gateway:
    """Implements `Models`. `environment` is where endpoints and credentials are read from, at each call."""

    def __init__(
        self,
        *,
        catalog: CatalogSource,
        wires: Mapping[str, Wire],
        environment: Mapping[str, str],
        default_model: str,
        local: LocalModels,
    ) -> None:
        self._catalog = catalog
        self._wires = wires
        self._environment = environment
        self._default_model = default_model
        self._local = local

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        """See `Models.resolve`."""
        catalog = self._catalog.read()
        if override is not None:
            provider, model = find_model(catalog, override)
            return ResolvedModel(reference, f"{provider.id}/{model.id}")
        name, reason = asked_for(catalog, reference, self._environment)
        if name is not None:
            return ResolvedModel(reference, str(name))
        find_model(catalog, self._default_model)
        answering, remark = await self._default()
        return ResolvedModel(reference, answering, f"{reason}; {answering} answers instead.{remark}")

    async def _default(self) -> tuple[str, str]:
        """The default model, or its small stand-in where its weights could not be had, and a remark that says so."""
        for status in await self._local.status():
            if status.model == self._default_model and status.stand_in is not None:
                return status.stand_in, f" It is small and often wrong: {status.problem}"
        return self._default_model, ""

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """See `Models.chat`."""
        provider, model = self._found(request.model, "chat")
        wire = self._wire(provider, model)
        if not isinstance(wire, ChatWire):
            raise _cannot(provider, model)
        call = self._call(provider, model, request)
        # A wire's `chat` is a generator; closing it is what ends the call, so it must not be left to the collector.
        async with aclosing(wire.chat(call)) as events:
            async for event in events:
                yield event

    async def embed(self, scope: Scope, request: EmbeddingRequest) -> Embeddings:
        """See `Models.embed`."""
        provider, model = self._found(request.model, "embedding")
        wire = self._wire(provider, model)
        if not isinstance(wire, EmbeddingWire):
            raise _cannot(provider, model)
        return await wire.embed(self._target(provider, model, request.model), request)

    async def rerank(self, scope: Scope, request: RerankRequest) -> Ranking:
        """See `Models.rerank`."""
        provider, model = self._found(request.model, "rerank")
        wire = self._wire(provider, model)
        if not isinstance(wire, RerankWire):
            raise _cannot(provider, model)
        return await wire.rerank(self._target(provider, model, request.model), request)

    async def moderate(self, scope: Scope, request: ModerationRequest) -> Moderation:
        """See `Models.moderate`."""
        provider, model = self._found(request.model, "moderation")
        wire = self._wire(provider, model)
        if not isinstance(wire, ModerationWire):
            raise _cannot(provider, model)
        return await wire.moderate(self._target(provider, model, request.model), request)

    async def speak(self, scope: Scope, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        """See `Models.speak`."""
        provider, model = self._found(request.model, "text_to_speech")
        wire = self._wire(provider, model)
        if not isinstance(wire, SpeechWire):
            raise _cannot(provider, model)
        async with aclosing(wire.speak(self._target(provider, model, request.model), request)) as events:
            async for event in events:
                yield event

    async def transcribe(self, scope: Scope, request: TranscriptionRequest) -> Transcription:
        """See `Models.transcribe`."""
        provider, model = self._found(request.model, "speech_to_text")
        wire = self._wire(provider, model)
        if not isinstance(wire, TranscriptionWire):
            raise _cannot(provider, model)
        return await wire.transcribe(self._target(provider, model, request.model), request)

    async def make_images(self, scope: Scope, request: ImageRequest) -> Images:
        """See `Models.make_images`."""
        provider, model = self._found(request.model, "image")
        wire = self._wire(provider, model)
        if not isinstance(wire, ImageWire):
            raise _cannot(provider, model)
        return await wire.make_images(self._target(provider, model, request.model), request)

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        """See `Models.list_models`."""
        catalog = self._catalog.read()
        weights = {status.model: status for status in await self._local.status()}
        found = [info for provider in catalog.providers.values() for info in self._infos(provider, weights)]
        broken = [_broken(f"{provider}/*", problem) for provider, problem in catalog.problems.items()]
        return sorted(found + broken, key=lambda info: info.id)

    async def close(self) -> None:
        """End connections and child processes. The gateway may be used again; it then begins afresh."""
        for wire in self._wires.values():
            await wire.close()

    def _found(self, name: str, type_: ModelType) -> tuple[Provider, ModelCard]:
        provider, model = find_model(self._catalog.read(), name)
        if provider.describes(model) and model.type != type_:
            raise ModelRefused(
                f"{name} is a model of type {model.type}, and this needs one of type {type_}.", model=name
            )
        return provider, model

    def _wire(self, provider: Provider, model: ModelCard) -> Wire:
        name = provider.wire_for(model)
        wire = self._wires.get(name)
        if wire is None:
            spoken = f"{provider.id}/{model.id} speaks {name!r}, which this installation does not."
            raise ModelUnavailable(spoken, cause="not_configured")
        return wire

    def _connection(self, provider: Provider, name: str) -> Connection:
        configuration = configure(provider.card, self._environment)
        if not configuration.complete:
            what = " and ".join(configuration.missing)
            raise ModelUnavailable(f"{name} is not configured here: {what}.", cause="not_configured", model=name)
        return configuration.connection

    def _target(self, provider: Provider, model: ModelCard, name: str) -> Target:
        connection = self._connection(provider, name)
        return Target(
            provider=provider.id,
            model=model.provider_model or model.id,
            connection=connection,
            profile=provider.profile_of(model),
            card=model,
            secrets=connection.secrets(provider.card),
        )

    def _call(self, provider: Provider, model: ModelCard, request: ChatRequest) -> Call:
        target = self._target(provider, model, request.model)
        return Call(
            provider=target.provider,
            model=target.model,
            messages=tuple(request.messages),
            connection=target.connection,
            profile=target.profile,
            params={**model.defaults, **request.params},
            json_schema=request.json_schema,
            context_size=model.context_size,
            tools=tuple(request.tools),
            tool_choice=request.tool_choice,
            parallel_tool_calls=request.parallel_tool_calls,
            card=model,
            secrets=target.secrets,
        )

    def _infos(self, provider: Provider, weights: Mapping[str, WeightsStatus]) -> Iterator[ModelInfo]:
        missing = configure(provider.card, self._environment).missing
        problem = f"Not configured: {' and '.join(missing)}." if missing else None
        for model in _listed(provider):
            model_id = f"{provider.id}/{model.id}"
            status = weights.get(model_id)
            trouble = problem or (status.problem if status and status.state == "failed" else None)
            yield ModelInfo(
                model_id, provider.id, model.label, model.type, model.context_size, trouble is None, trouble
            )
        for name, broken in provider.problems.items():
            yield _broken(f"{provider.id}/{name}", broken)


def _cannot(provider: Provider, model: ModelCard) -> ModelUnavailable:
    wire = provider.wire_for(model)
    message = f"{provider.id}/{model.id} cannot be called: the wire {wire!r} carries no models of type {model.type}."
    return ModelUnavailable(message, cause="not_configured")


def _listed(provider: Provider) -> Iterable[ModelCard]:
    if provider.card.open_ended:
        return [*provider.models.values(), ModelCard(id="*", label=f"{provider.card.label}: any other model, by name")]
    return provider.models.values()


def _broken(model_id: str, problem: str) -> ModelInfo:
    return ModelInfo(model_id, model_id.partition("/")[0], model_id, ready=False, problem=problem)
