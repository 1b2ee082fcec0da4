"""What every store of vectors is asked through: what comes in is checked and put into one form here, once for all."""

import math
import re
from collections.abc import Collection, Mapping, Sequence

from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.errors import IndexMissing
from loomwork.knowledge.ports import Hit, Vector, VectorEntry, VectorStore

MOST_DIMENSIONS = 8192
MOST_HITS = 10_000
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Whether it is a UUID in its canonical form (RFC 9562), which is safe in a path, a name and a literal."""
    return _ID.fullmatch(text) is not None


def missing(index_id: str) -> IndexMissing:
    return IndexMissing(f"The vector store has no index {index_id[:80]!r}.", index=index_id[:80])


def unlike(wanted: int, found: int) -> InvalidInput:
    """What is said of a vector that does not belong into this index."""
    return InvalidInput(
        f"This index holds vectors of {wanted} dimensions, and this one has {found}: it is another model's.",
        dimensions=wanted,
        found=found,
    )


def unit(vector: Vector) -> list[float]:
    """The same direction at the length 1: all that a cosine sees, and no number that 32 bits cannot hold."""
    length = math.hypot(*vector)
    if not (math.isfinite(length) and length > 0):
        raise InvalidInput("A vector must point somewhere: this one is zero, or holds what is not a number.")
    return [part / length for part in vector]


class CheckedStore:
    """Fits `VectorStore`, before one that then meets sound ids, vectors of length 1, each id once, and at least one
    of everything. What is no id is not there, and cannot be put.
    """

    def __init__(self, store: VectorStore) -> None:
        self._store = store

    @property
    def kind(self) -> str:
        return self._store.kind

    async def make(self, scope: Scope, index_id: str, *, dimensions: int) -> None:
        _require_ids(scope.workspace_id, index_id)
        if not 1 <= dimensions <= MOST_DIMENSIONS:
            raise InvalidInput(f"An index holds vectors of 1 to {MOST_DIMENSIONS} dimensions.", dimensions=dimensions)
        await self._store.make(scope, index_id, dimensions=dimensions)

    async def put(self, scope: Scope, index_id: str, entries: Sequence[VectorEntry]) -> None:
        _require_index(scope, index_id)
        _require_ids(*(text for entry in entries for text in (entry.id, entry.document_id)))
        sound = {entry.id: VectorEntry(entry.id, entry.document_id, unit(entry.vector)) for entry in entries}
        if len({len(entry.vector) for entry in sound.values()}) > 1:
            raise InvalidInput("The vectors of one call must have as many dimensions as each other.")
        if sound:
            await self._store.put(scope, index_id, list(sound.values()))

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None:
        _require_index(scope, index_id)
        if known := _sound(ids):
            await self._store.remove(scope, index_id, known)

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None:
        _require_index(scope, index_id)
        if is_id(document_id):
            await self._store.remove_document(scope, index_id, document_id)

    async def search(
        self, scope: Scope, index_id: str, vector: Vector, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        _require_index(scope, index_id)
        wanted = None if documents is None else _sound(documents)
        if limit < 1 or wanted == []:
            return []
        return await self._store.search(scope, index_id, unit(vector), limit=min(limit, MOST_HITS), documents=wanted)

    async def fetch(self, scope: Scope, index_id: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        _require_index(scope, index_id)
        known = _sound(ids)
        return await self._store.fetch(scope, index_id, known) if known else {}

    async def count(self, scope: Scope, index_id: str) -> int:
        _require_index(scope, index_id)
        return await self._store.count(scope, index_id)

    async def drop(self, scope: Scope, index_id: str) -> None:
        if is_id(scope.workspace_id) and is_id(index_id):
            await self._store.drop(scope, index_id)

    async def drop_all(self, scope: Scope) -> None:
        if is_id(scope.workspace_id):
            await self._store.drop_all(scope)

    async def check(self) -> None:
        await self._store.check()

    async def close(self) -> None:
        await self._store.close()


def _sound(ids: Collection[str]) -> list[str]:
    return [text for text in dict.fromkeys(ids) if is_id(text)]


def _require_index(scope: Scope, index_id: str) -> None:
    if not (is_id(scope.workspace_id) and is_id(index_id)):
        raise missing(index_id)


def _require_ids(*ids: str) -> None:
    for text in ids:
        if not is_id(text):
            raise InvalidInput(f"The id {text[:80]!r} is no UUID in its canonical form.", id=text[:80])
