"""What the gateway needs from the world: a catalog to read, wires to speak over, and a place to keep weights."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from loomwork.model_gateway.domain.chat import ChatEvent, Message
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.provider import Catalog, Profile, Weights

__all__ = ["Call", "CatalogSource", "SuppliedWeights", "WeightsStore", "WeightsSupply", "Wire"]


@dataclass(frozen=True, slots=True)
class Call:
    """One chat request, with all that a wire needs to carry it. `model` is the name the provider knows it by."""

    provider: str
    model: str
    messages: tuple[Message, ...]
    connection: Connection = field(default_factory=Connection)
    profile: Profile = field(default_factory=Profile)
    params: Mapping[str, Any] = field(default_factory=dict)
    json_schema: Mapping[str, Any] | None = None
    context_size: int | None = None

    @property
    def name(self) -> str:
        """What to call the model in a sentence."""
        return f"{self.provider}/{self.model}"


class Wire(Protocol):
    """A dialect that models are spoken to in."""

    def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """Stream one answer, ending with `Finished`; closing the iterator closes the connection and ends the work on
        the other side. Raises `ModelRefused` or `ModelUnavailable`, and nothing else.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and processes. A wire that is used again afterwards begins afresh."""
        ...


class CatalogSource(Protocol):
    """Where the catalog comes from."""

    def read(self) -> Catalog:
        """The catalog as its files say it now; a file that cannot be used is a problem in it, never an error."""
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


class WeightsSupply(Protocol):
    """Hands the local wire the file to load."""

    async def supply(self, model: str) -> SuppliedWeights:
        """Wait for a model's weights, fetching them if need be; where they cannot be had, those of its fallback.
        Raises `ModelUnavailable`.
        """
        ...
