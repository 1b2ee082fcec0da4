"""Find passages: by meaning, by words, or both, of the documents that may be asked, in one order."""

import asyncio
import itertools
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import Found, Passage, Question
from loomwork.knowledge.application.placing import Places
from loomwork.knowledge.application.understand_questions import Understander, Understood
from loomwork.knowledge.domain.errors import IndexMissing
from loomwork.knowledge.domain.ranking import best_first, fused, similarity, within_tokens
from loomwork.knowledge.domain.records import Chunk, KnowledgeBase
from loomwork.knowledge.domain.settings import RetrievalSettings
from loomwork.knowledge.ports import DocumentFacts, DocumentStore, Hit, Vector
from loomwork.model_gateway.api import EmbeddingRequest, RerankRequest

logger = logging.getLogger(__name__)

WIDER = 4
"""How many times as many hits are looked at as passages are wanted: some fall away, some share a parent."""

LEAST_HITS = 20


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found in one knowledge base: scores by chunk, and how each was found."""

    base: KnowledgeBase
    scores: Mapping[str, float]
    ways: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Finder:
    """Answers questions."""

    documents: DocumentStore
    places: Places

    async def search(self, scope: Scope, question: Question) -> Found:
        """See `knowledge.api.Passages.search`."""
        bases = [await self.places.bases.get(scope, each) for each in dict.fromkeys(question.knowledge_ids)]
        if not bases or not question.text.strip():
            return Found([])
        how = question.settings or bases[0].settings.retrieval
        meant = await Understander(self.documents, self.places.models).understood(scope, question, bases, how)
        vectors = await self._question_vectors(scope, meant)
        searched = await asyncio.gather(*(self._search(scope, base, meant, vectors) for base in meant.bases))
        passages = await self._passages(scope, searched)
        ranked, notices = await self._ranked(scope, passages, question, how)
        shown = await self._named(scope, ranked[: how.top_k])
        shown = shown[: within_tokens([each.tokens for each in shown], how.most_tokens)]
        await self._note(scope, shown)
        return Found(await self._with_neighbours(scope, shown, how.neighbours), [*meant.notices, *notices])

    async def _question_vectors(self, scope: Scope, meant: Understood) -> Mapping[str, Sequence[Vector]]:
        """By model, one for each way to ask; a model that no base asks by meaning is not called."""
        models = {}
        for base in meant.bases:
            if _how(base, meant.question).method != "text" and base.index_id is not None:
                for index in await self.places.indexes.of_base(scope, base.id):
                    if index.id == base.index_id:
                        models[index.model] = index
        vectors = {}
        for model in models:
            asked = EmbeddingRequest(model, meant.texts, kind="query", spender=meant.question.spender)
            vectors[model] = (await self.places.models.embed(scope, asked)).vectors
        return vectors

    async def _search(
        self, scope: Scope, base: KnowledgeBase, meant: Understood, vectors: Mapping[str, Sequence[Vector]]
    ) -> Searched:
        if base.index_id is None:
            return Searched(base, {}, {})
        question = meant.question
        how, among = _how(base, question), await self._among(scope, base, question)
        limit = max(how.top_k * WIDER, LEAST_HITS)
        by_meaning: dict[str, float] = {}
        if how.method != "text":
            by_meaning = await self._by_meaning(scope, base, vectors, limit, among)
        by_words: dict[str, float] = {}
        if how.method != "vector":
            by_words = await self._by_words(scope, base, meant.texts, limit, among)
        return Searched(base, _joined(by_meaning, by_words, how, question.text), _ways(by_meaning, by_words))

    async def _by_meaning(
        self,
        scope: Scope,
        base: KnowledgeBase,
        vectors: Mapping[str, Sequence[Vector]],
        limit: int,
        among: Collection[str] | None,
    ) -> dict[str, float]:
        # Anew, as the index may have been switched since: the one that is named serves, or has just done so.
        index = next(each for each in await self.places.indexes.of_base(scope, base.id) if each.id == base.index_id)
        store = self.places.stores.open(index.store)
        found = [
            await store.search(scope, index.id, vector, limit=limit, documents=among) for vector in vectors[index.model]
        ]
        return {id_: similarity(score) for id_, score in _best(found).items()}

    async def _by_words(
        self, scope: Scope, base: KnowledgeBase, texts: Sequence[str], limit: int, among: Collection[str] | None
    ) -> dict[str, float]:
        search = self.places.texts.search
        try:
            return _best([await search(scope, base.id, text, limit=limit, documents=among) for text in texts])
        except IndexMissing:
            return {}

    async def _among(self, scope: Scope, base: KnowledgeBase, question: Question) -> Collection[str] | None:
        """The documents that may be asked; None where all may."""
        if question.where.is_empty and not await self.documents.any_restricted(scope, base.id):
            return None
        facts = await self.documents.facts(scope, base.id)
        allowed = [each.id for each in facts if _may_be_asked(each, question)]
        return None if len(allowed) == len(facts) else allowed

    async def _passages(self, scope: Scope, searched: Sequence[Searched]) -> list[Passage]:
        """Children are answered with their parents; what is not there any more falls away."""
        found: list[Passage] = []
        for each in searched:
            chunks = {chunk.id: chunk for chunk in await self.places.chunks.by_ids(scope, set(each.scores))}
            usable = {id_: chunk for id_, chunk in chunks.items() if chunk.is_searched and chunk.embedded}
            parents = {chunk.parent_id for chunk in usable.values() if chunk.parent_id is not None}
            shown = {chunk.id: chunk for chunk in await self.places.chunks.by_ids(scope, parents)} | usable
            found += _of_base(each, usable, shown)
        return sorted(found, key=lambda passage: (-passage.score, passage.chunk_id))

    async def _named(self, scope: Scope, passages: Sequence[Passage]) -> list[Passage]:
        """With what is said of their documents."""
        documents = await self.documents.by_ids(scope, {each.document_id for each in passages})
        named = []
        for each in passages:
            document = documents.get(each.document_id)
            if document is not None:
                url, fields = document.source.url, document.metadata
                named.append(replace(each, document_name=document.name, url=url, metadata=fields))
        return named

    async def _ranked(
        self, scope: Scope, passages: list[Passage], question: Question, how: RetrievalSettings
    ) -> tuple[list[Passage], list[str]]:
        notices: list[str] = []
        if how.rerank_model is not None and passages:
            wanted = passages[: max(how.top_k * WIDER, LEAST_HITS)]
            asked = RerankRequest(
                how.rerank_model, question.text, [each.text for each in wanted], spender=question.spender
            )
            try:
                ranking = await self.places.models.rerank(scope, asked)
                passages = [replace(wanted[each.index], score=each.score) for each in ranking.results]
            except LoomworkError as problem:
                notices.append(f"The passages are in the order in which they were found: {problem.message}")
        if how.threshold is not None:
            passages = [each for each in passages if each.score >= how.threshold]
        return passages, notices

    async def _with_neighbours(self, scope: Scope, passages: list[Passage], count: int) -> list[Passage]:
        """Each with the chunks around it, where they are not passages of their own."""
        if not count:
            return passages
        own = {each.chunk_id for each in passages}
        wider = []
        for each in passages:
            near = await self.places.chunks.numbered(scope, each.document_id, each.number - count, each.number + count)
            texts = [chunk.text for chunk in near if chunk.id == each.chunk_id or chunk.id not in own]
            wider.append(replace(each, text="\n\n".join(texts)))
        return wider

    async def _note(self, scope: Scope, shown: Sequence[Passage]) -> None:
        """That they were found is worth knowing, and no reason to fail."""
        if shown:
            with suppress(LoomworkError):
                await self.places.chunks.note_hits(scope, [each.chunk_id for each in shown])


def _of_base(searched: Searched, usable: Mapping[str, Chunk], shown: Mapping[str, Chunk]) -> list[Passage]:
    """The best first; each chunk once, with the children that it was found by."""
    made: dict[str, Passage] = {}
    for id_ in best_first({id_: score for id_, score in searched.scores.items() if id_ in usable}):
        found = usable[id_]
        chunk = shown.get(found.parent_id or id_)
        if chunk is None or not chunk.enabled:
            continue
        if chunk.id not in made:
            made[chunk.id] = _passage(searched, chunk, id_)
        if found.parent_id is not None:
            known = made[chunk.id]
            made[chunk.id] = replace(known, children=[*known.children, (found.text, searched.scores[id_])])
    return list(made.values())


def _passage(searched: Searched, chunk: Chunk, found: str) -> Passage:
    return Passage(
        chunk_id=chunk.id,
        document_id=chunk.document_id,
        document_name="",
        knowledge_id=searched.base.id,
        knowledge_name=searched.base.settings.name,
        text=chunk.text,
        score=searched.scores[found],
        number=chunk.number,
        tokens=chunk.tokens,
        headings=chunk.headings,
        page=chunk.page,
        answer=chunk.answer,
        found_by=searched.ways[found],
    )


def _how(base: KnowledgeBase, question: Question) -> RetrievalSettings:
    return question.settings or base.settings.retrieval


def _may_be_asked(facts: DocumentFacts, question: Question) -> bool:
    if not facts.may_be_asked_by(question.asker):
        return False
    return question.where.is_empty or question.where.fits({"document_name": facts.name, **facts.fields})


def _joined(
    by_meaning: Mapping[str, float], by_words: Mapping[str, float], how: RetrievalSettings, question: str
) -> dict[str, float]:
    if how.method == "vector":
        return dict(by_meaning)
    if how.method == "text":
        return fused({}, by_words, how.model_copy(update={"fusion": "weights", "vector_weight": 0.0}), question)
    return fused(by_meaning, by_words, how, question)


def _best(ways: Sequence[Sequence[Hit]]) -> dict[str, float]:
    """The best score of each, of all ways in which was asked."""
    scores: dict[str, float] = {}
    for hit in itertools.chain.from_iterable(ways):
        scores[hit.id] = max(hit.score, scores.get(hit.id, hit.score))
    return scores


def _ways(by_meaning: Mapping[str, float], by_words: Mapping[str, float]) -> dict[str, frozenset[str]]:
    return {
        each: frozenset(name for name, found in (("vector", by_meaning), ("text", by_words)) if each in found)
        for each in (*by_meaning, *by_words)
    }
