"""Knowledge bases and their indexes in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, delete, func, insert, or_, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import knowledge_bases as bases
from loomwork.adapters.storage.sql.tables import knowledge_chunks as chunks
from loomwork.adapters.storage.sql.tables import knowledge_documents as documents
from loomwork.adapters.storage.sql.tables import knowledge_indexes as indexes
from loomwork.adapters.storage.sql.workspace_rows import missing, paged, refusing, this, to_page, within
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.knowledge.domain.records import Index, KnowledgeBase
from loomwork.knowledge.domain.settings import KnowledgeSettings

GRACE = timedelta(seconds=60)
"""For how long an index that was replaced is kept for questions that have begun."""

_INDEX = ("id", "knowledge_id", "store", "model", "dimensions", "state", "copied", "problem")


class SqlBaseStore:
    """Fits `knowledge.ports.BaseStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, scope: Scope, base: KnowledgeBase) -> None:
        row = {
            "workspace_id": scope.workspace_id,
            "id": base.id,
            "created_at": base.created_at,
            "updated_at": base.updated_at,
            **_settings(base.settings, base.state),
        }

        def write(connection: Connection) -> None:
            with _named(base.settings.name):
                connection.execute(insert(bases), row)
            self._record(connection, scope, "knowledge.created", base.id, base.settings)

        await self._database.of(scope).write(write)

    async def get(self, scope: Scope, knowledge_id: str) -> KnowledgeBase:
        row = await self._database.of(scope).row(_shown(scope).where(bases.c.id == knowledge_id))
        if row is None:
            raise missing("knowledge base", knowledge_id)
        return _base(row)

    async def list_bases(
        self, scope: Scope, page: PageRequest, *, search: str = "", only: Collection[str] | None = None
    ) -> Page[KnowledgeBase]:
        statement = _shown(scope)
        if search:
            statement = statement.where(bases.c.name.icontains(words(search), autoescape=True))
        if only is not None:
            statement = statement.where(bases.c.id.in_(sorted(only)))
        return to_page(await self._database.of(scope).rows(paged(statement, bases, page)), page, _base)

    async def change(self, scope: Scope, knowledge_id: str, settings: KnowledgeSettings, *, state: str) -> None:
        changed = {"updated_at": self._clock.now(), **_settings(settings, state)}

        def write(connection: Connection) -> None:
            mine = update(bases).where(this(bases, scope, knowledge_id), bases.c.removed_at.is_(None))
            with _named(settings.name):
                if not connection.execute(mine.values(**changed)).rowcount:
                    raise missing("knowledge base", knowledge_id)
            self._record(connection, scope, "knowledge.changed", knowledge_id, settings)

        await self._database.of(scope).write(write)

    async def begin_removal(self, scope: Scope, knowledge_id: str) -> None:
        now = self._clock.now()

        def write(connection: Connection) -> None:
            mine = update(bases).where(this(bases, scope, knowledge_id), bases.c.removed_at.is_(None))
            # Its name is free from now on.
            if not connection.execute(mine.values(removed_at=now, name=knowledge_id)).rowcount:
                raise missing("knowledge base", knowledge_id)
            record(connection, scope, "knowledge.removed", "knowledge", knowledge_id, at=now)

        await self._database.of(scope).write(write)

    async def removing(self) -> Sequence[tuple[Scope, str]]:
        rows = await self._database.everywhere.rows(
            select(bases.c.workspace_id, bases.c.id).where(bases.c.removed_at.is_not(None))
        )
        return [(Scope(WorkspaceId(row["workspace_id"]), SYSTEM), row["id"]) for row in rows]

    async def remove(self, scope: Scope, knowledge_id: str) -> None:
        await self._database.of(scope).change(delete(bases).where(this(bases, scope, knowledge_id)))

    def _record(
        self, connection: Connection, scope: Scope, action: str, knowledge_id: str, settings: KnowledgeSettings
    ) -> None:
        said = {"name": settings.name, "embedding_model": settings.embedding_model, "store": settings.store}
        record(connection, scope, action, "knowledge", knowledge_id, said, at=self._clock.now())


class SqlIndexStore:
    """Fits `knowledge.ports.IndexStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_base(self, scope: Scope, knowledge_id: str) -> Sequence[Index]:
        mine = select(indexes).where(within(indexes, scope), indexes.c.knowledge_id == knowledge_id)
        return [_index(row) for row in await self._database.of(scope).rows(mine.order_by(indexes.c.id))]

    async def add_serving(self, scope: Scope, index: Index) -> Index:
        def write(connection: Connection) -> Index:
            _lock(connection, scope, index.knowledge_id)
            mine = select(indexes).where(within(indexes, scope), indexes.c.knowledge_id == index.knowledge_id)
            there = connection.execute(mine.where(indexes.c.state == "serving")).mappings().first()
            if there is not None:
                return _index(there)
            connection.execute(insert(indexes), {"workspace_id": scope.workspace_id, **asdict(index)})
            serving = update(bases).where(this(bases, scope, index.knowledge_id))
            connection.execute(serving.values(index_id=index.id))
            return index

        return await self._database.of(scope).write(write)

    async def add_building(self, scope: Scope, index: Index) -> None:
        def write(connection: Connection) -> None:
            _lock(connection, scope, index.knowledge_id)
            mine = (within(indexes, scope), indexes.c.knowledge_id == index.knowledge_id)
            if connection.execute(select(indexes.c.id).where(*mine, indexes.c.state == "building")).first():
                raise Conflict("The knowledge base is being moved already; wait for it, or stop it.")
            connection.execute(insert(indexes), {"workspace_id": scope.workspace_id, **asdict(index)})
            said = {"store": index.store, "embedding_model": index.model}
            now = self._clock.now()
            record(connection, scope, "knowledge.move_begun", "knowledge", index.knowledge_id, said, at=now)

        await self._database.of(scope).write(write)

    async def claim(self, *, owner: str, now: datetime, until: datetime) -> tuple[Scope, Index] | None:
        free = or_(indexes.c.until.is_(None), indexes.c.until < now)
        wanted = and_(indexes.c.state.in_(("building", "leaving")), indexes.c.problem == "", free)
        row = await self._database.everywhere.row(select(indexes).where(wanted).order_by(indexes.c.id).limit(1))
        if row is None:
            return None
        scope = Scope(WorkspaceId(row["workspace_id"]), SYSTEM)
        mine = update(indexes).where(this(indexes, scope, row["id"]), wanted).values(owner=owner, until=until)
        return (scope, _index(row)) if await self._database.of(scope).change(mine) else None

    async def keep(self, scope: Scope, index: Index, *, owner: str, until: datetime) -> bool:
        mine = update(indexes).where(this(indexes, scope, index.id), indexes.c.owner == owner)
        said = mine.values(copied=index.copied, problem=index.problem, until=until)
        return await self._database.of(scope).change(said) > 0

    async def switch(self, scope: Scope, index: Index, settings: KnowledgeSettings, *, state: str) -> bool:
        now = self._clock.now()

        def write(connection: Connection) -> bool:
            _lock(connection, scope, index.knowledge_id)
            left = select(chunks.c.id).where(
                within(chunks, scope), chunks.c.knowledge_id == index.knowledge_id, chunks.c.embedded
            )
            if connection.execute(left.where(chunks.c.id > index.copied).limit(1)).first() is not None:
                return False
            mine = and_(within(indexes, scope), indexes.c.knowledge_id == index.knowledge_id)
            leaving = update(indexes).where(mine, indexes.c.state == "serving")
            connection.execute(leaving.values(state="leaving", owner=None, until=now + GRACE))
            serving = update(indexes).where(this(indexes, scope, index.id), indexes.c.state == "building")
            if not connection.execute(serving.values(state="serving", owner=None, until=None)).rowcount:
                raise missing("index", index.id)
            changed = {"index_id": index.id, "updated_at": now, **_settings(settings, state)}
            connection.execute(update(bases).where(this(bases, scope, index.knowledge_id)).values(**changed))
            said = {"store": index.store, "embedding_model": index.model}
            record(connection, scope, "knowledge.moved", "knowledge", index.knowledge_id, said, at=now)
            return True

        return await self._database.of(scope).write(write)

    async def remove(self, scope: Scope, index_id: str) -> None:
        await self._database.of(scope).change(delete(indexes).where(this(indexes, scope, index_id)))


