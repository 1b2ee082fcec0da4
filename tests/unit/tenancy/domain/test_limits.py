"""What limits can be meant, whom they hold, and how requests are paid off."""

from typing import Any

import pytest

from loomwork.kernel.errors import InvalidInput
from loomwork.tenancy.domain.limits import (
    EACH,
    Caller,
    Limit,
    after_one,
    allowance,
    applying,
    checked_limit,
    wait_for_one,
)


def limit(subject: Any = "workspace", subject_id: str = "", measure: Any = "requests", most: int = 10) -> Limit:
    return Limit(f"{subject}-{subject_id}-{measure}", subject, subject_id, measure, most)


@pytest.mark.parametrize(
    "given",
    [
        limit("app", "", "requests"),
        limit("workspace", "an-app", "requests"),
        limit(most=0),
        limit(most=-1),
        limit(most=10**16),
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused(given: Limit) -> None:
    with pytest.raises(InvalidInput):
        checked_limit(given)


@pytest.mark.parametrize(
    "given", [limit(), limit("end_user", EACH, "runs"), limit(measure="storage"), limit("app", EACH, "storage")]
)
def test_a_limit_that_can_be_meant_is_taken(given: Limit) -> None:
    assert checked_limit(given) == given


def test_a_limit_holds_whom_it_names_and_each_where_it_names_all() -> None:
    limits = [limit(), limit("app", "one"), limit("app", EACH), limit("key", EACH), limit("app", "one", "runs")]
    found = [(each.subject, each.subject_id, name) for each, name in applying(limits, "requests", Caller(app_id="one"))]
    assert found == [("workspace", "", ""), ("app", "one", "one"), ("app", EACH, "one")]
    assert [each.subject for each, _ in applying(limits, "requests", Caller(app_id="two"))] == ["workspace", "app"]
    assert [each.subject for each, _ in applying(limits, "requests", Caller())] == ["workspace"]


def test_a_minutes_worth_is_let_in_at_once_and_then_one_at_a_time() -> None:
    due, left = 0.0, []
    for _ in range(4):
        assert wait_for_one(4, due, 0.0) == 0.0
        due = after_one(4, due, 0.0)
        left.append(allowance(4, due, 0.0).remaining)
    assert left == [3, 2, 1, 0]
    assert wait_for_one(4, due, 0.0) == pytest.approx(15.0)
    assert wait_for_one(4, due, 15.0) == 0.0
    assert allowance(4, due, 15.0).remaining == 1
    assert allowance(4, due, 60.0).reset == 0.0
    assert allowance(4, due, 1000.0).remaining == 4


@pytest.mark.parametrize("most", [1, 7, 60, 1_000_003, 10**15])
def test_exactly_as_many_as_the_limit_says_are_let_in_from_rest(most: int) -> None:
    due, count = 50.0, 0
    while count < 100 and wait_for_one(most, due, 50.0) == 0.0:
        due, count = after_one(most, due, 50.0), count + 1
    assert count == min(most, 100)
