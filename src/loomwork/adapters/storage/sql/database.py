"""What the stores need of a database, whichever it is: transactions over one schema and portable statements."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Executable, RowMapping

T = TypeVar("T")


class Database(ABC):
    """An open database. To the caller a transaction is one await. Nothing is opened before it is used.

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

    def write_at_once(self, work: Callable[[sqlite3.Connection], bool]) -> bool:
        """Have `work` change the database before this returns; True once it is committed. False, with nothing changed,
        where `work` says so and where that is not to be had without waiting or at all: then `write` is the way.
        """
        return False

    @abstractmethod
    async def close(self) -> None:
        """Finish what was begun, then let go."""

    async def row(self, statement: Executable) -> RowMapping | None:
        """The first row, or None."""
        return await self.read(lambda connection: connection.execute(statement).mappings().first())

    async def rows(self, statement: Executable) -> Sequence[RowMapping]:
        return await self.read(lambda connection: connection.execute(statement).mappings().all())

    async def change(self, statement: Executable) -> int:
        """Execute one statement in a transaction of its own; how many rows it touched."""
        return await self.write(lambda connection: connection.execute(statement).rowcount)