def _lock(connection: Connection, scope: Scope, knowledge_id: str) -> None:
    """Nobody else changes its indexes until the transaction ends. Raises `NotFound`."""
    mine = select(bases.c.id).where(this(bases, scope, knowledge_id), bases.c.removed_at.is_(None))
    if connection.execute(mine.with_for_update()).first() is None:
        raise missing("knowledge base", knowledge_id)


def _shown(scope: Scope) -> Select[Any]:
    of_base = and_(within(documents, scope), documents.c.knowledge_id == bases.c.id, documents.c.state != "deleting")
    count = select(func.count()).select_from(documents).where(of_base).scalar_subquery()
    pieces = select(func.coalesce(func.sum(documents.c.chunks), 0)).where(of_base).scalar_subquery()
    done = select(func.coalesce(func.sum(documents.c.done), 0)).where(of_base).scalar_subquery()
    shown = select(bases, count.label("documents"), pieces.label("chunks"), done.label("done"))
    return shown.where(within(bases, scope), bases.c.removed_at.is_(None))


def _named(name: str) -> Any:
    return refusing(f"There is a knowledge base {name!r} already.", field="name")


def _settings(settings: KnowledgeSettings, state: str) -> dict[str, Any]:
    return {"name": settings.name, "settings": settings.model_dump_json(), "state": state}


def _base(row: RowMapping) -> KnowledgeBase:
    return KnowledgeBase(
        id=row["id"],
        settings=KnowledgeSettings.model_validate_json(row["settings"]),
        index_id=row["index_id"],
        state=row["state"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        documents=row["documents"],
        chunks=int(row["chunks"]),
        done=int(row["done"]),
    )


def _index(row: RowMapping) -> Index:
    return Index(**{name: row[name] for name in _INDEX})
