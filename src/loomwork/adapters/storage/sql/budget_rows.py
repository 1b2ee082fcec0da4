"""Budgets as rows: what is spent in each period, and what calls under way hold.

Whoever changes anything here has the accounts of the workspace for itself until its transaction ends
(`GroupedWrites`), so what is read is what there is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, delete, func, insert, or_, select, update

from loomwork.adapters.storage.sql.ledger_rows import add_entry, counted
from loomwork.adapters.storage.sql.tables import budget_counters as counters
from loomwork.adapters.storage.sql.tables import budget_reservations as reservations
from loomwork.adapters.storage.sql.tables import budgets
from loomwork.adapters.storage.sql.workspace_rows import missing, this, within
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.budgets import (
    LAPSES_AFTER,
    MOST_UNITS,
    amount,
    begins,
    check_limit,
    ends,
    needed,
    subjects_of,
    units,
    used,
)
from loomwork.model_gateway.domain.metering import Budget, BudgetState, Entry, Estimate
from loomwork.model_gateway.domain.usage import Spender

_MEANING = ("subject", "subject_id", "measure", "period", "currency")
"""What was counted under another meaning does not count."""


def budgets_of(scope: Scope, spender: Spender) -> Select[Any]:
    """The budgets that a call falls under."""
    subjects = subjects_of(scope.workspace_id, spender).items()
    each = [and_(budgets.c.subject == kind, budgets.c.subject_id == name) for kind, name in subjects]
    return select(budgets).where(within(budgets, scope), or_(*each)).order_by(budgets.c.id)


def reserve(
    connection: Connection, scope: Scope, call_id: str, entry: Entry, estimate: Estimate, now: datetime
) -> None:
    """Hold the estimate in every budget that the call falls under. Raises `BudgetExceeded`."""
    if _held(connection, scope, call_id):
        return
    found = [_budget(row) for row in connection.execute(budgets_of(scope, entry.spender)).mappings()]
    wanted = [(budget, needed(budget, estimate, entry.model)) for budget in found]
    holds = []
    for budget, count in wanted:
        counter_id, spent = _counter(connection, scope, budget, entry.at)
        connection.execute(delete(reservations).where(_of_counter(scope, counter_id), reservations.c.lapses_at <= now))
        state = _state(budget, spent, _reserved(connection, scope, counter_id, now))
        check_limit(state, count, now)
        held = {"counter_id": counter_id, "held": count, "lapses_at": now + LAPSES_AFTER}
        holds.append({"workspace_id": scope.workspace_id, "id": new_id(), "call_id": call_id, **held})
    if holds:
        connection.execute(insert(reservations), holds)


def settle(connection: Connection, scope: Scope, call_id: str | None, entry: Entry) -> None:
    """Write the entry down, and count what was used where the call was held, or else in the period it began in."""
    held = _held(connection, scope, call_id) if call_id is not None else {}
    counts = []
    for row in connection.execute(budgets_of(scope, entry.spender)).mappings().all():
        budget = _budget(row)
        if (hold := held.get(budget.id)) is not None:
            counts.append((hold["counter_id"], hold["spent"], used(budget, entry, hold["held"])))
        else:
            # Before the entry is there, or it would be among what a new counter begins with.
            counts.append((*_counter(connection, scope, budget, entry.at), used(budget, entry)))
    if add_entry(connection, scope, entry):
        for counter_id, spent, count in counts:
            change = update(counters).where(this(counters, scope, counter_id))
            connection.execute(change.values(spent=min(spent + count, MOST_UNITS)))
    if held:
        release(connection, scope, str(call_id))


def release(connection: Connection, scope: Scope, call_id: str) -> None:
    """Let go of what is held for a call."""
    connection.execute(delete(reservations).where(within(reservations, scope), reservations.c.call_id == call_id))


def put(connection: Connection, scope: Scope, budget: Budget) -> None:
    """Add it, or replace the one of its id."""
    there = connection.execute(select(budgets).where(this(budgets, scope, budget.id))).mappings().first()
    values = {
        **{name: getattr(budget, name) for name in _MEANING},
        "most": units(budget.measure, budget.limit, up=False),
    }
    if there is None:
        connection.execute(insert(budgets), {"workspace_id": scope.workspace_id, "id": budget.id, **values})
        return
    if any(there[name] != values[name] for name in _MEANING):
        connection.execute(delete(counters).where(within(counters, scope), counters.c.budget_id == budget.id))
    connection.execute(update(budgets).where(this(budgets, scope, budget.id)).values(**values))


def remove(connection: Connection, scope: Scope, budget_id: str) -> None:
    """With what it counted. Raises `NotFound`."""
    if not connection.execute(delete(budgets).where(this(budgets, scope, budget_id))).rowcount:
        raise missing("budget", budget_id)


def states(connection: Connection, scope: Scope, now: datetime) -> list[BudgetState]:
    """Every budget as its period stands; changes nothing."""
    found = connection.execute(select(budgets).where(within(budgets, scope)).order_by(budgets.c.id)).mappings().all()
    return [_state_now(connection, scope, _budget(row), now) for row in found]


def _state_now(connection: Connection, scope: Scope, budget: Budget, now: datetime) -> BudgetState:
    counter = connection.execute(_counter_at(scope, budget, now)).mappings().first()
    if counter is None:
        return _state(budget, _begun_with(connection, scope, budget, now), 0)
    return _state(budget, counter["spent"], _reserved(connection, scope, counter["id"], now))


def _state(budget: Budget, spent: int, reserved: int) -> BudgetState:
    return BudgetState(budget, amount(budget.measure, spent), amount(budget.measure, reserved))


def _counter(connection: Connection, scope: Scope, budget: Budget, at: datetime) -> tuple[str, int]:
    """Its id and what is spent, made where there is none."""
    there = connection.execute(_counter_at(scope, budget, at)).mappings().first()
    if there is not None:
        return there["id"], there["spent"]
    spent = _begun_with(connection, scope, budget, at)
    row = {"budget_id": budget.id, "begins": begins(budget.period, at), "spent": spent}
    counter_id = new_id()
    connection.execute(insert(counters), {"workspace_id": scope.workspace_id, "id": counter_id, **row})
    return counter_id, spent


def _counter_at(scope: Scope, budget: Budget, at: datetime) -> Select[Any]:
    mine = and_(within(counters, scope), counters.c.budget_id == budget.id)
    return select(counters.c.id, counters.c.spent).where(mine, counters.c.begins == begins(budget.period, at))


def _begun_with(connection: Connection, scope: Scope, budget: Budget, at: datetime) -> int:
    """A budget may be set in the middle of its period: what was spent before counts."""
    return min(counted(connection, scope, budget, begins(budget.period, at), ends(budget.period, at)), MOST_UNITS)


def _held(connection: Connection, scope: Scope, call_id: str) -> Mapping[str, RowMapping]:
    """What is held for a call, by budget; also what has lapsed and is not cleared away yet."""
    joined = and_(counters.c.workspace_id == reservations.c.workspace_id, counters.c.id == reservations.c.counter_id)
    statement = select(reservations.c.counter_id, reservations.c.held, counters.c.budget_id, counters.c.spent)
    statement = statement.join(counters, joined)
    mine = statement.where(within(reservations, scope), reservations.c.call_id == call_id)
    return {row["budget_id"]: row for row in connection.execute(mine).mappings()}


def _reserved(connection: Connection, scope: Scope, counter_id: str, now: datetime) -> int:
    held = select(func.coalesce(func.sum(reservations.c.held), 0))
    return int(
        connection.execute(held.where(_of_counter(scope, counter_id), reservations.c.lapses_at > now)).scalar_one()
    )


def _of_counter(scope: Scope, counter_id: str) -> Any:
    return and_(within(reservations, scope), reservations.c.counter_id == counter_id)


def _budget(row: RowMapping) -> Budget:
    limit = amount(row["measure"], row["most"])
    return Budget(id=row["id"], limit=limit, **{name: row[name] for name in _MEANING})
