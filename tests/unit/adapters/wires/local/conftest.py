"""The real local model, in a process of its own, with its weights from the shared cache."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.adapters.weights.model_folder import ModelFolder
from loomwork.adapters.wires.local.servers import LocalServers
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.ports import SuppliedWeights

REPO = Path(__file__).resolve().parents[5]
CACHE = Path(os.environ.get("LOOMWORK_CACHE_DIR") or Path.home() / ".cache" / "loomwork")
MODEL = "local/qwen2.5-coder-0.5b"


def catalog() -> CatalogReader:
    return CatalogReader([REPO / "catalog" / "providers"])


@pytest.fixture
async def weights() -> AsyncIterator[LocalWeights]:
    store = ModelFolder(CACHE / "models", environment=os.environ)
    weights = LocalWeights(catalog=catalog(), store=store, default_model=MODEL)
    yield weights
    await weights.close()


@pytest.fixture
async def supplied(weights: LocalWeights) -> SuppliedWeights:
    return await weights.supply(MODEL)


@pytest.fixture
async def servers() -> AsyncIterator[LocalServers]:
    servers = LocalServers(environment=os.environ)
    yield servers
    await servers.close()
