"""What the room of knowledge needs: parsers, stores of vectors and of words, and its own records."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.parsed import ParsedDocument

__all__ = [
    "DocumentReader",
    "Hit",
    "PageReader",
    "TextEntry",
    "TextIndex",
    "Vector",
    "VectorEntry",
    "VectorStore",
    "WebPage",
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
