"""The ledger of model calls as rows, and what they add up to."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, RowMapping, Select, case, func, literal, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from loomwork.adapters.storage.sql.tables import model_entries as entries
from loomwork.adapters.storage.sql.workspace_rows import this, within
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.budgets import amount, units
from loomwork.model_gateway.domain.metering import Budget, Entry, Total
from loomwork.model_gateway.domain.usage import Cost, Spender, Usage

MOST_COUNTED = 10**12
"""Of one call. What a provider says goes beyond all reason is kept as this, so that sums stay within a column."""

MOST_COST = 10**15
"""Billionths: a million of any currency, for one call."""

MOST_ROWS = 10_000
"""Entries on a page."""

_COUNTS = (
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "characters",
    "images",
    "searches",
)
_SPENDER = ("app_id", "run_id", "node_id", "key_id", "end_user")
_SAME_NAME = ("id", "at", "type", "model", "asked", "attempts", "cached", "failure")
_GROUPS: Mapping[str, ColumnElement[Any]] = {
    "model": entries.c.model,
    "app": entries.c.app_id,
    "key": entries.c.key_id,
    "run": entries.c.run_id,
    "node": entries.c.node_id,
}
_SUBJECTS: Mapping[str, ColumnElement[Any]] = {
    "workspace": entries.c.workspace_id,
    "app": entries.c.app_id,
    "key": entries.c.key_id,
    "end_user": entries.c.end_user,
}
# Made once: every call of a model is written down, and to make a statement takes longer than to execute it.
_ADD: Mapping[str, Executable] = {
    "sqlite": sqlite.insert(entries).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(entries).on_conflict_do_nothing(),
}
_TOKENS = func.coalesce(entries.c.prompt_tokens, 0) + func.coalesce(entries.c.completion_tokens, 0)


def add_entry(connection: Connection, scope: Scope, entry: Entry) -> bool:
    """Write it down; False where it is written down already."""
    row = {"workspace_id": scope.workspace_id, **_values(entry)}
    return connection.execute(_ADD[connection.dialect.name], row).rowcount > 0


def counted(
    connection: Connection, scope: Scope, budget: Budget, name: str, since: datetime, until: datetime | None
) -> int:
    """Units of the budget that the entries of a period add up to, of the subject that is called so."""
    statement = select(func.coalesce(_counts(budget), 0)).select_from(entries)
    statement = statement.where(*_counting(scope, budget, since, until), _SUBJECTS[budget.subject] == name)
    return int(connection.execute(statement).scalar_one())


def most_of_each(
    connection: Connection, scope: Scope, budget: Budget, since: datetime, until: datetime | None
) -> str | None:
    """Which of its kind of subjects has used most of the budget's units in a period; None where none has any."""
    column = _SUBJECTS[budget.subject]
    statement = select(column).where(*_counting(scope, budget, since, until), column.is_not(None))
    ordered = statement.group_by(column).order_by(func.coalesce(_counts(budget), 0).desc(), column).limit(1)
    found: str | None = connection.execute(ordered).scalar_one_or_none()
    return found


def _counts(budget: Budget) -> ColumnElement[Any]:
    counts = {"calls": func.count(), "tokens": func.sum(_TOKENS), "money": func.sum(entries.c.cost)}
    return counts[budget.measure]


def _counting(scope: Scope, budget: Budget, since: datetime, until: datetime | None) -> Iterator[ColumnElement[bool]]:
    yield within(entries, scope)
    yield entries.c.cached.is_(False)
    yield entries.c.at >= since
    if until is not None:
        yield entries.c.at < until
    if budget.measure == "money":
        yield entries.c.currency == budget.currency


def page_of_entries(
    scope: Scope, *, since: datetime, until: datetime, run_id: str | None, limit: int, before: str | None
) -> Select[Any]:
    """The newest first."""
    statement = select(entries).where(within(entries, scope), entries.c.at >= since, entries.c.at < until)
    if run_id is not None:
        statement = statement.where(entries.c.run_id == run_id)
    if before is not None:
        last = select(entries.c.at).where(this(entries, scope, before)).scalar_subquery()
        statement = statement.where(
            tuple_(entries.c.at, entries.c.id) < tuple_(last, literal(before, entries.c.id.type))
        )
    return statement.order_by(entries.c.at.desc(), entries.c.id.desc()).limit(min(max(limit, 1), MOST_ROWS))


def totals(connection: Connection, scope: Scope, *, since: datetime, until: datetime, by: str) -> Sequence[Total]:
    """One for each group and currency."""
    group = func.coalesce(_group(connection, by), "").label("the_group")
    statement = select(
        group,
        entries.c.currency,
        func.count().label("calls"),
        func.count(entries.c.failure).label("failed"),
        func.coalesce(func.sum(entries.c.prompt_tokens), 0).label("prompt_tokens"),
        func.coalesce(func.sum(entries.c.completion_tokens), 0).label("completion_tokens"),
        func.sum(entries.c.cost).label("cost"),
        func.sum(case((entries.c.cost.is_(None), 1), else_=0)).label("unpriced"),
    )
    statement = statement.where(within(entries, scope), entries.c.at >= since, entries.c.at < until)
    statement = statement.group_by(group, entries.c.currency).order_by(group, entries.c.currency)
    return [_total(row) for row in connection.execute(statement).mappings()]


def _group(connection: Connection, by: str) -> ColumnElement[Any]:
    if by == "day":
        if connection.dialect.name == "sqlite":
            return func.strftime("%Y-%m-%d", entries.c.at)
        return func.to_char(func.timezone("UTC", entries.c.at), "YYYY-MM-DD")
    if by not in _GROUPS:
        raise InvalidInput(f"Calls are added up by {', '.join(_GROUPS)} or day.", by=by[:40])
    return _GROUPS[by]


def _total(row: RowMapping) -> Total:
    money = None if row["cost"] is None else amount("money", int(row["cost"]))
    return Total(
        group=row["the_group"],
        calls=row["calls"],
        failed=row["failed"],
        prompt_tokens=int(row["prompt_tokens"]),
        completion_tokens=int(row["completion_tokens"]),
        cost=Cost(money, row["currency"]),
        unpriced=int(row["unpriced"]),
    )


def _values(entry: Entry) -> dict[str, Any]:
    cost = entry.cost.amount
    return {
        **{name: getattr(entry, name) for name in _SAME_NAME},
        **{name: _count(getattr(entry.usage, name)) for name in _COUNTS},
        **{name: getattr(entry.spender, name) for name in _SPENDER},
        "seconds": _seconds(entry.usage.seconds),
        "cost": None if cost is None else min(units("money", max(Decimal(0), cost)), MOST_COST),
        "currency": entry.cost.currency,
        "elapsed": _seconds(entry.elapsed) or 0.0,
        "first_piece": _seconds(entry.first_piece),
    }


def _count(count: int | None) -> int | None:
    return None if count is None else min(max(count, 0), MOST_COUNTED)


def _seconds(seconds: float | None) -> float | None:
    return None if seconds is None or not math.isfinite(seconds) else seconds


def entry_of(row: RowMapping) -> Entry:
    cost = row["cost"]
    return Entry(
        **{name: row[name] for name in _SAME_NAME},
        usage=Usage(seconds=row["seconds"], **{name: row[name] for name in _COUNTS}),
        cost=Cost(None if cost is None else amount("money", cost), row["currency"]),
        spender=Spender(**{name: row[name] for name in _SPENDER}),
        elapsed=row["elapsed"],
        first_piece=row["first_piece"],
    )
