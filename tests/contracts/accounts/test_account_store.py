"""What every `AccountStore` promises: a ledger, and budgets that no crowd and no crash can pass."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from loomwork.adapters.storage.memory import MemoryAccountStore
from loomwork.adapters.storage.sql import Storage, open_storage
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Budget, BudgetExceeded, Cost, Entry, Spender, Usage
from loomwork.model_gateway.domain.metering import Estimate
from loomwork.model_gateway.ports import AccountStore
from tests.contracts.conftest import NOON, SetClock

LONG_AGO, FAR_OFF = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
ALL = {"since": LONG_AGO, "until": FAR_OFF}
ESTIMATE = Estimate(tokens=100, money=Decimal("0.01"))


def entry(**given: Any) -> Entry:
    made = Entry(
        id=new_id(),
        at=NOON,
        type="chat",
        model="openai/gpt",
        asked="openai/gpt",
        usage=Usage(prompt_tokens=60, completion_tokens=20),
        cost=Cost(Decimal("0.008")),
        spender=Spender(app_id="app", key_id="key"),
        elapsed=1.25,
    )
    return replace(made, **given)


def budget(scope: Scope, **given: Any) -> Budget:
    made = Budget(
        id="budget",
        subject="workspace",
        subject_id=scope.workspace_id,
        measure="tokens",
        period="day",
        limit=Decimal(250),
    )
    return replace(made, **given)


async def entries(accounts: AccountStore, scope: Scope, **given: Any) -> list[Entry]:
    asked: dict[str, Any] = {**ALL, "run_id": None, "limit": 100, "before": None, **given}
    return list(await accounts.entries(scope, **asked))


async def state(accounts: AccountStore, scope: Scope) -> tuple[Any, Any]:
    """What the one budget has spent and holds."""
    (state,) = await accounts.budgets(scope)
    return state.spent, state.reserved


@pytest.fixture(params=["memory", "sql"])
def accounts(request: pytest.FixtureRequest, storage: Storage, clock: SetClock) -> AccountStore:
    return MemoryAccountStore(clock) if request.param == "memory" else storage.accounts


@pytest.fixture
async def other_process(url: str, clock: SetClock, storage: Storage) -> AsyncIterator[AccountStore]:
    """Another process on the same database shares nothing with this one but that."""
    opened = await open_storage(url, clock=clock)
    yield opened.accounts
    await opened.close()


async def test_an_entry_comes_back_as_it_was_written(accounts: AccountStore, ours: Scope) -> None:
    whole = entry(
        type="text_to_speech",
        asked="route/fast",
        usage=Usage(1, 2, 3, 4, 5, 6, 7.5, 8, 9),
        cost=Cost(Decimal("0.000000001"), "EUR"),
        spender=Spender("app", "run", "node", "key", "somebody"),
        first_piece=0.5,
        attempts=3,
        cached=True,
        failure="outage",
    )
    unknown = entry(at=NOON - timedelta(seconds=1), usage=Usage(), cost=Cost(None), spender=Spender())
    for each in (whole, unknown):
        await accounts.settle(ours, None, each)
    assert await entries(accounts, ours) == [whole, unknown]


async def test_settling_twice_counts_once(accounts: AccountStore, ours: Scope) -> None:
    await accounts.put_budget(ours, budget(ours))
    once = entry()
    await accounts.reserve(ours, "call", once, ESTIMATE)
    await asyncio.gather(*(accounts.settle(ours, "call", once) for _ in range(5)))
    assert await state(accounts, ours) == (Decimal(80), Decimal(0))
    assert await entries(accounts, ours) == [once]


async def test_the_ledger_is_read_newest_first_page_by_page_and_run_by_run(
    accounts: AccountStore, ours: Scope, theirs: Scope
) -> None:
    written = [entry(at=NOON + timedelta(seconds=number // 2), id=f"entry-{number}") for number in range(7)]
    for each in written:
        await accounts.settle(ours, None, each)
    mine = entry(at=NOON - timedelta(days=1), spender=Spender(run_id="run"))
    await accounts.settle(ours, None, mine)
    newest_first = [*reversed(written), mine]
    pages, before = [], None
    while page := await entries(accounts, ours, limit=3, before=before):
        pages.append(page)
        before = page[-1].id
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [each for page in pages for each in page] == newest_first
    assert await entries(accounts, ours, run_id="run") == [mine]
    assert await entries(accounts, ours, since=NOON, until=NOON + timedelta(seconds=1)) == [written[1], written[0]]
    assert await entries(accounts, ours, before="never") == []
    assert await entries(accounts, theirs) == []


async def test_entries_are_added_up_by_whom_and_what(accounts: AccountStore, ours: Scope) -> None:
    paid, tomorrow = entry(), NOON + timedelta(days=1)
    for each in (
        paid,
        entry(at=tomorrow, spender=Spender(app_id="app", run_id="run", node_id="node"), cost=Cost(Decimal("0.1"))),
        entry(model="debug/echo", cost=Cost(None), failure="timeout", usage=Usage(), spender=Spender()),
        entry(model="debug/echo", cost=Cost(Decimal(2), "EUR"), spender=Spender()),
    ):
        await accounts.settle(ours, None, each)
    by_model = await accounts.totals(ours, **ALL, by="model")
    assert [(it.group, it.calls, it.failed, it.prompt_tokens, it.completion_tokens) for it in by_model] == [
        ("debug/echo", 1, 0, 60, 20),
        ("debug/echo", 1, 1, 0, 0),
        ("openai/gpt", 2, 0, 120, 40),
    ]
    assert [(it.cost, it.unpriced) for it in by_model] == [
        (Cost(Decimal(2), "EUR"), 0),
        (Cost(None), 1),
        (Cost(Decimal("0.108")), 0),
    ]
    groups = {
        by: {it.group for it in await accounts.totals(ours, **ALL, by=by)} for by in ("app", "key", "run", "node")
    }
    assert groups == {"app": {"", "app"}, "key": {"", "key"}, "run": {"", "run"}, "node": {"", "node"}}
    days = await accounts.totals(ours, since=NOON, until=tomorrow + timedelta(seconds=1), by="day")
    assert {it.group for it in days} == {"2026-01-01", "2026-01-02"}
    assert [it.calls for it in await accounts.totals(ours, since=tomorrow, until=FAR_OFF, by="app")] == [1]
    with pytest.raises(InvalidInput, match="day"):
        await accounts.totals(ours, **ALL, by="moon")


async def test_a_call_is_held_and_then_counted_by_what_it_used(accounts: AccountStore, ours: Scope) -> None:
    await accounts.put_budget(ours, budget(ours))
    call = entry()
    await accounts.reserve(ours, "call", call, ESTIMATE)
    assert await state(accounts, ours) == (Decimal(0), Decimal(100))
    await accounts.settle(ours, "call", call)
    assert await state(accounts, ours) == (Decimal(80), Decimal(0))


async def test_what_would_pass_the_limit_is_refused_with_what_is_left_and_when_it_begins_anew(
    accounts: AccountStore, ours: Scope
) -> None:
    await accounts.put_budget(ours, budget(ours))
    for number in range(2):
        await accounts.reserve(ours, f"call {number}", entry(), ESTIMATE)
    with pytest.raises(BudgetExceeded, match=r"50 tokens left .*100 tokens.*2026-01-02 00:00 UTC") as refused:
        await accounts.reserve(ours, "too much", entry(), ESTIMATE)
    assert refused.value.details["budget_id"] == "budget"
    assert refused.value.details["begins_anew"] == "2026-01-02T00:00:00+00:00"
    await accounts.reserve(ours, "smaller", entry(), Estimate(tokens=50))
    assert await state(accounts, ours) == (Decimal(0), Decimal(250))


async def test_a_refused_call_holds_nothing_in_any_budget(accounts: AccountStore, ours: Scope) -> None:
    await accounts.put_budget(ours, budget(ours, id="a wide one", limit=Decimal(1_000_000)))
    await accounts.put_budget(ours, budget(ours, id="b narrow one", subject="app", subject_id="app", limit=Decimal(99)))
    with pytest.raises(BudgetExceeded) as refused:
        await accounts.reserve(ours, "call", entry(), ESTIMATE)
    assert refused.value.details["budget_id"] == "b narrow one"
    assert [it.reserved for it in await accounts.budgets(ours)] == [0, 0]


async def test_budgets_count_their_own_subject_only(accounts: AccountStore, ours: Scope, theirs: Scope) -> None:
    for subject, name in (("app", "app"), ("app", "other"), ("key", "key"), ("key", "app")):
        await accounts.put_budget(ours, budget(ours, id=f"{subject} {name}", subject=subject, subject_id=name))
    await accounts.put_budget(ours, budget(ours, id="all", measure="calls", limit=Decimal(3)))
    await accounts.put_budget(theirs, budget(theirs, id="not ours"))
    await accounts.settle(ours, None, entry())
    await accounts.settle(ours, None, entry(spender=Spender(app_id="other")))
    spent = {it.budget.id: it.spent for it in await accounts.budgets(ours)}
    assert spent == {"app app": 80, "app other": 80, "key key": 80, "key app": 0, "all": 2}
    assert [it.spent for it in await accounts.budgets(theirs)] == [0]


@pytest.mark.parametrize("subject", ["workspace", "app", "key", "end_user"])
@pytest.mark.parametrize(("measure", "limit"), [("tokens", 100), ("money", Decimal("0.01")), ("calls", 1)])
async def test_each_subject_is_stopped_by_each_measure_and_nobody_else(
    accounts: AccountStore, ours: Scope, subject: Any, measure: Any, limit: Any
) -> None:
    ids = {"workspace": ours.workspace_id, "app": "app", "key": "key", "end_user": "ann"}
    await accounts.put_budget(
        ours, budget(ours, subject=subject, subject_id=ids[subject], measure=measure, limit=Decimal(limit))
    )
    spender = Spender(app_id="app", key_id="key", end_user="ann")
    await accounts.settle(ours, None, entry(spender=spender))
    with pytest.raises(BudgetExceeded):
        await accounts.reserve(ours, "next", entry(spender=spender), ESTIMATE)
    if subject != "workspace":
        stranger = Spender(app_id="other", key_id="other", end_user="ben")
        await accounts.reserve(ours, "another's", entry(spender=stranger), ESTIMATE)


@pytest.mark.parametrize("subject", ["app", "key", "end_user"])
async def test_a_budget_for_each_stops_whoever_has_used_it_and_nobody_else(
    accounts: AccountStore, ours: Scope, subject: Any
) -> None:
    field = {"app": "app_id", "key": "key_id", "end_user": "end_user"}[subject]
    ann, ben, nobody = (entry(spender=Spender(**{field: name})) for name in ("ann", "ben", None))
    await accounts.settle(ours, None, ann)
    await accounts.put_budget(ours, budget(ours, subject=subject, subject_id="*", measure="calls", limit=Decimal(2)))
    await accounts.reserve(ours, "first", ann, ESTIMATE)
    with pytest.raises(BudgetExceeded, match=f"2 calls a day for each {subject.replace('_', ' ')}"):
        await accounts.reserve(ours, "second", replace(ann, id=new_id()), ESTIMATE)
    for call in ("third", "fourth"):
        await accounts.reserve(ours, call, replace(ben, id=new_id()), ESTIMATE)
    for number in range(5):
        await accounts.reserve(ours, f"nobody's {number}", replace(nobody, id=new_id()), ESTIMATE)
    await accounts.settle(ours, "first", replace(ann, id=new_id()))
    assert await state(accounts, ours) == (Decimal(2), Decimal(0))


async def test_a_budget_for_each_that_nobody_used_is_listed_as_unused(accounts: AccountStore, ours: Scope) -> None:
    await accounts.put_budget(ours, budget(ours, subject="end_user", subject_id="*"))
    await accounts.settle(ours, None, entry())
    assert await state(accounts, ours) == (Decimal(0), Decimal(0))


async def test_money_is_counted_to_the_billionth(accounts: AccountStore, ours: Scope) -> None:
    await accounts.put_budget(ours, budget(ours, measure="money", limit=Decimal("0.02")))
    await accounts.reserve(ours, "call", entry(), ESTIMATE)
    for _ in range(3):
        await accounts.settle(ours, None, entry(cost=Cost(Decimal("0.000000001"))))
    assert await state(accounts, ours) == (Decimal("0.000000003"), Decimal("0.01"))
    with pytest.raises(BudgetExceeded):
        await accounts.reserve(ours, "next", entry(), ESTIMATE)


@pytest.mark.parametrize("estimate", [Estimate(10), Estimate(10, Decimal(1), "EUR")])
async def test_a_budget_in_money_stops_a_model_whose_price_in_it_is_unknown(
    accounts: AccountStore, ours: Scope, estimate: Estimate
) -> None:
    await accounts.put_budget(ours, budget(ours, measure="money", limit=Decimal(1000)))
    with pytest.raises(BudgetExceeded, match=r"openai/gpt.*catalog/providers/openai/models/.*price"):
        await accounts.reserve(ours, "call", entry(), estimate)


async def test_what_costs_nothing_fits_a_budget_in_any_currency(accounts: AccountStore, ours: Scope) -> None:
    await accounts.put_budget(ours, budget(ours, measure="money", limit=Decimal(0), currency="EUR"))
    await accounts.reserve(ours, "call", entry(), Estimate(10, Decimal(0), "USD"))
    await accounts.settle(ours, "call", entry(cost=Cost(Decimal(0), "USD")))
    assert await state(accounts, ours) == (0, 0)


async def test_what_nobody_can_say_the_use_of_counts_as_what_was_held_for_it(
    accounts: AccountStore, ours: Scope
) -> None:
    await accounts.put_budget(ours, budget(ours, limit=Decimal(1000)))
    for number, failure in enumerate((None, "timeout", "rate", "credentials")):
        await accounts.reserve(ours, f"call {number}", entry(), ESTIMATE)
        await accounts.settle(ours, f"call {number}", entry(usage=Usage(), failure=failure))
    assert await state(accounts, ours) == (Decimal(200), Decimal(0))


async def test_an_answer_from_the_cache_costs_nothing(accounts: AccountStore, ours: Scope) -> None:
    await accounts.settle(ours, None, entry(cached=True))
    await accounts.put_budget(ours, budget(ours))
    await accounts.settle(ours, None, entry(cached=True))
    assert await state(accounts, ours) == (Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("period", "before", "after"),
    [
        ("hour", "2026-03-31T22:59:59+00:00", "2026-03-31T23:00:00+00:00"),
        ("day", "2026-03-31T23:59:59+00:00", "2026-04-01T00:00:00+00:00"),
        ("month", "2026-03-31T23:59:59+00:00", "2026-04-01T00:00:00+00:00"),
        ("month", "2026-04-01T01:59:59+02:00", "2026-04-01T02:00:00+02:00"),
        ("total", "2026-03-31T23:59:59+00:00", None),
    ],
)
async def test_a_period_begins_anew_at_its_boundary_in_utc(
    accounts: AccountStore, ours: Scope, clock: SetClock, period: str, before: str, after: str | None
) -> None:
    await accounts.put_budget(ours, budget(ours, period=period, measure="calls", limit=Decimal(1)))
    clock.time = datetime.fromisoformat(before)
    await accounts.reserve(ours, "one", entry(at=clock.time), ESTIMATE)
    await accounts.settle(ours, "one", entry(at=clock.time))
    with pytest.raises(BudgetExceeded):
        await accounts.reserve(ours, "two", entry(at=clock.time), ESTIMATE)
    clock.time = datetime.fromisoformat(after) if after else FAR_OFF
    if after is None:
        with pytest.raises(BudgetExceeded, match="does not begin anew"):
            await accounts.reserve(ours, "three", entry(at=clock.time), ESTIMATE)
    else:
        assert await state(accounts, ours) == (0, 0)
        await accounts.reserve(ours, "three", entry(at=clock.time), ESTIMATE)
        assert await state(accounts, ours) == (0, 1)


async def test_a_call_counts_in_the_period_that_it_began_in(
    accounts: AccountStore, ours: Scope, clock: SetClock
) -> None:
    await accounts.put_budget(ours, budget(ours, period="hour"))
    clock.advance(timedelta(minutes=30))
    call = entry(at=clock.time)
    await accounts.reserve(ours, "call", call, ESTIMATE)
    clock.advance(timedelta(minutes=40))
    await accounts.settle(ours, "call", call)
    assert await state(accounts, ours) == (0, 0)
    clock.time = NOON
    assert await state(accounts, ours) == (80, 0)


async def test_a_new_budget_counts_what_was_spent_before_it_in_its_period(accounts: AccountStore, ours: Scope) -> None:
    for at in (NOON - timedelta(days=1), NOON, NOON + timedelta(seconds=1)):
        await accounts.settle(ours, None, entry(at=at))
    for measure, limit in (("tokens", "250"), ("calls", "250"), ("money", "1")):
        await accounts.put_budget(ours, budget(ours, id=measure, measure=measure, limit=Decimal(limit)))
    spent = {it.budget.id: it.spent for it in await accounts.budgets(ours)}
    assert spent == {"tokens": 160, "calls": 2, "money": Decimal("0.016")}
    with pytest.raises(BudgetExceeded):
        await accounts.reserve(ours, "call", entry(), ESTIMATE)


async def test_a_budget_is_raised_and_keeps_what_it_counted(accounts: AccountStore, ours: Scope) -> None:
    await accounts.put_budget(ours, budget(ours))
    for number in range(3):
        await accounts.reserve(ours, f"call {number}", entry(), Estimate(80))
        await accounts.settle(ours, f"call {number}", entry())
    await accounts.put_budget(ours, budget(ours, limit=Decimal(400)))
    assert await state(accounts, ours) == (240, 0)
    await accounts.reserve(ours, "next", entry(), ESTIMATE)
    await accounts.put_budget(ours, budget(ours, measure="calls", limit=Decimal(4)))
    assert (await state(accounts, ours))[0] == 3


async def test_a_removed_budget_stops_nobody(accounts: AccountStore, ours: Scope, theirs: Scope) -> None:
    await accounts.put_budget(ours, budget(ours, limit=Decimal(0)))
    with pytest.raises(NotFound):
        await accounts.remove_budget(theirs, "budget")
    with pytest.raises(BudgetExceeded):
        await accounts.reserve(ours, "call", entry(), ESTIMATE)
    await accounts.remove_budget(ours, "budget")
    await accounts.reserve(ours, "call", entry(), ESTIMATE)
    assert await accounts.budgets(ours) == []
    with pytest.raises(NotFound):
        await accounts.remove_budget(ours, "budget")


async def test_a_reservation_that_nobody_settles_lapses_after_an_hour(
    accounts: AccountStore, ours: Scope, clock: SetClock
) -> None:
    await accounts.put_budget(ours, budget(ours, limit=Decimal(100)))
    await accounts.reserve(ours, "dead", entry(), ESTIMATE)
    clock.advance(timedelta(minutes=59))
    with pytest.raises(BudgetExceeded):
        await accounts.reserve(ours, "early", entry(at=clock.time), ESTIMATE)
    clock.advance(timedelta(minutes=1))
    assert await state(accounts, ours) == (0, 0)
    await accounts.reserve(ours, "late", entry(at=clock.time), ESTIMATE)
    await accounts.settle(ours, "dead", entry())
    assert await state(accounts, ours) == (80, 100)


async def test_reserving_twice_under_one_name_holds_once(accounts: AccountStore, ours: Scope) -> None:
    await accounts.put_budget(ours, budget(ours))
    for _ in range(2):
        await accounts.reserve(ours, "call", entry(), ESTIMATE)
    assert await state(accounts, ours) == (0, 100)


async def test_five_hundred_calls_at_once_spend_no_more_than_a_budget_for_a_hundred(
    storage: Storage, other_process: AccountStore, ours: Scope
) -> None:
    """Two processes, each with a reservation under way for every call, and each of them settled."""
    price = Decimal("0.01")
    await storage.accounts.put_budget(ours, budget(ours, measure="money", limit=100 * price))

    async def call(number: int) -> bool:
        accounts = (storage.accounts, other_process)[number % 2]
        mine = entry(id=f"entry {number}", cost=Cost(price))
        try:
            await accounts.reserve(ours, f"call {number}", mine, Estimate(10, price))
        except BudgetExceeded:
            return False
        await asyncio.sleep(0)
        await accounts.settle(ours, f"call {number}", mine)
        return True

    answered = await asyncio.gather(*(call(number) for number in range(500)))
    assert sum(answered) == 100
    assert await state(storage.accounts, ours) == (100 * price, 0)
    (total,) = await storage.accounts.totals(ours, **ALL, by="model")
    assert (total.calls, total.cost.amount) == (100, 100 * price)


async def test_processes_that_settle_while_a_budget_is_set_leave_nothing_uncounted(
    storage: Storage, other_process: AccountStore, ours: Scope
) -> None:
    async def settle(number: int) -> None:
        await (storage.accounts, other_process)[number % 2].settle(ours, None, entry())

    settled = [settle(number) for number in range(60)]
    puts = [storage.accounts.put_budget(ours, budget(ours, id=name)) for name in ("a", "b", "c")]
    mixed: list[Awaitable[None]] = [*settled[:30], puts[0], *settled[30:45], puts[1], *settled[45:], puts[2]]
    await asyncio.gather(*mixed)
    assert [it.spent for it in await storage.accounts.budgets(ours)] == [60 * 80] * 3


async def test_a_caller_that_is_cancelled_while_it_reserves_holds_nothing(storage: Storage, ours: Scope) -> None:
    await storage.accounts.put_budget(ours, budget(ours, limit=Decimal(10_000)))
    callers = [
        asyncio.create_task(storage.accounts.reserve(ours, f"call {number}", entry(), ESTIMATE)) for number in range(20)
    ]
    for rounds, caller in enumerate(callers):
        for _ in range(rounds % 4):
            await asyncio.sleep(0)
        caller.cancel()
    ended = await asyncio.gather(*callers, return_exceptions=True)
    await storage.accounts.close()
    held = [each for each in ended if each is None]
    assert (await state(storage.accounts, ours))[1] == 100 * len(held)


async def test_what_a_provider_says_beyond_all_reason_breaks_no_sum(accounts: AccountStore, ours: Scope) -> None:
    await accounts.put_budget(ours, budget(ours))
    absurd = Usage(prompt_tokens=10**40, completion_tokens=-5, seconds=float("nan"))
    for _ in range(2):
        await accounts.settle(ours, None, entry(usage=absurd, cost=Cost(Decimal(10) ** 30), elapsed=float("inf")))
    assert len(await entries(accounts, ours)) == 2
    (total,) = await accounts.totals(ours, **ALL, by="model")
    assert total.calls == 2
    with pytest.raises(BudgetExceeded):
        await accounts.reserve(ours, "call", entry(), ESTIMATE)


async def test_a_budget_that_another_process_sets_first_binds_here_within_a_second(
    storage: Storage, other_process: AccountStore, ours: Scope, clock: SetClock
) -> None:
    await storage.accounts.reserve(ours, "before", entry(), ESTIMATE)
    await other_process.put_budget(ours, budget(ours, limit=Decimal(0)))
    clock.advance(timedelta(seconds=1))
    with pytest.raises(BudgetExceeded):
        await storage.accounts.reserve(ours, "after", entry(), ESTIMATE)


async def test_the_ledger_and_the_budgets_outlive_the_process(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], ours: Scope
) -> None:
    await storage.accounts.put_budget(ours, budget(ours))
    await storage.accounts.reserve(ours, "killed", entry(), ESTIMATE)
    await storage.accounts.settle(ours, None, entry())
    again = (await reopened()).accounts
    assert await state(again, ours) == (80, 100)
    assert len(await entries(again, ours)) == 1


async def test_where_there_is_no_budget_nothing_holds_a_call_back_and_one_budget_changes_that(
    accounts: AccountStore, ours: Scope, theirs: Scope
) -> None:
    for scope in (ours, theirs):
        await accounts.reserve(scope, new_id(), entry(), ESTIMATE)
        assert accounts.holds_nobody(scope)
    await accounts.put_budget(ours, budget(ours))
    assert not accounts.holds_nobody(ours)
    await accounts.reserve(ours, new_id(), entry(), ESTIMATE)
    assert not accounts.holds_nobody(ours)
    await accounts.reserve(theirs, new_id(), entry(), ESTIMATE)
    assert accounts.holds_nobody(theirs)
