"""What the gateway needs from the world: a catalog to read, wires to speak over, places to keep weights, credentials
and accounts."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.audio import SpeechEvent, SpeechRequest, Transcription, TranscriptionRequest
from loomwork.model_gateway.domain.chat import AUTO, ChatEvent, Message, Tool, ToolChoice
from loomwork.model_gateway.domain.connection import Connection, StoredCredential
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.image import ImageRequest, Images
from loomwork.model_gateway.domain.memory import Memory
from loomwork.model_gateway.domain.metering import Budget, BudgetState, Entry, Estimate, Total
from loomwork.model_gateway.domain.moderation import Moderation, ModerationRequest
from loomwork.model_gateway.domain.provider import Catalog, ModelCard, ModelType, Profile, Weights
from loomwork.model_gateway.domain.rerank import Ranking, RerankRequest
from loomwork.model_gateway.domain.routes import Patience, Route
from loomwork.model_gateway.domain.usage import Spender

__all__ = [
    "AccountStore",
    "Call",
    "CallLimits",
    "CatalogFolder",
    "CatalogSource",
    "ChatWire",
    "CredentialRow",
    "CredentialStore",
    "EmbeddingWire",
    "ImageWire",
    "ModelMemory",
    "ModerationWire",
    "RerankWire",
    "RouteStore",
    "SpeechWire",
    "SuppliedWeights",
    "Target",
    "TranscriptionWire",
    "WeightsStore",
    "WeightsSupply",
    "Wire",
]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes. `model` is the name that the provider knows it by; `card` is what the catalog says of it."""

    provider: str
    model: str
    connection: Connection = field(default_factory=Connection)
    profile: Profile = field(default_factory=Profile)
    card: ModelCard | None = None
    patience: Patience | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What must not stand in any message, beside the connection's key."""

    @property
    def name(self) -> str:
        """What to call the model in a sentence."""
        return f"{self.provider}/{self.card.id if self.card else self.model}"


@dataclass(frozen=True, slots=True)
class Call:
    """One chat request, with all that a wire needs to carry it. `model` is the name the provider knows it by.

    `whole`: a wire that can asks for the answer in one piece, and waits for it as long as for all of a stream; its
    events then come all at once. The others stream all the same. `turn` is waited for when the provider has begun to
    answer, before the answer is looked at.
    """

    provider: str
    model: str
    messages: tuple[Message, ...]
    connection: Connection = field(default_factory=Connection)
    profile: Profile = field(default_factory=Profile)
    params: Mapping[str, Any] = field(default_factory=dict)
    json_schema: Mapping[str, Any] | None = None
    context_size: int | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = AUTO
    parallel_tool_calls: bool = True
    patience: Patience | None = None
    card: ModelCard | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    whole: bool = False
    turn: Callable[[], Awaitable[None]] | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """What to call the model in a sentence."""
        return f"{self.provider}/{self.card.id if self.card else self.model}"


class Wire(Protocol):
    """A dialect that models are spoken to in. What it can carry, it says by the protocols below that it fits."""

    async def close(self) -> None:
        """Let go of connections and processes. A wire that is used again afterwards begins afresh."""
        ...


@runtime_checkable
class ChatWire(Wire, Protocol):
    """Every method of a wire raises `ModelRefused` or `ModelUnavailable` with the cause, and nothing else."""

    def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """Stream one answer, ending with `Finished`; closing the iterator closes the connection and ends the work on
        the other side.
        """
        ...


@runtime_checkable
class EmbeddingWire(Wire, Protocol):
    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        """Vectors for at most `max_batch` texts, in one call."""
        ...


@runtime_checkable
class RerankWire(Wire, Protocol):
    async def rerank(self, target: Target, request: RerankRequest) -> Ranking:
        """The best first."""
        ...


@runtime_checkable
class ModerationWire(Wire, Protocol):
    async def moderate(self, target: Target, request: ModerationRequest) -> Moderation:
        """One verdict for each text."""
        ...


