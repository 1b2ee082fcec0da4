"""What the stores need of a database, whichever it is: transactions over one schema and portable statements."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from sqlalchemy import Connection, Executable, RowMapping

from loomwork.adapters.storage.sql.reach import EVERYWHERE, OF_FIRST_STATEMENT, Reach, reach_of
from loomwork.kernel.scope import Scope

T = TypeVar("T")


class Transactions(ABC):
    """Transactions of one reach: whose rows they may touch is said once, for all of them. To the caller a transaction
    is one await.

    What `work` does may be begun anew where the database asks for it, so it changes nothing but the database. Two works
    may go at once: one that reads what it then changes locks it (`SELECT ... FOR UPDATE`, which SQLite, with its one
    writer, does without).
    """

    @abstractmethod
    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` makes of one unchanging state of the database."""

    @abstractmethod
    async def write(self, work: Callable[[Connection], T]) -> T:
        """Have `work` change the database: all of it once it returns, nothing when it raises. It goes on to its end
        also where the caller is cancelled meanwhile.
        """

    async def row(self, statement: Executable) -> RowMapping | None:
        """The first row, or None."""
        return await self.read(lambda connection: connection.execute(statement).mappings().first())

    async def rows(self, statement: Executable) -> Sequence[RowMapping]:
        return await self.read(lambda connection: connection.execute(statement).mappings().all())

    async def change(self, statement: Executable) -> int:
        """Execute one statement in a transaction of its own; how many rows it touched."""
        return await self.write(lambda connection: connection.execute(statement).rowcount)


class Database(Transactions):
    """An open database. Nothing is opened before it is used.

    Stores ask it `of` the scope that they are called with. A transaction that is begun without either is held to the
    workspace of its first statement.
    """

    readers = 1
    """Transactions that read, of which more at a time would only wait for one another."""

    writers = 1
    """The same, of those that change something."""

    of_crowd = 1
    """Of either, as many as one workspace should have at a time that has more than its share."""

    @abstractmethod
    async def read(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T: ...

    @abstractmethod
    async def write(self, work: Callable[[Connection], T], reach: Reach = OF_FIRST_STATEMENT) -> T: ...

    def of(self, scope: Scope) -> Transactions:
        """Transactions that touch rows of this workspace only."""
        return _Reaching(self, reach_of(scope))

    @property
    def everywhere(self) -> Transactions:
        """Transactions that may touch every workspace's rows: for what belongs to the installation, and for finding
        out whose a secret is. Who does so is listed by a test.
        """
        return _Reaching(self, EVERYWHERE)

    def write_at_once(self, work: Callable[[sqlite3.Connection], bool]) -> bool:
        """Have `work` change the database before this returns; True once it is committed. False, with nothing changed,
        where `work` says so and where that is not to be had without waiting or at all: then `write` is the way.
        """
        return False

    def together(self, scope: Scope, most: int) -> int:
        """How many of up to `most` small changes this workspace should make in one transaction just now."""
        return most

    @abstractmethod
    def alone(self, thing: str) -> AbstractAsyncContextManager[None]:
        """Have what `thing` names for oneself while the block lasts, among all who use this database, in whatever
        process: entering waits for the others, and whoever dies lets go. It is not to be entered within itself.
        """

    @abstractmethod
    async def forget(self) -> None:
        """Have nothing left of what was deleted in files of the database that are in our hands: its log is emptied."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was begun, then let go."""


class _Reaching(Transactions):
    def __init__(self, database: Database, reach: Reach) -> None:
        self._database = database
        self._reach = reach

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._database.read(work, self._reach)

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await self._database.write(work, self._reach)
