"""Joins the room of knowledge: stores, parsers, the work that goes on behind it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.texts import SqliteTextIndex
from loomwork.adapters.vectors import StorePlace, kinds_at, open_vector_store
from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import ChunkDraft, ChunkSettings, Found, KnowledgeBase, Passages, Question
from loomwork.knowledge.application.clean_up import Cleaner
from loomwork.knowledge.application.edit_chunks import ChunkDesk
from loomwork.knowledge.application.find_passages import Finder
from loomwork.knowledge.application.index_documents import Indexer
from loomwork.knowledge.application.move_indexes import Mover
from loomwork.knowledge.application.placing import Places
from loomwork.knowledge.application.service import KnowledgeService
from loomwork.knowledge.application.sizes import token_estimate
from loomwork.knowledge.application.take_in_documents import DocumentDesk
from loomwork.knowledge.domain.chunks import chunks_of
from loomwork.knowledge.domain.parsed import ParsedDocument
from loomwork.knowledge.ports import DocumentReader, VectorStore
from loomwork.model_gateway.api import Models

EMBEDDING_MODEL = "local/multilingual-e5-small"
"""What new knowledge bases embed with, unless they say otherwise."""


class LatePassages:
    """Stands for knowledge before it is there: nodes are made before the stores that knowledge stands on are joined."""

    def __init__(self) -> None:
        self._passages: Passages | None = None

    def join(self, passages: Passages) -> None:
        self._passages = passages

    async def search(self, scope: Scope, question: Question) -> Found:
        return await self._joined.search(scope, question)

    async def find_base(self, scope: Scope, reference: str) -> KnowledgeBase | None:
        return await self._joined.find_base(scope, reference)

    @property
    def _joined(self) -> Passages:
        assert self._passages is not None, "knowledge is joined before anything runs"
        return self._passages


@dataclass(frozen=True, slots=True)
class KnowledgeRoom:
    """Knowledge, and those who work on it in the background."""

    knowledge: KnowledgeService
    indexer: Indexer
    mover: Mover
    cleaner: Cleaner
    stores: "FolderStores"

    async def work(self) -> None:
        """Index, move and clean up for ever; cancel this to end it."""
        await asyncio.gather(self.indexer.run(), self.mover.run(), self.cleaner.run())

    async def work_on_next(self) -> bool:
        """Index a document, or go on with a move. False where nothing waits."""
        return await self.indexer.work_on_next(self.indexer.owner) or await self.mover.work_on_next()

    async def close(self) -> None:
        """Let go of the stores."""
        for store in self.stores.opened:
            await store.close()

    async def remove_all(self, scope: Scope) -> None:
        """What stores hold of a workspace goes with it."""
        for kind in self.stores.kinds:
            await self.stores.open(kind).drop_all(scope)
        await self.knowledge.places.texts.drop_all(scope)


class FolderStores:
    """Fits `knowledge.ports.VectorStores`: each kind is opened when it is first asked for."""

    def __init__(self, place: StorePlace) -> None:
        self._place = place
        self.default = place.default
        self._opened: dict[str, VectorStore] = {}

    @property
    def kinds(self) -> Sequence[str]:
        return kinds_at(self._place)

    @property
    def opened(self) -> Sequence[VectorStore]:
        return list(self._opened.values())

    def open(self, kind: str) -> VectorStore:
        if kind not in self._opened:
            self._opened[kind] = open_vector_store(kind, self._place)
        return self._opened[kind]


def open_knowledge(
    place: StorePlace, storage: Storage, models: Models, reader: DocumentReader, clock: Clock
) -> KnowledgeRoom:
    """Everything that knowledge is, over these."""
    stores = FolderStores(place)
    places = Places(
        storage.knowledge_bases,
        storage.knowledge_indexes,
        storage.knowledge_chunks,
        stores,
        SqliteTextIndex(place.folder),
        models,
    )
    documents = storage.knowledge_documents
    indexer = Indexer(documents, storage.knowledge_chunks, places, reader, cut, clock)
    cleaner = Cleaner(documents, places)
    knowledge = KnowledgeService(
        places=places,
        store=documents,
        reader=reader,
        cut=cut,
        desk=DocumentDesk(documents, clock, indexer.wake),
        chunk_desk=ChunkDesk(documents, places, indexer.wake),
        finder=Finder(documents, places),
        cleaner=cleaner,
        clock=clock,
        default_model=EMBEDDING_MODEL,
    )
    return KnowledgeRoom(knowledge, indexer, Mover(places, clock), cleaner, stores)


def cut(document: ParsedDocument, settings: ChunkSettings, title: str) -> Sequence[ChunkDraft]:
    """Sizes by an estimate: a knowledge base may be asked by any model."""
    return chunks_of(document, settings, title=title, count=token_estimate)
