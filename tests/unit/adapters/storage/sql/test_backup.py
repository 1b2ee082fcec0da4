"""What was written into a backup is what comes out of it, on whichever database."""

import gzip
import io
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from loomwork.adapters.storage.sql import migrate, open_storage
from loomwork.adapters.storage.sql.backup import (
    BadBackup,
    NotEmpty,
    files_of,
    read_contents,
    restore_database,
    write_backup,
)
from loomwork.adapters.storage.sql.migrating import NEWEST, SchemaTooNew
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.kernel.errors import Conflict
from tests.postgres_server import KINDS, PostgresServer
from tests.unit.adapters.storage.sql.furnishing import NOON, bring_to, fill

NewDatabase = Callable[[str], Awaitable[str]]
FILES = [("catalog/providers/mine/provider.yml", b"id: mine\n"), ("secret.key", bytes(range(256)))]


@pytest.fixture
def new_database(tmp_path: Path, request: pytest.FixtureRequest) -> NewDatabase:
    """The URL of a database of a kind, with nothing in it."""
    made = iter(range(100))

    async def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{next(made)}.db"
        server: PostgresServer = request.getfixturevalue("postgres")
        return await server.new_database()

    return make


def furnish(connection: Connection) -> None:
    """Also a message whose parent comes after it, by its id."""
    fill(connection)
    told = "SELECT workspace_id, id, conversation_id, run_id FROM messages"
    for workspace, parent, conversation, run in connection.execute(text(told)).all():
        child = (
            "INSERT INTO messages (workspace_id, id, conversation_id, run_id, parent_id, query, answer, status, inputs,"
            f" usage, created_at) VALUES ('{workspace}', 'a child', '{conversation}', '{run}', '{parent}', '', '', 'x',"
            " '{\"n\": 123456789012345678901234567890}', '{}', '2026-01-01 12:00:00.000000')"
        )
        connection.exec_driver_sql(child)


async def furnished(url: str, revision: str = "head") -> str:
    database = open_database(url, migrating=True)
    await database.write(lambda connection: bring_to(connection, revision))
    await database.write(furnish if revision == "head" else fill)
    await database.close()
    return url


async def backup_of(url: str, *, made_at: datetime = NOON) -> io.BytesIO:
    out = io.BytesIO()
    await write_backup(url, out, FILES, made_at=made_at)
    return out


def lines_of(backup: io.BytesIO) -> list[str]:
    """Its rows, in an order that does not depend on how a database compares texts."""
    *lines, _end = gzip.decompress(backup.getvalue()).decode().splitlines()
    return sorted(lines)


@pytest.mark.parametrize("there", KINDS)
@pytest.mark.parametrize("here", KINDS)
async def test_a_restored_installation_has_every_row_that_the_one_before_had(
    new_database: NewDatabase, here: str, there: str
) -> None:
    backup = await backup_of(await furnished(await new_database(here)))
    url = await new_database(there)
    await restore_database(url, backup)
    assert lines_of(await backup_of(url)) == lines_of(backup)
    assert sum(line.startswith('{"table":"messages"') for line in lines_of(backup)) == 4
    storage = await open_storage(url)
    await storage.close()


@pytest.mark.parametrize("there", KINDS)
async def test_a_backup_of_an_earlier_release_becomes_an_installation_of_this_one(
    new_database: NewDatabase, there: str
) -> None:
    backup = await backup_of(await furnished(await new_database("sqlite"), "0005"))
    assert read_contents(backup).schema == "0005"
    url = await new_database(there)
    await restore_database(url, backup)
    restored = read_contents(await backup_of(url))
    assert (restored.schema, restored.rows["apps"], restored.rows["people"]) == (NEWEST, 2, 2)


async def test_a_backup_can_be_restored_into_tables_without_a_row(new_database: NewDatabase) -> None:
    backup = await backup_of(await furnished(await new_database("sqlite")))
    url = await new_database("sqlite")
    await migrate(url)
    await restore_database(url, backup)
    assert lines_of(await backup_of(url)) == lines_of(backup)


