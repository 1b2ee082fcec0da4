"""What the room of knowledge needs: parsers, stores of vectors and of words, and its own records."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.chunking import ChunkDraft, ChunkSettings
from loomwork.knowledge.domain.parsed import ParsedDocument
from loomwork.knowledge.domain.records import (
    Chunk,
    Document,
    DocumentChange,
    DocumentFilter,
    DocumentState,
    Index,
    KnowledgeBase,
)
from loomwork.knowledge.domain.settings import KnowledgeSettings

__all__ = [
    "BaseStore",
    "ChunkStore",
    "Cutter",
    "DocumentFacts",
    "DocumentReader",
    "DocumentStore",
    "Hit",
    "IndexStore",
    "PageReader",
    "TextEntry",
    "TextIndex",
    "Vector",
    "VectorEntry",
    "VectorStore",
    "VectorStores",
    "WebPage",
    "Work",
]

Vector = Sequence[float]


@dataclass(frozen=True, slots=True)
class Hit:
    """`id` is the entry's. `score` of a vector: its cosine to the question, -1 to 1. Of words: BM25, greater is better,
    to be compared within one answer only.
    """

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class VectorEntry:
    """One vector. Ids are UUIDs in their canonical form, of the entry and of the document that it was cut from."""

    id: str
    document_id: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class TextEntry:
    """One text to be found by its words."""

    id: str
    document_id: str
    text: str


class VectorStore(Protocol):
    """Finds the nearest of many vectors. What it holds is made from our records and can be made again: it need not
    keep text. An index belongs to a workspace: the store makes the workspace part of every name, path or condition
    itself, from the scope, and another workspace's index does not exist. Every call may be repeated: `put` replaces,
    `remove` and `drop` of what is not there do nothing.

    Every call raises `StoreFailed` where the store is down, slow or broken, `StoreFull` where it has no room, and (but
    `make`, `drop`, `drop_all`) `IndexMissing` where there is no such index. `make`, `put` and `search` raise
    `InvalidInput` for vectors of other dimensions than the index has, and for one that points nowhere. An id that is
    no UUID is not there, and cannot be made or put.
    """

    @property
    def kind(self) -> str:
        """`qdrant`, `pgvector`, ..."""
        ...

    async def make(self, scope: Scope, index_id: str, *, dimensions: int) -> None:
        """Make an empty index, unless it is there."""
        ...

    async def put(self, scope: Scope, index_id: str, entries: Sequence[VectorEntry]) -> None:
        """What is put is found by the next `search` of this process, and is still there after a crash of it."""
        ...

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None: ...

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None:
        """All entries of the document."""
        ...

    async def search(
        self, scope: Scope, index_id: str, vector: Vector, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        """The nearest by cosine, best first, at most `limit`. With `documents`, of these alone, decided in the store:
        as many are found as there are, up to `limit`. None means of all, an empty collection of none.
        """
        ...

    async def fetch(self, scope: Scope, index_id: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        """The vectors as they were put, to a part in a thousand, but for their length. Those that are not there are
        left out.
        """
        ...

    async def count(self, scope: Scope, index_id: str) -> int: ...

    async def drop(self, scope: Scope, index_id: str) -> None: ...

    async def drop_all(self, scope: Scope) -> None:
        """Everything of the workspace."""
        ...

    async def check(self) -> None:
        """Say that the store answers. Raises `StoreFailed`."""
        ...

    async def close(self) -> None: ...


class TextIndex(Protocol):
    """Finds texts by their words, ranked by BM25 within the index. Scopes, repetition and errors are as those of
    `VectorStore`. Words of Chinese and Japanese are found without spaces around them.
    """

    async def make(self, scope: Scope, index_id: str) -> None: ...

    async def put(self, scope: Scope, index_id: str, entries: Sequence[TextEntry]) -> None: ...

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None: ...

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None: ...

    async def search(
        self, scope: Scope, index_id: str, question: str, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        """Texts with any of the question's words, best first. `question` is what a person wrote, no query language."""
        ...

    async def count(self, scope: Scope, index_id: str) -> int: ...

    async def drop(self, scope: Scope, index_id: str) -> None: ...

    async def drop_all(self, scope: Scope) -> None: ...


