"""Reaching rows, always through the workspace; the one place that writes its condition."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, and_, select
from sqlalchemy.exc import IntegrityError

from loomwork.adapters.storage.sql.database import Database
from loomwork.kernel.errors import Conflict, NotFound
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope

T = TypeVar("T")

MOST = 100
"""Items on a page, however many were asked for."""


def within(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Only rows of this workspace."""
    return table.c.workspace_id == scope.workspace_id


def this(table: Table, scope: Scope, row_id: str) -> ColumnElement[bool]:
    """One row of this workspace."""
    return and_(within(table, scope), table.c.id == row_id)


def missing(noun: str, row_id: object) -> NotFound:
    """The same sentence for what never was and for what another workspace has."""
    return NotFound.of(noun, row_id)


@contextmanager
def refusing(sentence: str, **details: object) -> Iterator[None]:
    """What the schema does not let in becomes a `Conflict` with this sentence."""
    try:
        yield
    except IntegrityError as problem:
        raise Conflict(sentence, **details) from problem


def require(connection: Connection, table: Table, scope: Scope, row_id: str, noun: str) -> None:
    """Raises `NotFound` unless this workspace has the row."""
    if connection.execute(select(table.c.id).where(this(table, scope, row_id))).first() is None:
        raise missing(noun, row_id)


async def one(database: Database, table: Table, scope: Scope, row_id: str, noun: str) -> RowMapping:
    """The row. Raises `NotFound`."""
    row = await database.of(scope).row(select(table).where(this(table, scope, row_id)))
    if row is None:
        raise missing(noun, row_id)
    return row


def paged(statement: Select[Any], table: Table, page: PageRequest, *, newest_first: bool = True) -> Select[Any]:
    """One row more than the page holds, to know whether another page follows. Ids rise with time, so an order by id
    is an order by age that a row added meanwhile does not disturb.
    """
    order = table.c.id.desc() if newest_first else table.c.id.asc()
    if page.after is not None:
        statement = statement.where(table.c.id < page.after if newest_first else table.c.id > page.after)
    return statement.order_by(order).limit(_limit(page) + 1)


def to_page(rows: Sequence[RowMapping], page: PageRequest, make: Callable[[RowMapping], T]) -> Page[T]:
    limit = _limit(page)
    shown = rows[:limit]
    return Page([make(row) for row in shown], next=shown[-1]["id"] if len(rows) > limit else None)


def _limit(page: PageRequest) -> int:
    return min(max(page.limit, 1), MOST)
