"""The ledger of model calls and the budgets, for as long as this process lives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.budgets import (
    LAPSES_AFTER,
    OF_ALL,
    amount,
    begins,
    check_limit,
    needed,
    used,
    whose,
)
from loomwork.model_gateway.domain.metering import EACH, Budget, BudgetState, Entry, Estimate, Total
from loomwork.model_gateway.domain.usage import Cost, Spender

MOST_ENTRIES = 10_000
"""What is kept of the ledger, the newest: a process may go on for months, and it has no disk to write to."""

MOST_ROWS = 10_000

Counter = tuple[str, str, datetime]
"""A budget's id, whose use is counted, and when the period began."""


@dataclass(frozen=True, slots=True)
class _Hold:
    counter: Counter
    held: int
    lapses_at: datetime


@dataclass(slots=True)
class _Books:
    """What one workspace has."""

    entries: dict[str, Entry] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)
    spent: dict[Counter, int] = field(default_factory=dict)
    holds: dict[str, list[_Hold]] = field(default_factory=dict)


class MemoryAccountStore:
    """Fits `model_gateway.ports.AccountStore`, for one process. Nothing is awaited between a look and a change."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._books: dict[str, _Books] = {}

    def holds_nobody(self, scope: Scope) -> bool:
        return not self._of(scope).budgets

    async def reserve(self, scope: Scope, reservation_id: str, entry_for: Entry, estimate: Estimate) -> None:
        books, now = self._of(scope), self._clock.now()
        if reservation_id in books.holds:
            return
        _forget_lapsed(books, now)
        holds = []
        for budget, name in _falls_under(books, scope, entry_for.spender):
            count, counter = (
                needed(budget, estimate, entry_for.model),
                _counter(books, scope, budget, name, entry_for.at),
            )
            check_limit(_state(books, budget, counter), count, now)
            holds.append(_Hold(counter, count, now + LAPSES_AFTER))
        if holds:
            books.holds[reservation_id] = holds

    async def settle(self, scope: Scope, reservation_id: str | None, entry: Entry) -> None:
        books = self._of(scope)
        held = {hold.counter[0]: hold for hold in books.holds.pop(reservation_id or "", [])}
        if entry.id in books.entries:
            return
        for budget, name in _falls_under(books, scope, entry.spender):
            hold = held.get(budget.id)
            counter = hold.counter if hold else _counter(books, scope, budget, name, entry.at)
            books.spent[counter] = books.spent.get(counter, 0) + used(budget, entry, hold.held if hold else None)
        books.entries[entry.id] = entry
        if len(books.entries) > MOST_ENTRIES:
            del books.entries[next(iter(books.entries))]

    async def put_budget(self, scope: Scope, budget: Budget) -> None:
        books = self._of(scope)
        there = books.budgets.get(budget.id)
        if there is not None and _meaning(there) != _meaning(budget):
            _forget(books, budget.id)
        books.budgets[budget.id] = budget

    async def remove_budget(self, scope: Scope, budget_id: str) -> None:
        books = self._of(scope)
        if books.budgets.pop(budget_id, None) is None:
            raise NotFound(f"There is no budget with the id {budget_id[:80]!r} in this workspace.")
        _forget(books, budget_id)

    async def budgets(self, scope: Scope) -> Sequence[BudgetState]:
        books, now = self._of(scope), self._clock.now()
        _forget_lapsed(books, now)
        states = (_state_now(books, scope, budget, now) for budget in books.budgets.values())
        return sorted(states, key=lambda state: state.budget.id)

    async def entries(
        self, scope: Scope, *, since: datetime, until: datetime, run_id: str | None, limit: int, before: str | None
    ) -> Sequence[Entry]:
        found = [entry for entry in self._of(scope).entries.values() if since <= entry.at < until]
        found = [entry for entry in found if run_id is None or entry.spender.run_id == run_id]
        found.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
        if before is not None:
            last = self._of(scope).entries.get(before)
            found = [entry for entry in found if last and (entry.at, entry.id) < (last.at, last.id)]
        return found[: min(max(limit, 1), MOST_ROWS)]

    async def totals(self, scope: Scope, *, since: datetime, until: datetime, by: str) -> Sequence[Total]:
        groups: dict[tuple[str, str], list[Entry]] = {}
        for entry in self._of(scope).entries.values():
            if since <= entry.at < until:
                groups.setdefault((_group(entry, by), entry.cost.currency), []).append(entry)
        return [_total(group, currency, groups[group, currency]) for group, currency in sorted(groups)]

    def _of(self, scope: Scope) -> _Books:
        return self._books.setdefault(scope.workspace_id, _Books())


def _falls_under(books: _Books, scope: Scope, spender: Spender) -> list[tuple[Budget, str]]:
    """Each with whose use it counts."""
    named = ((budget, whose(budget, scope.workspace_id, spender)) for budget in books.budgets.values())
    found = [(budget, name) for budget, name in named if name is not None]
    return sorted(found, key=lambda each: each[0].id)


def _counter(books: _Books, scope: Scope, budget: Budget, name: str, at: datetime) -> Counter:
    """Where the budget counts what begins at this moment. A new one begins with what the ledger has of its period."""
    counter = (budget.id, name, begins(budget.period, at))
    if counter not in books.spent:
        before = (entry for entry in books.entries.values() if begins(budget.period, entry.at) == counter[2])
        theirs = (entry for entry in before if whose(budget, scope.workspace_id, entry.spender) == name)
        books.spent[counter] = sum(used(budget, entry) for entry in theirs)
    return counter


def _state_now(books: _Books, scope: Scope, budget: Budget, now: datetime) -> BudgetState:
    if budget.subject_id != EACH:
        return _state(books, budget, _counter(books, scope, budget, OF_ALL, now))
    names = {name for entry in books.entries.values() if (name := whose(budget, scope.workspace_id, entry.spender))}
    states = [_state(books, budget, _counter(books, scope, budget, name, now)) for name in sorted(names)]
    return max(states, key=lambda state: state.spent, default=BudgetState(budget, Decimal(0), Decimal(0)))


def _state(books: _Books, budget: Budget, counter: Counter) -> BudgetState:
    held = sum(hold.held for holds in books.holds.values() for hold in holds if hold.counter == counter)
    return BudgetState(budget, amount(budget.measure, books.spent[counter]), amount(budget.measure, held))


def _meaning(budget: Budget) -> tuple[str, ...]:
    return (budget.subject, budget.subject_id, budget.measure, budget.period, budget.currency)


def _forget(books: _Books, budget_id: str) -> None:
    books.spent = {counter: spent for counter, spent in books.spent.items() if counter[0] != budget_id}
    books.holds = {
        call: [hold for hold in holds if hold.counter[0] != budget_id] for call, holds in books.holds.items()
    }


def _forget_lapsed(books: _Books, now: datetime) -> None:
    books.holds = {call: holds for call, holds in books.holds.items() if any(hold.lapses_at > now for hold in holds)}


def _group(entry: Entry, by: str) -> str:
    groups: Mapping[str, str | None] = {
        "model": entry.model,
        "app": entry.spender.app_id,
        "key": entry.spender.key_id,
        "run": entry.spender.run_id,
        "node": entry.spender.node_id,
        "day": begins("day", entry.at).date().isoformat(),
    }
    if by not in groups:
        raise InvalidInput(f"Calls are added up by {', '.join(groups)}.", by=by[:40])
    return groups[by] or ""


def _total(group: str, currency: str, entries: Iterable[Entry]) -> Total:
    entries = list(entries)
    costs = [entry.cost.amount for entry in entries if entry.cost.amount is not None]
    return Total(
        group=group,
        calls=len(entries),
        failed=sum(entry.failure is not None for entry in entries),
        prompt_tokens=sum(entry.usage.prompt_tokens or 0 for entry in entries),
        completion_tokens=sum(entry.usage.completion_tokens or 0 for entry in entries),
        cost=Cost(sum(costs, Decimal(0)) if costs else None, currency),
        unpriced=len(entries) - len(costs),
    )
