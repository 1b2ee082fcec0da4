"""The door of the model gateway: what neighbours may ask of models, and the values they exchange.

A model is named `provider/model`, split at the first slash. What an app file writes is a *reference* (Dify's provider
ids included: `langgenius/openai/openai` + `gpt-4o`); `resolve` says which model of this installation answers for it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.audio import (
    AudioDelta,
    AudioFormat,
    Segment,
    SpeechEvent,
    SpeechRequest,
    Spoken,
    Transcription,
    TranscriptionRequest,
)
from loomwork.model_gateway.domain.chat import (
    AUTO,
    ChatEvent,
    ChatRequest,
    Finished,
    Message,
    ReasoningDelta,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
)
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.errors import (
    BudgetExceeded,
    Cause,
    ModelFailure,
    ModelNotFound,
    ModelRefused,
    ModelUnavailable,
    TooManyCalls,
)
from loomwork.model_gateway.domain.exchange import (
    BrokenExchange,
    event_line,
    event_of,
    failure_line,
    failure_of,
    line_of,
    read_as,
    value_of,
)
from loomwork.model_gateway.domain.image import ImageRequest, Images, MadeImage
from loomwork.model_gateway.domain.memory import Memory
from loomwork.model_gateway.domain.metering import Budget, BudgetState, Entry, Subject, Total
from loomwork.model_gateway.domain.moderation import Moderation, ModerationRequest, Verdict
from loomwork.model_gateway.domain.provider import ModelType
from loomwork.model_gateway.domain.references import ModelReference, ResolvedModel
from loomwork.model_gateway.domain.rerank import Ranked, Ranking, RerankRequest
from loomwork.model_gateway.domain.routes import Patience, Route, Share
from loomwork.model_gateway.domain.usage import NOBODY, UNKNOWN_COST, Cost, Spender, Usage

__all__ = [
    "AUTO",
    "NOBODY",
    "UNKNOWN_COST",
    "Accounts",
    "AudioDelta",
    "AudioFormat",
    "BrokenExchange",
    "Budget",
    "BudgetExceeded",
    "BudgetState",
    "Cause",
    "ChatEvent",
    "ChatModels",
    "ChatRequest",
    "Cost",
    "CredentialInfo",
    "EmbeddingRequest",
    "Embeddings",
    "Entry",
    "FieldInfo",
    "Finished",
    "ImageRequest",
    "Images",
    "LocalModels",
    "MadeImage",
    "Memory",
    "Message",
    "ModelFailure",
    "ModelInfo",
    "ModelNotFound",
    "ModelReference",
    "ModelRefused",
    "ModelType",
    "ModelUnavailable",
    "Models",
    "Moderation",
    "ModerationRequest",
    "Patience",
    "ProviderInfo",
    "Providers",
    "Ranked",
    "Ranking",
    "ReasoningDelta",
    "RerankRequest",
    "ResolvedModel",
    "Route",
    "Segment",
    "Share",
    "SpeechEvent",
    "SpeechRequest",
    "Spender",
    "Spoken",
    "Subject",
    "TextDelta",
    "TooManyCalls",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolChoice",
    "Total",
    "Transcription",
    "TranscriptionRequest",
    "Usage",
    "Verdict",
    "WeightsStatus",
    "event_line",
    "event_of",
    "failure_line",
    "failure_of",
    "line_of",
    "read_as",
    "value_of",
]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that can be called, or what keeps it from being called (`problem`). `retires` and `successor`: its vendor
    switches it off that day, and names what to use instead. `tried`: see `ProviderInfo`.
    """

    id: str
    provider: str
    label: str
    type: ModelType = "chat"
    context_size: int | None = None
    ready: bool = True
    problem: str | None = None
    abilities: Sequence[str] = ()
    """Of `tools`, `vision`, `reasoning`, `structured_output`."""
    max_output: int | None = None
    dimensions: int | None = None
    price: Mapping[str, Any] | None = None
    """As the catalog has it: `input`, `output`, `per`, `unit`, `currency`, and the source with its date."""
    retires: str | None = None
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field of a provider's credentials, for a form."""

    name: str
    label: str
    help: str | None
    required: bool
    secret: bool
    default: str | None
    choices: Sequence[str]


@dataclass(frozen=True, slots=True)
class CredentialInfo:
    """A stored credential, without its values. `hint` is the end of its key."""

    id: str
    provider: str
    name: str
    endpoint: str | None
    weight: int
    enabled: bool
    hint: str
    created_at: datetime
    updated_at: datetime
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """A provider, and whether it can be called. `tried`: somebody has really called it with these files. `from_env`:
    the environment of this process configures it; such credentials are the operator's, and shown to nobody.
    """

    id: str
    label: str
    wire: str
    ready: bool
    problem: str | None
    endpoint: str | None
    fields: Sequence[FieldInfo]
    links: Mapping[str, str]
    tried: bool
    models: int
    open_ended: bool
    credentials: Sequence[CredentialInfo]
    from_env: bool
    removable: bool
    """Whether its files are the user's own, in the data folder."""


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """Where the weights of a local model stand. Sizes in bytes. `source` says in words where they come from.

    `stand_in` is the smaller model that answers while these weights cannot be had. `memory` says where the process that
    runs the model stands: "empty" while there is none, "loading" until it can answer.
    """

    model: str
    state: Literal["absent", "fetching", "ready", "failed"]
    source: str
    size: int
    fetched: int
    licence: str
    problem: str | None = None
    stand_in: str | None = None
    memory: Memory = "empty"


