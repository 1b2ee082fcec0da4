"""How long runs and conversations are kept, and taking away those that are older, in SQL."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import apps, conversations, files, messages, retention_rules, runs
from loomwork.adapters.storage.sql.workspace_rows import require, within
from loomwork.apps.domain import ENDED
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import AppId, WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope


class SqlRetentionStore:
    """Fits `apps.ports.RetentionStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def days(self, scope: Scope, app_id: AppId | None) -> int | None:
        statement = select(retention_rules.c.days).where(within(retention_rules, scope), _about(app_id))

        def read(connection: Connection) -> int | None:
            if app_id is not None:
                require(connection, apps, scope, app_id, "app")
            return connection.execute(statement).scalar()

        return await self._database.of(scope).read(read)

    async def set_days(self, scope: Scope, app_id: AppId | None, days: int | None) -> None:
        row = {"workspace_id": scope.workspace_id, "id": new_id(), "app_id": app_id, "days": days}

        def write(connection: Connection) -> None:
            if app_id is not None:
                require(connection, apps, scope, app_id, "app")
            connection.execute(delete(retention_rules).where(within(retention_rules, scope), _about(app_id)))
            if days is not None:
                connection.execute(insert(retention_rules), row)
            kind, subject = ("workspace", scope.workspace_id) if app_id is None else ("app", app_id)
            record(connection, scope, "retention.changed", kind, subject, {"days": days}, at=self._clock.now())

        await self._database.of(scope).write(write)

    async def kept_for(self) -> list[tuple[Scope, AppId, int]]:
        own, common = retention_rules.alias("own"), retention_rules.alias("common")
        of_app = and_(own.c.workspace_id == apps.c.workspace_id, own.c.app_id == apps.c.id)
        of_all = and_(common.c.workspace_id == apps.c.workspace_id, common.c.app_id.is_(None))
        days = func.coalesce(func.min(own.c.days), func.min(common.c.days))
        found = (
            select(apps.c.workspace_id, apps.c.id, days.label("days"))
            .select_from(apps.outerjoin(own, of_app).outerjoin(common, of_all))
            .group_by(apps.c.workspace_id, apps.c.id)
            .having(days.is_not(None))
        )
        rows = await self._database.everywhere.rows(found)
        return [(Scope(WorkspaceId(row["workspace_id"]), SYSTEM), AppId(row["id"]), row["days"]) for row in rows]

    async def erase(self, scope: Scope, app_id: AppId, *, before: datetime, at_most: int) -> int:
        def write(connection: Connection) -> int:
            gone = _erase_runs(connection, scope, app_id, before, at_most)
            silent = _erase_conversations(connection, scope, app_id, before)
            old = _erase_files(connection, scope, app_id, before)
            if gone or silent or old:
                said = {"runs": gone, "conversations": silent, "files": old, "before": before.isoformat()}
                record(connection, scope, "runs.erased", "app", app_id, said, at=self._clock.now())
            return gone + silent + old

        return await self._database.of(scope).write(write)

    async def forget(self) -> None:
        await self._database.forget()

    async def erase_unused_files(self, *, before: datetime) -> int:
        unused = and_(files.c.used_at.is_(None), files.c.created_at < before)
        return await self._database.everywhere.change(delete(files).where(unused))


def _about(app_id: AppId | None) -> ColumnElement[bool]:
    return retention_rules.c.app_id.is_(None) if app_id is None else retention_rules.c.app_id == app_id


def _erase_runs(connection: Connection, scope: Scope, app_id: AppId, before: datetime, at_most: int) -> int:
    """With their messages and all that is kept of them, by the foreign keys."""
    ended = and_(runs.c.status.in_(sorted(ENDED)), func.coalesce(runs.c.finished_at, runs.c.created_at) < before)
    found = select(runs.c.id).where(within(runs, scope), runs.c.app_id == app_id, ended).order_by(runs.c.id)
    ids = list(connection.execute(found.limit(at_most)).scalars())
    if not ids:
        return 0
    gone = select(messages.c.id).where(within(messages, scope), messages.c.run_id.in_(ids))
    # A turn outlives the one that it answers to.
    connection.execute(
        update(messages).where(within(messages, scope), messages.c.parent_id.in_(gone)).values(parent_id=None)
    )
    return connection.execute(delete(runs).where(within(runs, scope), runs.c.id.in_(ids))).rowcount


def _erase_conversations(connection: Connection, scope: Scope, app_id: AppId, before: datetime) -> int:
    """Those that nobody went on with since, and of which no run is left."""
    has_runs = exists().where(within(runs, scope), runs.c.conversation_id == conversations.c.id)
    old = and_(within(conversations, scope), conversations.c.app_id == app_id, conversations.c.updated_at < before)
    return connection.execute(delete(conversations).where(old, ~has_runs)).rowcount


def _erase_files(connection: Connection, scope: Scope, app_id: AppId, before: datetime) -> int:
    """Those that no run took since."""
    old = and_(within(files, scope), files.c.app_id == app_id, files.c.used_at < before)
    return connection.execute(delete(files).where(old)).rowcount