class DocumentReader(Protocol):
    """Reads documents that may be hostile, where they cannot harm this process."""

    async def read(self, content: bytes, *, name: str, media_type: str) -> ParsedDocument:
        """Its blocks. Raises `DocumentUnusable` (of an unknown type, broken, encrypted, empty) or `DocumentTooLarge`,
        whose sentence names the document and says what to do.
        """
        ...


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page as it was read. `url` is where it was in the end, `content` what was sent, to know it again by."""

    url: str
    document: ParsedDocument
    content: bytes


class PageReader(Protocol):
    """Reads pages of the web that anybody may read, and honours what their hosts ask of robots (RFC 9309). Every call
    raises `DocumentUnusable` where a page cannot be had, or may not, and `DocumentTooLarge`.
    """

    async def read(self, url: str) -> WebPage:
        """One page, or document, without what surrounds its main part where it says which that is."""
        ...

    async def addresses(self, url: str, *, most: int, depth: int = 1) -> Sequence[str]:
        """The pages of a site map, or else this page and those of its host that links lead to, `depth` links away;
        in the order in which they were found, none twice, at most `most`. None that robots may not read.
        """
        ...


Cutter = Callable[[ParsedDocument, ChunkSettings, str], Sequence[ChunkDraft]]
"""Cuts a document of this title into chunks."""


class BaseStore(Protocol):
    """Knowledge bases. One that is being removed is not there for anybody but `removing`."""

    async def add(self, scope: Scope, base: KnowledgeBase) -> None:
        """Raises `Conflict` for a name that is taken."""
        ...

    async def get(self, scope: Scope, knowledge_id: str) -> KnowledgeBase:
        """Raises `NotFound`."""
        ...

    async def list_bases(
        self, scope: Scope, page: PageRequest, *, search: str = "", only: Collection[str] | None = None
    ) -> Page[KnowledgeBase]:
        """The newest first; with `only`, of these alone."""
        ...

    async def change(self, scope: Scope, knowledge_id: str, settings: KnowledgeSettings, *, state: str) -> None:
        """Raises `NotFound`, and `Conflict` for a name that is taken."""
        ...

    async def begin_removal(self, scope: Scope, knowledge_id: str) -> None:
        """From now on it is gone. Raises `NotFound`."""
        ...

    async def removing(self) -> Sequence[tuple[Scope, str]]:
        """Those whose removal has begun, of every workspace."""
        ...

    async def remove(self, scope: Scope, knowledge_id: str) -> None:
        """With all that is kept of it."""
        ...


class IndexStore(Protocol):
    """The indexes of knowledge bases."""

    async def of_base(self, scope: Scope, knowledge_id: str) -> Sequence[Index]: ...

    async def add_serving(self, scope: Scope, index: Index) -> Index:
        """Unless the knowledge base has an index that serves: the one that does so now."""
        ...

    async def add_building(self, scope: Scope, index: Index) -> None:
        """Raises `Conflict` where one is being built already."""
        ...

    async def claim(self, *, owner: str, now: datetime, until: datetime) -> tuple[Scope, Index] | None:
        """One that is to be filled or dropped, of any workspace, for nobody else until then."""
        ...

    async def keep(self, scope: Scope, index: Index, *, owner: str, until: datetime) -> bool:
        """Write down how far it is. False where somebody else has it, or it is gone."""
        ...

    async def switch(self, scope: Scope, index: Index, settings: KnowledgeSettings, *, state: str) -> bool:
        """Have it serve, and the one that did leave, in one step; False where chunks came or changed that it may lack:
        look for them first.
        """
        ...

    async def remove(self, scope: Scope, index_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What decides whether a document is asked."""

    id: str
    name: str
    enabled: bool
    fields: Mapping[str, Any]
    readers: Sequence[str] | None

    def may_be_asked_by(self, asker: Collection[str] | None) -> bool:
        """None asks for the workspace itself, which reads what is switched on."""
        return self.enabled and (asker is None or self.readers is None or not set(asker).isdisjoint(self.readers))


@dataclass(frozen=True, slots=True)
class Work:
    """A document that is to be worked on, for its owner alone until its time is over."""

    scope: Scope
    document: Document
    owner: str


