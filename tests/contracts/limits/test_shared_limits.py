"""What several processes on one database promise together, on each database."""

import asyncio
from datetime import timedelta

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Identity, TooManyAttempts, TooManyRequests, Visit
from loomwork.tenancy.application import StoredLimits
from loomwork.tenancy.application.attempts import SignInAttempts
from loomwork.tenancy.domain.limits import Limit, batch_of
from loomwork.tenancy.domain.password import FREE_TRIES
from tests.contracts.conftest import SetClock

MOST = 40


@pytest.fixture
async def processes(storage: Storage, ours: Scope, clock: SetClock) -> list[StoredLimits]:
    """Three that know nothing of each other but the database."""
    found = [StoredLimits(storage.limits, clock, shared=storage.request_counts) for _ in range(3)]
    await found[0].put_limit(ours, Limit("every", "workspace", "", "requests", MOST))
    return found


async def let_in(limits: StoredLimits, scope: Scope) -> bool:
    try:
        await limits.admit_request(Identity(scope, "session"))
    except TooManyRequests:
        return False
    return True


async def test_processes_let_in_no_more_together_than_the_limit(processes: list[StoredLimits], ours: Scope) -> None:
    asked = [let_in(process, ours) for _ in range(MOST) for process in processes]
    assert sum(await asyncio.gather(*asked)) == MOST


async def test_what_is_held_of_the_minute_before_is_all_that_comes_on_top(
    processes: list[StoredLimits], ours: Scope, clock: SetClock
) -> None:
    assert all([await let_in(process, ours) for process in processes])
    clock.advance(timedelta(seconds=59))
    asked = [let_in(process, ours) for _ in range(MOST) for process in processes]
    assert MOST <= sum(await asyncio.gather(*asked)) <= MOST + len(processes) * (batch_of(MOST) - 1)


async def test_a_refusal_says_when_there_is_room_and_there_is(
    processes: list[StoredLimits], ours: Scope, clock: SetClock
) -> None:
    while await let_in(processes[0], ours):
        pass
    with pytest.raises(TooManyRequests) as refused:
        await processes[1].admit_request(Identity(ours, "session"))
    wait = refused.value.details["retry_after"]
    assert 0 < wait <= 60 / MOST + 0.01
    clock.advance(timedelta(seconds=wait + 0.01))
    assert await let_in(processes[1], ours)


async def test_what_is_left_is_told(processes: list[StoredLimits], ours: Scope) -> None:
    left = [await processes[0].admit_request(Identity(ours, "session")) for _ in range(3)]
    assert [(each.most, each.remaining) for each in left if each is not None] == [(MOST, MOST - n) for n in (1, 2, 3)]


async def test_a_limit_of_one_workspace_counts_nothing_of_another(
    processes: list[StoredLimits], ours: Scope, theirs: Scope
) -> None:
    while await let_in(processes[0], ours):
        pass
    assert await let_in(processes[1], theirs)


async def test_a_guesser_who_goes_to_another_process_waits_there_too(storage: Storage, clock: SetClock) -> None:
    one, other = (SignInAttempts(storage.failure_counts) for _ in range(2))
    guesser, now = Visit("192.0.2.1"), clock.now()
    for number in range(FREE_TRIES):
        await (one, other)[number % 2].attempt("ann", guesser, now=now)
    with pytest.raises(TooManyAttempts) as refused:
        await other.attempt("ann", guesser, now=now)
    assert refused.value.details["retry_after"] == 1
    await other.attempt("ann", Visit("192.0.2.2"), now=now)
    await one.succeed("ann", guesser)
    await SignInAttempts(storage.failure_counts).attempt("ann", guesser, now=now)