@runtime_checkable
class SpeechWire(Wire, Protocol):
    def speak(self, target: Target, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        """Stream the audio, ending with `Spoken`; closing the iterator ends the call."""
        ...


@runtime_checkable
class TranscriptionWire(Wire, Protocol):
    async def transcribe(self, target: Target, request: TranscriptionRequest) -> Transcription:
        """What is said in the audio."""
        ...


@runtime_checkable
class ImageWire(Wire, Protocol):
    async def make_images(self, target: Target, request: ImageRequest) -> Images:
        """As many images as were asked for, or fewer where the model makes fewer."""
        ...


class CatalogSource(Protocol):
    """Where the catalog comes from."""

    def read(self) -> Catalog:
        """The catalog as its files say it now; a file that cannot be used is a problem in it, never an error."""
        ...


class CatalogFolder(Protocol):
    """The user's own part of the catalog: files of providers, read as those that came with Loomwork are."""

    def put(self, files: Mapping[str, str]) -> str:
        """Write a provider's files (name below its folder to text) in the place of those that it had here; its id.
        What reads the catalog meanwhile finds each file whole, and the provider there throughout.

        Raises `InvalidInput` naming the file and what is wrong with it; then nothing is changed.
        """
        ...

    def remove(self, provider: str) -> None:
        """Raises `NotFound` where it has no files here."""
        ...

    def providers(self) -> frozenset[str]:
        """Those that have files here."""
        ...


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A credential as it is listed: everything but its values."""

    id: str
    provider: str
    name: str
    endpoint: str | None
    weight: int
    enabled: bool
    hint: str
    """The last four characters of its key, where it is long enough that they give nothing away."""
    created_at: datetime
    updated_at: datetime
    verified_at: datetime | None = None


class CredentialStore(Protocol):
    """Keeps credentials encrypted. Values are readable by the gateway alone, for the workspace of the scope only."""

    async def add(self, scope: Scope, row: CredentialRow, values: Mapping[str, str]) -> None:
        """Raises `Conflict` where the provider has one of this name."""
        ...

    async def change(self, scope: Scope, row: CredentialRow, values: Mapping[str, str] | None) -> None:
        """Replace what is listed, and the values where given. Raises `NotFound`."""
        ...

    async def remove(self, scope: Scope, credential_id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def listed(self, scope: Scope, provider: str | None = None) -> Sequence[CredentialRow]:
        """By provider, then by age."""
        ...

    async def usable(self, scope: Scope, provider: str) -> Sequence[StoredCredential]:
        """The enabled ones with their values. One that cannot be decrypted is left out, and logged by its id."""
        ...


class RouteStore(Protocol):
    """Keeps the routes of a workspace."""

    async def put(self, scope: Scope, route: Route) -> None:
        """Add it, or replace the one of its name."""
        ...

    async def remove(self, scope: Scope, name: str) -> None:
        """Raises `NotFound`."""
        ...

    async def listed(self, scope: Scope) -> Sequence[Route]:
        """By name."""
        ...


class AccountStore(Protocol):
    """The ledger and the budgets. Reservations are exact: whatever runs at once, in however many processes, spent and
    reserved together never pass a limit.
    """

    def holds_nobody(self, scope: Scope) -> bool:
        """Whether it is known, without asking anybody, that nothing holds a call of this workspace back: then nobody
        needs to say what it may use.
        """
        ...

    async def reserve(self, scope: Scope, reservation_id: str, entry_for: Entry, estimate: Estimate) -> None:
        """Hold the estimate in every budget that the call falls under, or in none. Raises `BudgetExceeded`, naming the
        budget, what is left of it and when it begins anew. A reservation that is never settled lapses after an hour.
        """
        ...

    async def settle(self, scope: Scope, reservation_id: str | None, entry: Entry) -> None:
        """Write the entry down, and replace what was held by what was used. Settling twice counts once."""
        ...

    async def put_budget(self, scope: Scope, budget: Budget) -> None:
        """Add it, or replace the one of its id; what was spent in the period counts."""
        ...

    async def remove_budget(self, scope: Scope, budget_id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def budgets(self, scope: Scope) -> Sequence[BudgetState]:
        """Every budget of the workspace, as its period stands now."""
        ...

    async def entries(
        self, scope: Scope, *, since: datetime, until: datetime, run_id: str | None, limit: int, before: str | None
    ) -> Sequence[Entry]:
        """The newest first; `before` is the id of the last one of the page before."""
        ...

    async def totals(self, scope: Scope, *, since: datetime, until: datetime, by: str) -> Sequence[Total]:
        """Added up `by` model, app, key, run, node or day."""
        ...


class CallLimits(Protocol):
    """How often models may be called in a minute."""

    @property
    def are_none(self) -> bool:
        """Whether every call is let through."""
        ...

    async def admit(self, scope: Scope, spender: Spender, tokens: int) -> None:
        """Let one call through that may use so many tokens. Raises `TooManyCalls`, saying when there is room again."""
        ...

    async def give_back(self, scope: Scope, spender: Spender, tokens: int) -> None:
        """So many tokens that were admitted were not used; a negative count: so many more were."""
        ...


class WeightsStore(Protocol):
    """Where model files are kept on this machine, shared by every process of this user."""

    def located(self, weights: Weights) -> Path | None:
        """The verified file, if it is here. Answers at once."""
        ...

    def fetched(self, weights: Weights) -> int:
        """How many bytes of it are here so far, counted in the file's own size."""
        ...

    def describe(self, weights: Weights) -> str:
        """Where it is, or would come from, in words."""
        ...

    async def obtain(self, weights: Weights) -> Path:
        """Bring it here from the first source that has it, and verify it; what an earlier attempt brought is used.
        Only one process at a time does so. Raises `ModelUnavailable` with a sentence for what kept it from coming.
        """
        ...


@dataclass(frozen=True, slots=True)
class SuppliedWeights:
    """A model file that is ready to be loaded, and the model it belongs to."""

    model: str
    path: Path
    context_size: int
    type: ModelType = "chat"


class ModelMemory(Protocol):
    """What runs the models of this machine."""

    def holds(self, path: Path) -> Memory:
        """Whether the model of this file is loaded. Answers at once."""
        ...


class WeightsSupply(Protocol):
    """Hands the local wire the file to load."""

    def is_here(self, model: str) -> bool:
        """Whether a model's weights can be had without fetching anything."""
        ...

    async def supply(self, model: str) -> SuppliedWeights:
        """Wait for a model's weights, fetching them if need be; where they cannot be had, those of its fallback.
        Raises `ModelUnavailable`.
        """
        ...
