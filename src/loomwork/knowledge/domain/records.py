"""What is kept of knowledge: bases, indexes, documents, chunks."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from loomwork.knowledge.domain.settings import KnowledgeSettings

DocumentState = Literal["waiting", "parsing", "splitting", "embedding", "indexed", "failed", "paused", "deleting"]
"""`waiting`, `parsing`, `splitting` and `embedding` follow one another; `paused` and `failed` wait for somebody;
`deleting` is gone for everybody but those who clean up.
"""

UNFINISHED: frozenset[DocumentState] = frozenset({"waiting", "parsing", "splitting", "embedding"})
IndexState = Literal["serving", "building", "leaving"]
"""`building` is filled beside the one that serves; `leaving` has been replaced, and its entries are being dropped."""

ChunkKind = Literal["chunk", "parent", "child"]
"""A `parent` is shown and not searched; a `child` is searched and answered with its parent."""


@dataclass(frozen=True, slots=True)
class Index:
    """Where the vectors of a knowledge base lie, and what made them."""

    id: str
    knowledge_id: str
    store: str
    model: str
    dimensions: int
    state: IndexState
    copied: str = ""
    """The last chunk that was brought over, while it is `building`."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """`index_id` is the index that answers; None until the first document is embedded. `state` is another after each
    change of its settings.
    """

    id: str
    settings: KnowledgeSettings
    index_id: str | None
    state: str
    created_at: datetime
    updated_at: datetime
    documents: int = 0
    chunks: int = 0
    done: int = 0
    """Of its chunks, those that are in the index."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from: a file that was handed in, text that was pasted, or a page at `url`."""

    kind: Literal["file", "text", "url"]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`done` of its `chunks` are embedded. `readers`: who may have its passages, by name; None is everybody.
    `problem` is why it failed. Sizes in bytes.
    """

    id: str
    knowledge_id: str
    name: str
    media_type: str
    size: int
    source: Source
    content_digest: str
    state: DocumentState
    created_at: datetime
    updated_at: datetime
    problem: str = ""
    enabled: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict)
    readers: Sequence[str] | None = None
    chunks: int = 0
    done: int = 0
    tokens: int = 0
    attempts: int = 0
    added_by: str = ""


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What is None may be any. `search` is part of a name, in any case."""

    state: DocumentState | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """What is None stays. `readers` may be set to nobody in particular: `for_all`."""

    name: str | None = None
    enabled: bool | None = None
    fields: Mapping[str, Any] | None = None
    readers: Sequence[str] | None = None
    for_all: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """`text` is what is shown; `found_by` what is embedded and searched. `number` counts from 0 in its document."""

    id: str
    knowledge_id: str
    document_id: str
    number: int
    kind: ChunkKind
    text: str
    found_by: str
    tokens: int
    headings: Sequence[str] = ()
    page: int | None = None
    answer: str = ""
    parent_id: str | None = None
    enabled: bool = True
    edited: bool = False
    embedded: bool = False
    hits: int = 0

    digest: str = ""
    """Of `found_by`; made with the chunk."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.found_by.encode(errors="replace")).hexdigest())

    @property
    def is_searched(self) -> bool:
        return self.kind != "parent" and self.enabled

    def vector_key(self, model: str) -> str:
        """The id of its vector: another for each model, the same for each chunk of its base that is found by this."""
        return hashlib.sha256(f"{self.knowledge_id}\n{model}\n{self.digest}".encode()).hexdigest()
