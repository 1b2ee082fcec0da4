"""The second wall: what PostgreSQL itself shows and takes, whatever statement comes through the first."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, func, literal_column, select, text

from loomwork.adapters.storage.sql import open_storage, postgres_database
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.entering import EnteringConnection, step_down
from loomwork.adapters.storage.sql.migrating import migrate
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.adapters.storage.sql.reach import EVERYWHERE, OF_FIRST_STATEMENT, Reach, WorkspaceBreach, reach_of
from loomwork.adapters.storage.sql.row_security import ROLE, build_rules
from loomwork.adapters.storage.sql.tables import metadata, model_routes, workspaces
from loomwork.adapters.storage.sql.walls import stand
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.tenancy.application import ensure_installation
from tests.postgres_server import PostgresServer

NOBODY = OF_FIRST_STATEMENT
OURS, THEIRS = (reach_of(Scope(WorkspaceId(name), SYSTEM)) for name in ("ours", "theirs"))
ADD = "INSERT INTO model_routes VALUES ('{0}', '{1}', '{1}', '{{}}', now())"
WHO: Any = select(literal_column("current_user").label("name"))
HELD = [table.name for table in metadata.sorted_tables if "workspace_id" in table.c or table is workspaces]


@pytest.fixture
async def url(postgres: PostgresServer) -> str:
    url = await postgres.new_database()
    await migrate(url)
    return url


@pytest.fixture
async def owner(url: str) -> AsyncIterator[Database]:
    """The installation's database, with two workspaces, as the one who made its tables."""
    database = open_database(url)

    def furnish(connection: Connection) -> None:
        for name in ("ours", "theirs"):
            connection.execute(text(f"INSERT INTO workspaces VALUES ('{name}', '{name}', '', now())"))
            connection.execute(text(ADD.format(name, "r")))

    await database.write(furnish)
    yield database
    await database.close()


@pytest.fixture
async def server(url: str, owner: Database) -> AsyncIterator[EnteringConnection]:
    """A connection as the server has it, with nothing between the test and PostgreSQL."""
    connection: Any = await asyncpg.connect(url, connection_class=EnteringConnection)
    await step_down(connection)
    yield connection
    await connection.close()


async def seen(server: Any, reach: Reach, what: str = "SELECT workspace_id FROM model_routes") -> list[str]:
    server.enters(reach)
    async with server.transaction():
        return sorted(row[0] for row in await server.fetch(what))


async def done(server: Any, reach: Reach, statement: str) -> str:
    server.enters(reach)
    async with server.transaction():
        return str(await server.execute(statement, timeout=20))


async def test_a_transaction_sees_the_rows_of_the_workspace_that_it_has_entered(server: Any) -> None:
    assert await seen(server, OURS) == ["ours"]
    assert await seen(server, THEIRS) == ["theirs"]
    assert await seen(server, OURS, "SELECT id FROM workspaces") == ["ours"]
    assert await seen(server, OURS, "SELECT workspace_id FROM model_routes WHERE workspace_id = 'theirs' OR true") == [
        "ours"
    ]


async def test_who_has_entered_no_workspace_sees_no_row_of_any_table(server: Any) -> None:
    for table in HELD:
        assert await seen(server, NOBODY, f"SELECT * FROM {table}") == []


async def test_every_workspace_is_seen_by_whoever_says_so(server: Any) -> None:
    assert await seen(server, EVERYWHERE) == ["ours", "theirs"]


async def test_what_was_entered_is_left_when_the_transaction_ends(server: Any) -> None:
    await seen(server, OURS)
    assert [tuple(row) for row in await server.fetch("SELECT workspace_id FROM model_routes")] == []
    await seen(server, EVERYWHERE)
    assert await seen(server, NOBODY) == []


@pytest.mark.parametrize("statement", ["UPDATE model_routes SET name = 'x'", "DELETE FROM model_routes"])
async def test_a_change_without_a_condition_touches_one_workspace_only(
    owner: Database, server: Any, statement: str
) -> None:
    assert (await done(server, OURS, statement)).endswith(" 1")
    left = [dict(row) for row in await owner.rows(text("SELECT workspace_id, name FROM model_routes WHERE name = 'r'"))]
    assert left == [{"workspace_id": "theirs", "name": "r"}]


