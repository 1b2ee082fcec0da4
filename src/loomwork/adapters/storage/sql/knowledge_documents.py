"""Documents of knowledge bases in SQL, and who works on them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, insert, null, or_, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import knowledge_bases as bases
from loomwork.adapters.storage.sql.tables import knowledge_documents as documents
from loomwork.adapters.storage.sql.workspace_rows import missing, paged, this, to_page, within
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.knowledge.domain.records import (
    UNFINISHED,
    Document,
    DocumentChange,
    DocumentFilter,
    DocumentState,
    Source,
)
from loomwork.knowledge.ports import DocumentFacts, Work

_HIDDEN = ("workspace_id", "due_at", "owner", "until", "content")
_ABOUT = [column for column in documents.c if column.name not in _HIDDEN]


class SqlDocumentStore:
    """Fits `knowledge.ports.DocumentStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, scope: Scope, document: Document, content: bytes) -> None:
        row = {"workspace_id": scope.workspace_id, "content": content, **_row(document)}

        def write(connection: Connection) -> None:
            _require_base(connection, scope, document.knowledge_id)
            connection.execute(insert(documents), row)
            self._record(connection, scope, "document.added", document)

        await self._database.of(scope).write(write)

    async def get(self, scope: Scope, document_id: str) -> Document:
        row = await self._database.of(scope).row(select(*_ABOUT).where(_there(scope, document_id)))
        if row is None:
            raise missing("document", document_id)
        return _document(row)

    async def content(self, scope: Scope, document_id: str) -> bytes:
        row = await self._database.of(scope).row(select(documents.c.content).where(_there(scope, document_id)))
        if row is None:
            raise missing("document", document_id)
        return bytes(row["content"])

    async def list_documents(
        self, scope: Scope, knowledge_id: str, wanted: DocumentFilter, page: PageRequest
    ) -> Page[Document]:
        statement = select(*_ABOUT).where(_of_base(scope, knowledge_id))
        if wanted.state is not None:
            statement = statement.where(documents.c.state == wanted.state)
        if wanted.search:
            statement = statement.where(documents.c.name.icontains(words(wanted.search), autoescape=True))
        return to_page(await self._database.of(scope).rows(paged(statement, documents, page)), page, _document)

    async def counts(self, scope: Scope, knowledge_id: str) -> Mapping[DocumentState, int]:
        statement = select(documents.c.state, func.count().label("number")).where(_of_base(scope, knowledge_id))
        rows = await self._database.of(scope).rows(statement.group_by(documents.c.state))
        return {cast(DocumentState, row["state"]): row["number"] for row in rows}

    async def by_hash(self, scope: Scope, knowledge_id: str, content_digest: str) -> Document | None:
        same = select(*_ABOUT).where(_of_base(scope, knowledge_id), documents.c.content_digest == content_digest)
        row = await self._database.of(scope).row(same.order_by(documents.c.id).limit(1))
        return None if row is None else _document(row)

    async def by_ids(self, scope: Scope, ids: Collection[str]) -> Mapping[str, Document]:
        wanted = and_(within(documents, scope), documents.c.id.in_(sorted(ids)), documents.c.state != "deleting")
        rows = await self._database.of(scope).rows(select(*_ABOUT).where(wanted))
        return {row["id"]: _document(row) for row in rows}

    async def any_restricted(self, scope: Scope, knowledge_id: str) -> bool:
        restricted = or_(~documents.c.enabled, documents.c.readers.is_not(None))
        found = select(documents.c.id).where(_of_base(scope, knowledge_id), restricted).limit(1)
        return await self._database.of(scope).row(found) is not None

    async def facts(self, scope: Scope, knowledge_id: str) -> Sequence[DocumentFacts]:
        columns = [documents.c[name] for name in ("id", "name", "enabled", "fields", "readers")]
        rows = await self._database.of(scope).rows(select(*columns).where(_of_base(scope, knowledge_id)))
        return [DocumentFacts(row["id"], row["name"], row["enabled"], row["fields"], row["readers"]) for row in rows]

    async def change(self, scope: Scope, document_id: str, change: DocumentChange) -> None:
        values: dict[str, Any] = {"updated_at": self._clock.now()}
        if change.name is not None:
            values["name"] = change.name
        if change.enabled is not None:
            values["enabled"] = change.enabled
        if change.fields is not None:
            values["fields"] = dict(change.fields)
        if change.for_all:
            values["readers"] = null()
        elif change.readers is not None:
            values["readers"] = list(change.readers)

        def write(connection: Connection) -> None:
            changed = update(documents).where(_there(scope, document_id)).values(**values)
            if not connection.execute(changed).rowcount:
                raise missing("document", document_id)
            said = {"changed": sorted(values.keys() - {"updated_at"})}
            record(connection, scope, "document.changed", "document", document_id, said, at=self._clock.now())

        await self._database.of(scope).write(write)

    async def replace(self, scope: Scope, document: Document, content: bytes) -> None:
        values = {**_row(document), "content": content, "owner": None, "until": None}
        del values["id"], values["created_at"]

        def write(connection: Connection) -> None:
            changed = update(documents).where(_there(scope, document.id)).values(**values)
            if not connection.execute(changed).rowcount:
                raise missing("document", document.id)
            self._record(connection, scope, "document.replaced", document)

        await self._database.of(scope).write(write)

    async def set_state(
        self, scope: Scope, document_id: str, to: DocumentState, *, of: Collection[DocumentState]
    ) -> bool:
        now = self._clock.now()
        values: dict[str, Any] = {
            "state": to,
            "owner": None,
            "until": None,
            "due_at": now,
            "updated_at": now,
            "attempts": 0,
        }
        if to != "failed":
            values["problem"] = ""

        def write(connection: Connection) -> bool:
            if connection.execute(select(documents.c.id).where(_there(scope, document_id))).first() is None:
                raise missing("document", document_id)
            mine = update(documents).where(_there(scope, document_id), documents.c.state.in_(sorted(of)))
            changed = connection.execute(mine.values(**values)).rowcount > 0
            if changed:
                action = "document.removed" if to == "deleting" else "document.state_set"
                record(connection, scope, action, "document", document_id, {"to": to}, at=now)
            return changed

        return await self._database.of(scope).write(write)

    async def deleting(self) -> Sequence[tuple[Scope, Document]]:
        rows = await self._database.everywhere.rows(
            select(documents.c.workspace_id, *_ABOUT).where(documents.c.state == "deleting")
        )
        return [(Scope(WorkspaceId(row["workspace_id"]), SYSTEM), _document(row)) for row in rows]

    async def remove(self, scope: Scope, document_id: str) -> None:
        await self._database.of(scope).change(delete(documents).where(this(documents, scope, document_id)))

    async def claim(self, *, owner: str, now: datetime, until: datetime) -> Work | None:
        free = or_(documents.c.until.is_(None), documents.c.until < now)
        wanted = and_(documents.c.state.in_(sorted(UNFINISHED)), documents.c.due_at <= now, free)
        of_base = and_(bases.c.workspace_id == documents.c.workspace_id, bases.c.id == documents.c.knowledge_id)
        found = select(documents.c.workspace_id, *_ABOUT).join(bases, of_base)
        found = found.where(wanted, bases.c.removed_at.is_(None)).order_by(documents.c.due_at, documents.c.id).limit(1)
        row = await self._database.everywhere.row(found)
        if row is None:
            return None
        scope = Scope(WorkspaceId(row["workspace_id"]), SYSTEM)
        mine = update(documents).where(this(documents, scope, row["id"]), wanted).values(owner=owner, until=until)
        if not await self._database.of(scope).change(mine):
            return await self.claim(owner=owner, now=now, until=until)
        return Work(scope, _document(row), owner)

    async def hold(
        self, work: Work, *, until: datetime, state: DocumentState | None = None, problem: str | None = None
    ) -> bool:
        values: dict[str, Any] = {"until": until}
        if state is not None:
            values |= {"state": state, "updated_at": self._clock.now()}
        if problem is not None:
            values["problem"] = problem
        return await self._database.of(work.scope).change(update(documents).where(held(work)).values(**values)) > 0

    async def put_off(self, work: Work, *, due_at: datetime, problem: str) -> None:
        later = (
            update(documents)
            .where(held(work))
            .values(due_at=due_at, problem=problem, owner=None, until=None, attempts=documents.c.attempts + 1)
        )
        await self._database.of(work.scope).change(later)

    async def finish(self, work: Work, state: Literal["indexed", "failed"], *, problem: str = "") -> bool:
        now = self._clock.now()
        ended = {"state": state, "problem": problem, "owner": None, "until": None, "updated_at": now, "attempts": 0}
        return await self._database.of(work.scope).change(update(documents).where(held(work)).values(**ended)) > 0

    def _record(self, connection: Connection, scope: Scope, action: str, document: Document) -> None:
        said = {"name": document.name, "size": document.size, "knowledge_id": document.knowledge_id}
        record(connection, scope, action, "document", document.id, said, at=self._clock.now())


def held(work: Work) -> ColumnElement[bool]:
    """The document, while whoever works on it may."""
    document = work.document
    mine = this(documents, work.scope, document.id)
    return and_(mine, documents.c.owner == work.owner, documents.c.state.in_(sorted(UNFINISHED)))


def _there(scope: Scope, document_id: str) -> ColumnElement[bool]:
    removed = select(bases.c.id).where(within(bases, scope), bases.c.removed_at.is_not(None))
    mine = this(documents, scope, document_id)
    return and_(mine, documents.c.state != "deleting", documents.c.knowledge_id.not_in(removed))


def _of_base(scope: Scope, knowledge_id: str) -> ColumnElement[bool]:
    mine = and_(within(documents, scope), documents.c.knowledge_id == knowledge_id)
    return and_(mine, documents.c.state != "deleting")


def _require_base(connection: Connection, scope: Scope, knowledge_id: str) -> None:
    mine = select(bases.c.id).where(this(bases, scope, knowledge_id), bases.c.removed_at.is_(None))
    if connection.execute(mine).first() is None:
        raise missing("knowledge base", knowledge_id)


def _row(document: Document) -> dict[str, Any]:
    row = asdict(document)
    row |= {
        "source": json.dumps(asdict(document.source)),
        "fields": dict(row.pop("metadata")),
        "readers": None if document.readers is None else list(document.readers),
        "due_at": document.updated_at,
    }
    return row


def _document(row: RowMapping) -> Document:
    values = {column.name: row[column.name] for column in _ABOUT}
    values["metadata"] = values.pop("fields")
    return Document(**values | {"source": Source(**json.loads(row["source"]))})
