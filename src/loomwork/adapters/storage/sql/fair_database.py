"""A database whose transactions are let in by the share that their workspace has."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TypeVar

from sqlalchemy import Connection

from loomwork.adapters.fairness.shares import Shares
from loomwork.adapters.fairness.turnstile import Turnstile
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.reach import OF_FIRST_STATEMENT, Reach
from loomwork.kernel.scope import Scope

T = TypeVar("T")

IN_COMPANY = 4
"""A transaction of a workspace that others wait behind has a share of one in so many of what it may have otherwise."""


class FairDatabase(Database):
    """Another database, of which so many transactions that read and that write are underway at a time. The others wait
    here and not in the database's own line, where whoever came first goes first. Transactions that are not a
    workspace's are let in at once.
    """

    def __init__(self, database: Database, shares: Shares) -> None:
        self._database = database
        self._shares = shares
        self._reading = Turnstile(shares, database.readers, crowd=database.of_crowd)
        self._writing = Turnstile(shares, database.writers, crowd=database.of_crowd)

    async def read(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T:
        async with _place(self._reading, reach):
            return await self._database.read(work, reach)

    async def write(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T:
        async with _place(self._writing, reach):
            return await self._database.write(work, reach)

    def write_at_once(self, work: Callable[[sqlite3.Connection], bool]) -> bool:
        return self._database.write_at_once(work)

    def together(self, scope: Scope, most: int) -> int:
        """Fewer where somebody who has used less may come any moment: nothing breaks a transaction off."""
        return max(1, most // IN_COMPANY) if self._shares.has_company(scope.workspace_id) else most

    def alone(self, thing: str) -> AbstractAsyncContextManager[None]:
        return self._database.alone(thing)

    async def forget(self) -> None:
        await self._database.forget()

    async def close(self) -> None:
        await self._database.close()


def _place(turnstile: Turnstile, reach: Reach) -> AbstractAsyncContextManager[None]:
    return nullcontext() if reach.workspace_id is None else turnstile.place(reach.workspace_id)
