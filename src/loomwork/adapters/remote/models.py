"""`Models` and `LocalModels` of an inference service, as neighbours know them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, TypeVar

from loomwork.adapters.remote.line import Line
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    BrokenExchange,
    ChatEvent,
    ChatRequest,
    EmbeddingRequest,
    Embeddings,
    Finished,
    ImageRequest,
    Images,
    ModelInfo,
    ModelReference,
    ModelUnavailable,
    Moderation,
    ModerationRequest,
    Ranking,
    RerankRequest,
    ResolvedModel,
    SpeechEvent,
    SpeechRequest,
    Spoken,
    Transcription,
    TranscriptionRequest,
    WeightsStatus,
    event_of,
    failure_of,
    read_as,
)

T = TypeVar("T")

HANGING_UP_SECONDS = 0.5


class RemoteModels:
    """Implements `Models`. Each method is carried out there, for the workspace of the scope; nothing is tried twice
    here, since the gateway on the other side owns the retries.
    """

    def __init__(self, line: Line) -> None:
        self._line = line

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        """See `Models.resolve`."""
        asked = {"scope": scope, "reference": reference, "override": override}
        return await _result(self._line, "resolve", asked, ResolvedModel)

    def chat(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """See `Models.chat`. A turn among others of this process is not one among those of the other."""
        return _events(self._line, "chat", {"scope": scope, "request": replace(request, turn=None)})

    async def embed(self, scope: Scope, request: EmbeddingRequest) -> Embeddings:
        """See `Models.embed`."""
        return await self._whole("embed", scope, request, Embeddings)

    async def rerank(self, scope: Scope, request: RerankRequest) -> Ranking:
        """See `Models.rerank`."""
        return await self._whole("rerank", scope, request, Ranking)

    async def moderate(self, scope: Scope, request: ModerationRequest) -> Moderation:
        """See `Models.moderate`."""
        return await self._whole("moderate", scope, request, Moderation)

    def speak(self, scope: Scope, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        """See `Models.speak`."""
        return _events(self._line, "speak", {"scope": scope, "request": request})

    async def transcribe(self, scope: Scope, request: TranscriptionRequest) -> Transcription:
        """See `Models.transcribe`."""
        return await self._whole("transcribe", scope, request, Transcription)

    async def make_images(self, scope: Scope, request: ImageRequest) -> Images:
        """See `Models.make_images`."""
        return await self._whole("make_images", scope, request, Images)

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        """See `Models.list_models`."""
        return await _result(self._line, "list_models", {"scope": scope}, list[ModelInfo])

    async def problem(self) -> str | None:
        """What keeps the service from being used, in a sentence that strangers may read."""
        return await self._line.problem()

    async def close(self) -> None:
        """Close the connections. Used again afterwards, it begins afresh."""
        await self._line.close()

    async def _whole(self, method: str, scope: Scope, request: Any, kind: type[T]) -> T:
        return await _result(self._line, method, {"scope": scope, "request": request}, kind)


class RemoteLocalModels:
    """Implements `LocalModels` of the machine that the service runs on."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def status(self) -> Sequence[WeightsStatus]:
        """See `LocalModels.status`."""
        return await _result(self._line, "status", {}, list[WeightsStatus])

    async def fetch(self, model: str) -> WeightsStatus:
        """See `LocalModels.fetch`."""
        return await _result(self._line, "fetch", {"model": model}, WeightsStatus)

    async def wait(self, model: str) -> WeightsStatus:
        """See `LocalModels.wait`."""
        return await _result(self._line, "wait", {"model": model}, WeightsStatus)

    async def close(self) -> None:
        """Fetches go on: they are the service's."""


async def _result(line: Line, method: str, asked: Mapping[str, Any], kind: type[T]) -> T:
    async with aclosing(line.ask(method, asked)) as values:
        async for said in values:
            match said:
                case {"result": result}:
                    await _hung_up(values)
                    return _read(kind, result)
                case {"error": error}:
                    raise failure_of(error)
    raise _cut_off()


async def _events(line: Line, method: str, asked: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    async with aclosing(line.ask(method, asked)) as values:
        async for said in values:
            event = _event(said)
            if isinstance(event, Finished | Spoken):
                await _hung_up(values)
                yield event
                return
            yield event
    raise _cut_off()


async def _hung_up(values: AsyncGenerator[Any, None]) -> None:
    """Hear the other side out, so that the connection can be used again. The answer itself is complete."""
    with suppress(ModelUnavailable, TimeoutError):
        async with asyncio.timeout(HANGING_UP_SECONDS):
            await anext(values, None)


def _event(said: Any) -> Any:
    try:
        return event_of(said)
    except BrokenExchange as problem:
        raise _not_understood(problem) from None


def _read(kind: type[T], said: Any) -> T:
    try:
        return read_as(kind, said)
    except BrokenExchange as problem:
        raise _not_understood(problem) from None


def _cut_off() -> ModelUnavailable:
    return ModelUnavailable("The inference service ended its answer before it was complete.", cause="outage")


def _not_understood(problem: BrokenExchange) -> ModelUnavailable:
    return ModelUnavailable(
        f"The inference service is not understood ({problem}). Both sides have to be of one release.",
        cause="bad_answer",
    )
