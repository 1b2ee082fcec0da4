"""Reading the audit trail in SQL."""

import re
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import ColumnElement, Select, or_, select

from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import audit_entries as entries
from loomwork.adapters.storage.sql.workspace_rows import MOST, within
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain import AuditEntry, AuditFilter

_COLUMNS = [entries.c[field.name] for field in fields(AuditEntry)]
_EQUAL = ("actor_kind", "actor_id", "object_kind", "object_id")
_SEARCHED = (entries.c.action, entries.c.object_id, entries.c.details)
_NUMBER = re.compile(r"[0-9]{1,19}")
_MOST_NUMBER = 2**63 - 1
"""What a BIGINT holds."""


class SqlAuditStore:
    """Fits `tenancy.ports.AuditStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, scope: Scope, wanted: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
        limit = min(max(page.limit, 1), MOST)
        statement = _wanted(scope, wanted).order_by(entries.c.number.desc()).limit(limit + 1)
        if page.after is not None:
            statement = statement.where(entries.c.number < _number(page.after))
        found = await self._read(scope, statement)
        return Page(found[:limit], next=str(found[limit - 1].number) if len(found) > limit else None)

    async def chain(
        self, scope: Scope, *, after: int, limit: int, wanted: AuditFilter | None = None
    ) -> Sequence[AuditEntry]:
        statement = _wanted(scope, wanted or AuditFilter()).where(entries.c.number > after)
        return await self._read(scope, statement.order_by(entries.c.number).limit(limit))

    async def _read(self, scope: Scope, statement: Select[tuple[object, ...]]) -> list[AuditEntry]:
        return [AuditEntry(**row) for row in await self._database.of(scope).rows(statement)]


def _wanted(scope: Scope, wanted: AuditFilter) -> Select[tuple[object, ...]]:
    given = [(entries.c[name], getattr(wanted, name)) for name in _EQUAL]
    conditions: list[ColumnElement[bool]] = [column == value for column, value in given if value is not None]
    if wanted.action:
        conditions.append(_is_action(words(wanted.action)))
    if wanted.since is not None:
        conditions.append(entries.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(entries.c.at < wanted.until)
    if wanted.text:
        conditions.append(or_(*(it.icontains(words(wanted.text), autoescape=True) for it in _SEARCHED)))
    return select(*_COLUMNS).where(within(entries, scope), *conditions)


def _is_action(action: str) -> ColumnElement[bool]:
    if "." in action:
        return entries.c.action == action
    return entries.c.action.startswith(f"{action}.", autoescape=True)


def _number(cursor: str) -> int:
    if _NUMBER.fullmatch(cursor) is None or int(cursor) > _MOST_NUMBER:
        raise InvalidInput("The cursor is not one that a page of the audit trail has given.", field="after")
    return int(cursor)
