"""The schema that migrations make."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from loomwork.adapters.storage.sql import migrating, open_storage
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.migrating import NEWEST, SCHEMA, SchemaTooNew, migrate, upgrade
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.adapters.storage.sql.tables import INSTALLATION_WIDE, metadata
from loomwork.engine.events import RunFailed
from loomwork.engine.ports import Batch
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import Actor, Scope
from loomwork.tenancy.application import StoredGatekeeper
from loomwork.tenancy.domain import digest
from scripts.generate_schema import schema

MIGRATIONS = Path(migrating.__file__).parent / "migrations"
MOMENT = "2026-01-01 12:00:00.000000"
REVISION = text("SELECT version_num FROM alembic_version")


def test_a_process_that_has_migrated_holds_no_highlighter(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from loomwork.adapters.storage.sql.migrating import migrate; "
        "asyncio.run(migrate(sys.argv[1])); "
        "print([name for name in sys.modules if name.startswith(('pygments', 'mako.ext'))])"
    )
    command_line = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'new.db'}"]
    done = subprocess.run(command_line, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


async def test_migrations_make_exactly_the_tables_that_the_stores_use(any_database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await any_database.read(differences) == []


async def test_the_newest_revision_is_the_one_that_the_code_names(any_database: Database) -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == NEWEST
    assert [row["version_num"] for row in await any_database.rows(REVISION)] == [NEWEST]


@pytest.mark.parametrize("table", [table for table in metadata.sorted_tables if table.name not in INSTALLATION_WIDE])
def test_every_table_of_workspaces_is_keyed_by_workspace_and_points_only_within_it(table: Any) -> None:
    key = [column.name for column in table.primary_key.columns]
    own_key = {"run_events": ["run_id", "first_seq"], "run_leases": ["run_id"], "aliases": ["surface", "external_id"]}
    assert key == ["workspace_id", *own_key.get(table.name, ["id"])]
    for reference in table.foreign_key_constraints:
        assert "workspace_id" in reference.column_keys or reference.referred_table.name in INSTALLATION_WIDE
        assert reference.ondelete == "CASCADE"


@pytest.mark.parametrize("name", sorted(INSTALLATION_WIDE))
def test_a_table_of_the_installation_knows_no_workspace_and_points_into_none(name: str) -> None:
    table = metadata.tables[name]
    assert "workspace_id" not in table.columns
    assert [column.name for column in table.primary_key.columns] == ["id"]
    assert all(reference.referred_table.name in INSTALLATION_WIDE for reference in table.foreign_key_constraints)


@pytest.mark.parametrize("table", metadata.sorted_tables)
def test_every_table_can_be_made_on_postgres_with_moments_that_know_their_zone(table: Any) -> None:
    made = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert made.count("TIMESTAMP") == made.count("TIMESTAMP WITH TIME ZONE")
    assert "ARRAY" not in made


async def test_a_database_that_is_up_to_date_is_opened_without_alembic(any_url: str, any_database: Database) -> None:
    script = f"""
import asyncio, sys
from loomwork.adapters.storage.sql import migrate
asyncio.run(migrate({any_url!r}))
sys.exit("alembic" in sys.modules)
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == 0


async def test_starts_at_once_in_several_processes_make_one_schema(any_url: str) -> None:
    script = f"import asyncio\nfrom loomwork.adapters.storage.sql import migrate\nasyncio.run(migrate({any_url!r}))"
    starts = [await asyncio.create_subprocess_exec(sys.executable, "-c", script) for _ in range(3)]
    assert [await start.wait() for start in starts] == [0, 0, 0]
    database = open_database(any_url)
    assert len(await database.rows(REVISION)) == 1
    await database.close()


async def test_a_database_of_a_newer_release_is_refused_and_left_alone(any_url: str, any_database: Database) -> None:
    await any_database.change(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="newer release"):
        await migrate(any_url)
    assert [row["version_num"] for row in await any_database.rows(REVISION)] == ["9999"]


async def test_members_of_an_earlier_release_become_people_who_stay_signed_in(any_url: str) -> None:
    database = open_database(any_url, migrating=True)
    await database.write(_release_before_people)
    await database.close()
    storage = await open_storage(any_url, clock=SetClock())
    gatekeeper = StoredGatekeeper(storage.gatekeeper_store, SetClock())
    identity = await gatekeeper.by_session(SESSION)
    assert identity is not None
    assert (identity.scope, identity.member_id) == (Scope(WorkspaceId("w"), Actor("person", "m")), "m")
    assert (await gatekeeper.profile(identity.scope)).actor_name == "Ann"
    assert await gatekeeper.by_session(await gatekeeper.sign_in(TOKEN)) == identity
    # The same id of a member in another workspace was another member, so it is another person.
    people = await storage.database.everywhere.rows(select(metadata.tables["people"].c.name).order_by("name"))
    assert [row["name"] for row in people] == ["Ann", "Bob"]
    assert await storage.gatekeeper_store.member_name(Scope(WorkspaceId("v"), identity.scope.actor), "m") == "Bob"
    await storage.close()


