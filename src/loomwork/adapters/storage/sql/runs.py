"""Runs in SQL. Rows without an app are of journals that stand alone, and are no one's to list."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Text,
    and_,
    cast,
    insert,
    not_,
    or_,
    select,
    update,
)

from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import apps, conversations, run_leases, runs
from loomwork.adapters.storage.sql.workspace_rows import missing, one, paged, refusing, require, this, to_page, within
from loomwork.apps.domain import NodeState, Run, RunFilter
from loomwork.engine.ports import LeaseLost
from loomwork.kernel.ids import AppId, ConversationId, MessageId, RunId, WorkspaceId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import SYSTEM, Scope

_LISTED = [column for column in runs.c if column.name not in ("document", "nodes")]
_SAME_NAME = (
    "id",
    "app_id",
    "version",
    "status",
    "inputs",
    "query",
    "source",
    "end_user",
    "document",
    "conversation_id",
    "message_id",
    "outputs",
    "answer",
    "error",
    "usage",
    "created_at",
    "started_at",
    "finished_at",
    "elapsed_ms",
    "origin_id",
    "origin_node_id",
    "parent_id",
    "key_id",
    "wakes_at",
    "environment",
)


class SqlRunStore:
    """Fits `apps.ports.RunStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scope: Scope, run: Run) -> None:
        """The app, and the conversation where there is one, come first: raises `NotFound` without them."""
        row = {"workspace_id": scope.workspace_id, **_values(run)}

        def write(connection: Connection) -> None:
            require(connection, apps, scope, run.app_id, "app")
            if run.conversation_id is not None:
                require(connection, conversations, scope, run.conversation_id, "conversation")
            with refusing("A run with this id exists already.", id=run.id):
                connection.execute(insert(runs), row)

        await self._database.of(scope).write(write)

    async def get(self, scope: Scope, run_id: RunId) -> Run:
        row = await one(self._database, runs, scope, run_id, "run")
        if row["app_id"] is None:
            raise missing("run", run_id)
        return _run(row)

    async def save(self, scope: Scope, run: Run, *, epoch: int | None = None) -> None:
        change = update(runs).where(this(runs, scope, run.id)).values(**_values(run))

        def write(connection: Connection) -> None:
            if epoch is not None:
                self._check_lease(connection, scope, run.id, epoch)
            with refusing("The run's app or conversation is gone.", id=run.id):
                if not connection.execute(change).rowcount:
                    raise missing("run", run.id)

        await self._database.of(scope).write(write)

    def _check_lease(self, connection: Connection, scope: Scope, run_id: RunId, epoch: int) -> None:
        # The lock makes the taking of the lease come before this or after it, never fall between.
        if connection.execute(select(runs.c.id).where(this(runs, scope, run_id)).with_for_update()).first() is None:
            raise missing("run", run_id)
        lease = select(run_leases.c.epoch).where(within(run_leases, scope), run_leases.c.run_id == run_id)
        if connection.execute(lease).scalar() != epoch:
            raise LeaseLost("Another process advances this run now.", id=run_id)

    async def list_runs(
        self, scope: Scope, page: PageRequest, *, app_id: AppId | None = None, wanted: RunFilter | None = None
    ) -> Page[Run]:
        statement: Select[Any] = select(*_LISTED).where(within(runs, scope), *_conditions(wanted or RunFilter()))
        statement = statement.where(runs.c.app_id.is_not(None) if app_id is None else runs.c.app_id == app_id)

        def read(connection: Connection) -> Sequence[RowMapping]:
            rows = connection.execute(paged(statement, runs, page)).mappings().all()
            if not rows and app_id is not None:
                require(connection, apps, scope, app_id, "app")
            return rows

        return to_page(await self._database.of(scope).read(read), page, _run)

    async def unfinished(self) -> list[tuple[Scope, Run]]:
        found = select(*_LISTED).where(runs.c.status.in_(("queued", "running"))).order_by(runs.c.id)
        return await self._of_every_workspace(found)

    async def abandoned(self, *, now: datetime, seconds: float) -> list[tuple[Scope, Run]]:
        lease = and_(run_leases.c.workspace_id == runs.c.workspace_id, run_leases.c.run_id == runs.c.id)
        lapsed = or_(run_leases.c.owner.is_(None), run_leases.c.until < now)
        taken, is_old = run_leases.c.run_id.is_not(None), runs.c.created_at < now - timedelta(seconds=seconds)
        free = or_(and_(taken, lapsed), and_(not_(taken), is_old))
        found = select(*_LISTED).select_from(runs.outerjoin(run_leases, lease))
        found = found.where(runs.c.status.in_(("queued", "running")), free)
        return await self._of_every_workspace(found.order_by(runs.c.id))

    async def waking(self, *, before: datetime) -> list[tuple[Scope, Run]]:
        due = (runs.c.status == "paused", runs.c.wakes_at.is_not(None), runs.c.wakes_at <= before)
        found = select(*_LISTED).where(*due)
        return await self._of_every_workspace(found.order_by(runs.c.wakes_at, runs.c.id))

    async def _of_every_workspace(self, found: Select[Any]) -> list[tuple[Scope, Run]]:
        rows = await self._database.everywhere.rows(found.where(runs.c.app_id.is_not(None)))
        return [(Scope(WorkspaceId(row["workspace_id"]), SYSTEM), _run(row)) for row in rows]


_SEARCHED = (runs.c.query, runs.c.answer, cast(runs.c.inputs, Text), cast(runs.c.outputs, Text))


def _conditions(wanted: RunFilter) -> Sequence[ColumnElement[bool]]:
    equal = {
        runs.c.end_user: wanted.end_user,
        runs.c.version: wanted.version,
        runs.c.environment: wanted.environment,
        runs.c.source: wanted.source,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.statuses:
        conditions.append(runs.c.status.in_(sorted(wanted.statuses)))
    if wanted.since is not None:
        conditions.append(runs.c.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(runs.c.created_at < wanted.until)
    if wanted.text:
        conditions.append(or_(*(it.icontains(words(wanted.text), autoescape=True) for it in _SEARCHED)))
    return conditions


def _values(run: Run) -> dict[str, Any]:
    values = {name: getattr(run, name) for name in _SAME_NAME}
    return {
        **values,
        "notices": list(run.notices),
        "nodes": {node_id: _node_values(state) for node_id, state in run.nodes.items()},
    }


def _node_values(state: NodeState) -> dict[str, Any]:
    return {
        "status": state.status,
        "outputs": state.outputs,
        "error": state.error,
        "elapsed_ms": state.elapsed_ms,
        "runs": state.runs,
    }


def _run(row: RowMapping) -> Run:
    return Run(
        id=RunId(row["id"]),
        app_id=AppId(row["app_id"]),
        version=row["version"],
        status=row["status"],
        inputs=row["inputs"],
        query=row["query"],
        source=row["source"],
        end_user=row["end_user"],
        created_at=row["created_at"],
        document=row.get("document"),
        conversation_id=ConversationId(row["conversation_id"]) if row["conversation_id"] else None,
        message_id=MessageId(row["message_id"]) if row["message_id"] else None,
        outputs=row["outputs"],
        answer=row["answer"],
        error=row["error"],
        nodes={node_id: NodeState(**state) for node_id, state in row.get("nodes", {}).items()},
        usage=row["usage"],
        notices=tuple(row["notices"]),
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        elapsed_ms=row["elapsed_ms"],
        origin_id=RunId(row["origin_id"]) if row["origin_id"] else None,
        origin_node_id=row["origin_node_id"],
        parent_id=RunId(row["parent_id"]) if row["parent_id"] else None,
        key_id=row["key_id"],
        wakes_at=row["wakes_at"],
        environment=row["environment"],
    )
