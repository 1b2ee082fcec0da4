"""The journal in SQL. Batches that wait at the same time commit in one transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from loomwork.adapters.storage.journal_reader import WireEvents
from loomwork.adapters.storage.sql import json_text, record_text
from loomwork.adapters.storage.sql.batch_rows import (
    MOST_EVENTS,
    BatchRow,
    StaleRows,
    batch_rows,
    insert_row,
    insert_rows,
)
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.failures import StorageFailed, storage_failure
from loomwork.adapters.storage.sql.tables import run_events, runs
from loomwork.adapters.storage.sql.workspace_rows import missing, one, this, within
from loomwork.engine.events import RUN_STATUS, TERMINAL
from loomwork.engine.ports import Batch, LeaseLost, Record
from loomwork.kernel.errors import Conflict, LoomworkError
from loomwork.kernel.ids import RunId, WorkspaceId
from loomwork.kernel.scope import Scope

MOST_IN_A_GROUP = 16
"""Batches in one transaction. More would make it hardly cheaper, and as many runs go on at once when it is done."""

MOST_TEXT_AT_ONCE = 65_536
"""Characters of a batch that is committed on the event loop's thread. So many take about 100 microseconds."""

ROWS_AT_ONCE = 64
"""Rows of events read at a time; a reader of a long run holds no more than that."""

MOST_SEQ = 2**31 - 1
"""What an integer column holds on every database."""


@dataclass(slots=True)
class Waiting:
    """A batch on its way in, encoded already, so that what cannot be encoded fails its own caller only."""

    scope: Scope
    run_id: RunId
    batch: Batch
    rows: Sequence[BatchRow]
    done: asyncio.Future[None]


