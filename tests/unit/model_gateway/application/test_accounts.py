"""Accounts: what cannot be kept is refused by name, and whoever calls too often reserves nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from loomwork.adapters.storage.memory import MemoryAccountStore, MemoryCallLimits
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import embedded_scope
from loomwork.model_gateway.api import Budget, BudgetExceeded, Cost, Entry, Spender, TooManyCalls, Usage
from loomwork.model_gateway.application.accounts import WorkspaceAccounts
from loomwork.model_gateway.application.limited_accounts import LimitedAccounts
from loomwork.model_gateway.domain.limits import RateLimits
from loomwork.model_gateway.domain.metering import Estimate

SCOPE = embedded_scope()
NOW = datetime.now(UTC)
BUDGET = Budget("b", "app", "app", "tokens", "total", Decimal(100))
SPENDER = Spender(app_id="app")


def entry(name: str, tokens: int = 10) -> Entry:
    usage = Usage(prompt_tokens=tokens, completion_tokens=0)
    return Entry(name, NOW, "chat", "debug/echo", "debug/echo", usage, Cost(Decimal(0)), SPENDER, 0.1)


async def test_a_budget_is_put_shown_and_removed() -> None:
    accounts = WorkspaceAccounts(MemoryAccountStore(SystemClock()))
    state = await accounts.put_budget(SCOPE, BUDGET)
    assert (state.budget, state.spent, state.left) == (BUDGET, Decimal(0), Decimal(100))
    assert (await accounts.list_budgets(SCOPE, PageRequest())).items == [state]
    await accounts.remove_budget(SCOPE, "b")
    with pytest.raises(NotFound):
        await accounts.remove_budget(SCOPE, "b")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"subject": "planet"}, "subject"),
        ({"measure": "hours"}, "measure"),
        ({"period": "year"}, "period"),
        ({"limit": Decimal(-1)}, "limit"),
        ({"currency": "€"}, "currency"),
    ],
)
async def test_a_budget_that_cannot_be_kept_is_refused_by_its_field(given: dict[str, Any], field: str) -> None:
    accounts = WorkspaceAccounts(MemoryAccountStore(SystemClock()))
    with pytest.raises(InvalidInput) as refused:
        await accounts.put_budget(SCOPE, replace(BUDGET, **given))
    assert refused.value.details["field"] == field
    assert (await accounts.list_budgets(SCOPE, PageRequest())).items == []


async def test_calls_are_added_up_by_known_words_only() -> None:
    store = MemoryAccountStore(SystemClock())
    accounts = WorkspaceAccounts(store)
    await store.settle(SCOPE, None, entry("one"))
    span: dict[str, Any] = {"since": datetime(2020, 1, 1, tzinfo=UTC), "until": datetime(2100, 1, 1, tzinfo=UTC)}
    assert [it.calls for it in await accounts.totals(SCOPE, **span, by="app")] == [1]
    assert [it.id for it in await accounts.list_entries(SCOPE, **span)] == ["one"]
    with pytest.raises(InvalidInput, match="model, app, key, run, node, day"):
        await accounts.totals(SCOPE, **span, by="moon; drop table")


async def test_whoever_calls_too_often_reserves_nothing_and_whoever_is_over_budget_is_not_counted_twice() -> None:
    store = MemoryAccountStore(SystemClock())
    accounts = LimitedAccounts(store, MemoryCallLimits(RateLimits(app_tokens=50), SystemClock()))
    await accounts.put_budget(SCOPE, BUDGET)
    await accounts.reserve(SCOPE, "one", entry("one"), Estimate(40))
    with pytest.raises(TooManyCalls):
        await accounts.reserve(SCOPE, "two", entry("two"), Estimate(40))
    assert [it.reserved for it in await accounts.budgets(SCOPE)] == [40]
    await accounts.settle(SCOPE, "one", entry("one", tokens=1))
    await accounts.reserve(SCOPE, "two", entry("two"), Estimate(40))
    await accounts.settle(SCOPE, "two", entry("two", tokens=1))
    await accounts.put_budget(SCOPE, replace(BUDGET, limit=Decimal(2)))
    for _ in range(3):
        with pytest.raises(BudgetExceeded):
            await accounts.reserve(SCOPE, "three", entry("three"), Estimate(40))


async def test_a_limit_of_calls_holds_calls_back_where_no_budget_does() -> None:
    store = MemoryAccountStore(SystemClock())
    for limits, free in ((RateLimits(), True), (RateLimits(app_calls=1), False)):
        accounts = LimitedAccounts(store, MemoryCallLimits(limits, SystemClock()))
        assert accounts.holds_nobody(SCOPE) is free
    await store.put_budget(SCOPE, BUDGET)
    assert not LimitedAccounts(store, MemoryCallLimits(RateLimits(), SystemClock())).holds_nobody(SCOPE)
