"""Everything that an installation keeps, as one file, and back again, on either database.

The file is JSON Lines under gzip (RFC 1952): a head that names the format and the schema; a line for each row,
`{"table": ..., "row": {...}}`, parents before children; a line for each file, `{"file": ..., "content": <base64>}`; and
an end that counts the rows and has the SHA-256 of every byte before it, so that a file that was cut short or changed is
known for one. Moments are ISO 8601 in UTC, bytes base64, JSON as it is. What is sealed stays sealed.
"""

import base64
import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    and_,
    event,
    exists,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.types import JSON

from loomwork.adapters.storage.sql import json_text
from loomwork.adapters.storage.sql.migrating import revision_of, upgrade
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.kernel.errors import Conflict, InvalidInput

FORMAT = "loomwork backup"
VERSION = 1
ALEMBIC = "alembic_version"

MOST_IN_A_LINE = 1 << 30
"""Bytes. A row is one run or one document at most, which is far smaller."""

ROWS_AT_ONCE = 500


class BadBackup(InvalidInput):
    """The file is no backup, or not the whole one that was made."""

    code = "backup_unreadable"


class NotEmpty(Conflict):
    """There is something already where a backup is to be restored."""

    code = "installation_not_empty"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: rows by table, and the names of its files."""

    schema: str
    made_at: datetime
    rows: Mapping[str, int]
    files: tuple[str, ...] = ()


@dataclass(slots=True)
class _Writer:
    out: gzip.GzipFile
    told: Any = field(default_factory=hashlib.sha256)

    def line(self, value: Mapping[str, Any]) -> None:
        line = json_text.encode(value).encode() + b"\n"
        self.told.update(line)
        self.out.write(line)


async def write_backup(url: str, out: IO[bytes], files: Iterable[tuple[str, bytes]], *, made_at: datetime) -> Contents:
    """Write everything that the database at `url` holds at one moment, and these files. The database may be in use
    meanwhile. Raises `Conflict` where it is none of ours.
    """
    database = open_database(url, migrating=True)
    begins, kept = out.tell(), list(files)

    def work(connection: Connection) -> Contents:
        # It may be begun anew.
        out.seek(begins)
        out.truncate()
        # Without the moment in gzip's own head, two backups of one state are the same bytes but for the first line.
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
            return _write(connection, _Writer(packed), kept, made_at)

    try:
        return await database.everywhere.read(work)
    finally:
        await database.close()


def _write(connection: Connection, writer: _Writer, files: list[tuple[str, bytes]], made_at: datetime) -> Contents:
    schema = revision_of(connection)
    if schema is None:
        raise Conflict("There is no installation in this database to back up.")
    head = {"format": FORMAT, "version": VERSION, "schema": schema, "made_at": made_at.isoformat()}
    writer.line(head)
    rows = {table.name: _write_table(connection, table, writer) for table in _tables(connection)}
    for name, content in files:
        writer.line({"file": name, "content": base64.b64encode(content).decode()})
    writer.line({"end": rows, "files": len(files), "sha256": writer.told.hexdigest()})
    return Contents(schema, made_at, rows, tuple(name for name, _ in files))


def _write_table(connection: Connection, table: Table, writer: _Writer) -> int:
    ordered = select(table).order_by(*table.primary_key.columns)
    count = 0
    for row in connection.execute(ordered, execution_options={"yield_per": ROWS_AT_ONCE}).mappings():
        values = {column.name: _written(row[column.name]) for column in table.columns}
        writer.line({"table": table.name, "row": values})
        count += 1
    return count


def read_contents(file: IO[bytes]) -> Contents:
    """What a backup holds, once all of it was read and found whole. Raises `BadBackup`."""
    lines = _lines(file)
    head = _head(next(lines, {}))
    rows: dict[str, int] = {}
    names: list[str] = []
    for line in lines:
        if "table" in line:
            rows[line["table"]] = rows.get(line["table"], 0) + 1
        elif "file" in line:
            names.append(str(line["file"]))
    return Contents(head["schema"], datetime.fromisoformat(head["made_at"]), rows, tuple(names))


def files_of(file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """The files in a backup."""
    for line in _lines(file):
        if "file" in line:
            yield str(line["file"]), _bytes(line.get("content"))


async def restore_database(url: str, file: IO[bytes]) -> None:
    """Make the database at `url` what it was; then bring it to the schema of this release. All of it, or nothing.
    Raises `BadBackup`, `NotEmpty`, and `SchemaTooNew` for a backup of a newer release.
    """
    database = open_database(url, migrating=True)

    def work(connection: Connection) -> None:
        file.seek(0)
        lines = _lines(file)
        schema = _head(next(lines, {}))["schema"]
        _make_empty(connection, schema)
        try:
            _put_rows(connection, lines)
        except (StatementError, KeyError, TypeError) as problem:
            if isinstance(problem, OperationalError) or getattr(problem, "connection_invalidated", False):
                raise
            raise BadBackup("The backup does not fit together: a row in it has no place.") from problem
        upgrade(connection)

    try:
        await database.everywhere.write(work)
    finally:
        await database.close()


def _make_empty(connection: Connection, schema: str) -> None:
    """The tables of the backup's release, with nothing in them."""
    there = revision_of_tables(connection)
    if there is not None and any(_has_rows(connection, table) for table in _tables(connection)):
        raise NotEmpty(
            "There is an installation here already, and a backup never goes over one. Restore it into an empty folder "
            "or database (--data, LOOMWORK_DATABASE_URL)."
        )
    if there is not None and there > schema:
        raise NotEmpty("The database has the empty tables of a newer release than the backup; give it one without any.")
    upgrade(connection, schema)


