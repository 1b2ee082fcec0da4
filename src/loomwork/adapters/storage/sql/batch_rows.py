"""The one insert that every durable run waits for: the rows of `run_events`, each let in only under its run's lease.

The statement goes to the driver as text, with its values in the driver's order: building and compiling it anew, and
the column types' work on each value, cost more than the database does.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from loomwork.adapters.storage.sql import json_text, record_text
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.sqlite_database import driver_connection
from loomwork.adapters.storage.sql.texts import POSTGRES_INSERT_BATCHES, POSTGRES_LOCK_RUNS, SQLITE_INSERT_BATCH
from loomwork.engine.ports import Batch, Record
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope

MOST_EVENTS = 1000
"""Events in one row."""


class StaleRows(Exception):
    """Some of the rows come under another epoch than that of their run's lease. Nothing is to be committed."""


class BatchRow(NamedTuple):
    """A batch in the order of the table's columns; `epoch` is that of the lease that it needs."""

    workspace_id: str
    run_id: str
    first_seq: int
    last_seq: int
    events: str
    records: str | None
    epoch: int | None


def batch_rows(scope: Scope, run_id: RunId, batch: Batch) -> list[BatchRow]:
    """The rows of a batch, which are stored together: one, or for very many events one for each part of them, so that
    nobody has to read all of it at once. Raises `NotStorable` for what JSON cannot say, and `ValueError` for a batch
    without an event.
    """
    if not batch.events:
        raise ValueError("a batch without an event has no place in the sequence")
    if len(batch.events) <= MOST_EVENTS:
        return [_row(scope, run_id, batch)]
    return [_row(scope, run_id, part) for part in _parts(batch)]


def _parts(batch: Batch) -> Iterator[Batch]:
    """Parts of a batch, each with the records of what was told until its last event."""
    told, count = 0, len(batch.events)
    for start in range(0, count, MOST_EVENTS):
        events = batch.events[start : start + MOST_EVENTS]
        is_last = start + MOST_EVENTS >= count
        until = len(batch.records) if is_last else bisect_right(batch.records, events[-1].seq, lo=told, key=_seq)
        yield Batch(batch.records[told:until], events, batch.epoch)
        told = until


def _seq(record: Record) -> int:
    return record.seq


def _row(scope: Scope, run_id: RunId, batch: Batch) -> BatchRow:
    return BatchRow(
        scope.workspace_id,
        words(run_id),
        batch.events[0].seq,
        batch.events[-1].seq,
        json_text.encode([event.wire() for event in batch.events]),
        record_text.encode(batch.records) if batch.records else None,
        batch.epoch,
    )


def insert_rows(connection: Connection, rows: Sequence[BatchRow]) -> None:
    """Raises `StaleRows`, and `IntegrityError` where a row is there already or its run is not."""
    insert = _insert_in_sqlite if connection.dialect.name == "sqlite" else _insert_in_postgres
    if insert(connection, rows) != len(rows):
        raise StaleRows


def insert_row(connection: sqlite3.Connection, row: BatchRow) -> bool:
    """One row, straight to the driver; False where it comes under another epoch than that of its run's lease."""
    return connection.execute(SQLITE_INSERT_BATCH, _guarded(row)).rowcount == 1


def _insert_in_sqlite(connection: Connection, rows: Sequence[BatchRow]) -> int:
    try:
        return driver_connection(connection).executemany(SQLITE_INSERT_BATCH, map(_guarded, rows)).rowcount
    except sqlite3.IntegrityError as problem:
        raise IntegrityError(SQLITE_INSERT_BATCH, None, problem) from problem
    except sqlite3.Error as problem:
        raise OperationalError(SQLITE_INSERT_BATCH, None, problem) from problem


def _guarded(row: BatchRow) -> tuple[str | int | None, ...]:
    return *row, row.workspace_id, row.run_id, row.epoch


def _insert_in_postgres(connection: Connection, rows: Sequence[BatchRow]) -> int:
    columns = [list(column) for column in zip(*rows, strict=True)]
    # Who takes a lease locks its run first, so no lease changes between the guard of the insert and the commit.
    connection.exec_driver_sql(POSTGRES_LOCK_RUNS, (columns[0], columns[1]))
    return connection.exec_driver_sql(POSTGRES_INSERT_BATCHES, tuple(columns)).rowcount