class ChatModels(Protocol):
    """What nodes and runs need: who answers for a reference, and the answer."""

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


class Models(ChatModels, Protocol):
    """Any model, by name."""

    async def embed(self, scope: Scope, request: EmbeddingRequest) -> Embeddings:
        """Vectors for any number of texts; batches are made to fit the model. Raises as `chat` does."""
        ...

    async def rerank(self, scope: Scope, request: RerankRequest) -> Ranking:
        """The best first. Raises as `chat` does."""
        ...

    async def moderate(self, scope: Scope, request: ModerationRequest) -> Moderation:
        """One verdict for each text. Raises as `chat` does."""
        ...

    def speak(self, scope: Scope, request: SpeechRequest) -> AsyncIterator[SpeechEvent]:
        """Stream speech; closing the iterator cancels the call. Raises as `chat` does."""
        ...

    async def transcribe(self, scope: Scope, request: TranscriptionRequest) -> Transcription:
        """What is said in the audio. Raises as `chat` does."""
        ...

    async def make_images(self, scope: Scope, request: ImageRequest) -> Images:
        """Raises as `chat` does."""
        ...

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        """Every model of every provider, those that are not configured included, and the workspace's routes."""
        ...


class Providers(Protocol):
    """Who offers models, and what a workspace has told us to be let in. Credentials can be written and never read."""

    async def list_providers(self, scope: Scope) -> Sequence[ProviderInfo]:
        """Every provider of the catalog, the configured ones first."""
        ...

    async def add_credential(
        self, scope: Scope, provider: str, *, name: str, values: Mapping[str, str], weight: int = 1, verify: bool = True
    ) -> CredentialInfo:
        """Store a credential for the provider's address as it is now, after a real and cheap call has shown that it
        works. Raises `InvalidInput` for fields that are missing or unknown, `ModelFailure` where the call fails.
        """
        ...

    async def change_credential(
        self,
        scope: Scope,
        credential_id: str,
        *,
        name: str | None = None,
        values: Mapping[str, str] | None = None,
        weight: int | None = None,
        enabled: bool | None = None,
        verify: bool = True,
    ) -> CredentialInfo:
        """Replace what is given. New values replace all old ones. Raises `NotFound` and as `add_credential` does."""
        ...

    async def remove_credential(self, scope: Scope, credential_id: str) -> None:
        """Raises `NotFound`. Calls under way end with the key they began with."""
        ...

    async def test_model(self, scope: Scope, model: str) -> str:
        """Call a model as cheaply as can be, and say in a sentence that it answered. Raises `ModelFailure`."""
        ...

    async def add_provider(self, scope: Scope, files: Mapping[str, str]) -> ProviderInfo:
        """Write a provider's files (`provider.yml`, `models/*.yml`: name to text) into the data folder's catalog, once
        they have been found good. Raises `InvalidInput` naming the file, the place and what is wrong.
        """
        ...

    async def remove_provider(self, scope: Scope, provider: str) -> None:
        """Remove a provider of the data folder's catalog, or what it laid over a shipped one. Raises `NotFound`."""
        ...

    async def list_routes(self, scope: Scope) -> Sequence[Route]:
        """By name."""
        ...

    async def put_route(self, scope: Scope, route: Route) -> None:
        """Add or replace. Raises `InvalidInput` for a target that does not exist or a route that leads to itself."""
        ...

    async def remove_route(self, scope: Scope, name: str) -> None:
        """Raises `NotFound`."""
        ...


class Accounts(Protocol):
    """What models were asked, by whom, what it cost, and how much they may be."""

    async def list_budgets(
        self, scope: Scope, page: PageRequest, *, subject: Subject | None = None, subject_id: str | None = None
    ) -> Page[BudgetState]:
        """The budgets of the workspace, oldest first, as their periods stand now. Raises `InvalidInput` for the cursor
        of a budget that was removed since.
        """
        ...

    async def get_budget(self, scope: Scope, budget_id: str) -> BudgetState:
        """Raises `NotFound`."""
        ...

    async def put_budget(self, scope: Scope, budget: Budget) -> BudgetState:
        """Add or replace. Raises `InvalidInput`."""
        ...

    async def remove_budget(self, scope: Scope, budget_id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def list_entries(
        self,
        scope: Scope,
        *,
        since: datetime,
        until: datetime,
        run_id: str | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> Sequence[Entry]:
        """The newest first; `before` is the id of the last one of the page before."""
        ...

    async def totals(self, scope: Scope, *, since: datetime, until: datetime, by: str) -> Sequence[Total]:
        """Added up `by` model, app, key, run, node or day. Raises `InvalidInput` for another word."""
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
