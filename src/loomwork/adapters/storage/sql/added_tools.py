"""What workspaces add their tools from, in SQL: the parts that all kinds of it share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection, RowMapping, Table, delete, insert, or_, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import model_credentials as credentials
from loomwork.adapters.storage.sql.tables import tool_switches as switches
from loomwork.adapters.storage.sql.tools import MARK
from loomwork.adapters.storage.sql.workspace_rows import missing, refusing, this, within
from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Scope


class Added(Protocol):
    """What is kept of any of them."""

    @property
    def id(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


Row = TypeVar("Row", bound=Added)


class SqlAddedTools(ABC, Generic[Row]):
    """One kind of them. `kind` is what the ids of its toolsets begin with, and its name in the audit trail; `noun` is
    how people are told of one.
    """

    table: Table
    kind: str
    noun: str

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, scope: Scope, row: Row, *, drop_credentials: bool) -> None:
        table = self.table

        def write(connection: Connection) -> None:
            values = {"slug": row.slug, **self._values(row)}
            changed = connection.execute(update(table).where(this(table, scope, row.id)).values(**values)).rowcount
            if not changed:
                values |= {"workspace_id": scope.workspace_id, "id": row.id, "created_at": row.created_at}
                with refusing(f"There is {self.noun} {row.slug!r} already.", name=row.slug):
                    connection.execute(insert(table), values)
            dropped = self._drop_credentials(connection, scope, row.slug) if drop_credentials else 0
            action = f"{self.kind}.{'changed' if changed else 'added'}"
            said = {**self._told(row), "credentials_removed": dropped}
            record(connection, scope, action, self.kind, row.slug, said, at=self._clock.now())

        await self._database.of(scope).write(write)

    async def remove(self, scope: Scope, slug: str) -> None:
        def write(connection: Connection) -> None:
            mine = (within(self.table, scope), self.table.c.slug == slug)
            if not connection.execute(delete(self.table).where(*mine)).rowcount:
                raise missing(self.noun.partition(" ")[2], slug)
            dropped = self._drop_credentials(connection, scope, slug)
            name = f"{self.kind}.{slug}"
            tools = switches.c.name.startswith(f"{name}/", autoescape=True)
            connection.execute(delete(switches).where(within(switches, scope), or_(switches.c.name == name, tools)))
            details = {"credentials_removed": dropped}
            record(connection, scope, f"{self.kind}.removed", self.kind, slug, details, at=self._clock.now())

        await self._database.of(scope).write(write)

    async def find(self, scope: Scope, slug: str) -> Row | None:
        statement = select(self.table).where(within(self.table, scope), self.table.c.slug == slug)
        row = await self._database.of(scope).row(statement)
        return None if row is None else self._row(row)

    async def states(self, scope: Scope) -> Mapping[str, str]:
        columns = (self.table.c.slug, self.table.c.state)
        statement = select(*columns).where(within(self.table, scope)).order_by(self.table.c.slug)
        return {row["slug"]: row["state"] for row in await self._database.of(scope).rows(statement)}

    @abstractmethod
    def _values(self, row: Row) -> dict[str, Any]:
        """The columns that are its own, and may change."""

    @abstractmethod
    def _row(self, row: RowMapping) -> Row: ...

    @abstractmethod
    def _told(self, row: Row) -> Mapping[str, Any]:
        """What the audit trail says of it."""

    def _drop_credentials(self, connection: Connection, scope: Scope, slug: str) -> int:
        mine = credentials.c.provider == f"{MARK}{self.kind}.{slug}"
        return connection.execute(delete(credentials).where(within(credentials, scope), mine)).rowcount
