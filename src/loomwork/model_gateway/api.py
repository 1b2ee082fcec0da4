"""The door of the model gateway: what neighbours may ask of models, and the values they exchange.

A model is named `provider/model`, split at the first slash. What an app file writes is a *reference* (Dify's provider
ids included: `langgenius/openai/openai` + `gpt-4o`); `resolve` says which model of this installation answers for it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope


class ModelNotFound(LoomworkError):
    """No provider has a model of this name; the message names the providers there are."""

    code = "model_not_found"


class ModelUnavailable(LoomworkError):
    """The model is known and could not answer: no credentials, no weights, refused, unreachable, cut off."""

    code = "model_unavailable"


class ModelRefused(LoomworkError):
    """The provider refused the request itself (4xx): repeating it unchanged will not help."""

    code = "model_refused"


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str
    images: Sequence[str] = ()
    """Image URLs, `data:` URLs included, for models that see."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """`params` are the completion params as the app wrote them (temperature, top_p, max_tokens, stop, ...); a wire
    sends those its dialect knows. `json_schema` constrains the whole answer to JSON of that schema; the local model
    does so by grammar.
    """

    model: str
    messages: Sequence[Message]
    params: Mapping[str, Any] = field(default_factory=dict)
    json_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. None where the provider did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    @property
    def total_tokens(self) -> int | None:
        if self.prompt_tokens is None and self.completion_tokens is None:
            return None
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every answer that came to its end."""

    finish_reason: str
    usage: Usage


ChatEvent = TextDelta | ReasoningDelta | Finished


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model as an app file writes it."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """`model` answers for `reference`; `notice` is a sentence for the user when it is not the one asked for."""

    reference: ModelReference
    model: str
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that can be called, or what keeps it from being called (`problem`)."""

    id: str
    provider: str
    label: str
    type: Literal["chat"] = "chat"
    context_size: int | None = None
    ready: bool = True
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """Where the weights of a local model stand. Sizes in bytes. `source` says in words where they come from."""

    model: str
    state: Literal["absent", "fetching", "ready", "failed"]
    source: str
    size: int
    fetched: int
    licence: str
    problem: str | None = None


class Models(Protocol):
    """Any model, by name."""

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        """Which model answers for a reference: `override` if given, the referenced one if its provider is configured,
        else the default local model, with a notice. Raises `ModelNotFound` for an override that does not exist.
        """
        ...

    def chat(self, scope: Scope, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Stream one answer; closing the iterator cancels the call. Raises `ModelNotFound`, `ModelUnavailable` or
        `ModelRefused`.
        """
        ...

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        """Every model of every provider, those that are not configured included."""
        ...


class LocalModels(Protocol):
    """The models that run on this machine: their weights, and the process that runs them."""

    async def status(self) -> Sequence[WeightsStatus]:
        """One entry for each local model of the catalog, the default one first."""
        ...

    async def fetch(self, model: str) -> WeightsStatus:
        """Begin (or join) fetching a model's weights in the background and answer at once. Never fetches twice."""
        ...

    async def wait(self, model: str) -> WeightsStatus:
        """Wait until a fetch that was begun has ended; raises `ModelUnavailable` where it failed."""
        ...
