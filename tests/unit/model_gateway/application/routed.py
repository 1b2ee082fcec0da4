"""A gateway over wires that answer as they are told, with a clock that moves only when somebody sleeps."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from loomwork.kernel.errors import NotFound
from loomwork.kernel.scope import Scope, embedded_scope
from loomwork.model_gateway.api import (
    Budget,
    BudgetExceeded,
    BudgetState,
    ChatEvent,
    ChatRequest,
    EmbeddingRequest,
    Embeddings,
    Entry,
    Finished,
    Message,
    ModelFailure,
    Route,
    TextDelta,
    Total,
    Usage,
)
from loomwork.model_gateway.application.gateway import Gateway
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.application.timing import Timing
from loomwork.model_gateway.domain.connection import StoredCredential
from loomwork.model_gateway.domain.metering import Estimate
from loomwork.model_gateway.domain.provider import (
    Catalog,
    Credential,
    ModelCard,
    Price,
    Profile,
    Provider,
    ProviderCard,
    Retirement,
    Source,
)
from loomwork.model_gateway.ports import Call, CredentialRow, Target
from tests.unit.model_gateway.worlds import StoreInHand

SCOPE = embedded_scope()
SOURCE = Source(url="https://acme.example/docs", read=date(2026, 1, 1))
USED = Usage(3, 5)
ENVIRONMENT = {"ACME_KEY": "sk-acme", "BOLT_KEY": "sk-bolt"}

Piece = ChatEvent | ModelFailure | asyncio.Event
"""What a wire does next: says it, raises it, or waits for it."""


class HandClock:
    """Both clocks stand still until somebody sleeps."""

    def __init__(self) -> None:
        self.passed = 100.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds
        await asyncio.sleep(0)


def said(*pieces: str, usage: Usage = USED, **more: Any) -> list[Piece]:
    """A whole answer."""
    return [*(TextDelta(piece) for piece in pieces), Finished("stop", usage, **more)]


@dataclass
class ToldWire:
    """Answers each model as told, in turn; the last word is repeated. `asked` says who was asked, with which key."""

    words: dict[str, list[Sequence[Piece]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    vectors: dict[str, list[ModelFailure | None]] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, so: Callable[["ToldWire"], bool]) -> None:
        """Wait until it has been asked, or left, as a test wants it."""
        while not so(self):
            self.news.clear()
            await self.news.wait()

    def tell(self, model: str, *answers: Sequence[Piece]) -> None:
        self.words[model] = list(answers)

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        name = f"{call.provider}/{call.model}"
        key = call.connection.key_id
        self.asked.append(f"{name}:{key}" if key else name)
        self.calls.append(call)
        self.news.set()
        answers = self.words.get(f"{name}:{key}") or self.words.get(name) or [said("Hi")]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            for piece in answer:
                if isinstance(piece, asyncio.Event):
                    await piece.wait()
                elif isinstance(piece, Exception):
                    raise piece
                else:
                    yield piece
        finally:
            self.closed.append(name)
            self.news.set()

    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        self.asked.append(target.name)
        self.texts.append(list(request.texts))
        failures = self.vectors.get(target.name)
        if failures and (failure := failures.pop(0)) is not None:
            raise failure
        return Embeddings([[float(len(text))] for text in request.texts], Usage(prompt_tokens=len(request.texts)))

    async def close(self) -> None:
        return None


@dataclass
class KeysInHand:
    """What workspaces have stored, by provider."""

    keys: dict[str, list[StoredCredential]] = field(default_factory=dict)
    reads: int = 0

    async def usable(self, scope: Scope, provider: str) -> Sequence[StoredCredential]:
        self.reads += 1
        return self.keys.get(provider, [])

    async def listed(self, scope: Scope, provider: str | None = None) -> Sequence[CredentialRow]:
        return ()

    async def add(self, scope: Scope, row: CredentialRow, values: Mapping[str, str]) -> None:
        self.keys.setdefault(row.provider, []).append(StoredCredential(row.id, row.endpoint, values, row.weight))

    async def change(self, scope: Scope, row: CredentialRow, values: Mapping[str, str] | None) -> None:
        await self.remove(scope, row.id)
        await self.add(scope, row, values or {})

    async def remove(self, scope: Scope, credential_id: str) -> None:
        for keys in self.keys.values():
            keys[:] = [key for key in keys if key.id != credential_id]


@dataclass
class RoutesInHand:
    routes: dict[str, Route] = field(default_factory=dict)

    async def put(self, scope: Scope, route: Route) -> None:
        self.routes[route.name] = route

    async def remove(self, scope: Scope, name: str) -> None:
        if self.routes.pop(name, None) is None:
            raise NotFound(name)

    async def listed(self, scope: Scope) -> Sequence[Route]:
        return list(self.routes.values())


class LedgerInHand:
    """One budget in tokens, kept exactly; entries as they are settled."""

    def __init__(self, limit: int = 1_000_000) -> None:
        self.limit = limit
        self.held: dict[str, Estimate] = {}
        self.written: list[Entry] = []
        self.broken = False
        self.free = False
        self.may_hold = asyncio.Event()
        self.may_hold.set()
        self.may_settle = asyncio.Event()
        self.may_settle.set()

    def holds_nobody(self, scope: Scope) -> bool:
        return self.free

    async def reserve(self, scope: Scope, reservation_id: str, entry_for: Entry, estimate: Estimate) -> None:
        await self.may_hold.wait()
        spent = sum(entry.usage.total_tokens or 0 for entry in self.written)
        if spent + sum(held.tokens for held in self.held.values()) + estimate.tokens > self.limit:
            raise BudgetExceeded("The budget is spent.")
        self.held[reservation_id] = estimate

    async def settle(self, scope: Scope, reservation_id: str | None, entry: Entry) -> None:
        if self.broken:
            raise OSError("the disk is full")
        await self.may_settle.wait()
        if reservation_id is not None:
            self.held.pop(reservation_id)
        self.written.append(entry)

    async def put_budget(self, scope: Scope, budget: Budget) -> None:
        self.limit = int(budget.limit)

    async def remove_budget(self, scope: Scope, budget_id: str) -> None:
        raise NotFound(budget_id)

    async def budgets(self, scope: Scope) -> Sequence[BudgetState]:
        return ()

    async def entries(
        self, scope: Scope, *, since: datetime, until: datetime, run_id: str | None, limit: int, before: str | None
    ) -> Sequence[Entry]:
        return self.written

    async def totals(self, scope: Scope, *, since: datetime, until: datetime, by: str) -> Sequence[Total]:
        return ()


def provider(name: str, *models: ModelCard, env: str) -> Provider:
    card = ProviderCard(
        id=name,
        label=name.title(),
        wire="openai_chat",
        endpoint=f"https://{name}.example/v1",
        credentials={"api_key": Credential(env=env)},
        open_ended=True,
    )
    return Provider(card, {model.id: model for model in models})


def a_catalog() -> Catalog:
    price = Price(input=Decimal(1), output=Decimal(2), per=1000, source=SOURCE)
    retires = Retirement(date=date(2026, 6, 1), successor="fine", source=SOURCE)
    acme = provider(
        "acme",
        ModelCard(id="fine", label="Fine", price=price, max_output=100, profile={"vision": True}),
        ModelCard(id="old", label="Old", retires=retires),
        ModelCard(id="vectors", label="Vectors", type="embedding", max_batch=2, price=price),
        env="ACME_KEY",
    )
    bolt = provider(
        "bolt",
        ModelCard(id="quick", label="Quick", context_size=1000),
        ModelCard(id="vectors", label="Vectors", type="embedding"),
        env="BOLT_KEY",
    )
    here = ProviderCard(id="local", label="Here", wire="local", profile=Profile(tools=False))
    local = Provider(here, {"good": ModelCard(id="good", label="Good")})
    return Catalog({"acme": acme, "bolt": bolt, "local": local})


@dataclass
class CatalogHeld:
    catalog: Catalog = field(default_factory=a_catalog)

    def read(self) -> Catalog:
        return self.catalog


class World:
    """`chance` is always in the middle, so that pauses are known."""

    def __init__(
        self, *, environment: Mapping[str, str] | None = None, chance: Callable[[], float] = lambda: 0.5
    ) -> None:
        self.wire = ToldWire()
        self.clock = HandClock()
        self.keys = KeysInHand()
        self.routes = RoutesInHand()
        self.ledger = LedgerInHand()
        catalog = CatalogHeld()
        self.models = Gateway(
            catalog=catalog,
            wires={"openai_chat": self.wire, "local": self.wire},
            environment=ENVIRONMENT if environment is None else environment,
            default_model="local/good",
            local=LocalWeights(catalog=catalog, store=StoreInHand(), default_model="local/good"),
            credentials=self.keys,
            routes=self.routes,
            accounts=self.ledger,
            timing=Timing(self.clock, chance, self.clock.sleep),
        )

    async def events(self, model: str, **more: Any) -> list[ChatEvent]:
        return [event async for event in self.models.chat(SCOPE, asking(model, **more))]

    async def text(self, model: str, **more: Any) -> str:
        events = await self.events(model, **more)
        return "".join(event.text for event in events if isinstance(event, TextDelta))


def asking(model: str, **more: Any) -> ChatRequest:
    return ChatRequest(model, [Message("user", "Hello?")], **more)


def key(name: str, weight: int = 1, provider: str = "acme") -> StoredCredential:
    return StoredCredential(name, f"https://{provider}.example/v1", {"api_key": f"sk-{name}"}, weight)
