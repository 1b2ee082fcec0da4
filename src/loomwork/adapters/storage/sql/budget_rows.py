"""Budgets as rows: what is spent in each period, and what calls under way hold.

Whoever changes anything here has the accounts of the workspace for itself until its transaction ends
(`GroupedWrites`), so what is read is what there is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, RowMapping, and_, bindparam, delete, func, insert, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.grouped_writes import Known
from loomwork.adapters.storage.sql.ledger_rows import add_entry, counted, most_of_each
from loomwork.adapters.storage.sql.tables import budget_counters as counters
from loomwork.adapters.storage.sql.tables import budget_reservations as reservations
from loomwork.adapters.storage.sql.tables import budgets
from loomwork.adapters.storage.sql.workspace_rows import missing, this, within
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.budgets import (
    LAPSES_AFTER,
    MOST_UNITS,
    OF_ALL,
    amount,
    begins,
    check_limit,
    ends,
    needed,
    units,
    used,
    whose,
)
from loomwork.model_gateway.domain.metering import EACH, Budget, BudgetState, Entry, Estimate
from loomwork.model_gateway.domain.usage import Spender

_MEANING = ("subject", "subject_id", "measure", "period", "currency")
"""What was counted under another meaning does not count."""

# Made once: every call of a model comes by here, and to make a statement takes longer than to execute it.
_WORKSPACE: BindParameter[str] = bindparam("workspace")
_COUNTER: BindParameter[str] = bindparam("counter")
_CALL: BindParameter[str] = bindparam("call")
_ALL = select(budgets).where(budgets.c.workspace_id == _WORKSPACE).order_by(budgets.c.id)
_COUNTER_AT = select(counters.c.id, counters.c.spent).where(
    counters.c.workspace_id == _WORKSPACE,
    counters.c.budget_id == bindparam("budget"),
    counters.c.whose == bindparam("name"),
    counters.c.begins == bindparam("beginning"),
)
_SPEND = update(counters).where(counters.c.workspace_id == _WORKSPACE, counters.c.id == _COUNTER)
_HELD = (
    select(reservations.c.counter_id, reservations.c.held, counters.c.budget_id, counters.c.spent)
    .join(
        counters,
        and_(counters.c.workspace_id == reservations.c.workspace_id, counters.c.id == reservations.c.counter_id),
    )
    .where(reservations.c.workspace_id == _WORKSPACE, reservations.c.call_id == _CALL)
)
_RESERVED = select(func.coalesce(func.sum(reservations.c.held), 0)).where(
    reservations.c.workspace_id == _WORKSPACE,
    reservations.c.counter_id == _COUNTER,
    reservations.c.lapses_at > bindparam("now"),
)
_LAPSE = delete(reservations).where(
    reservations.c.workspace_id == _WORKSPACE,
    reservations.c.counter_id == _COUNTER,
    reservations.c.lapses_at <= bindparam("now"),
)
_RELEASE = delete(reservations).where(reservations.c.workspace_id == _WORKSPACE, reservations.c.call_id == _CALL)
_HOLD = insert(reservations)
_BEGIN = insert(counters)


async def has_budgets(database: Database, scope: Scope) -> bool:
    """Whether the workspace has any."""
    return bool(await database.of(scope).read(lambda connection: _all(connection, scope, {})))


def reserve(
    connection: Connection, known: Known, scope: Scope, call_id: str, entry: Entry, estimate: Estimate, now: datetime
) -> None:
    """Hold the estimate in every budget that the call falls under. Raises `BudgetExceeded`."""
    found = _over(connection, known, scope, entry.spender)
    if not found or _held(connection, scope, call_id):
        return
    wanted = [(budget, name, needed(budget, estimate, entry.model)) for budget, name in found]
    holds = []
    for budget, name, count in wanted:
        counter_id, spent = _counter(connection, scope, budget, name, entry.at)
        connection.execute(_LAPSE, {"workspace": scope.workspace_id, "counter": counter_id, "now": now})
        state = _state(budget, spent, _reserved(connection, scope, counter_id, now))
        check_limit(state, count, now)
        held = {"counter_id": counter_id, "held": count, "lapses_at": now + LAPSES_AFTER}
        holds.append({"workspace_id": scope.workspace_id, "id": new_id(), "call_id": call_id, **held})
    connection.execute(_HOLD, holds)


def settle(connection: Connection, known: Known, scope: Scope, call_id: str | None, entry: Entry) -> None:
    """Write the entry down, and count what was used where the call was held, or else in the period it began in."""
    # Where the workspace has no budget, nothing can be held.
    is_held = call_id is not None and bool(_all(connection, scope, known))
    held = _held(connection, scope, str(call_id)) if is_held else {}
    counts = []
    for budget, name in _over(connection, known, scope, entry.spender):
        if (hold := held.get(budget.id)) is not None:
            counts.append((hold["counter_id"], hold["spent"], used(budget, entry, hold["held"])))
        else:
            # Before the entry is there, or it would be among what a new counter begins with.
            counts.append((*_counter(connection, scope, budget, name, entry.at), used(budget, entry)))
    if add_entry(connection, scope, entry):
        for counter_id, spent, count in counts:
            where = {"workspace": scope.workspace_id, "counter": counter_id}
            connection.execute(_SPEND, {**where, "spent": min(spent + count, MOST_UNITS)})
    if held:
        release(connection, known, scope, str(call_id))


def release(connection: Connection, _known: Known, scope: Scope, call_id: str) -> None:
    """Let go of what is held for a call."""
    connection.execute(_RELEASE, {"workspace": scope.workspace_id, "call": call_id})


def put(connection: Connection, known: Known, scope: Scope, budget: Budget, now: datetime) -> None:
    """Add it, or replace the one of its id."""
    known.pop(scope.workspace_id, None)
    there = connection.execute(select(budgets).where(this(budgets, scope, budget.id))).mappings().first()
    values = {
        **{name: getattr(budget, name) for name in _MEANING},
        "most": units(budget.measure, budget.limit, up=False),
    }
    if there is None:
        connection.execute(insert(budgets), {"workspace_id": scope.workspace_id, "id": budget.id, **values})
    else:
        _replace(connection, scope, budget, there, values)
    # The trail never gets to know the name of a person: it could not be taken out of it again.
    is_named = budget.subject == "end_user" and budget.subject_id != EACH
    told = {**values, "subject_id": None} if is_named else values
    record(connection, scope, "budget.set", "budget", budget.id, told, at=now)


def _replace(
    connection: Connection, scope: Scope, budget: Budget, there: RowMapping, values: Mapping[str, Any]
) -> None:
    if any(there[name] != values[name] for name in _MEANING):
        connection.execute(delete(counters).where(within(counters, scope), counters.c.budget_id == budget.id))
    connection.execute(update(budgets).where(this(budgets, scope, budget.id)).values(**values))


def remove(connection: Connection, known: Known, scope: Scope, budget_id: str, now: datetime) -> None:
    """With what it counted. Raises `NotFound`."""
    known.pop(scope.workspace_id, None)
    if not connection.execute(delete(budgets).where(this(budgets, scope, budget_id))).rowcount:
        raise missing("budget", budget_id)
    record(connection, scope, "budget.removed", "budget", budget_id, at=now)


def states(connection: Connection, scope: Scope, now: datetime) -> list[BudgetState]:
    """Every budget as its period stands; changes nothing."""
    return [_state_now(connection, scope, budget, now) for budget in _all(connection, scope, {})]


def _all(connection: Connection, scope: Scope, known: Known) -> Sequence[Budget]:
    found = known.get(scope.workspace_id)
    if found is None:
        rows = connection.execute(_ALL, {"workspace": scope.workspace_id}).mappings()
        found = known[scope.workspace_id] = [_budget(row) for row in rows]
    return list(found)


def _over(connection: Connection, known: Known, scope: Scope, spender: Spender) -> list[tuple[Budget, str]]:
    """The budgets that a call falls under, each with whose use it counts."""
    named = ((it, whose(it, scope.workspace_id, spender)) for it in _all(connection, scope, known))
    return [(it, words(name)) for it, name in named if name is not None]


def _state_now(connection: Connection, scope: Scope, budget: Budget, now: datetime) -> BudgetState:
    name = OF_ALL
    if budget.subject_id == EACH:
        found = most_of_each(connection, scope, budget, begins(budget.period, now), ends(budget.period, now))
        if found is None:
            return _state(budget, 0, 0)
        name = found
    counter = _there(connection, scope, budget, name, now)
    if counter is None:
        return _state(budget, _begun_with(connection, scope, budget, name, now), 0)
    return _state(budget, counter["spent"], _reserved(connection, scope, counter["id"], now))


def _state(budget: Budget, spent: int, reserved: int) -> BudgetState:
    return BudgetState(budget, amount(budget.measure, spent), amount(budget.measure, reserved))


def _counter(connection: Connection, scope: Scope, budget: Budget, name: str, at: datetime) -> tuple[str, int]:
    """Its id and what is spent, made where there is none."""
    there = _there(connection, scope, budget, name, at)
    if there is not None:
        return there["id"], there["spent"]
    spent = _begun_with(connection, scope, budget, name, at)
    row = {"budget_id": budget.id, "whose": name, "begins": begins(budget.period, at), "spent": spent}
    counter_id = new_id()
    connection.execute(_BEGIN, {"workspace_id": scope.workspace_id, "id": counter_id, **row})
    return counter_id, spent


def _there(connection: Connection, scope: Scope, budget: Budget, name: str, at: datetime) -> RowMapping | None:
    """The counter of the period that the moment lies in."""
    which = {"workspace": scope.workspace_id, "budget": budget.id, "name": name}
    return connection.execute(_COUNTER_AT, {**which, "beginning": begins(budget.period, at)}).mappings().first()


def _begun_with(connection: Connection, scope: Scope, budget: Budget, name: str, at: datetime) -> int:
    """A budget may be set in the middle of its period: what was spent before counts."""
    since, until = begins(budget.period, at), ends(budget.period, at)
    return min(counted(connection, scope, budget, name or budget.subject_id, since, until), MOST_UNITS)


def _held(connection: Connection, scope: Scope, call_id: str) -> Mapping[str, RowMapping]:
    """What is held for a call, by budget; also what has lapsed and is not cleared away yet."""
    rows = connection.execute(_HELD, {"workspace": scope.workspace_id, "call": call_id}).mappings()
    return {row["budget_id"]: row for row in rows}


def _reserved(connection: Connection, scope: Scope, counter_id: str, now: datetime) -> int:
    which = {"workspace": scope.workspace_id, "counter": counter_id, "now": now}
    return int(connection.execute(_RESERVED, which).scalar_one())


def _budget(row: RowMapping) -> Budget:
    limit = amount(row["measure"], row["most"])
    return Budget(id=row["id"], limit=limit, **{name: row[name] for name in _MEANING})
