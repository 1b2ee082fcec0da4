"""The door of the model gateway: what neighbours may ask of models, and the values they exchange.

A model is named `provider/model`, split at the first slash. What an app file writes is a *reference* (Dify's provider
ids included: `langgenius/openai/openai` + `gpt-4o`); `resolve` says which model of this installation answers for it.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.chat import (
    ChatEvent,
    ChatRequest,
    Finished,
    Message,
    ReasoningDelta,
    TextDelta,
    Usage,
)
from loomwork.model_gateway.domain.errors import ModelNotFound, ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.references import ModelReference, ResolvedModel

__all__ = [
    "ChatEvent",
    "ChatRequest",
    "Finished",
    "LocalModels",
    "Message",
    "ModelInfo",
    "ModelNotFound",
    "ModelReference",
    "ModelRefused",
    "ModelUnavailable",
    "Models",
    "ReasoningDelta",
    "ResolvedModel",
    "TextDelta",
    "Usage",
    "WeightsStatus",
]


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
    """Where the weights of a local model stand. Sizes in bytes. `source` says in words where they come from.

    `stand_in` is the smaller model that answers while these weights cannot be had.
    """

    model: str
    state: Literal["absent", "fetching", "ready", "failed"]
    source: str
    size: int
    fetched: int
    licence: str
    problem: str | None = None
    stand_in: str | None = None


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
