"""A journal on a file of its own, for flows that run in somebody's own process."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.journal import SqlJournal, Waiting, ends_run
from loomwork.adapters.storage.sql.migrating import migrate
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.adapters.storage.sql.tables import runs, workspaces
from loomwork.adapters.storage.sql.workspace_rows import this
from loomwork.engine.events import RUN_STATUS, Event, RunStarted
from loomwork.engine.ports import Batch
from loomwork.kernel.clock import Clock, SystemClock
from loomwork.kernel.scope import EMBEDDED_WORKSPACE, Scope


async def open_journal(url: str, *, clock: Clock | None = None) -> "StandaloneJournal":
    """A journal at `sqlite:///path`, with its tables made where there are none.
    Raises `InvalidInput` for a URL that cannot be used.
    """
    await migrate(url)
    clock = clock or SystemClock()
    return StandaloneJournal(open_database(url, clock=clock, walled=True), clock=clock)


class StandaloneJournal(SqlJournal):
    """Writes down the workspace and the run by itself when it first hears of them; it owns its database."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        super().__init__(database)
        self._clock = clock

    async def close(self) -> None:
        await super().close()
        await self.database.close()

    def _is_all(self, batch: Batch) -> bool:
        return not _begins(batch) and not ends_run(batch)

    def _prepare(self, connection: Connection, group: Sequence[Waiting]) -> None:
        for waiting in group:
            if _begins(waiting.batch):
                self._know(connection, waiting)
            if ends_run(waiting.batch):
                ended = _outcome(waiting.batch.events[-1])
                change = update(runs).where(this(runs, waiting.scope, waiting.run_id))
                connection.execute(change.values(finished_at=self._clock.now(), **ended))

    def _know(self, connection: Connection, waiting: Waiting) -> None:
        scope = waiting.scope
        if connection.execute(select(runs.c.id).where(this(runs, scope, waiting.run_id))).first() is not None:
            return
        self._know_workspace(connection, scope)
        first = waiting.batch.events[0]
        now = self._clock.now()
        row = {
            "workspace_id": scope.workspace_id,
            "id": waiting.run_id,
            "status": "running",
            "inputs": first.inputs if isinstance(first, RunStarted) else {},
            "source": "python",
            "end_user": "",
            "outputs": {},
            "nodes": {},
            "usage": {},
            "notices": [],
            "created_at": now,
            "started_at": now,
        }
        connection.execute(insert(runs), row)

    def _know_workspace(self, connection: Connection, scope: Scope) -> None:
        known = select(workspaces.c.id).where(workspaces.c.id == scope.workspace_id)
        if connection.execute(known).first() is None:
            slug = "embedded" if scope.workspace_id == EMBEDDED_WORKSPACE else scope.workspace_id
            row = {"id": scope.workspace_id, "slug": slug, "name": slug, "created_at": self._clock.now()}
            connection.execute(insert(workspaces), row)


def _begins(batch: Batch) -> bool:
    return batch.events[0].seq == 1


def _outcome(event: Event) -> dict[str, Any]:
    """The columns of a run that its terminal event fills."""
    data = event.data
    return {
        "status": RUN_STATUS[event.type],
        "outputs": data.get("outputs") or {},
        "answer": data.get("answer"),
        "error": data.get("error"),
        "usage": data.get("usage") or {},
        "elapsed_ms": event.at * 1000,
    }
