"""The shapes of `/api/v1` that are about models: who offers them, how calls find them, what they use and may use."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from loomwork.interface.http.api.shapes import RequestShape, Shape
from loomwork.interface.http.encoding import JsonMap
from loomwork.model_gateway.api import (
    Budget,
    BudgetState,
    CredentialInfo,
    Entry,
    ModelInfo,
    Patience,
    ProviderInfo,
    Route,
    Share,
    Total,
)

ModelTypeName = Literal["chat", "embedding", "rerank", "moderation", "speech_to_text", "text_to_speech", "image"]
Name = Annotated[str, Field(min_length=1, max_length=100)]
ModelName = Annotated[str, Field(min_length=1, max_length=500)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Weight = Annotated[int, Field(ge=1, le=1000, description="Its share beside the others.")]


class ModelShape(Shape):
    """A model; `problem` says what keeps it from answering."""

    id: str = Field(examples=["local/qwen2.5-coder-0.5b"])
    provider: str
    label: str
    type: str = Field(examples=["chat"])
    context_size: int | None = Field(description="In tokens; null where it is not known, as everywhere here.")
    ready: bool
    problem: str | None
    abilities: list[str] = Field(default=[], description="Of tools, vision, reasoning, structured_output.")
    max_output: int | None = None
    dimensions: int | None = None
    price: JsonMap | None = Field(default=None, description="What so many units cost, with the source and its date.")
    retires: str | None = Field(default=None, description="The day on which its vendor switches it off.")
    successor: str | None = None

    @classmethod
    def of(cls, model: ModelInfo) -> "ModelShape":
        return cls.model_validate(model)


class TestedShape(Shape):
    """A model has answered."""

    model: str
    message: str = Field(examples=["openai/gpt-4o answered in 0.6 s."])


class FieldShape(Shape):
    """A field of a provider's credentials."""

    name: str = Field(examples=["api_key"])
    label: str
    help: str | None
    required: bool
    secret: bool
    default: str | None
    choices: list[str]


class CredentialShape(Shape):
    """A stored credential. What it holds is never shown; `hint` is the end of its key."""

    id: str
    provider: str
    name: str
    endpoint: str | None = Field(description="The only address that it is sent to.")
    weight: int
    enabled: bool
    hint: str = Field(examples=["x7Qa"])
    created_at: datetime
    updated_at: datetime
    verified_at: datetime | None

    @classmethod
    def of(cls, credential: CredentialInfo) -> "CredentialShape":
        return cls.model_validate(credential)


class ProviderShape(Shape):
    """A provider, and whether it can be called."""

    id: str = Field(examples=["openai"])
    label: str
    wire: str = Field(description="The dialect that it speaks.", examples=["openai_chat"])
    ready: bool
    problem: str | None
    endpoint: str | None
    fields: list[FieldShape]
    links: dict[str, str]
    tried: bool = Field(description="Whether somebody has really called it with these files.")
    models: int
    open_ended: bool = Field(description="Whether models may be called that no file describes.")
    credentials: list[CredentialShape]
    from_env: bool = Field(description="Whether the environment of the server configures it.")
    removable: bool

    @classmethod
    def of(cls, provider: ProviderInfo) -> "ProviderShape":
        return cls.model_validate(provider)


class NewProviderBody(RequestShape):
    """A provider's files."""

    files: dict[Annotated[str, Field(max_length=300)], str] = Field(
        min_length=1,
        max_length=1000,
        description="By name: `provider.yml`, `models/*.yml`.",
        examples=[{"provider.yml": "id: mine\nlabel: Mine\nwire: openai_chat\nendpoint: https://llm.example.org/v1\n"}],
    )


class NewCredentialBody(RequestShape):
    """A credential. It is tried by a real and cheap call before it is stored, unless `verify` is false."""

    name: Name = "default"
    values: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=20_000)]] = Field(
        description="By the names of the provider's fields.", examples=[{"api_key": "sk-..."}]
    )
    weight: Weight = 1
    verify: bool = True


class CredentialChangeBody(RequestShape):
    """What is given is replaced; `values` replace all old ones."""

    name: Name | None = None
    values: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=20_000)]] | None = None
    weight: Weight | None = None
    enabled: bool | None = None
    verify: bool = True


class ShareShape(Shape):
    model: str
    weight: int


class PatienceShape(Shape):
    """Seconds."""

    connect: float
    first_token: float
    idle: float
    total: float


class RouteShape(Shape):
    """A model of the workspace's own making, called `route/<name>`."""

    name: str
    model: str = Field(description="What to call it.", examples=["route/fast"])
    targets: list[ShareShape]
    fallbacks: dict[str, list[str]]
    retries: int
    hedge_after: float | None
    cache_seconds: float | None
    patience: PatienceShape

    @classmethod
    def of(cls, route: Route) -> "RouteShape":
        return cls(
            name=route.name,
            model=f"route/{route.name}",
            targets=[ShareShape.model_validate(share) for share in route.targets],
            fallbacks={cause: list(models) for cause, models in route.fallbacks.items()},
            retries=route.retries,
            hedge_after=route.hedge_after,
            cache_seconds=route.cache_seconds,
            patience=PatienceShape.model_validate(route.patience),
        )


