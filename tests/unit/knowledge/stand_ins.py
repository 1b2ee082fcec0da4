"""Stores, a reader and a model as small as they can be, and a room of knowledge over them and a real database."""

import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loomwork.adapters.storage.sql import Storage
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import NewDocument, NewKnowledge
from loomwork.knowledge.application.clean_up import Cleaner
from loomwork.knowledge.application.edit_chunks import ChunkDesk
from loomwork.knowledge.application.find_passages import Finder
from loomwork.knowledge.application.index_documents import Indexer
from loomwork.knowledge.application.move_indexes import Mover
from loomwork.knowledge.application.placing import Places
from loomwork.knowledge.application.service import KnowledgeService
from loomwork.knowledge.application.sizes import token_estimate
from loomwork.knowledge.application.take_in_documents import DocumentDesk
from loomwork.knowledge.domain.chunking import ChunkDraft, ChunkSettings
from loomwork.knowledge.domain.errors import DocumentUnusable, IndexMissing, StoreFailed, StoreUnknown
from loomwork.knowledge.domain.parsed import Block, ParsedDocument
from loomwork.knowledge.ports import Hit, TextEntry, Vector, VectorEntry
from loomwork.model_gateway.api import (
    ChatEvent,
    ChatRequest,
    EmbeddingRequest,
    Embeddings,
    Finished,
    ModelInfo,
    ModelUnavailable,
    RerankRequest,
    TextDelta,
    Usage,
)

