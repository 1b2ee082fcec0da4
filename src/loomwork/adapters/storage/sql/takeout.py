"""Taking out all that a workspace holds, or all that tells of one of its end users, page by page, in SQL."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, or_

from loomwork.adapters.storage.sql import erasing, json_text
from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.holdings import KINDS, NOT_TAKEN_OUT, Holding
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain.takeout import DocumentPage, LinePage, Place

MOST_ROWS = 500
MOST_BYTES = 1_000_000
"""A page ends with the row that brings it over either."""

_FETCHED = 20


class SqlTakeoutStore:
    """Fits `tenancy.ports.TakeoutStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kinds(self, *, of_end_user: bool) -> Sequence[str]:
        return [name for name, holding in KINDS.items() if holding.of_end_user is not None or not of_end_user]

    def documented_kinds(self) -> Sequence[str]:
        return [name for name, holding in KINDS.items() if holding.document is not None]

    def left_out(self) -> Mapping[str, str]:
        return NOT_TAKEN_OUT

    async def lines(self, scope: Scope, kind: str, *, after: Place | None, end_user: str | None = None) -> LinePage:
        holding = KINDS[kind]
        statement = _page(holding.rows(scope, end_user), holding, after)

        def read(connection: Connection) -> LinePage:
            lines: list[bytes] = []
            size, place = 0, None
            for row in _rows(connection, statement):
                line = json_text.encode(_shown(row, holding)).encode().lstrip() + b"\n"
                lines.append(line)
                size, place = size + len(line), _place(row, holding)
                if size >= MOST_BYTES or len(lines) == MOST_ROWS:
                    return LinePage(b"".join(lines), len(lines), place)
            return LinePage(b"".join(lines), len(lines), None)

        return await self._database.of(scope).read(read)

    async def documents(self, scope: Scope, kind: str, *, after: Place | None) -> DocumentPage:
        holding = KINDS[kind]
        statement = _page(holding.documents(scope), holding, after)

        def read(connection: Connection) -> DocumentPage:
            files: list[tuple[str, str]] = []
            size, place = 0, None
            for row in _rows(connection, statement):
                text = row[holding.document or ""]
                files.append((holding.file.format(**row), text))
                size, place = size + len(text), _place(row, holding)
                if size >= MOST_BYTES or len(files) == MOST_ROWS:
                    return DocumentPage(files, place)
            return DocumentPage(files, None)

        return await self._database.of(scope).read(read)

    async def note(
        self, scope: Scope, action: str, object_kind: str, object_id: str, details: Mapping[str, Any], *, at: datetime
    ) -> None:
        await self._database.of(scope).write(
            lambda connection: record(connection, scope, action, object_kind, object_id, details, at=at)
        )

    async def erase_end_user(self, scope: Scope, end_user: str, erasure_id: str, *, at: datetime) -> Mapping[str, int]:
        gone = await self._database.of(scope).write(
            lambda connection: erasing.erase_some(connection, scope, end_user, erasure_id, at)
        )
        if not gone:
            await self._database.forget()
        return gone


def _page(statement: Select[Any], holding: Holding, after: Place | None) -> Select[Any]:
    """The rows behind a place, in the order of their keys. What is added meanwhile and sorts later is among them."""
    if after is not None:
        statement = statement.where(_behind(holding.key, after))
    return statement.order_by(*holding.key).limit(MOST_ROWS)


def _behind(key: Sequence[ColumnElement[Any]], place: Place) -> ColumnElement[bool]:
    first, *rest = key
    if not rest:
        return cast(ColumnElement[bool], first > place[0])
    return or_(first > place[0], and_(first == place[0], _behind(rest, place[1:])))


def _rows(connection: Connection, statement: Select[Any]) -> Any:
    return connection.execute(statement, execution_options={"yield_per": _FETCHED}).mappings()


def _place(row: RowMapping, holding: Holding) -> Place:
    return tuple(row[column.name] for column in holding.key)


def _shown(row: RowMapping, holding: Holding) -> dict[str, Any]:
    return {name: _plain(value, as_json=name in holding.text_as_json) for name, value in row.items()}


def _plain(value: Any, *, as_json: bool) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return json_text.decode(value) if as_json and value is not None else value
