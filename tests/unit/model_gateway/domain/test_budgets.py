"""Periods, units, and budgets that cannot be kept. What stores make of them is in their suite."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from loomwork.kernel.errors import InvalidInput
from loomwork.model_gateway.domain.budgets import amount, begins, check_limit, ends, units, validate
from loomwork.model_gateway.domain.errors import BudgetExceeded
from loomwork.model_gateway.domain.metering import Budget, BudgetState, Period

BUDGET = Budget("b", "app", "app", "money", "month", Decimal("1.50"))
MOMENT = datetime(2026, 12, 31, 22, 30, 5, 7, tzinfo=timezone(-timedelta(hours=5)))
"""Already the next year in UTC: 2027-01-01 03:30."""


@pytest.mark.parametrize(
    ("period", "begun", "ended"),
    [
        ("hour", datetime(2027, 1, 1, 3, tzinfo=UTC), datetime(2027, 1, 1, 4, tzinfo=UTC)),
        ("day", datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)),
        ("month", datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)),
        ("total", datetime(1970, 1, 1, tzinfo=UTC), None),
    ],
)
def test_periods_begin_at_boundaries_in_utc(period: Period, begun: datetime, ended: datetime | None) -> None:
    assert (begins(period, MOMENT), ends(period, MOMENT)) == (begun, ended)
    if ended is not None:
        assert begins(period, ended) == ended
        assert begins(period, ended - timedelta(microseconds=1)) == begun


def test_limits_are_rounded_down_and_what_is_used_is_rounded_up() -> None:
    assert units("money", Decimal("0.0000000011")) == 2
    assert units("money", Decimal("0.0000000019"), up=False) == 1
    assert amount("money", 2) == Decimal("0.000000002")
    assert units("tokens", Decimal(10) ** 40) == 2**63 - 1


@pytest.mark.parametrize(
    "given",
    [
        {"limit": Decimal("NaN")},
        {"limit": Decimal("Infinity")},
        {"limit": Decimal(-1)},
        {"limit": Decimal(10) ** 10},
        {"limit": Decimal(2**63), "measure": "tokens"},
        {"limit": Decimal("0.5"), "measure": "calls"},
        {"currency": "dollars"},
        {"currency": "usd"},
        {"subject_id": " "},
        {"subject": "workspace", "subject_id": "another"},
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        validate(replace(BUDGET, **given), "ours")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"limit": Decimal(0)},
        {"subject": "workspace", "subject_id": "ours"},
        {"limit": Decimal(2**63 - 1), "measure": "tokens"},
    ],
)
def test_a_budget_that_can_be_kept_is_let_through(given: dict[str, Any]) -> None:
    validate(replace(BUDGET, **given), "ours")


def test_a_refusal_says_in_words_what_is_left_and_when_there_is_more() -> None:
    state = BudgetState(BUDGET, spent=Decimal("1.2"), reserved=Decimal("0.1"))
    check_limit(state, units("money", Decimal("0.2")), MOMENT)
    with pytest.raises(BudgetExceeded) as refused:
        check_limit(state, units("money", Decimal("0.2")) + 1, MOMENT)
    said = refused.value.message
    assert "1.5 USD a month for this app has 0.2 USD left (0.1 USD more is held by calls under way)" in said
    assert "It begins anew at 2027-02-01 00:00 UTC." in said
    assert refused.value.details["left"] == "0.2"
