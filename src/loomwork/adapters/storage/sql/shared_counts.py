"""Requests and failed attempts to sign in, counted in SQL for every process that shares the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, Executable, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import request_counts as counts
from loomwork.adapters.storage.sql.tables import sign_in_failures as failures
from loomwork.adapters.storage.sql.workspace_rows import this, within
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain import wait_after
from loomwork.tenancy.domain.limits import MINUTE, Demand, Lease, after_some, batch_of, room
from loomwork.tenancy.domain.password import FORGIVEN_AFTER

_ADD_COUNT: Mapping[str, Executable] = {
    "sqlite": sqlite.insert(counts).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(counts).on_conflict_do_nothing(),
}
_ADD_FAILURE: Mapping[str, Executable] = {
    "sqlite": sqlite.insert(failures).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(failures).on_conflict_do_nothing(),
}


class SqlRequestCounts:
    """Fits `tenancy.ports.RequestCounts`. The time is that of whoever asks: clocks that differ by a second let in a
    second's worth more or less.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tidied: dict[str, float] = {}

    async def lease(self, scope: Scope, demands: Sequence[Demand], *, now: float) -> Sequence[Lease]:
        # In one order everywhere, so that no two wait for each other.
        named = sorted({_digest(each.limit_id, each.name): each for each in demands}.items())

        def write(connection: Connection) -> dict[str, Lease]:
            return {row_id: _lease(connection, scope, row_id, demand.most, now) for row_id, demand in named}

        leases = await self._database.of(scope).write(write)
        await self._tidy(scope, now)
        return [leases[_digest(each.limit_id, each.name)] for each in demands]

    async def _tidy(self, scope: Scope, now: float) -> None:
        """Once a minute, take away what is paid off: it says as much as no row."""
        if now - self._tidied.get(scope.workspace_id, 0.0) < MINUTE:
            return
        self._tidied = {each: at for each, at in self._tidied.items() if now - at < MINUTE}
        self._tidied[scope.workspace_id] = now
        old = delete(counts).where(within(counts, scope), counts.c.due < now - MINUTE)
        await self._database.of(scope).change(old)


class SqlFailureCounts:
    """Fits `tenancy.ports.FailureCounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, account: str, whence: str, *, now: datetime) -> float:
        row_id = _digest(account, whence)

        def write(connection: Connection) -> float:
            connection.execute(delete(failures).where(failures.c.wait_until < now - FORGIVEN_AFTER))
            new = {"id": row_id, "count": 0, "wait_until": now}
            connection.execute(_ADD_FAILURE[connection.dialect.name], new)
            mine = select(failures).where(failures.c.id == row_id).with_for_update()
            known = connection.execute(mine).mappings().one()
            if now < known["wait_until"]:
                return float((known["wait_until"] - now).total_seconds())
            count = int(known["count"]) + 1
            change = update(failures).where(failures.c.id == row_id)
            connection.execute(change.values(count=count, wait_until=now + wait_after(count)))
            return 0.0

        return await self._database.everywhere.write(write)

    async def forget(self, account: str, whence: str) -> None:
        await self._database.everywhere.change(delete(failures).where(failures.c.id == _digest(account, whence)))


def _lease(connection: Connection, scope: Scope, row_id: str, most: int, now: float) -> Lease:
    new = {"workspace_id": scope.workspace_id, "id": row_id, "due": 0.0}
    connection.execute(_ADD_COUNT[connection.dialect.name], new)
    mine = select(counts.c.due).where(this(counts, scope, row_id)).with_for_update()
    due = float(connection.execute(mine).scalar_one())
    granted = min(batch_of(most), room(most, due, now))
    if granted:
        due = after_some(most, granted, due, now)
        connection.execute(update(counts).where(this(counts, scope, row_id)).values(due=due))
    return Lease(granted, due)


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
