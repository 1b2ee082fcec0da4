"""Chunks of documents, and the vectors that were made of them, in SQL."""

import sys
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, and_, delete, exists, func, insert, or_, select, update

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.knowledge_documents import held
from loomwork.adapters.storage.sql.tables import knowledge_bases as bases
from loomwork.adapters.storage.sql.tables import knowledge_chunks as chunks
from loomwork.adapters.storage.sql.tables import knowledge_documents as documents
from loomwork.adapters.storage.sql.tables import knowledge_indexes as indexes
from loomwork.adapters.storage.sql.tables import knowledge_vectors as vectors
from loomwork.adapters.storage.sql.workspace_rows import missing, require, this, within
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.records import Chunk
from loomwork.knowledge.ports import Vector, Work

AT_ONCE = 500
"""Rows, or ids, of one statement."""

T = TypeVar("T")

_FIELDS = tuple(Chunk.__dataclass_fields__)
_SEARCHED = and_(chunks.c.kind != "parent", chunks.c.enabled)


class SqlChunkStore:
    """Fits `knowledge.ports.ChunkStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def write(self, work: Work, chunks_of: Sequence[Chunk]) -> bool:
        scope, document = work.scope, work.document
        searched = sum(each.is_searched for each in chunks_of)
        tokens = sum(each.tokens for each in chunks_of if each.kind != "child")

        def write(connection: Connection) -> bool:
            stands = {"chunks": searched, "done": 0, "tokens": tokens, "state": "embedding"}
            if not connection.execute(update(documents).where(held(work)).values(**stands)).rowcount:
                return False
            connection.execute(delete(chunks).where(within(chunks, scope), chunks.c.document_id == document.id))
            for some in _batches(chunks_of):
                connection.execute(insert(chunks), [_row(scope, each) for each in some])
            return True

        return await self._database.of(scope).write(write)

    async def pending(self, scope: Scope, document_id: str, *, limit: int) -> Sequence[Chunk]:
        mine = select(chunks).where(within(chunks, scope), chunks.c.document_id == document_id, _SEARCHED)
        next_ones = mine.where(~chunks.c.embedded).order_by(chunks.c.number, chunks.c.id).limit(limit)
        return [_chunk(row) for row in await self._database.of(scope).rows(next_ones)]

    async def embedded(self, work: Work, ids: Sequence[str], *, indexes: Collection[str]) -> bool:
        scope, document = work.scope, work.document

        def write(connection: Connection) -> bool:
            if not _are(connection, scope, document.knowledge_id, indexes):
                return False
            if connection.execute(select(documents.c.id).where(held(work)).with_for_update()).first() is None:
                return False
            for some in _batches(ids):
                mine = update(chunks).where(within(chunks, scope), chunks.c.id.in_(some))
                connection.execute(mine.values(embedded=True))
            _count(connection, scope, document.id)
            return True

        return await self._database.of(scope).write(write)

    async def searched_after(self, scope: Scope, knowledge_id: str, after: str, *, limit: int) -> Sequence[Chunk]:
        mine = select(chunks).where(within(chunks, scope), chunks.c.knowledge_id == knowledge_id, chunks.c.embedded)
        rows = await self._database.of(scope).rows(
            mine.where(_SEARCHED, chunks.c.id > after).order_by(chunks.c.id).limit(limit)
        )
        return [_chunk(row) for row in rows]

    async def list_chunks(self, scope: Scope, document_id: str, page: PageRequest) -> Page[Chunk]:
        mine = and_(within(chunks, scope), chunks.c.document_id == document_id, chunks.c.kind != "child")
        statement = select(chunks).where(mine)

        def read(connection: Connection) -> Sequence[RowMapping]:
            require(connection, documents, scope, document_id, "document")
            found = statement
            if page.after is not None:
                last = connection.execute(select(chunks.c.number).where(this(chunks, scope, page.after), mine)).scalar()
                if last is None:
                    raise InvalidInput("No page ended with this chunk, or it was removed since.", field="after")
                later = or_(chunks.c.number > last, and_(chunks.c.number == last, chunks.c.id > page.after))
                found = statement.where(later)
            ordered = found.order_by(chunks.c.number, chunks.c.id).limit(page.limit + 1)
            return connection.execute(ordered).mappings().all()

        rows = await self._database.of(scope).read(read)
        shown = [_chunk(row) for row in rows[: page.limit]]
        return Page(shown, next=shown[-1].id if len(rows) > page.limit else None)

    async def get(self, scope: Scope, chunk_id: str) -> Chunk:
        row = await self._database.of(scope).row(select(chunks).where(this(chunks, scope, chunk_id)))
        if row is None:
            raise missing("chunk", chunk_id)
        return _chunk(row)

    async def by_ids(self, scope: Scope, ids: Collection[str]) -> Sequence[Chunk]:
        of_document = and_(documents.c.workspace_id == chunks.c.workspace_id, documents.c.id == chunks.c.document_id)
        of_base = and_(bases.c.workspace_id == chunks.c.workspace_id, bases.c.id == chunks.c.knowledge_id)
        there = select(chunks).join(documents, of_document).join(bases, of_base)
        there = there.where(within(chunks, scope), documents.c.state != "deleting", bases.c.removed_at.is_(None))

        def read(connection: Connection) -> list[Chunk]:
            found: list[Chunk] = []
            for some in _batches(sorted(ids)):
                rows = connection.execute(there.where(chunks.c.id.in_(some))).mappings()
                found += [_chunk(row) for row in rows]
            return found

        return await self._database.of(scope).read(read)

    async def numbered(self, scope: Scope, document_id: str, first: int, last: int) -> Sequence[Chunk]:
        mine = select(chunks).where(
            within(chunks, scope), chunks.c.document_id == document_id, chunks.c.kind != "child"
        )
        near = mine.where(chunks.c.number.between(first, last), chunks.c.enabled).order_by(chunks.c.number, chunks.c.id)
        return [_chunk(row) for row in await self._database.of(scope).rows(near)]

    async def children(self, scope: Scope, parent_id: str) -> Sequence[Chunk]:
        mine = select(chunks).where(within(chunks, scope), chunks.c.parent_id == parent_id)
        return [_chunk(row) for row in await self._database.of(scope).rows(mine.order_by(chunks.c.number, chunks.c.id))]

    async def save(self, scope: Scope, chunk: Chunk, *, children: Sequence[Chunk] = ()) -> None:
        def write(connection: Connection) -> None:
            require(connection, documents, scope, chunk.document_id, "document")
            mine = (within(chunks, scope), or_(chunks.c.id == chunk.id, chunks.c.parent_id == chunk.id))
            connection.execute(delete(chunks).where(*mine))
            connection.execute(insert(chunks), [_row(scope, each) for each in (chunk, *children)])
            _count(connection, scope, chunk.document_id)
            _look_again(connection, scope, chunk.document_id, self._clock)

        await self._database.of(scope).write(write)

    async def remove(self, scope: Scope, chunk_id: str) -> Sequence[str]:
        def write(connection: Connection) -> Sequence[str]:
            whole = or_(chunks.c.id == chunk_id, chunks.c.parent_id == chunk_id)
            mine = (within(chunks, scope), whole)
            found = connection.execute(select(chunks.c.id, chunks.c.document_id).where(*mine)).all()
            if chunk_id not in {row.id for row in found}:
                raise missing("chunk", chunk_id)
            connection.execute(delete(chunks).where(*mine))
            _count(connection, scope, found[0].document_id)
            return [row.id for row in found]

        return await self._database.of(scope).write(write)

    async def note_hits(self, scope: Scope, ids: Sequence[str]) -> None:
        more = update(chunks).where(within(chunks, scope), chunks.c.id.in_(sorted(ids)))
        await self._database.of(scope).change(more.values(hits=chunks.c.hits + 1))

    async def vectors(self, scope: Scope, keys: Collection[str]) -> Mapping[str, Vector]:
        def read(connection: Connection) -> Mapping[str, Vector]:
            found: dict[str, Vector] = {}
            for some in _batches(sorted(keys)):
                mine = select(vectors.c.id, vectors.c.vector).where(within(vectors, scope), vectors.c.id.in_(some))
                found |= {row.id: _numbers(row.vector) for row in connection.execute(mine)}
            return found

        return await self._database.of(scope).read(read)

    async def keep_vectors(self, scope: Scope, model: str, made: Sequence[tuple[Chunk, Vector]]) -> None:
        wanted = {chunk.vector_key(model): (chunk, vector) for chunk, vector in made}

        def write(connection: Connection) -> None:
            there = select(vectors.c.id).where(within(vectors, scope), vectors.c.id.in_(sorted(wanted)))
            known = set(connection.execute(there).scalars())
            rows = [
                {
                    "workspace_id": scope.workspace_id,
                    "id": key,
                    "knowledge_id": chunk.knowledge_id,
                    "digest": chunk.digest,
                    "vector": _bytes(vector),
                }
                for key, (chunk, vector) in wanted.items()
                if key not in known
            ]
            if rows:
                connection.execute(insert(vectors), rows)

        await self._database.of(scope).write(write)

    async def forget_unused_vectors(self, scope: Scope, knowledge_id: str) -> None:
        mine = and_(within(chunks, scope), chunks.c.knowledge_id == knowledge_id)
        used = exists().where(mine, chunks.c.digest == vectors.c.digest)
        unused = delete(vectors).where(within(vectors, scope), vectors.c.knowledge_id == knowledge_id, ~used)
        await self._database.of(scope).change(unused)


def _are(connection: Connection, scope: Scope, knowledge_id: str, known: Collection[str]) -> bool:
    """Whether these are the indexes of the knowledge base, and stay so until the transaction ends."""
    base = select(bases.c.id).where(this(bases, scope, knowledge_id)).with_for_update()
    connection.execute(base)
    mine = select(indexes.c.id).where(within(indexes, scope), indexes.c.knowledge_id == knowledge_id)
    return set(connection.execute(mine.where(indexes.c.state != "leaving")).scalars()) == set(known)


def _count(connection: Connection, scope: Scope, document_id: str) -> None:
    mine = and_(within(chunks, scope), chunks.c.document_id == document_id)
    searched = select(func.count()).select_from(chunks).where(mine, _SEARCHED)
    tokens = select(func.coalesce(func.sum(chunks.c.tokens), 0)).where(mine, chunks.c.kind != "child")
    numbers = {
        "chunks": searched.scalar_subquery(),
        "done": searched.where(chunks.c.embedded).scalar_subquery(),
        "tokens": tokens.scalar_subquery(),
    }
    connection.execute(update(documents).where(this(documents, scope, document_id)).values(**numbers))


def _look_again(connection: Connection, scope: Scope, document_id: str, clock: Clock) -> None:
    """What was edited of an indexed document is embedded by whoever indexes."""
    indexed = and_(this(documents, scope, document_id), documents.c.state == "indexed")
    again = {"state": "embedding", "owner": None, "until": None, "due_at": clock.now()}
    connection.execute(update(documents).where(indexed).values(**again))


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for begin in range(0, len(items), AT_ONCE):
        yield items[begin : begin + AT_ONCE]


def _bytes(vector: Vector) -> bytes:
    """Of 32 bits each, the least significant byte first, on every machine."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _numbers(kept: bytes) -> Vector:
    numbers = array("f")
    numbers.frombytes(kept)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _row(scope: Scope, chunk: Chunk) -> dict[str, Any]:
    return {"workspace_id": scope.workspace_id, **asdict(chunk), "headings": list(chunk.headings)}


def _chunk(row: RowMapping) -> Chunk:
    return Chunk(**{name: row[name] for name in _FIELDS})