SESSION, TOKEN = "s" * 43, "t" * 43


class SetClock:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, 12, 5, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def _release_before_people(connection: Connection) -> None:
    _at_revision(connection, "0005")
    soon = "2026-01-01 12:10:00.000000"
    for workspace, name in (("w", "Ann"), ("v", "Bob")):
        made = {"created_at": MOMENT, "name": name}
        _put(connection, "workspaces", {"id": workspace, "slug": workspace, **made})
        _put(connection, "members", {"workspace_id": workspace, "id": "m", "role": "owner", **made})
    ann = {"workspace_id": "w", "member_id": "m", "created_at": MOMENT, "expires_at": soon}
    _put(connection, "sessions", {**ann, "id": "s", "token_hash": digest(SESSION)})
    _put(connection, "sign_in_tokens", {**ann, "id": "t", "token_hash": digest(TOKEN)})


def _at_revision(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _put(connection: Connection, table: str, row: dict[str, Any]) -> None:
    names, values = ", ".join(row), ", ".join(f"'{value}'" for value in row.values())
    connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({values})")


async def test_a_database_of_the_first_release_keeps_its_runs_and_their_events(any_url: str) -> None:
    database = open_database(any_url)
    await database.write(_first_release)
    await database.close()
    storage = await open_storage(any_url)
    ((scope, run),) = await storage.runs.unfinished()
    assert (run.id, run.inputs, run.origin_id, run.wakes_at) == ("r", {"q": "?"}, None, None)
    events = [event async for batch in storage.journal.events(scope, run.id) for event in batch]
    assert events == [{"seq": 1, "type": "run_started"}, {"seq": 2, "type": "text_chunk"}]
    assert await storage.journal.records(scope, run.id) == []
    end = RunFailed({"code": "interrupted", "message": "The server stopped."}, seq=3)
    await storage.journal.commit(scope, run.id, Batch([], [end]))
    assert await storage.journal.state(scope, run.id) == "ended"
    standing = await storage.apps.environments(scope, run.app_id)
    assert {place: kept.number for place, kept in standing.items()} == {"dev": 1, "staging": 1, "prod": 1}
    await storage.close()


def _first_release(connection: Connection) -> None:
    """What the first release leaves behind when it is killed while a run goes."""
    _at_revision(connection, "0001")
    rows: dict[str, dict[str, Any]] = {
        "workspaces": {"id": "w", "slug": "w", "name": "w", "created_at": MOMENT},
        "apps": {
            **dict.fromkeys(("name", "description", "mode", "icon", "icon_background", "document"), ""),
            "workspace_id": "w",
            "id": "a",
            "node_count": 1,
            "warnings": 0,
            "bindings": "{}",
            "published_version": 1,
            "created_at": MOMENT,
            "updated_at": MOMENT,
        },
        "app_versions": {
            "workspace_id": "w",
            "id": "v",
            "app_id": "a",
            "number": 1,
            "document": "",
            "published_at": MOMENT,
            "published_by": "m",
        },
        "runs": {
            **dict.fromkeys(("outputs", "nodes", "usage"), "{}"),
            "workspace_id": "w",
            "id": "r",
            "app_id": "a",
            "status": "running",
            "inputs": '{"q": "?"}',
            "source": "api",
            "end_user": "",
            "notices": "[]",
            "created_at": MOMENT,
        },
        "run_events": {
            "workspace_id": "w",
            "run_id": "r",
            "first_seq": 1,
            "last_seq": 2,
            "events": '[{"seq":1,"type":"run_started"},{"seq":2,"type":"text_chunk"}]',
        },
        "run_records": {
            "workspace_id": "w",
            "id": "x",
            "run_id": "r",
            "number": 1,
            "node_id": "n",
            "frame": "",
            "attempt": 1,
            "outcome": "succeeded",
            "outputs": "{}",
        },
    }
    for table, row in rows.items():
        _put(connection, table, row)


async def test_the_schema_of_a_first_start_is_what_the_migrations_make() -> None:
    assert await schema() == SCHEMA.read_text(encoding="utf-8"), "run: python -m scripts.generate_schema"


async def test_a_first_start_needs_no_migration_and_makes_the_same(tmp_path: Path) -> None:
    """Asked of a process of its own, as this one has imported alembic."""
    url = f"sqlite:///{tmp_path}/new.db"
    code = (
        "import asyncio, sys; from loomwork.adapters.storage.sql.migrating import migrate;"
        f"asyncio.run(migrate({url!r})); print([name for name in sys.modules if name.startswith('alembic')])"
    )
    process = [sys.executable, "-c", code]
    said = await asyncio.to_thread(subprocess.run, process, capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "[]", said.stdout
    migrated = open_database(f"sqlite:///{tmp_path}/migrated.db", migrating=True)
    await migrated.write(upgrade)
    await migrated.close()
    dumps = []
    for name in ("new.db", "migrated.db"):
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            dumps.append(["\n".join(line.rstrip() for line in each.split("\n")) for each in connection.iterdump()])
    assert dumps[0] == dumps[1]
