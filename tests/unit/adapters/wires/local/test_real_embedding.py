"""The real embedding model of this machine: what it finds, not how sure it is."""

import math
import os
import signal
from collections.abc import AsyncIterator

import pytest

from loomwork.adapters.wires.local.servers import LocalServers
from loomwork.adapters.wires.local.wire import LocalWire
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.routing import find_model
from loomwork.model_gateway.ports import Target
from tests.unit.adapters.wires.local.conftest import catalog

pytestmark = pytest.mark.slow

MODEL = "local/multilingual-e5-small"
FOUND_BY = {
    "How do I get a new password?": "To reset your password, open the sign-in page and follow the link to recovery.",
    "When is the office closed?": "The building is shut on Sundays and on public holidays.",
    "What does sending a parcel abroad cost?": "International delivery is 18 euros for up to five kilograms.",
    "Who invented the telephone?": "Alexander Graham Bell was granted the patent for the telephone in 1876.",
    "How are plants able to make sugar?": "Photosynthesis turns water, light and carbon dioxide into glucose.",
    "How long does the warranty last?": "We repair or replace defective devices free of charge for two years.",
    "Which animal is the fastest on land?": "Over short distances a cheetah runs at more than 100 km/h.",
    "怎样退货？": "收到商品后三十天内，您可以申请退款并把商品寄回。",
    "北京的冬天冷吗？": "北京冬季寒冷干燥，一月平均气温在零度以下。",
    "如何煮米饭？": "把大米洗净，加入一点二倍的水，煮十五分钟后焖十分钟。",
}


@pytest.fixture
async def wire(weights: LocalWeights, servers: LocalServers) -> AsyncIterator[LocalWire]:
    wire = LocalWire(weights=weights, servers=servers)
    yield wire
    await wire.close()


async def vectors(wire: LocalWire, *texts: str, kind: str) -> list[list[float]]:
    card = find_model(catalog().read(), MODEL)[1]
    request = EmbeddingRequest(MODEL, texts, kind="query" if kind == "query" else "document")
    return [list(vector) for vector in (await wire.embed(Target("local", card.id, card=card), request)).vectors]


def closeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_questions_find_their_passages_in_english_and_in_chinese(wire: LocalWire) -> None:
    passages = await vectors(wire, *FOUND_BY.values(), kind="document")
    questions = await vectors(wire, *FOUND_BY, kind="query")
    assert {len(vector) for vector in passages + questions} == {384}
    assert [math.hypot(*vector) for vector in passages + questions] == pytest.approx([1] * 20, abs=1e-4)
    closest = [[closeness(question, passage) for passage in passages] for question in questions]
    nearest = [row.index(max(row)) for row in closest]
    assert nearest == list(range(10))


async def test_a_process_that_dies_is_replaced_and_long_texts_have_a_vector_too(
    wire: LocalWire, servers: LocalServers, weights: LocalWeights
) -> None:
    (before,) = await vectors(wire, "the same text", kind="document")
    async with servers.leased(await weights.supply(MODEL)) as server:
        os.kill(server.pid, signal.SIGKILL)
    after, long = await vectors(wire, "the same text", "a word after another " * 400, kind="document")
    # Not equal: what it is reckoned beside moves the last digits of a vector.
    assert closeness(before, after) > 0.99
    assert math.hypot(*long) == pytest.approx(1)