class DocumentStore(Protocol):
    """Documents, and who works on them. One that is being deleted is not there for anybody but `deleting`."""

    async def add(self, scope: Scope, document: Document, content: bytes) -> None:
        """Raises `NotFound` for a knowledge base that is not there."""
        ...

    async def get(self, scope: Scope, document_id: str) -> Document:
        """Raises `NotFound`."""
        ...

    async def content(self, scope: Scope, document_id: str) -> bytes: ...

    async def list_documents(
        self, scope: Scope, knowledge_id: str, wanted: DocumentFilter, page: PageRequest
    ) -> Page[Document]: ...

    async def counts(self, scope: Scope, knowledge_id: str) -> Mapping[DocumentState, int]: ...

    async def by_hash(self, scope: Scope, knowledge_id: str, content_digest: str) -> Document | None: ...

    async def by_ids(self, scope: Scope, ids: Collection[str]) -> Mapping[str, Document]:
        """Those that are there."""
        ...

    async def any_restricted(self, scope: Scope, knowledge_id: str) -> bool:
        """Whether any document is switched off, or not for everybody."""
        ...

    async def facts(self, scope: Scope, knowledge_id: str) -> Sequence[DocumentFacts]: ...

    async def change(self, scope: Scope, document_id: str, change: DocumentChange) -> None:
        """Raises `NotFound`."""
        ...

    async def replace(self, scope: Scope, document: Document, content: bytes) -> None:
        """Another content, to be indexed in the place of what there was. Raises `NotFound`."""
        ...

    async def set_state(
        self, scope: Scope, document_id: str, to: DocumentState, *, of: Collection[DocumentState]
    ) -> bool:
        """Whoever works on it stops. False where it is in none of these states. Raises `NotFound`."""
        ...

    async def deleting(self) -> Sequence[tuple[Scope, Document]]:
        """Those that are gone and not cleaned up, of every workspace."""
        ...

    async def remove(self, scope: Scope, document_id: str) -> None: ...

    async def claim(self, *, owner: str, now: datetime, until: datetime) -> Work | None:
        """The next document of any workspace that waits for work, for nobody else until then."""
        ...

    async def hold(
        self, work: Work, *, until: datetime, state: DocumentState | None = None, problem: str | None = None
    ) -> bool:
        """Go on with it, and say where it stands. False where it is not its owner's any more: then stop."""
        ...

    async def put_off(self, work: Work, *, due_at: datetime, problem: str) -> None:
        """Have it wait until then, after one more attempt that failed."""
        ...

    async def finish(self, work: Work, state: Literal["indexed", "failed"], *, problem: str = "") -> bool:
        """False where it is not its owner's any more."""
        ...


class ChunkStore(Protocol):
    """Chunks, and the vectors that were made."""

    async def write(self, work: Work, chunks: Sequence[Chunk]) -> bool:
        """In the place of all that the document had. False where the work is not its owner's any more."""
        ...

    async def pending(self, scope: Scope, document_id: str, *, limit: int) -> Sequence[Chunk]:
        """The next that are searched and not embedded."""
        ...

    async def embedded(self, work: Work, ids: Sequence[str], *, indexes: Collection[str]) -> bool:
        """They are in these indexes. False where the work is not its owner's any more, or the knowledge base has
        other indexes by now: look which.
        """
        ...

    async def searched_after(self, scope: Scope, knowledge_id: str, after: str, *, limit: int) -> Sequence[Chunk]:
        """The next that are embedded, by id."""
        ...

    async def list_chunks(self, scope: Scope, document_id: str, page: PageRequest) -> Page[Chunk]:
        """As they follow one another; children are not shown."""
        ...

    async def get(self, scope: Scope, chunk_id: str) -> Chunk:
        """Raises `NotFound`."""
        ...

    async def by_ids(self, scope: Scope, ids: Collection[str]) -> Sequence[Chunk]:
        """Those that are there, of documents that are."""
        ...

    async def numbered(self, scope: Scope, document_id: str, first: int, last: int) -> Sequence[Chunk]: ...

    async def children(self, scope: Scope, parent_id: str) -> Sequence[Chunk]: ...

    async def save(self, scope: Scope, chunk: Chunk, *, children: Sequence[Chunk] = ()) -> None:
        """Change it, or add it, with these children in the place of those that it had. Raises `NotFound` for a document
        that is not there.
        """
        ...

    async def remove(self, scope: Scope, chunk_id: str) -> Sequence[str]:
        """With its children: the ids of all that are gone. Raises `NotFound`."""
        ...

    async def note_hits(self, scope: Scope, ids: Sequence[str]) -> None: ...

    async def vectors(self, scope: Scope, keys: Collection[str]) -> Mapping[str, Vector]: ...

    async def keep_vectors(self, scope: Scope, model: str, made: Sequence[tuple[Chunk, Vector]]) -> None:
        """Those of chunks that are there."""
        ...

    async def forget_unused_vectors(self, scope: Scope, knowledge_id: str) -> None:
        """Those of which no chunk is left."""
        ...


class VectorStores(Protocol):
    """The stores that this installation can use."""

    @property
    def default(self) -> str:
        """The kind that new knowledge bases get."""
        ...

    @property
    def kinds(self) -> Sequence[str]: ...

    def open(self, kind: str) -> VectorStore:
        """Raises `StoreUnknown`."""
        ...
