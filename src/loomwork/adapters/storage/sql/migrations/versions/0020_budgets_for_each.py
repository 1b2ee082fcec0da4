"""Budgets for each app, key or end user: what each has used is counted apart."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_COUNTERS, _RESERVATIONS = "budget_counters", "budget_reservations"
_NAMES = {
    _COUNTERS: ("workspace_id", "id", "budget_id", "begins", "spent"),
    _RESERVATIONS: ("workspace_id", "id", "call_id", "counter_id", "held", "lapses_at"),
}


def upgrade() -> None:
    """What was counted so far was counted of all together. Both tables are made anew, since SQLite changes no
    constraint of a table that stands.
    """
    _put_aside(_RESERVATIONS)
    _put_aside(_COUNTERS)
    _make_counters(["whose"])
    _put_back(_COUNTERS, whose="")
    _make_reservations()
    _put_back(_RESERVATIONS)


def downgrade() -> None:
    """Keep what was counted of all together; budgets for each count nobody any more."""
    counters, reservations = (sa.table(name, *map(sa.column, (*_NAMES[name], "whose"))) for name in _NAMES)
    key = sa.tuple_(counters.c.workspace_id, counters.c.id)
    of_one = sa.select(counters.c.workspace_id, counters.c.id).where(counters.c.whose != "")
    held = sa.tuple_(reservations.c.workspace_id, reservations.c.counter_id)
    op.execute(reservations.delete().where(held.in_(of_one)))
    op.execute(counters.delete().where(key.in_(of_one)))
    _put_aside(_RESERVATIONS)
    _put_aside(_COUNTERS)
    _make_counters([])
    _put_back(_COUNTERS)
    _make_reservations()
    _put_back(_RESERVATIONS)


def _put_aside(name: str) -> None:
    kept = f"{name}_kept"
    made = _COLUMNS[name]
    op.create_table(kept, *(sa.Column(column, made[column]) for column in _NAMES[name]))
    _copy(name, kept, _NAMES[name])
    op.drop_table(name)


def _put_back(name: str, **more: str) -> None:
    kept = f"{name}_kept"
    _copy(kept, name, _NAMES[name], **more)
    op.drop_table(kept)


def _copy(source: str, to: str, names: Sequence[str], **more: str) -> None:
    there, here = (sa.table(table, *map(sa.column, (*names, *more))) for table in (source, to))
    values = [*(there.c[name] for name in names), *map(sa.literal, more.values())]
    op.execute(here.insert().from_select([*names, *more], sa.select(*values)))


_COLUMNS: dict[str, dict[str, Any]] = {
    _COUNTERS: {
        "workspace_id": sa.Text(),
        "id": sa.Text(),
        "budget_id": sa.Text(),
        "whose": sa.Text(),
        "begins": sa.DateTime(timezone=True),
        "spent": sa.BigInteger(),
    },
    _RESERVATIONS: {
        "workspace_id": sa.Text(),
        "id": sa.Text(),
        "call_id": sa.Text(),
        "counter_id": sa.Text(),
        "held": sa.BigInteger(),
        "lapses_at": sa.DateTime(timezone=True),
    },
}


def _make(name: str, without: Sequence[str], *constraints: sa.Constraint) -> None:
    columns = [sa.Column(each, type, nullable=False) for each, type in _COLUMNS[name].items() if each not in without]
    op.create_table(
        name,
        *columns,
        sa.PrimaryKeyConstraint("workspace_id", "id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name=f"fk_{name}_workspace"),
        *constraints,
    )


def _make_counters(whose: list[str]) -> None:
    _make(
        _COUNTERS,
        [] if whose else ["whose"],
        sa.ForeignKeyConstraint(
            ["workspace_id", "budget_id"],
            ["budgets.workspace_id", "budgets.id"],
            ondelete="CASCADE",
            name="fk_budget_counters_budget_id",
        ),
        sa.UniqueConstraint("workspace_id", "budget_id", *whose, "begins", name="uq_budget_counters_period"),
    )


def _make_reservations() -> None:
    _make(
        _RESERVATIONS,
        [],
        sa.ForeignKeyConstraint(
            ["workspace_id", "counter_id"],
            ["budget_counters.workspace_id", "budget_counters.id"],
            ondelete="CASCADE",
            name="fk_budget_reservations_counter_id",
        ),
        sa.UniqueConstraint("workspace_id", "call_id", "counter_id", name="uq_budget_reservations_call"),
    )
    op.create_index("ix_budget_reservations_counter", _RESERVATIONS, ["workspace_id", "counter_id"])