MODEL = "small/words"
OTHER_MODEL = "small/other-words"
WIDTH = 64


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@dataclass
class ListedVectors:
    """A vector store that looks at every entry. `down` has it fail; `before_put` is called with what is put, first."""

    kind: str = "listed"
    indexes: dict[tuple[str, str], dict[str, VectorEntry]] = field(default_factory=dict)
    down: bool = False
    before_put: Any = None
    puts: list[list[str]] = field(default_factory=list)

    def _index(self, scope: Scope, index_id: str) -> dict[str, VectorEntry]:
        if self.down:
            raise StoreFailed("The store is down.")
        try:
            return self.indexes[scope.workspace_id, index_id]
        except KeyError:
            raise IndexMissing(f"There is no index {index_id}.") from None

    async def make(self, scope: Scope, index_id: str, *, dimensions: int) -> None:
        if self.down:
            raise StoreFailed("The store is down.")
        self.indexes.setdefault((scope.workspace_id, index_id), {})

    async def put(self, scope: Scope, index_id: str, entries: Sequence[VectorEntry]) -> None:
        if self.before_put is not None:
            await self.before_put(entries)
        self.puts.append([each.id for each in entries])
        self._index(scope, index_id).update({each.id: each for each in entries})

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None:
        for each in ids:
            self._index(scope, index_id).pop(each, None)

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None:
        index = self._index(scope, index_id)
        for each in [entry.id for entry in index.values() if entry.document_id == document_id]:
            del index[each]

    async def search(
        self, scope: Scope, index_id: str, vector: Vector, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        found = [
            Hit(each.id, sum(a * b for a, b in zip(each.vector, vector, strict=True)))
            for each in self._index(scope, index_id).values()
            if documents is None or each.document_id in documents
        ]
        return sorted(found, key=lambda hit: -hit.score)[:limit]

    async def fetch(self, scope: Scope, index_id: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        index = self._index(scope, index_id)
        return {each: index[each].vector for each in ids if each in index}

    async def count(self, scope: Scope, index_id: str) -> int:
        return len(self._index(scope, index_id))

    async def drop(self, scope: Scope, index_id: str) -> None:
        if self.down:
            raise StoreFailed("The store is down.")
        self.indexes.pop((scope.workspace_id, index_id), None)

    async def drop_all(self, scope: Scope) -> None:
        for key in [key for key in self.indexes if key[0] == scope.workspace_id]:
            del self.indexes[key]

    async def check(self) -> None: ...

    async def close(self) -> None: ...


@dataclass
class ListedTexts:
    """A text index that counts the words that are alike."""

    indexes: dict[tuple[str, str], dict[str, TextEntry]] = field(default_factory=dict)

    async def make(self, scope: Scope, index_id: str) -> None:
        self.indexes.setdefault((scope.workspace_id, index_id), {})

    async def put(self, scope: Scope, index_id: str, entries: Sequence[TextEntry]) -> None:
        self.indexes[scope.workspace_id, index_id].update({each.id: each for each in entries})

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None:
        for each in ids:
            self.indexes.get((scope.workspace_id, index_id), {}).pop(each, None)

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None:
        index = self.indexes.get((scope.workspace_id, index_id), {})
        for each in [entry.id for entry in index.values() if entry.document_id == document_id]:
            del index[each]

    async def search(
        self, scope: Scope, index_id: str, question: str, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        wanted = set(_words(question))
        found = [
            Hit(each.id, float(len(wanted & set(_words(each.text)))))
            for each in self.indexes.get((scope.workspace_id, index_id), {}).values()
            if documents is None or each.document_id in documents
        ]
        return sorted((hit for hit in found if hit.score), key=lambda hit: -hit.score)[:limit]

    async def count(self, scope: Scope, index_id: str) -> int:
        return len(self.indexes.get((scope.workspace_id, index_id), {}))

    async def drop(self, scope: Scope, index_id: str) -> None:
        self.indexes.pop((scope.workspace_id, index_id), None)

    async def drop_all(self, scope: Scope) -> None:
        for key in [key for key in self.indexes if key[0] == scope.workspace_id]:
            del self.indexes[key]


@dataclass
class WordModels:
    """Embeds by hashing words: texts with the same words are near. `asked` are the texts it was sent."""

    asked: list[str] = field(default_factory=list)
    down: bool = False
    says: dict[str, str] = field(default_factory=dict)
    """What each model that chats says to whatever it is told."""
    told: list[ChatRequest] = field(default_factory=list)

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.told.append(request)
        if request.model not in self.says:
            raise ModelUnavailable("The model is down.")
        yield TextDelta(self.says[request.model])
        yield Finished("stop", Usage())

    async def embed(self, scope: Scope, request: EmbeddingRequest) -> Embeddings:
        if self.down:
            raise ModelUnavailable("The model is down.")
        self.asked += request.texts
        shift = 7 if request.model == OTHER_MODEL else 0
        return Embeddings([_vector(text, shift) for text in request.texts], Usage())

    async def rerank(self, scope: Scope, request: RerankRequest) -> Any:
        raise NotImplementedError

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        return [ModelInfo(each, "small", each, type="embedding") for each in (MODEL, OTHER_MODEL)]


def _vector(text: str, shift: int) -> list[float]:
    numbers = [0.0] * WIDTH
    for word, count in Counter(_words(text)).items():
        numbers[(sum(ord(letter) * (n + 3) for n, letter in enumerate(word)) + shift) % WIDTH] += count
    length = math.sqrt(sum(each * each for each in numbers)) or 1.0
    return [each / length for each in numbers]


class LineReader:
    """Each line of a document is a block."""

    async def read(self, content: bytes, *, name: str, media_type: str) -> ParsedDocument:
        if content.startswith(b"%BROKEN"):
            raise DocumentUnusable(f"{name} is broken.")
        lines = [line for line in content.decode().splitlines() if line]
        return ParsedDocument([Block("text", line) for line in lines])


def cut_lines(document: ParsedDocument, settings: ChunkSettings, title: str) -> Sequence[ChunkDraft]:
    """A chunk for each block; of two children in the mode of parents."""
    drafts = []
    for number, block in enumerate(document.blocks):
        words = block.text.split()
        half = len(words) // 2
        children = (" ".join(words[:half]), " ".join(words[half:])) if settings.mode == "parent_child" else ()
        drafts.append(ChunkDraft(block.text, token_estimate(block.text), begin=number, end=number, children=children))
    return drafts


@dataclass
class Stores:
    """Two kinds of store, both listed."""

    opened: dict[str, ListedVectors] = field(
        default_factory=lambda: {"listed": ListedVectors(), "other": ListedVectors(kind="other")}
    )
    default: str = "listed"

    @property
    def kinds(self) -> Sequence[str]:
        return list(self.opened)

    def open(self, kind: str) -> ListedVectors:
        if kind not in self.opened:
            raise StoreUnknown(f"There is no store {kind!r}.")
        return self.opened[kind]


@dataclass
class Room:
    """Knowledge over a database, with stand-ins for the rest of the world."""

    storage: Storage
    clock: Clock
    stores: Stores = field(default_factory=Stores)
    texts: ListedTexts = field(default_factory=ListedTexts)
    models: WordModels = field(default_factory=WordModels)

    def __post_init__(self) -> None:
        storage = self.storage
        self.places = Places(
            storage.knowledge_bases,
            storage.knowledge_indexes,
            storage.knowledge_chunks,
            self.stores,
            self.texts,
            self.models,  # type: ignore[arg-type]  # it embeds, which is all that is asked of it
        )
        documents = storage.knowledge_documents
        self.indexer = self.another_indexer()
        self.mover = Mover(self.places, self.clock)
        cleaner = Cleaner(documents, self.places)
        self.knowledge = KnowledgeService(
            places=self.places,
            store=documents,
            reader=LineReader(),
            cut=cut_lines,
            desk=DocumentDesk(documents, self.clock, self.indexer.wake),
            chunk_desk=ChunkDesk(documents, self.places, self.indexer.wake),
            finder=Finder(documents, self.places),
            cleaner=cleaner,
            clock=self.clock,
            default_model=MODEL,
        )
        self.cleaner = cleaner

    def another_indexer(self) -> Indexer:
        """As another process has one."""
        return Indexer(
            self.storage.knowledge_documents,
            self.storage.knowledge_chunks,
            self.places,
            LineReader(),
            cut_lines,
            self.clock,
            owner=new_id(),
        )

    async def base(self, scope: Scope, name: str = "Handbook", **given: Any) -> str:
        return (await self.knowledge.create(scope, NewKnowledge(name, **given))).id

    async def add(self, scope: Scope, knowledge_id: str, text: str, name: str = "note.txt", **given: Any) -> str:
        document = await self.knowledge.add_document(scope, knowledge_id, NewDocument(name, sent(text), **given))
        return document.id

    async def index(self) -> None:
        """All that waits."""
        while await self.indexer.work_on_next("somebody"):
            pass


async def sent(text: str) -> AsyncIterator[bytes]:
    yield text.encode()
