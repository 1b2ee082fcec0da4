"""The door of knowledge: what neighbours may ask of it, and the values they exchange."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.chunking import ChunkDraft, ChunkSettings
from loomwork.knowledge.domain.conditions import Condition, Where
from loomwork.knowledge.domain.errors import (
    DocumentTooLarge,
    DocumentUnusable,
    IndexMissing,
    StoreFailed,
    StoreFull,
    StoreUnknown,
)
from loomwork.knowledge.domain.records import (
    Chunk,
    Document,
    DocumentChange,
    DocumentFilter,
    DocumentState,
    Index,
    KnowledgeBase,
    Source,
)
from loomwork.knowledge.domain.settings import KnowledgeSettings, RetrievalSettings
from loomwork.model_gateway.api import NOBODY, Spender

__all__ = [
    "EVERY_DOCUMENT",
    "HANDED_IN",
    "Chunk",
    "ChunkChange",
    "ChunkDraft",
    "ChunkSettings",
    "Condition",
    "Document",
    "DocumentChange",
    "DocumentFilter",
    "DocumentState",
    "DocumentTooLarge",
    "DocumentUnusable",
    "Found",
    "Index",
    "IndexMissing",
    "Knowledge",
    "KnowledgeBase",
    "KnowledgeChange",
    "KnowledgeSettings",
    "NewDocument",
    "NewKnowledge",
    "Passage",
    "Passages",
    "Progress",
    "Question",
    "RetrievalSettings",
    "Source",
    "StoreFailed",
    "StoreFull",
    "StoreUnknown",
    "Where",
]


HANDED_IN = Source("file")
EVERY_DOCUMENT = Where()


@dataclass(frozen=True, slots=True)
class NewKnowledge:
    """What is None is as the installation has it."""

    name: str
    description: str = ""
    embedding_model: str | None = None
    store: str | None = None
    chunking: ChunkSettings = field(default_factory=ChunkSettings)
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)


@dataclass(frozen=True, slots=True)
class KnowledgeChange:
    """What is None stays. Another `chunking` counts for documents that are indexed from now on."""

    name: str | None = None
    description: str | None = None
    aliases: tuple[str, ...] | None = None
    chunking: ChunkSettings | None = None
    retrieval: RetrievalSettings | None = None


@dataclass(frozen=True, slots=True)
class NewDocument:
    """`content` is read once."""

    name: str
    content: AsyncIterator[bytes]
    media_type: str = ""
    source: Source = HANDED_IN
    metadata: Mapping[str, Any] = field(default_factory=dict)
    readers: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class ChunkChange:
    """What is None stays."""

    text: str | None = None
    answer: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many documents stand where; `seconds_left` where it can be told."""

    documents: Mapping[DocumentState, int]
    chunks: int
    done: int
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of knowledge bases. `settings` None is as each of them is set. `asker` is by whom, as documents
    name their readers; None asks for the workspace itself, which may read everything. Of several knowledge bases, the
    model `choose_with` chooses the one that is asked.
    """

    text: str
    knowledge_ids: Sequence[str]
    settings: RetrievalSettings | None = None
    where: Where = EVERY_DOCUMENT
    asker: Collection[str] | None = None
    choose_with: str | None = None
    spender: Spender = NOBODY


@dataclass(frozen=True, slots=True)
class Passage:
    """What was found, and where it stands. `number` and `page` are those of its chunk in the document."""

    chunk_id: str
    document_id: str
    document_name: str
    knowledge_id: str
    knowledge_name: str
    text: str
    score: float
    number: int
    tokens: int
    headings: Sequence[str] = ()
    page: int | None = None
    answer: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    children: Sequence[tuple[str, float]] = ()
    """Of a parent: the texts it was found by."""
    found_by: Collection[str] = ()
    """Of `vector`, `text`."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best first. `notices` are sentences about what could not be asked, and what a model chose to ask."""

    passages: Sequence[Passage]
    notices: Sequence[str] = ()


