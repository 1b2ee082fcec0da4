"""Brings a database to the newest schema. Costs one short query where it is there already."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.adapters.storage.sql.row_security import INSTALLATION, REACH, build_rules
from loomwork.kernel.errors import Conflict

NEWEST = "0022"
"""The revision that the tables of this release have, known here so that an up-to-date start need not import alembic."""


SCHEMA = Path(__file__).with_name("schema.sql")
"""Made by `python -m scripts.generate_schema`; a test holds it to the migrations."""

BETWEEN = ";\n\n"

COLOURS = "mako.ext.pygmentplugin"


class SchemaTooNew(Conflict):
    """The database was written by a newer release."""

    code = "schema_too_new"


async def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema, making it where there is none. Raises `SchemaTooNew`.
    Several processes may do this at once; one does the work.
    """
    database = open_database(url, migrating=True)
    try:
        await migrate_database(database)
    finally:
        await database.close()


async def migrate_database(database: Database) -> None:
    """As `migrate`, over a database opened for it."""
    if await database.read(revision_of) != NEWEST:
        await database.write(_brought_here)


def _brought_here(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and _is_empty(connection):
        make_new(connection)
    else:
        upgrade(connection)


def _is_empty(connection: Connection) -> bool:
    return connection.execute(text("SELECT 1 FROM sqlite_master LIMIT 1")).first() is None


def make_new(connection: Connection) -> None:
    """Make the newest schema in an empty SQLite database: what the migrations would, told at once. A first start is
    so half a second shorter, and the server 5 MB smaller, for it never imports alembic.
    """
    for statement in SCHEMA.read_text(encoding="utf-8").split(BETWEEN)[:-1]:
        connection.execute(text(statement))


@contextmanager
def _no_colours() -> Iterator[None]:
    """Keep mako, with which alembic writes new migrations, from colouring its own errors: a server that has migrated
    once would hold forty modules of a highlighter, 4.6 MB, until it stops. Without them mako does as where there is no
    highlighter.
    """
    modules = cast(dict[str, Any], sys.modules)
    known = COLOURS in modules
    modules.setdefault(COLOURS, None)
    try:
        yield
    finally:
        if not known:
            del modules[COLOURS]


def revision_of(connection: Connection) -> str | None:
    """The schema that the database has; None for one without any."""
    try:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError:
        return None
    return str(revision) if revision is not None else None


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring a database opened for it to a revision, with the rules of its tables. Raises `SchemaTooNew`."""
    # Here, because importing alembic takes longer than all the rest of a start that has nothing to migrate.
    with _no_colours():
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    _keep_others_out(connection)
    try:
        command.upgrade(config, revision)
    except CommandError as problem:
        raise SchemaTooNew("This database was written by a newer release of Loomwork; use that one.") from problem
    _check_references(connection)
    build_rules(connection)


def _keep_others_out(connection: Connection) -> None:
    """Until the transaction ends, which may touch every workspace's rows. SQLite's one writer is alone anyhow."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('loomwork migrations'))"))
        connection.execute(text(f"SET LOCAL {REACH} = '{INSTALLATION}'"))


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
        raise Conflict("The migration would leave a row that points at nothing; nothing was changed.")
