"""The one place where SQL is written as text, each text with its reason. No other text gets past the first wall."""

ENTER = "SELECT set_config('loomwork.workspace_id', $1, true)"
"""A transaction that learns late whose it is. It holds until the transaction ends."""

PROBE = "UPDATE alembic_version SET version_num = version_num"
"""A write that changes nothing, in the one table that is always there and belongs to nobody."""

# The one insert that every durable run waits for. To build and compile it anew, and the column types' work on each
# value, cost more than the database does. Its rows are of the workspace of their transaction: see `journal`.
SQLITE_INSERT_BATCH = (
    "INSERT INTO run_events (workspace_id, run_id, first_seq, last_seq, events, records, epoch)"
    " SELECT ?, ?, ?, ?, ?, ?, ?"
    " WHERE (SELECT epoch FROM run_leases WHERE workspace_id = ? AND run_id = ?) IS ?"
)
POSTGRES_LOCK_RUNS = (
    "SELECT id FROM runs WHERE (workspace_id, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))"
    " ORDER BY workspace_id, id FOR KEY SHARE"
)
POSTGRES_INSERT_BATCHES = (
    "INSERT INTO run_events (workspace_id, run_id, first_seq, last_seq, events, records, epoch)"
    " SELECT b.*"
    " FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[], $7::int[])"
    " AS b (workspace_id, run_id, first_seq, last_seq, events, records, epoch)"
    " LEFT JOIN run_leases l ON l.workspace_id = b.workspace_id AND l.run_id = b.run_id"
    " WHERE l.epoch IS NOT DISTINCT FROM b.epoch"
)

TEXTS = frozenset({ENTER, PROBE, POSTGRES_LOCK_RUNS, POSTGRES_INSERT_BATCHES})
"""What may be executed. SQLite's insert goes to the driver itself."""
