"""A real model of this machine as the judge of documents. The small one stands in for the one that is shipped as a
judge, whose weights are larger than a test should fetch.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.adapters.weights.model_folder import ModelFolder
from loomwork.adapters.wires.local.servers import LocalServers
from loomwork.adapters.wires.local.wire import LocalWire
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.domain.rerank import RerankRequest
from loomwork.model_gateway.ports import Target
from tests.unit.adapters.wires.local.conftest import CACHE, REPO

pytestmark = pytest.mark.slow

LOCAL = REPO / "catalog" / "providers" / "local"
DOCUMENTS = ("A cheetah runs fast.", "The building is shut on Sundays.", "To reset your password, follow this link.")


@pytest.fixture
def catalog_of_a_judge(tmp_path: Path) -> CatalogReader:
    models = tmp_path / "local" / "models"
    models.mkdir(parents=True)
    (tmp_path / "local" / "provider.yml").write_text((LOCAL / "provider.yml").read_text(encoding="utf-8"))
    card = yaml.safe_load((LOCAL / "models" / "qwen2.5-coder-0.5b.yml").read_text(encoding="utf-8"))
    kept = {"context_size": card["context_size"], "weights": card["weights"]}
    (models / "judge.yml").write_text(yaml.safe_dump({"id": "judge", "label": "Judge", "type": "rerank", **kept}))
    return CatalogReader([tmp_path])


@pytest.fixture
async def wire(catalog_of_a_judge: CatalogReader, servers: LocalServers) -> AsyncIterator[LocalWire]:
    store = ModelFolder(CACHE / "models", environment=os.environ)
    weights = LocalWeights(catalog=catalog_of_a_judge, store=store, default_model="local/judge")
    wire = LocalWire(weights=weights, servers=servers)
    yield wire
    await wire.close()
    await weights.close()


async def test_every_document_gets_a_score_and_the_surest_stands_first(wire: LocalWire) -> None:
    request = RerankRequest("local/judge", "How do I get a new password?", DOCUMENTS)
    ranking = await wire.rerank(Target("local", "judge"), request)
    assert sorted(found.index for found in ranking.results) == [0, 1, 2]
    scores = [found.score for found in ranking.results]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
    assert ranking.results[0].index == 2
