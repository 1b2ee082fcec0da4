"""The shapes of knowledge: bases, documents, chunks, passages."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from loomwork.interface.http.api.shapes import RequestShape, Shape
from loomwork.interface.http.encoding import JsonMap
from loomwork.knowledge.api import (
    Chunk,
    ChunkDraft,
    ChunkSettings,
    Condition,
    Document,
    DocumentState,
    Index,
    KnowledgeBase,
    Passage,
    Progress,
    RetrievalSettings,
    Where,
)

_NAME = "Handbook"
_MODEL = "local/multilingual-e5-small"
Name = Annotated[str, Field(min_length=1, max_length=200, examples=[_NAME])]
Words = Annotated[str, Field(max_length=200)]
Fields = dict[Words, str | float | bool | None]


class KnowledgeShape(Shape):
    """A knowledge base. `chunks` are those that are searched, `done` of them are in its index."""

    volatile: ClassVar[frozenset[str]] = frozenset({"documents", "chunks", "done", "updated_at"})

    id: str
    name: str = Field(examples=[_NAME])
    description: str
    aliases: list[str] = Field(description="The ids by which apps from elsewhere know it.")
    embedding_model: str = Field(examples=[_MODEL])
    store: str
    chunking: ChunkSettings
    retrieval: RetrievalSettings
    documents: int
    chunks: int
    done: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, base: KnowledgeBase) -> "KnowledgeShape":
        return cls(
            id=base.id,
            documents=base.documents,
            chunks=base.chunks,
            done=base.done,
            created_at=base.created_at,
            updated_at=base.updated_at,
            **dict(base.settings),
        )


class NewKnowledgeBody(RequestShape):
    """What is left out is as the installation has it."""

    name: Name
    description: str = Field(default="", max_length=4000)
    embedding_model: str | None = Field(default=None, max_length=200, examples=[_MODEL])
    store: str | None = Field(default=None, max_length=40, description="The kind of vector store.", examples=[None])
    chunking: ChunkSettings = Field(default_factory=ChunkSettings)
    retrieval: RetrievalSettings = Field(default_factory=RetrievalSettings)


class KnowledgeBody(RequestShape):
    """What is left out stays. Another `chunking` counts for documents that are indexed from now on."""

    name: Name | None = None
    description: str | None = Field(default=None, max_length=4000)
    aliases: Annotated[list[Words], Field(max_length=50)] | None = Field(
        default=None, description="The ids by which apps from elsewhere know it."
    )
    chunking: ChunkSettings | None = None
    retrieval: RetrievalSettings | None = None


class ProgressShape(Shape):
    """How many documents are in each state, and how many chunks are in the index."""

    documents: dict[DocumentState, int]
    chunks: int
    done: int

    @classmethod
    def of(cls, progress: Progress) -> "ProgressShape":
        return cls.model_validate(progress)


class SourceShape(Shape):
    kind: Literal["file", "text", "url"]
    url: str


class DocumentShape(Shape):
    """A document. `problem` says why it failed, or why it is tried again. `readers` null: everybody."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {"state", "problem", "chunks", "done", "tokens", "attempts", "updated_at"}
    )

    id: str
    knowledge_id: str
    name: str = Field(examples=["handbook.pdf"])
    media_type: str
    size: int = Field(description="Bytes.")
    source: SourceShape
    state: DocumentState
    problem: str
    enabled: bool
    metadata: JsonMap
    readers: list[str] | None
    chunks: int
    done: int
    tokens: int
    attempts: int
    added_by: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, document: Document) -> "DocumentShape":
        return cls.model_validate(document)


class NewTextBody(RequestShape):
    """A text that is pasted."""

    name: str = Field(min_length=1, max_length=400, examples=["Opening hours"])
    text: str = Field(min_length=1, max_length=5_000_000)
    metadata: Fields = Field(default_factory=dict, max_length=100)
    readers: Annotated[list[Words], Field(max_length=1000)] | None = None


class DocumentBody(RequestShape):
    """What is left out stays. `readers` null: everybody."""

    name: str | None = Field(default=None, min_length=1, max_length=400)
    enabled: bool | None = None
    metadata: Annotated[Fields, Field(max_length=100)] | None = None
    readers: Annotated[list[Words], Field(max_length=1000)] | None = None