class ShareBody(RequestShape):
    model: ModelName
    weight: Weight = 1


class PatienceBody(RequestShape):
    """Seconds. `first_token` runs until the first piece of the answer, `idle` between two pieces."""

    connect: Seconds = Patience().connect
    first_token: Seconds = Patience().first_token
    idle: Seconds = Patience().idle
    total: Seconds = Patience().total


FallbackCause = Literal[
    "any", "rate", "outage", "timeout", "bad_answer", "context_too_long", "policy", "credentials", "not_configured"
]


class RouteBody(RequestShape):
    """How calls of a route find their way."""

    targets: list[ShareBody] = Field(
        min_length=1, max_length=100, examples=[[{"model": "openai/gpt-4o", "weight": 3}, {"model": "groq/llama"}]]
    )
    fallbacks: dict[FallbackCause, list[ModelName]] = Field(
        default_factory=dict, description="By cause, or under `any`: what to ask, in order, once all targets failed."
    )
    retries: Annotated[int, Field(ge=0, le=10)] = 1
    hedge_after: Seconds | None = Field(default=None, description="Ask a second target after so many seconds.")
    cache_seconds: Annotated[float, Field(gt=0, le=31_536_000)] | None = None
    patience: PatienceBody = Field(default_factory=PatienceBody)

    def route(self, name: str) -> Route:
        return Route(
            name=name,
            targets=[Share(share.model, share.weight) for share in self.targets],
            fallbacks={cause: tuple(models) for cause, models in self.fallbacks.items()},
            retries=self.retries,
            hedge_after=self.hedge_after,
            cache_seconds=self.cache_seconds,
            patience=Patience(**self.patience.model_dump()),
        )


class BudgetBody(RequestShape):
    """A hard stop. Periods begin at UTC boundaries."""

    subject: Literal["workspace", "app", "key", "end_user"] = "workspace"
    subject_id: Name | None = Field(
        default=None,
        description="The app's or the key's id, or what apps call the end user; `*`: each, counted apart; none for the "
        "workspace.",
    )
    measure: Literal["tokens", "money", "calls"] = "money"
    period: Literal["hour", "day", "month", "total"] = "month"
    limit: Annotated[Decimal, Field(ge=0, max_digits=24, decimal_places=9)] = Field(examples=["20.00"])
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"


class BudgetShape(Shape):
    """A budget as its period stands now; one for each (`*`), as it stands for who has used most of it. Amounts are
    decimal numbers as text.
    """

    volatile = frozenset({"spent", "reserved", "left"})

    id: str
    subject: str
    subject_id: str
    measure: str
    period: str
    limit: Decimal
    currency: str
    spent: Decimal
    reserved: Decimal = Field(description="Held by calls that are under way.")
    left: Decimal

    @classmethod
    def of(cls, state: BudgetState) -> "BudgetShape":
        budget: Budget = state.budget
        return cls(
            id=budget.id,
            subject=budget.subject,
            subject_id=budget.subject_id,
            measure=budget.measure,
            period=budget.period,
            limit=budget.limit,
            currency=budget.currency,
            spent=state.spent,
            reserved=state.reserved,
            left=state.left,
        )


class CostShape(Shape):
    """Money. A null amount is one that is not known, which is not the same as nothing."""

    amount: Decimal | None
    currency: str


class UsageShape(Shape):
    """What a call used; null where the provider did not say."""

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    characters: int | None
    seconds: float | None
    images: int | None
    searches: int | None


class SpenderShape(Shape):
    """Who a call was made for."""

    app_id: str | None
    run_id: str | None
    node_id: str | None
    key_id: str | None
    end_user: str | None


class EntryShape(Shape):
    """One call of one model. `elapsed` and `first_piece` in seconds."""

    id: str
    at: datetime
    type: str
    model: str = Field(description="Who answered.")
    asked: str = Field(description="What was asked for.")
    usage: UsageShape
    cost: CostShape
    spender: SpenderShape
    elapsed: float
    first_piece: float | None
    attempts: int
    cached: bool
    failure: str | None

    @classmethod
    def of(cls, entry: Entry) -> "EntryShape":
        return cls.model_validate(entry)


class TotalShape(Shape):
    """Calls added up. `unpriced` are those whose price is not known: `cost` leaves them out."""

    group: str
    calls: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cost: CostShape
    unpriced: int

    @classmethod
    def of(cls, total: Total) -> "TotalShape":
        return cls.model_validate(total)
