"""The weights of the models that run here: what is there, what is on its way, what could not be had."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from loomwork.model_gateway.api import ModelNotFound, ModelUnavailable, WeightsStatus
from loomwork.model_gateway.domain.names import ModelName
from loomwork.model_gateway.domain.provider import Catalog, ModelCard, Provider, Weights
from loomwork.model_gateway.domain.routing import find_model
from loomwork.model_gateway.ports import CatalogSource, ModelMemory, SuppliedWeights, WeightsStore

DEFAULT_CONTEXT = 4096
"""Tokens, where a model's file does not say."""

log = logging.getLogger(__name__)


class LocalWeights:
    """Implements `LocalModels`, and hands the local wire the files it loads.

    A fetch is a task of its own: whoever waits for it may give up without ending it for the others.
    """

    def __init__(
        self, *, catalog: CatalogSource, store: WeightsStore, default_model: str, memory: ModelMemory | None = None
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._memory = memory
        self._default_model = default_model
        self._fetches: dict[str, asyncio.Task[Path]] = {}
        self._problems: dict[str, str] = {}

    async def status(self) -> Sequence[WeightsStatus]:
        """See `LocalModels.status`."""
        found = [
            self._status(provider, model, model.weights)
            for provider, model in _local_models(self._catalog.read())
            if model.weights is not None
        ]
        return sorted(found, key=lambda status: (status.model != self._default_model, status.model))

    async def fetch(self, model: str) -> WeightsStatus:
        """See `LocalModels.fetch`."""
        provider, card, weights = self._find(model)
        if self._store.located(weights) is None and not self._fetching(weights):
            self._problems.pop(weights.sha256, None)
            task = asyncio.create_task(self._obtain(weights), name=f"fetch {provider.id}/{card.id}")
            task.add_done_callback(_heard)
            self._fetches[weights.sha256] = task
        return self._status(provider, card, weights)

    async def wait(self, model: str) -> WeightsStatus:
        """See `LocalModels.wait`."""
        provider, card, weights = self._find(model)
        await self._finished(weights)
        return self._status(provider, card, weights)

    async def supply(self, model: str) -> SuppliedWeights:
        """See `WeightsSupply.supply`. A fetch that failed is tried again only where no stand-in is ready."""
        provider, card, weights = self._find(model)
        stand_in = self._stand_in(provider, card)
        if stand_in is not None and weights.sha256 in self._problems and self._ready(stand_in):
            return await self._supply(provider, stand_in)
        try:
            return await self._supply(provider, card)
        except ModelUnavailable as error:
            if stand_in is None:
                raise
            log.warning("%s %s/%s answers instead.", error.message, provider.id, stand_in.id)
            return await self._supply(provider, stand_in)

    def is_here(self, model: str) -> bool:
        """See `WeightsSupply.is_here`."""
        try:
            return self._store.located(self._find(model)[2]) is not None
        except ModelNotFound:
            return False

    async def close(self) -> None:
        """End the fetches that are under way; what they brought stays, and the next one goes on from there."""
        tasks = [task for task in self._fetches.values() if not task.done()]
        self._fetches.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _supply(self, provider: Provider, card: ModelCard) -> SuppliedWeights:
        name = str(ModelName(provider.id, card.id))
        await self.fetch(name)
        path = await self._finished(self._find(name)[2])
        return SuppliedWeights(name, path, card.context_size or card.max_input or DEFAULT_CONTEXT, card.type)

    def _find(self, model: str) -> tuple[Provider, ModelCard, Weights]:
        provider, card = find_model(self._catalog.read(), model)
        if provider.card.wire != "local" or card.weights is None:
            raise ModelNotFound(f"{model} does not run on this machine, so it has no weights to fetch.", model=model)
        return provider, card, card.weights

    def _fetching(self, weights: Weights) -> bool:
        task = self._fetches.get(weights.sha256)
        return task is not None and not task.done()

    async def _obtain(self, weights: Weights) -> Path:
        try:
            return await self._store.obtain(weights)
        except ModelUnavailable as error:
            self._problems[weights.sha256] = error.message
            raise

    async def _finished(self, weights: Weights) -> Path:
        path = self._store.located(weights)
        if path is not None:
            return path
        task = self._fetches.get(weights.sha256)
        if task is None:
            raise ModelUnavailable(f"Nobody has begun to fetch {weights.file}.")
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise ModelUnavailable(f"Fetching {weights.file} was stopped.") from None
            raise

    def _status(self, provider: Provider, model: ModelCard, weights: Weights) -> WeightsStatus:
        path = self._store.located(weights)
        ready = path is not None
        problem = None if ready or self._fetching(weights) else self._problems.get(weights.sha256)
        stand_in = self._stand_in(provider, model) if problem else None
        name = str(ModelName(provider.id, model.id))
        return WeightsStatus(
            model=name,
            state="ready" if ready else "fetching" if self._fetching(weights) else "failed" if problem else "absent",
            source=self._store.describe(weights),
            size=weights.size,
            fetched=weights.size if ready else self._store.fetched(weights),
            licence=weights.licence,
            problem=problem,
            stand_in=f"{provider.id}/{stand_in.id}" if stand_in is not None and self._ready(stand_in) else None,
            memory=self._memory.holds(path) if path is not None and self._memory is not None else "empty",
        )

    def _ready(self, model: ModelCard) -> bool:
        return model.weights is not None and self._store.located(model.weights) is not None

    def _stand_in(self, provider: Provider, model: ModelCard) -> ModelCard | None:
        return provider.models.get(model.fallback) if model.fallback and model.fallback != model.id else None


def _local_models(catalog: Catalog) -> list[tuple[Provider, ModelCard]]:
    return [
        (provider, model)
        for provider in catalog.providers.values()
        if provider.card.wire == "local"
        for model in provider.models.values()
    ]


def _heard(task: asyncio.Task[Path]) -> None:
    """What went wrong is kept as the status's problem; without this, asyncio would also complain where nobody waits."""
    if not task.cancelled():
        task.exception()
