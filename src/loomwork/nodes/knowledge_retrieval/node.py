"""Asks the knowledge bases that an app names, and leaves passages in the shape that app files expect."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.engine.variables import MISSING, Ref, Template
from loomwork.kernel.errors import LoomworkError
from loomwork.knowledge.api import Condition, KnowledgeBase, Passage, Passages, Question, RetrievalSettings, Where
from loomwork.model_gateway.api import ChatModels, ModelReference
from loomwork.nodes.knowledge_retrieval.config import KnowledgeRetrievalConfig, MultipleRetrieval, RerankingModel
from loomwork.nodes.model_call import ModelConfig, answering_model, spender_of
from loomwork.nodes.not_runnable import NotRunnableNode, missing_outside
from loomwork.nodes.reading import Inputs, joined, template_inputs

NO_KNOWLEDGE = "asks knowledge bases, and there are none here"
MOST = 100

BoundCondition = tuple[str, str, Template | Any]


class KnowledgeRetrievalNode:
    """Output `result`: a list of objects, the best first; empty where no base is named or nothing is asked."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(
        self,
        config: KnowledgeRetrievalConfig,
        query: Ref,
        conditions: Sequence[BoundCondition],
        knowledge: Passages,
        models: ChatModels,
    ) -> None:
        self.inputs: Inputs = joined(
            (("query", query),), template_inputs(*(each[2] for each in conditions if isinstance(each[2], Template)))
        )
        self._config = config
        self._query = query
        self._conditions = conditions
        self._knowledge = knowledge
        self._models = models

    async def run(self, context: NodeContext) -> NodeResult:
        asked = context.get(self._query)
        if asked is MISSING or asked is None:
            name = ".".join(self._query.selector)
            raise NodeError(f"There is no question in '{name}'.", code="variable_not_found", retryable=False)
        if not self._config.dataset_ids or not str(asked).strip():
            return NodeResult({"result": []})
        try:
            return NodeResult({"result": await self._found(str(asked), context)})
        except LoomworkError as error:
            retryable = error.code in ("store_failed", "model_unavailable")
            raise NodeError(error.message, code=error.code, retryable=retryable) from error

    async def _found(self, asked: str, context: NodeContext) -> list[dict[str, Any]]:
        bases = [await self._base(reference, context) for reference in self._config.dataset_ids]
        question = Question(
            text=asked,
            knowledge_ids=[each.id for each in bases],
            settings=await self._settings(context, bases),
            where=self._where(context),
            # Whose words the run was started with may read what is for everybody, and what is for them.
            asker=[str(context.run.namespaces.get("sys", {}).get("user_id") or "")],
            choose_with=await self._chooser(context),
            spender=spender_of(context),
        )
        found = await self._knowledge.search(context.run.scope, question)
        return [result_of(passage, place) for place, passage in enumerate(found.passages, start=1)]

    async def _settings(self, context: NodeContext, bases: Sequence[KnowledgeBase]) -> RetrievalSettings:
        config, said = self._config, dict[str, Any]()
        if config.metadata_filtering_mode == "automatic":
            said["filter_model"] = await self._answering(config.metadata_model_config, context)
        reranking = config.multiple_retrieval_config
        if reranking.reranking_mode == "reranking_model" and reranking.reranking_enable:
            said |= await self._reranker(reranking.reranking_model, context)
        return settings_of(reranking, bases).model_copy(update=said)

    async def _chooser(self, context: NodeContext) -> str | None:
        if self._config.retrieval_mode != "single":
            return None
        return await self._answering(self._config.single_retrieval_config.model, context)

    async def _answering(self, model: ModelConfig, context: NodeContext) -> str:
        return await answering_model(self._models, ModelReference(model.provider, model.name), context)

    async def _reranker(self, model: RerankingModel, context: NodeContext) -> Mapping[str, Any]:
        """The one that is named, where it is here: a model that chats does not stand in for it."""
        reference = ModelReference(model.provider, model.model)
        resolved = await self._models.resolve(context.run.scope, reference)
        return {"rerank_model": resolved.model} if resolved.model.endswith(f"/{model.model}") else {}

    async def _base(self, reference: str, context: NodeContext) -> KnowledgeBase:
        base = await self._knowledge.find_base(context.run.scope, reference)
        if base is None:
            raise NodeError(
                f"The workspace has no knowledge base that goes by {reference[:100]!r}. Make one, and add this id to "
                "its aliases: `loomwork knowledge set NAME --alias ID`.",
                code="knowledge_not_found",
                retryable=False,
            )
        return base

    def _where(self, context: NodeContext) -> Where:
        conditions = tuple(
            Condition.model_validate(
                {
                    "name": name,
                    "operator": operator,
                    "value": context.render(value) if isinstance(value, Template) else value,
                }
            )
            for name, operator, value in self._conditions
        )
        either = self._config.metadata_filtering_conditions.logical_operator == "or"
        return Where(match="any" if either else "all", conditions=conditions)


