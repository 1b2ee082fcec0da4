"""Every method of `Models` and of `LocalModels` by its name, as questions that lines answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from loomwork.interface.http.errors import log_unexpected
from loomwork.interface.http.streams import closing
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    ChatRequest,
    EmbeddingRequest,
    ImageRequest,
    LocalModels,
    ModelReference,
    Models,
    ModelUnavailable,
    ModerationRequest,
    RerankRequest,
    SpeechRequest,
    TranscriptionRequest,
    event_line,
    failure_line,
    line_of,
    read_as,
)

Answer = Callable[[Mapping[str, Any]], AsyncIterator[bytes]]
"""From the arguments by name to the lines; raises `BrokenExchange` for arguments that are not the method's."""


class ModelMethods:
    """The doors of the gateway, opened by name."""

    def __init__(self, models: Models, local_models: LocalModels) -> None:
        self._models = models
        self._local = local_models
        self.by_name: Mapping[str, Answer] = {
            "resolve": self._resolve,
            "chat": self._chat,
            "speak": self._speak,
            "list_models": lambda asked: _whole(models.list_models(_scope(asked))),
            "embed": lambda asked: _whole(models.embed(_scope(asked), _request(asked, EmbeddingRequest))),
            "rerank": lambda asked: _whole(models.rerank(_scope(asked), _request(asked, RerankRequest))),
            "moderate": lambda asked: _whole(models.moderate(_scope(asked), _request(asked, ModerationRequest))),
            "transcribe": lambda asked: _whole(models.transcribe(_scope(asked), _request(asked, TranscriptionRequest))),
            "make_images": lambda asked: _whole(models.make_images(_scope(asked), _request(asked, ImageRequest))),
            "status": lambda _: _whole(local_models.status()),
            "fetch": lambda asked: _whole(local_models.fetch(str(asked.get("model")))),
            "wait": lambda asked: _whole(local_models.wait(str(asked.get("model")))),
        }

    def _resolve(self, asked: Mapping[str, Any]) -> AsyncIterator[bytes]:
        reference = read_as(ModelReference, asked.get("reference"))
        override = asked.get("override")
        return _whole(
            self._models.resolve(_scope(asked), reference, override=str(override) if override is not None else None)
        )

    def _chat(self, asked: Mapping[str, Any]) -> AsyncIterator[bytes]:
        return _streamed(self._models.chat(_scope(asked), _request(asked, ChatRequest)))

    def _speak(self, asked: Mapping[str, Any]) -> AsyncIterator[bytes]:
        return _streamed(self._models.speak(_scope(asked), _request(asked, SpeechRequest)))


def _scope(asked: Mapping[str, Any]) -> Scope:
    return read_as(Scope, asked.get("scope"))


def _request(asked: Mapping[str, Any], kind: Any) -> Any:
    return read_as(kind, asked.get("request"))


async def _whole(answer: Awaitable[Any]) -> AsyncIterator[bytes]:
    try:
        line = line_of({"result": await answer})
    except Exception as error:  # noqa: BLE001 - the status is sent; all that can be told is told in the last line
        line = _failed(error)
    yield line


async def _streamed(events: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    try:
        async with closing(events):
            async for event in events:
                yield event_line(event)
    except Exception as error:  # noqa: BLE001 - as above
        yield _failed(error)


def _failed(error: Exception) -> bytes:
    if isinstance(error, LoomworkError):
        return failure_line(error)
    reference = log_unexpected("/internal/v1", error)
    problem = f"Something went wrong in the inference service. Its log has the details under {reference}."
    return failure_line(ModelUnavailable(problem, cause="outage", reference=reference))
