"""Limits in SQL, and what is counted for them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Table,
    and_,
    cast,
    delete,
    func,
    insert,
    select,
    true,
    update,
)

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import app_versions, apps, files, limits, messages, run_events, runs
from loomwork.adapters.storage.sql.workspace_rows import missing, this, within
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain.limits import EACH, Limit, Subject

_GOING = ("queued", "running")
_HEAVY = {
    apps: (apps.c.document,),
    app_versions: (app_versions.c.document,),
    messages: (messages.c.query, messages.c.answer),
    run_events: (run_events.c.events, run_events.c.records),
    runs: (runs.c.document, runs.c.query, runs.c.answer),
}
"""The columns that grow with use; beside them the rest weighs little."""


class SqlLimitStore:
    """Fits `tenancy.ports.LimitStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def limits(self, scope: Scope) -> Sequence[Limit]:
        columns = (limits.c.id, limits.c.subject, limits.c.subject_id, limits.c.measure, limits.c.most)
        statement = select(*columns).where(within(limits, scope)).order_by(limits.c.id)
        return [Limit(**row) for row in await self._database.of(scope).rows(statement)]

    async def put(self, scope: Scope, limit: Limit, *, at: datetime) -> None:
        values = asdict(limit)

        def write(connection: Connection) -> None:
            change = update(limits).where(this(limits, scope, limit.id)).values(**values)
            if not connection.execute(change).rowcount:
                connection.execute(insert(limits), {"workspace_id": scope.workspace_id, **values})
            record(connection, scope, "limit.set", "limit", limit.id, _told(limit), at=at)

        await self._database.of(scope).write(write)

    async def remove(self, scope: Scope, limit_id: str, *, at: datetime) -> None:
        def write(connection: Connection) -> None:
            if not connection.execute(delete(limits).where(this(limits, scope, limit_id))).rowcount:
                raise missing("limit", limit_id)
            record(connection, scope, "limit.removed", "limit", limit_id, at=at)

        await self._database.of(scope).write(write)

    async def runs_now(self, scope: Scope, subject: Subject, subject_id: str) -> int:
        going = (within(runs, scope), runs.c.status.in_(_GOING), runs.c.app_id.is_not(None), runs.c.parent_id.is_(None))
        statement = select(func.count()).select_from(runs).where(*going, *_of(subject, subject_id))
        return int(await self._database.of(scope).read(lambda connection: connection.execute(statement).scalar_one()))

    async def bytes_kept(self, scope: Scope, subject: Subject, subject_id: str) -> int:
        def read(connection: Connection) -> int:
            weighing = _weighing(connection, scope, subject, subject_id)
            return sum(int(connection.execute(each).scalar_one()) for each in weighing)

        return await self._database.of(scope).read(read)


def _told(limit: Limit) -> dict[str, Any]:
    """What the trail says of a limit: never the name of a person, since it cannot be taken out of it again."""
    told = asdict(limit)
    return told if limit.subject != "end_user" or limit.subject_id == EACH else told | {"subject_id": None}


def _of(subject: Subject, subject_id: str) -> Sequence[ColumnElement[bool]]:
    match subject:
        case "workspace":
            return ()
        case "app":
            return (runs.c.app_id == words(subject_id),)
        case "key":
            return (runs.c.key_id == words(subject_id),)
        case "end_user":
            return (runs.c.end_user == words(subject_id),)


def _part_of(table: Table, scope: Scope, subject: Subject, subject_id: str) -> ColumnElement[bool] | None:
    """Which rows of a heavy table are a subject's; None: none are."""
    if table in (apps, app_versions):
        column = apps.c.id if table is apps else app_versions.c.app_id
        return {"workspace": true(), "app": column == words(subject_id)}.get(subject)
    which = _of(subject, subject_id)
    if table is runs or not which:
        return and_(true(), *which)
    theirs = select(runs.c.id).where(within(runs, scope), *which).correlate(None)
    return table.c.run_id.in_(theirs)


_SIZES = func.coalesce(func.sum(files.c.size), 0)


def _uploads_of(subject: Subject, subject_id: str) -> ColumnElement[bool]:
    """Which files are a subject's: whoever uploaded one is a key, or an end user."""
    match subject:
        case "workspace":
            return true()
        case "app":
            return files.c.app_id == words(subject_id)
        case "key" | "end_user":
            return files.c.uploaded_by == words(subject_id)


def _weighing(connection: Connection, scope: Scope, subject: Subject, subject_id: str) -> Sequence[Select[Any]]:
    on_sqlite = connection.dialect.name == "sqlite"

    def bytes_of(column: ColumnElement[str]) -> ColumnElement[int]:
        # What SQLite calls the length of a text are its characters.
        length = func.length(cast(column, LargeBinary)) if on_sqlite else func.octet_length(column)
        return func.coalesce(func.sum(length), 0)

    parts = {table: _part_of(table, scope, subject, subject_id) for table in _HEAVY}
    weighed = [
        select(sum((bytes_of(column) for column in columns[1:]), bytes_of(columns[0]))).where(
            within(table, scope), part
        )
        for table, columns in _HEAVY.items()
        if (part := parts[table]) is not None
    ]
    return [*weighed, select(_SIZES).where(within(files, scope), _uploads_of(subject, subject_id))]
