"""Annotations of apps in SQL."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, insert, or_, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import annotations, apps
from loomwork.adapters.storage.sql.workspace_rows import missing, paged, require, this, to_page, within
from loomwork.conversations.api import Annotation
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import AppId, new_id
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope


class SqlAnnotationStore:
    """Fits `conversations.api.AnnotationStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, scope: Scope, app_id: AppId, question: str, answer: str) -> Annotation:
        now = self._clock.now()
        row = {
            "workspace_id": scope.workspace_id,
            "id": new_id(),
            "app_id": app_id,
            "question": question,
            "answer": answer,
            "hits": 0,
            "created_by": scope.actor.id,
            "created_at": now,
            "updated_at": now,
        }

        def write(connection: Connection) -> Annotation:
            require(connection, apps, scope, app_id, "app")
            connection.execute(insert(annotations), row)
            record(connection, scope, "annotation.created", "annotation", str(row["id"]), {"app": app_id}, at=now)
            return _read(connection, scope, app_id, str(row["id"]))

        return await self._database.of(scope).write(write)

    async def get(self, scope: Scope, app_id: AppId, annotation_id: str) -> Annotation:
        return await self._database.of(scope).read(lambda connection: _read(connection, scope, app_id, annotation_id))

    async def save(self, scope: Scope, app_id: AppId, annotation_id: str, question: str, answer: str) -> Annotation:
        change = update(annotations).where(_one(scope, app_id, annotation_id))
        now = self._clock.now()
        change = change.values(question=question, answer=answer, updated_at=now)

        def write(connection: Connection) -> Annotation:
            if not connection.execute(change).rowcount:
                raise missing("annotation", annotation_id)
            record(connection, scope, "annotation.changed", "annotation", annotation_id, {"app": app_id}, at=now)
            return _read(connection, scope, app_id, annotation_id)

        return await self._database.of(scope).write(write)

    async def remove(self, scope: Scope, app_id: AppId, annotation_id: str) -> None:
        now = self._clock.now()

        def write(connection: Connection) -> None:
            if not connection.execute(delete(annotations).where(_one(scope, app_id, annotation_id))).rowcount:
                raise missing("annotation", annotation_id)
            record(connection, scope, "annotation.deleted", "annotation", annotation_id, {"app": app_id}, at=now)

        await self._database.of(scope).write(write)

    async def list_annotations(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, text: str = "", skip: int = 0
    ) -> Page[Annotation]:
        statement = paged(select(annotations).where(*_of_app(scope, app_id, text)), annotations, page).offset(skip)

        def read(connection: Connection) -> Sequence[RowMapping]:
            rows = connection.execute(statement).mappings().all()
            if not rows:
                require(connection, apps, scope, app_id, "app")
            return rows

        return to_page(await self._database.of(scope).read(read), page, _annotation)

    async def count_annotations(self, scope: Scope, app_id: AppId, *, text: str = "") -> int:
        statement = select(func.count()).select_from(annotations).where(*_of_app(scope, app_id, text))

        def read(connection: Connection) -> int:
            require(connection, apps, scope, app_id, "app")
            return int(connection.execute(statement).scalar_one())

        return await self._database.of(scope).read(read)


def _one(scope: Scope, app_id: AppId, annotation_id: str) -> ColumnElement[bool]:
    return and_(this(annotations, scope, annotation_id), annotations.c.app_id == app_id)


def _of_app(scope: Scope, app_id: AppId, text: str) -> Sequence[ColumnElement[bool]]:
    conditions = [within(annotations, scope), annotations.c.app_id == app_id]
    if text:
        columns = (annotations.c.question, annotations.c.answer)
        conditions.append(or_(*(column.icontains(words(text), autoescape=True) for column in columns)))
    return conditions


def _read(connection: Connection, scope: Scope, app_id: AppId, annotation_id: str) -> Annotation:
    """Raises `NotFound`."""
    row = connection.execute(select(annotations).where(_one(scope, app_id, annotation_id))).mappings().first()
    if row is None:
        raise missing("annotation", annotation_id)
    return _annotation(row)


def _annotation(row: RowMapping) -> Annotation:
    return Annotation(
        id=row["id"],
        app_id=AppId(row["app_id"]),
        question=row["question"],
        answer=row["answer"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        hits=row["hits"],
    )