def revision_of_tables(connection: Connection) -> str | None:
    """As `revision_of`, without a statement that fails, which would end a transaction on PostgreSQL."""
    found = MetaData()
    found.reflect(connection)
    return revision_of(connection) if ALEMBIC in found.tables else None


def _has_rows(connection: Connection, table: Table) -> bool:
    return bool(connection.execute(select(exists(select(literal(1)).select_from(table)))).scalar())


def _put_rows(connection: Connection, lines: Iterator[Mapping[str, Any]]) -> None:
    tables = {table.name: table for table in _tables(connection)}
    waiting: list[dict[str, Any]] = []
    later: list[tuple[Table, dict[str, Any], dict[str, Any]]] = []
    current: Table | None = None
    for line in lines:
        if "table" not in line:
            continue
        table = tables[line["table"]]
        if current is not None and (table is not current or len(waiting) >= ROWS_AT_ONCE):
            connection.execute(insert(current), waiting)
            waiting = []
        current = table
        waiting.append(_row(table, line["row"], later))
    if current is not None and waiting:
        connection.execute(insert(current), waiting)
    for table, key, pointing in later:
        connection.execute(update(table).where(and_(*(table.c[name] == key[name] for name in key))).values(pointing))


def _row(
    table: Table, given: Mapping[str, Any], later: list[tuple[Table, dict[str, Any], dict[str, Any]]]
) -> dict[str, Any]:
    """A row as it is inserted. What points into its own table is set once all of its rows are there."""
    row = {column.name: _read(column, given[column.name]) for column in table.columns}
    pointing = {name: row[name] for name in _pointing_home(table) if row[name] is not None}
    if pointing:
        later.append((table, {column.name: row[column.name] for column in table.primary_key.columns}, pointing))
        row |= dict.fromkeys(pointing)
    return row


def _pointing_home(table: Table) -> Iterator[str]:
    for reference in table.foreign_key_constraints:
        if reference.referred_table is table:
            yield from (column.name for column in reference.columns if column.nullable)


def _tables(connection: Connection) -> list[Table]:
    """The tables as they are, whichever release made them, parents first."""
    found = MetaData()
    event.listen(found, "column_reflect", _keep_nothing_as_null)
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != ALEMBIC]


def _keep_nothing_as_null(_inspector: Any, _table: Any, column: Any) -> None:
    if isinstance(column["type"], JSON):
        column["type"] = JSON(none_as_null=True)


def _written(value: Any) -> Any:
    match value:
        case datetime():
            moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            return moment.isoformat()
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case _:
            return value


def _read(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, DateTime):
        return _moment(value)
    return _bytes(value) if isinstance(column.type, LargeBinary) else value


def _moment(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadBackup("The backup has something in it that is no moment.") from None


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise BadBackup("The backup has something in it that is not base64.") from None


def _lines(file: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    """Every line but the end, which is checked. Raises `BadBackup` where it is not the end of what was made."""
    file.seek(0)
    told, before = hashlib.sha256(), b""
    for line in _unpacked(file):
        if before:
            told.update(before)
            yield _object(before)
        before = line
    end = _object(before)
    if "end" not in end or end.get("sha256") != told.hexdigest():
        raise BadBackup("The backup is not whole: it was cut short or changed after it was made.")


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as packed:
            while line := packed.readline(MOST_IN_A_LINE):
                yield line
    except (OSError, EOFError, zlib.error):
        raise BadBackup("This file is no backup of Loomwork, or not all of it.") from None


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        found = json_text.decode(line.decode())
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise BadBackup("This file is no backup of Loomwork.")
    return found


def _head(head: Mapping[str, Any]) -> Mapping[str, Any]:
    if head.get("format") != FORMAT or not isinstance(head.get("schema"), str):
        raise BadBackup("This file is no backup of Loomwork.")
    if head.get("version") != VERSION:
        raise BadBackup("This backup was made by a newer release of Loomwork; restore it with that one.")
    _moment(head.get("made_at"))
    return head