class ChunkShape(Shape):
    """A chunk. A `parent` is found by its children."""

    volatile: ClassVar[frozenset[str]] = frozenset({"hits", "embedded"})

    id: str
    document_id: str
    number: int = Field(description="Its place in the document, from 0.")
    kind: Literal["chunk", "parent", "child"]
    text: str
    answer: str
    tokens: int
    headings: list[str]
    page: int | None
    enabled: bool
    edited: bool
    embedded: bool
    hits: int = Field(description="How often it was among the passages of an answer.")

    @classmethod
    def of(cls, chunk: Chunk) -> "ChunkShape":
        return cls.model_validate(chunk)


class NewChunkBody(RequestShape):
    text: str = Field(min_length=1, max_length=100_000)
    answer: str = Field(default="", max_length=100_000)


class ChunkBody(RequestShape):
    """What is left out stays."""

    text: str | None = Field(default=None, min_length=1, max_length=100_000)
    answer: str | None = Field(default=None, max_length=100_000)
    enabled: bool | None = None


class PreviewBody(RequestShape):
    """A text, and how it would be cut."""

    name: str = Field(default="text.md", max_length=400)
    text: str = Field(min_length=1, max_length=1_000_000)
    chunking: ChunkSettings = Field(default_factory=ChunkSettings)


class DraftShape(Shape):
    """A chunk as it would be cut."""

    text: str
    tokens: int
    headings: list[str]
    page: int | None
    context: str
    answer: str
    children: list[str]

    @classmethod
    def of(cls, draft: ChunkDraft) -> "DraftShape":
        return cls.model_validate(draft)


class ConditionBody(RequestShape):
    """A field beside the document, compared."""

    name: str = Field(min_length=1, max_length=200, examples=["year"])
    operator: str = Field(max_length=20, examples=["≥"])
    value: str | float | bool | list[str | float] | None = None


class WhereBody(RequestShape):
    """Which documents are asked."""

    match: Literal["all", "any"] = "all"
    conditions: list[ConditionBody] = Field(default_factory=list, max_length=50)

    def given(self) -> Where:
        found = [Condition.model_validate(each.model_dump()) for each in self.conditions]
        return Where(match=self.match, conditions=tuple(found))


class SearchBody(RequestShape):
    """A question. `retrieval` left out: as the knowledge base is set. `asker`: by whom, as documents name readers."""

    question: str = Field(min_length=1, max_length=4000, examples=["When is the office open?"])
    retrieval: RetrievalSettings | None = None
    where: WhereBody = Field(default_factory=WhereBody)
    asker: Annotated[list[Words], Field(max_length=100)] | None = None


class ChildShape(Shape):
    text: str
    score: float


class PassageShape(Shape):
    """What was found, and where it stands."""

    chunk_id: str
    document_id: str
    document_name: str
    text: str
    answer: str
    score: float
    number: int
    tokens: int
    headings: list[str]
    page: int | None
    metadata: JsonMap
    url: str
    found_by: list[str] = Field(description="Of `vector`, `text`.")
    children: list[ChildShape]

    @classmethod
    def of(cls, passage: Passage) -> "PassageShape":
        names = set(cls.model_fields) - {"children", "found_by"}
        return cls(
            **{name: getattr(passage, name) for name in names},
            found_by=sorted(passage.found_by),
            children=[ChildShape(text=text, score=score) for text, score in passage.children],
        )


class FoundShape(Shape):
    """The best first. `notices` say what could not be done as asked."""

    data: list[PassageShape]
    notices: list[str]


class MoveBody(RequestShape):
    """Where to: another store, another embedding model, or both."""

    store: str | None = Field(default=None, max_length=40)
    embedding_model: str | None = Field(default=None, max_length=200)


class IndexShape(Shape):
    """Where vectors lie. `building` is filled beside the one that serves; `leaving` is let go."""

    id: str
    store: str
    model: str
    dimensions: int
    state: Literal["serving", "building", "leaving"]
    problem: str

    @classmethod
    def of(cls, index: Index) -> "IndexShape":
        return cls.model_validate(index)


class KnowledgeGrantShape(Shape):
    """What a member may do with one knowledge base, beside their role in the workspace."""

    id: str
    member_id: str
    knowledge_id: str
    role: str
    created_at: datetime
