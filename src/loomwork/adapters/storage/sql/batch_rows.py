"""The one insert that every durable run waits for: the rows of `run_events`, each let in only under its run's lease.

The statement goes to the driver as text, with its values in the driver's order: building and compiling it anew, and
the column types' work on each value, cost more than the database does.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from loomwork.adapters.storage.sql import json_text, record_text
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import driver_connection
from loomwork.engine.ports import Batch
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


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


def batch_row(scope: Scope, run_id: RunId, batch: Batch) -> BatchRow:
    """Raises `NotStorable` for what JSON cannot say, and `ValueError` for a batch without an event."""
    if not batch.events:
        raise ValueError("a batch without an event has no place in the sequence")
    return BatchRow(
        scope.workspace_id,
        words(run_id),
        batch.events[0].seq,
        batch.events[-1].seq,
        json_text.encode([event.wire() for event in batch.events]),
        record_text.encode(batch.records) if batch.records else None,
        batch.epoch,
    )


_GUARDED = (
    "INSERT INTO run_events (workspace_id, run_id, first_seq, last_seq, events, records, epoch)"
    " SELECT ?, ?, ?, ?, ?, ?, ?"
    " WHERE (SELECT epoch FROM run_leases WHERE workspace_id = ? AND run_id = ?) IS ?"
)


def insert_rows(connection: Connection, rows: Sequence[BatchRow]) -> None:
    """Raises `StaleRows`, and `IntegrityError` where a row is there already or its run is not."""
    guarded = [(*row, row.workspace_id, row.run_id, row.epoch) for row in rows]
    try:
        inserted = driver_connection(connection).executemany(_GUARDED, guarded)
    except sqlite3.IntegrityError as problem:
        raise IntegrityError(_GUARDED, None, problem) from problem
    except sqlite3.Error as problem:
        raise OperationalError(_GUARDED, None, problem) from problem
    if inserted.rowcount != len(rows):
        raise StaleRows