class Passages(Protocol):
    """What nodes need of knowledge."""

    async def search(self, scope: Scope, question: Question) -> Found:
        """Raises `NotFound` for a knowledge base that is not there, `StoreFailed` and model failures where nothing can
        be asked at all.
        """
        ...

    async def find_base(self, scope: Scope, reference: str) -> KnowledgeBase | None:
        """The one with this id or, where none has it, with this alias, or this name."""
        ...


class Knowledge(Passages, Protocol):
    """Knowledge bases, and all that is in them."""

    @property
    def stores(self) -> Sequence[str]:
        """The kinds of vector store that can be had here, the default first."""
        ...

    async def create(self, scope: Scope, new: NewKnowledge) -> KnowledgeBase:
        """Raises `InvalidInput`, `Conflict` for a name that is taken, `StoreUnknown`, `ModelNotFound`."""
        ...

    async def get(self, scope: Scope, knowledge_id: str) -> KnowledgeBase: ...

    async def list_bases(
        self, scope: Scope, page: PageRequest, *, search: str = "", only: Collection[str] | None = None
    ) -> Page[KnowledgeBase]: ...

    async def change(self, scope: Scope, knowledge_id: str, change: KnowledgeChange) -> KnowledgeBase: ...

    async def remove(self, scope: Scope, knowledge_id: str) -> None:
        """With everything in it, in every store."""
        ...

    async def progress(self, scope: Scope, knowledge_id: str) -> Progress: ...

    async def add_document(self, scope: Scope, knowledge_id: str, new: NewDocument) -> Document:
        """Kept at once, indexed soon after. The same content under the same name is not taken in twice: the document
        that has it is the answer. Raises `NotFound`, `DocumentTooLarge`, `InvalidInput` where it is empty.
        """
        ...

    async def replace_document(self, scope: Scope, document_id: str, new: NewDocument) -> Document: ...

    async def get_document(self, scope: Scope, document_id: str) -> Document: ...

    async def document_content(self, scope: Scope, document_id: str) -> bytes: ...

    async def list_documents(
        self, scope: Scope, knowledge_id: str, wanted: DocumentFilter, page: PageRequest
    ) -> Page[Document]: ...

    async def change_document(self, scope: Scope, document_id: str, change: DocumentChange) -> Document: ...

    async def remove_document(self, scope: Scope, document_id: str) -> None: ...

    async def retry_document(self, scope: Scope, document_id: str) -> Document:
        """Index it anew from its content. Raises `Conflict` while it is being indexed."""
        ...

    async def pause_document(self, scope: Scope, document_id: str) -> Document:
        """Raises `Conflict` where there is nothing to pause."""
        ...

    async def resume_document(self, scope: Scope, document_id: str) -> Document: ...

    async def preview_chunks(
        self, scope: Scope, content: bytes, *, name: str, media_type: str, settings: ChunkSettings
    ) -> Sequence[ChunkDraft]:
        """How a document would be cut; nothing is kept."""
        ...

    async def list_chunks(self, scope: Scope, document_id: str, page: PageRequest) -> Page[Chunk]: ...

    async def get_chunk(self, scope: Scope, chunk_id: str) -> Chunk: ...

    async def children_of(self, scope: Scope, chunk_id: str) -> Sequence[Chunk]: ...

    async def add_chunk(self, scope: Scope, document_id: str, text: str, *, answer: str = "") -> Chunk: ...

    async def change_chunk(self, scope: Scope, chunk_id: str, change: ChunkChange) -> Chunk:
        """Raises `NotFound`, and `Conflict` while its document is being cut."""
        ...

    async def remove_chunk(self, scope: Scope, chunk_id: str) -> None: ...

    async def move(
        self, scope: Scope, knowledge_id: str, *, store: str | None = None, model: str | None = None
    ) -> Index:
        """Build another index beside the one that serves, and have it serve once it has everything. Raises `Conflict`
        while that goes on already, `StoreUnknown`, `ModelNotFound`.
        """
        ...

    async def stop_move(self, scope: Scope, knowledge_id: str) -> None:
        """Raises `Conflict` where nothing moves."""
        ...

    async def indexes(self, scope: Scope, knowledge_id: str) -> Sequence[Index]: ...
