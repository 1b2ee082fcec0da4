"""From a URL to a database."""

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from loomwork.adapters.storage.sql.database import Database
from loomwork.kernel.clock import Clock, SystemClock
from loomwork.kernel.errors import InvalidInput

SQLITE = "sqlite"
POSTGRES = frozenset({"postgresql", "postgres"})


def open_database(url: str, *, clock: Clock | None = None, migrating: bool = False, walled: bool = False) -> Database:
    """The database at `sqlite:///path/to/file.db` or `postgresql://user:password@host/name`; `migrating` opens it for a
    change of its schema, `walled` for stores: no transaction reaches beyond one workspace unless it says so. Raises
    `InvalidInput`, whose message never repeats the URL, because it may hold a password.
    """
    parsed = _parsed(url)
    kind = parsed.drivername.partition("+")[0]
    # Here, because an installation has use for one of the two, and each takes its time to import.
    if kind == SQLITE:
        from loomwork.adapters.storage.sql.sqlite_database import SqliteDatabase

        return SqliteDatabase(parsed, clock=clock or SystemClock(), migrating=migrating, walled=walled)
    if kind in POSTGRES:
        return _postgres(parsed, migrating=migrating, walled=walled)
    raise InvalidInput(
        f"State is kept in SQLite or PostgreSQL, not in {kind[:40]!r}; write sqlite:///path/to/file.db or "
        "postgresql://user:password@host/name."
    )


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidInput(
            "The database URL cannot be read; write one such as sqlite:///data/loomwork.db or postgresql://host/name."
        ) from None


def _postgres(url: URL, *, migrating: bool, walled: bool) -> Database:
    try:
        from loomwork.adapters.storage.sql.postgres_database import PostgresDatabase
    except ImportError as problem:
        raise InvalidInput(
            "PostgreSQL needs a driver that is not installed; install it with pip install 'loomwork[postgres]'."
        ) from problem
    return PostgresDatabase(url, migrating=migrating, walled=walled)
