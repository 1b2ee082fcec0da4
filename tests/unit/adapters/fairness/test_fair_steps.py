"""How far runs go in one go, alone and in company."""

from dataclasses import replace
from typing import Any

from loomwork.adapters.fairness.fair_steps import ALONE, IN_COMPANY, FairSteps
from loomwork.adapters.fairness.shares import MUCH, OF_LATE, Shares
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import Scope, embedded_scope

NOISY = embedded_scope()
QUIET = replace(NOISY, workspace_id=WorkspaceId("quiet"))


def use(shares: Shares, watch: Any, scope: Scope, seconds: float) -> None:
    shares.goes_in(scope.workspace_id)
    watch.go_on(seconds)
    shares.goes_out(scope.workspace_id)


def test_a_workspace_by_itself_goes_as_far_as_it_may(watch: Any) -> None:
    shares = Shares(watch)
    use(shares, watch, NOISY, 10 * MUCH)
    assert FairSteps(shares)(NOISY) == ALONE


def test_one_that_uses_much_goes_less_far_while_another_is_about_and_the_other_as_far_as_ever(watch: Any) -> None:
    shares = Shares(watch)
    steps = FairSteps(shares)
    use(shares, watch, NOISY, 10 * MUCH)
    use(shares, watch, QUIET, 0.001)
    assert (steps(NOISY), steps(QUIET)) == (IN_COMPANY, ALONE)
    watch.go_on(2 * OF_LATE)
    use(shares, watch, NOISY, MUCH)
    assert steps(NOISY) == ALONE


def test_two_that_use_little_do_not_shorten_each_others_way(watch: Any) -> None:
    shares = Shares(watch)
    steps = FairSteps(shares)
    use(shares, watch, NOISY, MUCH / 2)
    use(shares, watch, QUIET, 0.001)
    assert (steps(NOISY), steps(QUIET)) == (ALONE, ALONE)