async def test_a_backup_says_what_it_holds(new_database: NewDatabase) -> None:
    contents = read_contents(await backup_of(await furnished(await new_database("sqlite"))))
    assert (contents.made_at, contents.rows["workspaces"], contents.files) == (NOON, 2, tuple(n for n, _ in FILES))
    assert list(files_of(await backup_of(await furnished(await new_database("sqlite"))))) == FILES


async def test_two_backups_of_one_state_are_the_same_bytes(new_database: NewDatabase) -> None:
    url = await furnished(await new_database("sqlite"))
    assert (await backup_of(url)).getvalue() == (await backup_of(url)).getvalue()


async def test_what_is_there_is_never_written_over(new_database: NewDatabase) -> None:
    backup = await backup_of(await furnished(await new_database("sqlite")))
    url = await furnished(await new_database("sqlite"))
    before = lines_of(await backup_of(url))
    with pytest.raises(NotEmpty, match="already"):
        await restore_database(url, backup)
    assert lines_of(await backup_of(url)) == before


async def test_a_database_without_an_installation_has_nothing_to_back_up(new_database: NewDatabase) -> None:
    with pytest.raises(Conflict, match="no installation"):
        await backup_of(await new_database("sqlite"))


@pytest.mark.parametrize("there", KINDS)
async def test_a_backup_that_is_not_whole_changes_nothing(new_database: NewDatabase, there: str) -> None:
    whole = (await backup_of(await furnished(await new_database("sqlite")))).getvalue()
    plain = gzip.decompress(whole)
    lines = plain.splitlines(keepends=True)
    url = await new_database(there)
    for bad in (
        b"",
        b"not a backup",
        whole[:-20],
        whole[: len(whole) // 2],
        gzip.compress(b""),
        gzip.compress(b"{}\n"),
        gzip.compress(b"[]\n[]\n"),
        gzip.compress(b"".join(lines[:-1])),
        gzip.compress(b"".join([*lines[:3], *lines[4:]])),
        gzip.compress(plain.replace(b"apps.name of ours", b"apps.name of hers", 1)),
        gzip.compress(b"\xff\xfe\n" * 3),
    ):
        with pytest.raises(BadBackup):
            read_contents(io.BytesIO(bad))
        with pytest.raises(BadBackup):
            await restore_database(url, io.BytesIO(bad))
    await restore_database(url, io.BytesIO(whole))


def forged(head: dict[str, Any], *rows: dict[str, Any]) -> io.BytesIO:
    """A file that fits together, by somebody who knows how it is made."""
    import hashlib

    told = "".join(json.dumps(line) + "\n" for line in (head, *rows)).encode()
    end = json.dumps({"end": {}, "files": 0, "sha256": hashlib.sha256(told).hexdigest()}) + "\n"
    return io.BytesIO(gzip.compress(told + end.encode()))


HEAD = {"format": "loomwork backup", "version": 1, "schema": NEWEST, "made_at": datetime.now(UTC).isoformat()}


@pytest.mark.parametrize(
    ("backup", "problem"),
    [
        (forged({**HEAD, "version": 2}), BadBackup),
        (forged({**HEAD, "schema": "9999"}), SchemaTooNew),
        (forged({**HEAD, "schema": 7}), BadBackup),
        (forged({**HEAD, "made_at": "yesterday"}), BadBackup),
        (forged(HEAD, {"table": "pg_authid", "row": {}}), BadBackup),
        (forged(HEAD, {"table": "alembic_version", "row": {"version_num": "0001"}}), BadBackup),
        (forged(HEAD, {"table": "workspaces", "row": {"id": "x"}}), BadBackup),
        (forged(HEAD, {"table": "workspaces", "row": "x"}), BadBackup),
        (forged(HEAD, {"table": ["x"], "row": {}}), BadBackup),
        (
            forged(HEAD, {"table": "workspaces", "row": {key: [] for key in ("id", "slug", "name", "created_at")}}),
            BadBackup,
        ),
    ],
)
async def test_what_somebody_else_has_put_together_is_refused_in_a_sentence(
    new_database: NewDatabase, backup: io.BytesIO, problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        await restore_database(await new_database("sqlite"), backup)