class KnowledgeRetrievalType:
    """`knowledge-retrieval`. Without knowledge its nodes say that they cannot run."""

    is_root = False

    def __init__(self, knowledge: Passages | None, models: ChatModels) -> None:
        self._knowledge = knowledge
        self._models = models

    def compile(self, spec: NodeSpec, binder: Binder) -> KnowledgeRetrievalNode | NotRunnableNode:
        config = KnowledgeRetrievalConfig.model_validate(spec.config)
        query = binder.ref(config.query_variable_selector, field_name="query_variable_selector")
        conditions = _bound(config, binder)
        if self._knowledge is None:
            return missing_outside(spec, binder, NO_KNOWLEDGE, inputs=(("query", query),))
        return KnowledgeRetrievalNode(config, query, conditions, self._knowledge, self._models)


def settings_of(written: MultipleRetrieval, bases: Sequence[KnowledgeBase]) -> RetrievalSettings:
    """What the node says, over what the first base is set to."""
    own = bases[0].settings.retrieval
    said: dict[str, Any] = {}
    if written.top_k is not None:
        said["top_k"] = min(max(int(written.top_k), 1), MOST)
    if written.score_threshold is not None:
        said["threshold"] = min(max(written.score_threshold, 0.0), 1.0) or None
    weight = written.weights.vector_setting.vector_weight
    if written.reranking_mode == "weighted_score" and weight is not None:
        said |= {"method": "hybrid", "fusion": "weights", "vector_weight": min(max(weight, 0.0), 1.0)}
    return own.model_copy(update=said)


def result_of(passage: Passage, place: int) -> dict[str, Any]:
    """A passage as Dify's node leaves it."""
    about = {
        "_source": "knowledge",
        "position": place,
        "dataset_id": passage.knowledge_id,
        "dataset_name": passage.knowledge_name,
        "document_id": passage.document_id,
        "document_name": passage.document_name,
        "data_source_type": "upload_file",
        "segment_id": passage.chunk_id,
        "retriever_from": "workflow",
        "score": passage.score,
        "segment_word_count": len(passage.text),
        "segment_position": passage.number + 1,
        "doc_metadata": dict(passage.metadata),
        "page": passage.page,
        "child_chunks": [{"content": text, "score": score} for text, score in passage.children],
    }
    content = f"{passage.text}\n{passage.answer}" if passage.answer else passage.text
    return {
        "content": content,
        "title": passage.document_name,
        "url": passage.url,
        "icon": "",
        "files": [],
        "summary": "",
        "metadata": about,
    }


def _bound(config: KnowledgeRetrievalConfig, binder: Binder) -> list[BoundCondition]:
    if config.metadata_filtering_mode != "manual":
        return []
    bound: list[BoundCondition] = []
    for each in config.metadata_filtering_conditions.conditions:
        value = each.value
        if isinstance(value, str):
            value = binder.template(value, field_name="metadata_filtering_conditions")
        bound.append((each.name, each.comparison_operator, value))
    return bound