@pytest.mark.parametrize(
    "statement",
    [
        ADD.format("theirs", "new"),
        "UPDATE model_routes SET workspace_id = 'theirs', id = 'moved', name = 'moved'",
        "INSERT INTO workspaces VALUES ('mine', 'mine', '', now())",
    ],
)
async def test_no_row_is_put_into_another_workspace(server: Any, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await done(server, OURS, statement)


async def test_the_server_works_as_a_role_that_owns_nothing_and_may_not_change_the_rules(server: Any) -> None:
    assert await server.fetchval("SELECT current_user") == ROLE
    unbound = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    assert await server.fetchval(unbound) is False
    for statement in (
        "ALTER TABLE apps DISABLE ROW LEVEL SECURITY",
        "DROP POLICY workspace ON apps",
        "DROP TABLE apps",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="must be owner"):
            await server.execute(statement)


async def test_every_table_of_workspaces_has_the_rule_and_its_owner_is_bound_too(owner: Database) -> None:
    bound = text(
        "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.polpermissive AND p.polcmd = '*'"
    )
    assert sorted(row["relname"] for row in await owner.rows(bound)) == sorted(HELD)


async def test_a_table_that_comes_later_gets_the_rule_too(owner: Database, server: Any) -> None:
    await owner.change(text("CREATE TABLE later (workspace_id text, id text)"))
    await owner.write(build_rules)
    await owner.change(text("INSERT INTO later VALUES ('ours', '1'), ('theirs', '2')"))
    assert await seen(server, OURS, "SELECT id FROM later") == ["1"]
    await owner.write(build_rules)
    assert await seen(server, THEIRS, "SELECT id FROM later") == ["2"]


async def test_a_workspace_that_is_deleted_takes_its_rows_along_whoever_deletes_it(
    owner: Database, server: Any
) -> None:
    assert await done(server, THEIRS, "DELETE FROM workspaces") == "DELETE 1"
    left = [row["workspace_id"] for row in await owner.rows(text("SELECT workspace_id FROM model_routes"))]
    assert left == ["ours"]


@pytest.mark.parametrize("name", ["x'; RESET ROLE; --", "", "a b", "\n", "x" * 300])
async def test_an_id_that_could_be_more_than_an_id_is_not_entered(server: Any, name: str) -> None:
    with pytest.raises(WorkspaceBreach):
        server.enters(Reach(name))


async def test_stores_that_share_connections_each_see_their_own(url: str, owner: Database) -> None:
    """Through the pool, also where the one before failed halfway."""
    walled = open_database(url, walled=True)
    for name in ("ours", "theirs", "ours"):
        scope = Scope(WorkspaceId(name), SYSTEM)
        every_row = select(func.count()).select_from(model_routes)

        def look(connection: Connection, statement: Any = every_row) -> int:
            # As though the first wall were not there.
            stand(connection, EVERYWHERE)
            return int(connection.execute(statement).scalar_one())

        assert await walled.of(scope).read(look) == 1
        with pytest.raises(ZeroDivisionError):
            await walled.of(scope).write(lambda connection: 1 // 0)
    assert await walled.everywhere.read(lambda connection: connection.execute(every_row).scalar_one()) == 2
    await walled.close()


async def test_a_user_who_may_make_no_roles_is_bound_as_the_owner_of_the_tables(
    postgres: PostgresServer,
) -> None:
    url = await postgres.new_database()
    superuser = open_database(url)
    await superuser.write(_make_plain_user)
    await superuser.close()
    plain = url.replace("postgres@", "plain@")
    storage = await open_storage(plain)
    scope = await ensure_installation(storage.gatekeeper_store, SystemClock())
    assert [row["name"] for row in await storage.database.everywhere.rows(WHO)] == ["plain"]
    await storage.close()
    connection: Any = await asyncpg.connect(plain, connection_class=EnteringConnection)
    assert await seen(connection, NOBODY, "SELECT id FROM workspaces") == []
    assert await seen(connection, reach_of(scope), "SELECT id FROM workspaces") == [scope.workspace_id]
    await connection.close()


def _make_plain_user(connection: Connection) -> None:
    connection.execute(text("DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"))
    name = connection.execute(text("SELECT current_database()")).scalar_one()
    connection.execute(text(f"ALTER DATABASE {name} OWNER TO plain"))
    connection.execute(text("ALTER SCHEMA public OWNER TO plain"))


async def test_a_connection_is_closed_where_whoever_waits_for_it_gives_up(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[EnteringConnection] = []
    arrived = asyncio.Event()

    async def never_down(connection: EnteringConnection) -> None:
        opened.append(connection)
        arrived.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(postgres_database, "step_down", never_down)
    database = open_database(url, walled=True)
    asking = asyncio.create_task(database.everywhere.rows(select(workspaces)))
    await arrived.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await database.close()
    assert [connection.is_closed() for connection in opened] == [True]
