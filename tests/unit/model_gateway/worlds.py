"""A small catalog, a wire that says what it was asked, and a store of weights in memory."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from loomwork.model_gateway.domain.chat import ChatEvent, Finished, TextDelta
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.provider import (
    Catalog,
    Credential,
    ModelCard,
    PackagePart,
    Profile,
    Provider,
    ProviderCard,
    Weights,
)
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call


def weights(letter: str) -> Weights:
    part = PackagePart(name="parts", version="1", file="*.bin")
    return Weights(sha256=letter * 64, size=100, licence="MIT", file=f"{letter}.gguf", packages=(part,))


def a_catalog() -> Catalog:
    openai = ProviderCard(
        id="openai",
        label="OpenAI",
        wire="openai_chat",
        endpoint="https://openai.example/v1",
        credentials={"api_key": Credential(env="OPENAI_API_KEY")},
        aliases=("langgenius/openai/openai",),
        profile=Profile(structured_output="json_schema"),
        open_ended=True,
    )
    compatible = ProviderCard(
        id="compatible", label="Any", wire="openai_chat", endpoint_env="COMPATIBLE_URL", open_ended=True
    )
    local = ProviderCard(id="local", label="Here", wire="local")
    models = (
        ModelCard(id="good", label="Good", weights=weights("a"), fallback="tiny", defaults={"max_tokens": 9}),
        ModelCard(id="better", label="Better", weights=weights("b")),
        ModelCard(id="tiny", label="Tiny", weights=weights("c")),
    )
    thinker = ModelCard(id="o9", label="o9", profile={"max_tokens_field": "max_completion_tokens"})
    return Catalog(
        {
            "openai": Provider(openai, {"o9": thinker}),
            "compatible": Provider(compatible),
            "local": Provider(local, {model.id: model for model in models}, {"odd": "odd.yml: id: missing."}),
        },
        {"acme": "provider.yml: wire: missing."},
    )


class CatalogInHand:
    def read(self) -> Catalog:
        return a_catalog()


class RecordingWire:
    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.ended = 0
        self.closed = 0

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        self.calls.append(call)
        try:
            yield TextDelta("Hi")
            yield Finished("stop", Usage())
        finally:
            self.ended += 1

    async def close(self) -> None:
        self.closed += 1


class StoreInHand:
    """`may_arrive` lets the fetches that began come to their end; files named in `missing` cannot be had."""

    def __init__(self) -> None:
        self.here: set[str] = set()
        self.missing: set[str] = set()
        self.begun: list[str] = []
        self.may_arrive = asyncio.Event()
        self.may_arrive.set()

    def located(self, weights: Weights) -> Path | None:
        return Path("/models") / weights.file if weights.file in self.here else None

    def fetched(self, weights: Weights) -> int:
        return 40 if weights.file in self.begun else 0

    def describe(self, weights: Weights) -> str:
        return f"{len(weights.packages)} package"

    async def obtain(self, weights: Weights) -> Path:
        self.begun.append(weights.file)
        await self.may_arrive.wait()
        if weights.file in self.missing:
            raise ModelUnavailable(f"{weights.file} cannot be had.")
        self.here.add(weights.file)
        return Path("/models") / weights.file
