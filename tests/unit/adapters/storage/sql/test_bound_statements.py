"""Which shapes of statements stay within a workspace."""

from typing import Any

import pytest
from sqlalchemy import (
    Executable,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from loomwork.adapters.storage.sql.bound_statements import workspace_values
from loomwork.adapters.storage.sql.reach import WorkspaceBreach
from loomwork.adapters.storage.sql.tables import app_versions, apps, metadata, model_routes, runs, workspaces

DIALECTS = [pytest.param(sqlite, id="sqlite"), pytest.param(postgresql, id="postgres")]

ours = apps.c.workspace_id == "ours"
our_runs = runs.c.workspace_id == "ours"
same_app = and_(app_versions.c.workspace_id == apps.c.workspace_id, app_versions.c.app_id == apps.c.id)
other = apps.alias("other")
our_ids = select(apps.c.id).where(ours)
every_id = select(apps.c.id)

STAYS: dict[str, Executable] = {
    "a select": select(apps).where(ours),
    "a select with more conditions": select(apps).where(and_(ours, or_(apps.c.mode == "chat", apps.c.id == "x"))),
    "a count": select(func.count()).select_from(apps).where(ours),
    "an alias": select(other).where(other.c.workspace_id == "ours"),
    "a join that carries the workspace": select(app_versions).join(apps, same_app).where(ours),
    "a left join whose left side is held": select(apps).select_from(apps.outerjoin(app_versions, same_app)).where(ours),
    "a query inside": select(runs).where(our_runs, runs.c.app_id.in_(our_ids)),
    "a query inside that is held by the one around it": select(apps).where(
        ours, exists().where(app_versions.c.workspace_id == apps.c.workspace_id, app_versions.c.app_id == apps.c.id)
    ),
    "a union": union_all(our_ids, select(runs.c.id).where(our_runs)),
    "a query in FROM": select(our_ids.subquery().c.id),
    "a named query": select(our_ids.cte("named").c.id),
    "an update": update(apps).where(ours).values(name="x"),
    "a delete": delete(apps).where(ours, apps.c.id == "x"),
    "the workspace's own row": select(workspaces).where(workspaces.c.id == "ours"),
    "no table": select(func.count()),
}

GOES_BEYOND: dict[str, Executable] = {
    "a select of everything": select(apps),
    "a select by id": select(apps).where(apps.c.id == "x"),
    "a condition that need not hold": select(apps).where(or_(ours, apps.c.id == "x")),
    "a condition that must not hold": select(apps).where(not_(ours)),
    "another workspace than one": select(apps).where(apps.c.workspace_id != "ours"),
    "several workspaces": select(apps).where(apps.c.workspace_id.in_(["ours", "theirs"])),
    "a column of another table": select(apps).where(apps.c.workspace_id == runs.c.workspace_id, runs.c.id == "x"),
    "itself": select(apps).where(apps.c.workspace_id == apps.c.workspace_id),
    "a condition on an alias only": select(apps).where(other.c.workspace_id == "ours", other.c.id == apps.c.id),
    "a join that forgets the workspace": select(app_versions)
    .join(apps, app_versions.c.app_id == apps.c.id)
    .where(ours),
    "a left join that holds its left side": select(apps).select_from(
        apps.outerjoin(app_versions, and_(ours, same_app))
    ),
    "a query inside that is held by nothing": select(runs).where(our_runs, runs.c.app_id.in_(every_id)),
    "a query inside that only seems to be held": select(apps).where(ours, apps.c.id.in_(every_id)),
    "a number from inside": select(select(func.count()).select_from(runs).scalar_subquery()),
    "half a union": union_all(our_ids, select(runs.c.id)),
    "a query in FROM": select(every_id.subquery().c.id),
    "a named query": select(every_id.cte("named").c.id),
    "an update": update(apps).values(name="x"),
    "an update with a query inside": update(apps)
    .where(ours)
    .values(name=select(func.max(runs.c.id)).scalar_subquery()),
    "an update that moves rows": update(apps).where(ours).values(workspace_id="ours"),
    "an update from another table": update(apps).where(ours, apps.c.id == runs.c.app_id).values(name="x"),
    "a delete": delete(apps).where(apps.c.id == "x"),
    "a delete of everything": delete(apps).where(true()),
    "a delete in view of another's": delete(apps).where(ours, exists(select(runs.c.id).where(runs.c.app_id == "x"))),
    "an insert of what was found": insert(apps).from_select(["id"], every_id),
    "an insert for a workspace that is looked up": insert(apps).values(
        id="x",
        workspace_id=select(workspaces.c.id).where(workspaces.c.id == "ours").scalar_subquery(),
    ),
    "several rows in one insert": insert(model_routes).values(
        [{"workspace_id": "ours", "id": row, "name": row} for row in "ab"]
    ),
    "all workspaces": select(workspaces),
    "text": text("SELECT id FROM apps WHERE workspace_id = 'ours'"),
    "a condition as text": select(apps).where(ours, text("1 = 1")),
    "a column as text": select(literal_column("(SELECT id FROM apps)")),
}


def values(statement: Any, dialect: Any) -> frozenset[str]:
    return workspace_values(statement.compile(dialect=dialect.dialect()))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("statement", STAYS.values(), ids=STAYS)
def test_a_statement_that_stays_within_its_workspace_says_which_that_is(statement: Any, dialect: Any) -> None:
    assert len(values(statement, dialect)) >= (statement is not STAYS["no table"])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("statement", GOES_BEYOND.values(), ids=GOES_BEYOND)
def test_a_statement_that_may_go_beyond_is_refused_without_a_word_of_its_values(statement: Any, dialect: Any) -> None:
    with pytest.raises(WorkspaceBreach) as refused:
        values(statement, dialect)
    assert "ours" not in str(refused.value)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_workspace_that_a_statement_names_has_to_be_the_one(dialect: Any) -> None:
    two = select(apps).where(ours, apps.c.workspace_id == bindparam("whose"))
    assert len(values(two, dialect)) == 2


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_put_in_the_place_of_another_row_has_to_be_of_the_same_workspace(dialect: Any) -> None:
    held = dialect.insert(model_routes)
    assert values(held.on_conflict_do_nothing(), dialect) == {"workspace_id"}
    ours_only = held.on_conflict_do_update(index_elements=["workspace_id", "id"], set_={"name": "n"})
    assert values(ours_only, dialect) == {"workspace_id"}
    with pytest.raises(WorkspaceBreach, match="another workspace"):
        values(held.on_conflict_do_update(index_elements=["id"], set_={"name": "n"}), dialect)


@pytest.mark.parametrize("table", [table for table in metadata.sorted_tables if "workspace_id" in table.c])
def test_no_row_can_point_at_another_workspaces_row(table: Any) -> None:
    for reference in table.foreign_key_constraints:
        if "workspace_id" in reference.referred_table.c:
            pairs = {element.parent.name: element.column.name for element in reference.elements}
            assert pairs["workspace_id"] == "workspace_id", f"{reference.name} leads out of its workspace"
