"""Asking knowledge bases from within an app."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from loomwork.engine.ports import NodeError
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import (
    Found,
    KnowledgeBase,
    KnowledgeSettings,
    Passage,
    Question,
    RetrievalSettings,
    StoreFailed,
)
from loomwork.model_gateway.api import ChatModels, ModelReference, ResolvedModel
from loomwork.nodes.knowledge_retrieval import KnowledgeRetrievalType
from tests.unit.nodes.bench import Bench

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
OWN = RetrievalSettings(top_k=7, neighbours=1)
VALUES: dict[str, dict[str, Any]] = {"s": {"text": "When?", "year": "2025", "none": None}, "sys": {"user_id": "ada"}}


@dataclass
class Shelf:
    """One base, which says the same to whatever it is asked."""

    asked: list[Question] = field(default_factory=list)
    down: bool = False

    async def find_base(self, scope: Scope, reference: str) -> KnowledgeBase | None:
        settings = KnowledgeSettings(name="Handbook", embedding_model="acme/small", store="zvec", retrieval=OWN)
        return KnowledgeBase("k1", settings, None, "1", MOMENT, MOMENT) if reference in ("k1", "theirs") else None

    async def search(self, scope: Scope, question: Question) -> Found:
        if self.down:
            raise StoreFailed("The store is down.")
        self.asked.append(question)
        passage = Passage(
            "c1", "d1", "handbook.md", "k1", "Handbook", "At nine.", 0.5, 2, 3, page=4, answer="So it is.",
            metadata={"year": 2025}, children=[("nine", 0.4)],
        )  # fmt: skip
        return Found([passage])


class Known:
    """Models of acme are here; for others, that of the house answers."""

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        return ResolvedModel(reference, str(reference) if reference.provider == "acme" else "house/small")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def found(shelf: Shelf, **config: Any) -> Any:
    models = cast("ChatModels", Known())
    bench = Bench({"knowledge-retrieval": KnowledgeRetrievalType(shelf, models)}.__getitem__)
    said = {"dataset_ids": ["theirs"], "query_variable_selector": ["s", "text"], **config}
    return (await bench.run("knowledge-retrieval", said, VALUES)).outputs["result"]


async def test_a_passage_has_the_shape_that_app_files_expect(shelf: Shelf) -> None:
    (result,) = await found(shelf)
    assert (result["content"], result["title"]) == ("At nine.\nSo it is.", "handbook.md")
    about = result["metadata"]
    assert (about["_source"], about["position"], about["score"]) == ("knowledge", 1, 0.5)
    assert (about["dataset_id"], about["document_id"], about["segment_id"]) == ("k1", "d1", "c1")
    assert (about["segment_position"], about["page"]) == (3, 4)
    assert (about["doc_metadata"], about["child_chunks"]) == ({"year": 2025}, [{"content": "nine", "score": 0.4}])


async def test_it_is_asked_for_the_end_user_as_the_base_is_set_but_for_what_the_node_says(shelf: Shelf) -> None:
    await found(shelf)
    weights = {"vector_setting": {"vector_weight": 0.7}, "keyword_setting": {"keyword_weight": 0.3}}
    config = {"top_k": 4, "score_threshold": 0.3, "reranking_mode": "weighted_score", "weights": weights}
    await found(shelf, multiple_retrieval_config=config)
    first, second = shelf.asked
    assert (first.text, first.knowledge_ids, first.asker, first.settings) == ("When?", ["k1"], ["ada"], OWN)
    assert second.settings == OWN.model_copy(update={"top_k": 4, "threshold": 0.3, "vector_weight": 0.7})


async def test_conditions_are_rendered_and_only_where_they_are_switched_on(shelf: Shelf) -> None:
    condition = {"name": "year", "comparison_operator": "=", "value": "{{#s.year#}}"}
    filters = {"logical_operator": "or", "conditions": [condition]}
    await found(shelf, metadata_filtering_mode="manual", metadata_filtering_conditions=filters)
    await found(shelf, metadata_filtering_mode="disabled", metadata_filtering_conditions=filters)
    first, second = (each.where for each in shelf.asked)
    assert (first.match, [each.value for each in first.conditions]) == ("any", ["2025"])
    assert second.is_empty


async def test_a_model_chooses_the_base_and_the_documents_where_the_file_says_so(shelf: Shelf) -> None:
    await found(
        shelf,
        retrieval_mode="single",
        single_retrieval_config={"model": {"provider": "acme", "name": "large", "mode": "chat"}},
        metadata_filtering_mode="automatic",
        metadata_model_config={"provider": "elsewhere", "name": "huge", "mode": "chat", "completion_params": {}},
    )
    (asked,) = shelf.asked
    assert (asked.choose_with, asked.spender.end_user) == ("acme/large", "ada")
    assert asked.settings == OWN.model_copy(update={"filter_model": "house/small"})


async def test_a_reranker_that_is_not_here_leaves_what_the_base_is_set_to(shelf: Shelf) -> None:
    for provider in ("acme", "elsewhere"):
        model = {"reranking_provider_name": provider, "reranking_model_name": "sorter"}
        config = {"reranking_enable": True, "reranking_mode": "reranking_model", "reranking_model": model}
        await found(shelf, multiple_retrieval_config=config)
    first, second = (each.settings for each in shelf.asked)
    assert first == OWN.model_copy(update={"rerank_model": "acme/sorter"})
    assert second == OWN


async def test_without_a_base_nothing_is_asked(shelf: Shelf) -> None:
    assert await found(shelf, dataset_ids=[]) == []
    assert shelf.asked == []


@pytest.mark.parametrize(
    ("config", "code", "retryable"),
    [
        ({"dataset_ids": ["nobody's"]}, "knowledge_not_found", False),
        ({"query_variable_selector": ["s", "none"]}, "variable_not_found", False),
        ({}, "store_failed", True),
    ],
    ids=["no_such_base", "no_question", "store_down"],
)
async def test_what_goes_wrong_is_said(shelf: Shelf, config: dict[str, Any], code: str, retryable: bool) -> None:
    shelf.down = True
    with pytest.raises(NodeError) as error:
        await found(shelf, **config)
    assert (error.value.code, error.value.retryable) == (code, retryable)