class SqlJournal:
    """Fits `engine.ports.Journal`, and `JournalReader` for the event log. The run's row must be there first.

    While nothing is committed there is no task: a workspace's first batch starts a writer, and whatever comes of that
    workspace while it is in the database goes together in the next transaction. A run that is alone shares with
    nobody: where the database can, its batch is committed before `commit` gives way to anything else.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._waiting: dict[WorkspaceId, list[Waiting]] = {}
        self._writers: dict[WorkspaceId, asyncio.Task[None]] = {}
        self._latest: RunId | None = None
        self._closed = False
        self._listeners: list[Callable[[Scope, RunId], None]] = []

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        """Returns once the batch is in the database. Raises `NotFound` for a run that this workspace does not have,
        `LeaseLost` for a batch under another epoch than that of the run's lease, `Conflict` for what is committed
        already, `StorageFailed` where the database fails.
        """
        if self._closed:
            raise Conflict("The journal is closed.")
        if len(batch.events) > MOST_EVENTS:
            # In a thread: a run that is stored when it ends may have said very much by then.
            rows = await asyncio.to_thread(batch_rows, scope, run_id, batch)
        else:
            rows = batch_rows(scope, run_id, batch)
        # Twice in a row the same run: no other has anything to commit just now.
        alone, self._latest = self._latest == run_id and not self._writers, run_id
        if alone and self._commit_at_once(batch, rows):
            self._tell_end(scope, run_id, batch)
            return
        waiting = Waiting(scope, run_id, batch, rows, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(scope.workspace_id, []).append(waiting)
        if scope.workspace_id not in self._writers:
            self._writers[scope.workspace_id] = asyncio.create_task(self._write_all(scope.workspace_id))
        await waiting.done

    async def close(self) -> None:
        """Take no more, and wait until everything taken is stored."""
        self._closed = True
        if self._writers:
            await asyncio.wait(list(self._writers.values()))

    def on_end(self, listener: Callable[[Scope, RunId], None]) -> None:
        self._listeners.append(listener)

    async def state(self, scope: Scope, run_id: RunId) -> Literal["open", "ended"]:
        row = await one(self.database, runs, scope, run_id, "run")
        if row["status"] in RUN_STATUS.values():
            return "ended"
        # A crash may come between the terminal event and the run's own row.
        return "open" if await self.ending(scope, run_id) is None else "ended"

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        statement = select(func.max(run_events.c.last_seq).label("last"))
        mine = statement.where(within(run_events, scope), run_events.c.run_id == run_id)
        rows = await self.database.of(scope).rows(mine)
        return int(rows[0]["last"] or 0)

    async def events(self, scope: Scope, run_id: RunId, *, after: int = 0) -> AsyncIterator[WireEvents]:
        columns = select(run_events.c.last_seq, run_events.c.events)
        statement = columns.where(within(run_events, scope), run_events.c.run_id == run_id)
        statement = statement.order_by(run_events.c.first_seq).limit(ROWS_AT_ONCE)
        after = min(after, MOST_SEQ)
        rows_left = True
        while rows_left:
            rows = await self.database.of(scope).rows(statement.where(run_events.c.last_seq > after))
            rows_left = len(rows) == ROWS_AT_ONCE
            for row in rows:
                yield [event for event in json_text.decode(row["events"]) if event["seq"] > after]
                after = row["last_seq"]

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        mine = select(run_events.c.events).where(within(run_events, scope), run_events.c.run_id == run_id)
        row = await self.database.of(scope).row(mine.order_by(run_events.c.first_seq.desc()).limit(1))
        last: Mapping[str, Any] | None = None if row is None else json_text.decode(row["events"])[-1]
        return last if last is not None and last["type"] in TERMINAL else None

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        mine = and_(within(run_events, scope), run_events.c.run_id == run_id, run_events.c.records.is_not(None))
        statement = select(run_events.c.records).where(mine).order_by(run_events.c.first_seq)

        def read(connection: Connection) -> list[Record]:
            return [record for text in connection.execute(statement).scalars() for record in record_text.decode(text)]

        return await self.database.of(scope).read(read)

    def _commit_at_once(self, batch: Batch, rows: Sequence[BatchRow]) -> bool:
        """False leaves it to the writer, who waits where there is something to wait for, and tells what is wrong."""
        row = rows[0]
        small = len(rows) == 1 and len(row.events) + len(row.records or "") <= MOST_TEXT_AT_ONCE
        return small and self._is_all(batch) and self.database.write_at_once(partial(insert_row, row=row))

    def _is_all(self, batch: Batch) -> bool:
        """Whether nothing but the batch itself has to be written, that is `_prepare` has nothing to do."""
        return True

    def _prepare(self, connection: Connection, group: Sequence[Waiting]) -> None:
        """What has to happen in the same transaction, before the group's rows are written."""

    async def _write_all(self, whose: WorkspaceId) -> None:
        """Each workspace's batches by themselves: no other waits for a crowd of them."""
        group: list[Waiting] = []
        try:
            while waiting := self._waiting.pop(whose, None):
                most = self.database.together(waiting[0].scope, MOST_IN_A_GROUP)
                group = waiting[:most]
                if len(waiting) > most:
                    self._waiting[whose] = waiting[most:]
                await self._write(group)
        except Exception as problem:
            for each in (*group, *self._waiting.get(whose, ())):
                _fail(each, StorageFailed(f"The run's events were not stored: {type(problem).__name__}.", reason=""))
            raise
        finally:
            del self._writers[whose]
            for each in (*group, *self._waiting.pop(whose, ())):
                each.done.cancel()

    async def _write(self, group: Sequence[Waiting]) -> None:
        try:
            await self._store(group)
        except (IntegrityError, StaleRows) as problem:
            await self._write_apart(group, problem)
        except SQLAlchemyError as problem:
            failure = storage_failure(problem) or _unforeseen(problem)
            for waiting in group:
                _fail(waiting, StorageFailed(failure.message, **failure.details))
        else:
            for waiting in group:
                self._succeed(waiting)

    async def _write_apart(self, group: Sequence[Waiting], problem: Exception) -> None:
        """One batch of the group is refused. Alone, each of the others goes through."""
        if len(group) == 1:
            _fail(group[0], await self._refusal(group[0], problem))
            return
        for waiting in group:
            await self._write([waiting])

    async def _store(self, group: Sequence[Waiting]) -> None:
        rows = [row for waiting in group for row in waiting.rows]

        def write(connection: Connection) -> None:
            self._prepare(connection, group)
            insert_rows(connection, rows)

        # All of the group are of one workspace: the rows of no other can come of it.
        await self.database.of(group[0].scope).write(write)

    async def _refusal(self, waiting: Waiting, problem: Exception) -> LoomworkError:
        mine = select(runs.c.id).where(this(runs, waiting.scope, waiting.run_id))
        run = await self.database.of(waiting.scope).row(mine)
        refusal: LoomworkError = missing("run", waiting.run_id)
        if run is not None and isinstance(problem, StaleRows):
            refusal = LeaseLost("Another process advances this run now.", id=waiting.run_id)
        elif run is not None:
            refusal = Conflict("This part of the run is in the journal already.", id=waiting.run_id)
        refusal.__cause__ = problem
        return refusal

    def _succeed(self, waiting: Waiting) -> None:
        self._tell_end(waiting.scope, waiting.run_id, waiting.batch)
        if not waiting.done.done():
            waiting.done.set_result(None)

    def _tell_end(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        if ends_run(batch):
            for listener in self._listeners:
                listener(scope, run_id)


def ends_run(batch: Batch) -> bool:
    return batch.events[-1].type in TERMINAL


def _fail(waiting: Waiting, error: Exception) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)


def _unforeseen(problem: SQLAlchemyError) -> StorageFailed:
    reason = str(getattr(problem, "orig", None) or type(problem).__name__)
    return StorageFailed(f"The database did not store the run's events: {reason}.", reason=reason)
