"""The first wall: which statements go to a database, and which are refused before they do."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.migrating import migrate
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.adapters.storage.sql.reach import WorkspaceBreach
from loomwork.adapters.storage.sql.tables import model_routes, workspaces
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import SYSTEM, Scope

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OURS, THEIRS = Scope(WorkspaceId("ours"), SYSTEM), Scope(WorkspaceId("theirs"), SYSTEM)


def a_workspace(name: str) -> dict[str, Any]:
    return {"id": name, "slug": name, "name": name, "created_at": NOON}


def a_route(workspace_id: str, route_id: str = "r") -> dict[str, Any]:
    row = {"workspace_id": workspace_id, "id": route_id, "name": route_id}
    return {**row, "route": {"of": workspace_id}, "updated_at": NOON}


@pytest.fixture
async def walled(any_url: str) -> AsyncIterator[Database]:
    """Two workspaces, each with a route of the same id."""
    await migrate(any_url)
    database = open_database(any_url, walled=True)

    def furnish(connection: Connection) -> None:
        connection.execute(insert(workspaces), [a_workspace("ours"), a_workspace("theirs")])
        connection.execute(insert(model_routes), [a_route("ours"), a_route("theirs")])

    await database.everywhere.write(furnish)
    yield database
    await database.close()


FOREIGN = (
    select(model_routes).where(model_routes.c.workspace_id == "theirs"),
    select(model_routes).where(model_routes.c.workspace_id == "ours", model_routes.c.workspace_id == "theirs"),
    update(model_routes).where(model_routes.c.workspace_id == "theirs").values(name="x"),
    delete(model_routes).where(model_routes.c.workspace_id == "theirs"),
    insert(model_routes).values(a_route("theirs", "new")),
    delete(workspaces).where(workspaces.c.id == "theirs"),
)


async def test_a_transaction_of_one_workspace_does_nothing_for_another(walled: Database) -> None:
    for statement in FOREIGN:
        with pytest.raises(WorkspaceBreach, match="another workspace"):
            await walled.of(OURS).change(statement)


async def test_a_statement_that_may_go_beyond_is_refused_whatever_the_transaction_says(walled: Database) -> None:
    for transactions in (walled.of(OURS), walled):
        for statement in (select(model_routes), update(model_routes).values(name="x"), delete(model_routes)):
            with pytest.raises(WorkspaceBreach, match="not held"):
                await transactions.change(statement)
    assert len(await walled.everywhere.rows(select(model_routes))) == 2


async def test_one_row_for_another_workspace_among_many_is_refused_with_all_of_them(walled: Database) -> None:
    rows = [a_route("ours", "a"), a_route("ours", "b"), a_route("theirs", "c")]
    with pytest.raises(WorkspaceBreach):
        await walled.of(OURS).write(lambda connection: connection.execute(insert(model_routes), rows))
    assert len(await walled.everywhere.rows(select(model_routes.c.id))) == 2


async def test_a_statement_is_held_to_the_values_that_it_is_executed_with(walled: Database) -> None:
    """Its shape is looked at once; another's value comes later."""
    statement = select(model_routes.c.route).where(model_routes.c.workspace_id == bindparam("whose"))

    def ask(whose: str) -> Callable[[Connection], Any]:
        return lambda connection: connection.execute(statement, {"whose": whose}).scalar_one()

    assert await walled.of(OURS).read(ask("ours")) == {"of": "ours"}
    with pytest.raises(WorkspaceBreach):
        await walled.of(OURS).read(ask("theirs"))
    assert await walled.of(THEIRS).read(ask("theirs")) == {"of": "theirs"}


async def test_a_transaction_that_says_no_workspace_stays_with_that_of_its_first_statement(walled: Database) -> None:
    def both(connection: Connection) -> None:
        found = select(model_routes.c.route).where(model_routes.c.workspace_id == bindparam("whose"))
        assert connection.execute(found, {"whose": "ours"}).scalar_one() == {"of": "ours"}
        connection.execute(found, {"whose": "theirs"})

    with pytest.raises(WorkspaceBreach, match="another workspace"):
        await walled.read(both)
    theirs = select(model_routes.c.route).where(model_routes.c.workspace_id == "theirs")
    assert [row["route"] for row in await walled.rows(theirs)] == [{"of": "theirs"}]


async def test_text_that_is_sent_to_the_driver_is_refused(walled: Database) -> None:
    with pytest.raises(WorkspaceBreach, match="as text"):
        await walled.everywhere.read(lambda connection: connection.exec_driver_sql("SELECT 1"))


async def test_a_scope_without_a_workspace_reaches_nothing(walled: Database) -> None:
    with pytest.raises(WorkspaceBreach):
        walled.of(Scope(WorkspaceId(""), SYSTEM))


async def test_after_a_refusal_the_database_goes_on(walled: Database) -> None:
    for _ in range(30):
        with pytest.raises(WorkspaceBreach):
            await walled.of(OURS).change(delete(model_routes))
        with pytest.raises(WorkspaceBreach):
            await walled.of(OURS).rows(select(model_routes))
    assert len(await walled.of(OURS).rows(select(model_routes).where(model_routes.c.workspace_id == "ours"))) == 1
