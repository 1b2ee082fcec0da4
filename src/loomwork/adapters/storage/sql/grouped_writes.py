"""Small changes of one workspace that wait at the same time go to the database in one transaction.

A work changes rows of one workspace. Before it raises a `LoomworkError` it changes nothing that matters: the error is
its caller's alone, and what the others of its group change is stored.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Text, bindparam, func, select

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.failures import StorageFailed
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import Scope

T = TypeVar("T")

Known = dict[str, Any]
"""What the works of one transaction have read of their workspaces, for those that follow. Whoever changes it in the
database forgets it here.
"""

Work = Callable[[Connection, Known], T]

MOST_IN_A_GROUP = 100
"""Changes in one transaction, so that the first to come is not kept waiting by hundreds of others."""

PATIENCE_SECONDS = 0.5
"""How long a change that nobody waits for lets others join it. A transaction of its own for each would keep the
interpreter from the calls that are under way, for longer than most of what is done for them.
"""

LOCK = select(
    func.pg_advisory_xact_lock(
        func.hashtext(bindparam("purpose", type_=Text)), func.hashtext(bindparam("whose", type_=Text))
    )
)


@dataclass(slots=True)
class _Waiting:
    scope: Scope
    work: Work[Any]
    done: asyncio.Future[Any]


class GroupedWrites:
    """Writes for one purpose. Those of one workspace go one after another, in however many processes: each sees what
    all before it have changed. Workspaces do not wait for one another here. While nobody writes there is no task.
    """

    def __init__(self, database: Database, purpose: str) -> None:
        self._database = database
        self._purpose = purpose
        self._waiting: dict[WorkspaceId, list[_Waiting]] = {}
        self._writers: dict[WorkspaceId, asyncio.Task[None]] = {}
        self._due: dict[WorkspaceId, asyncio.TimerHandle] = {}

    async def write(self, scope: Scope, work: Work[T], *, patient: bool = False) -> T:
        """What the work returns, once it is stored, after those that were taken before it. It goes on to its end also
        where the caller is cancelled. One that is `patient` waits a moment for others to come.
        """
        loop, whose = asyncio.get_running_loop(), scope.workspace_id
        waiting = _Waiting(scope, work, loop.create_future())
        self._waiting.setdefault(whose, []).append(waiting)
        if not patient:
            self._begin(whose)
        elif whose not in self._due and whose not in self._writers:
            self._due[whose] = loop.call_later(PATIENCE_SECONDS, self._begin, whose)
        return cast(T, await waiting.done)

    async def close(self) -> None:
        """Have everything taken stored now, and wait for it. More may be written afterwards."""
        for whose in list(self._waiting):
            self._begin(whose)
        if self._writers:
            await asyncio.wait(list(self._writers.values()))

    def _begin(self, whose: WorkspaceId) -> None:
        due = self._due.pop(whose, None)
        if due is not None:
            due.cancel()
        if whose not in self._writers:
            self._writers[whose] = asyncio.create_task(self._write_all(whose))

    async def _write_all(self, whose: WorkspaceId) -> None:
        try:
            while waiting := self._waiting.pop(whose, None):
                most = self._database.together(waiting[0].scope, MOST_IN_A_GROUP)
                if len(waiting) > most:
                    self._waiting[whose] = waiting[most:]
                await self._write_group(waiting[:most])
        finally:
            del self._writers[whose]

    async def _write_group(self, group: Sequence[_Waiting]) -> None:
        try:
            outcomes = await self._database.of(group[0].scope).write(lambda connection: self._done(connection, group))
        except StorageFailed as failure:
            outcomes = [failure] * len(group)
        except Exception as failure:  # noqa: BLE001 - it is handed to whom it belongs
            if len(group) > 1:
                await self._write_each(group)
                return
            outcomes = [failure]
        except BaseException:
            for waiting in group:
                waiting.done.cancel()
            raise
        for waiting, outcome in zip(group, outcomes, strict=True):
            _tell(waiting.done, outcome)

    async def _write_each(self, group: Sequence[_Waiting]) -> None:
        """One of them has a bug; the others shall not suffer for it."""
        for waiting in group:
            await self._write_group([waiting])

    def _done(self, connection: Connection, group: Sequence[_Waiting]) -> list[Any]:
        self._keep_others_out(connection, group[0].scope)
        known: Known = {}
        return [_outcome(connection, known, waiting.work) for waiting in group]

    def _keep_others_out(self, connection: Connection, scope: Scope) -> None:
        """Until the transaction ends. SQLite has one writer."""
        if connection.dialect.name != "sqlite":
            connection.execute(LOCK, {"purpose": self._purpose, "whose": scope.workspace_id})


def _outcome(connection: Connection, known: Known, work: Work[Any]) -> Any:
    try:
        return work(connection, known)
    except LoomworkError as error:
        return error


def _tell(done: asyncio.Future[Any], outcome: Any) -> None:
    if done.done():
        return
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
