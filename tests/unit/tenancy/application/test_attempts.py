"""Who has to wait before another guess is looked at."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from loomwork.tenancy.api import TooManyAttempts, Visit
from loomwork.tenancy.application.attempts import MOST_REMEMBERED, SignInAttempts, network_of
from loomwork.tenancy.domain.password import FREE_TRIES, LONGEST_WAIT, wait_after

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.anyio


def waits(attempts: SignInAttempts, visit: Visit, now: datetime = NOON, account: str = "ann") -> float:
    try:
        attempts.begin(account, visit, now=now)
    except TooManyAttempts as refused:
        return float(refused.details["retry_after"])
    return 0.0


def test_the_wait_doubles_and_has_an_end() -> None:
    assert [wait_after(count).total_seconds() for count in (0, 4, 5, 6, 7)] == [0, 0, 1, 2, 4]
    assert wait_after(10_000) == LONGEST_WAIT


def test_neither_another_account_nor_another_network_nor_a_known_device_waits() -> None:
    attempts, guesser = SignInAttempts(), Visit("192.0.2.1")
    assert [waits(attempts, guesser) for _ in range(FREE_TRIES + 1)] == [0.0] * FREE_TRIES + [1.0]
    assert waits(attempts, guesser, account="ben") == 0
    assert waits(attempts, Visit("192.0.2.2")) == 0
    assert waits(attempts, Visit("192.0.2.1", device="hers")) == 0


def test_a_right_password_and_time_forgive() -> None:
    attempts, visit = SignInAttempts(), Visit("192.0.2.1")
    for _ in range(FREE_TRIES):
        waits(attempts, visit)
    attempts.forget("ann", visit)
    assert waits(attempts, visit) == 0
    for _ in range(FREE_TRIES):
        waits(attempts, visit)
    later = NOON + timedelta(hours=2)
    assert [waits(attempts, visit, later) for _ in range(FREE_TRIES)] == [0.0] * FREE_TRIES


def test_what_is_remembered_has_an_end() -> None:
    attempts = SignInAttempts()
    for number in range(MOST_REMEMBERED + 10):
        waits(attempts, Visit("192.0.2.1"), account=f"a{number}")
    assert len(attempts._failures) == MOST_REMEMBERED


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_a_network_is_what_its_user_cannot_choose(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


async def test_one_network_has_one_turn_at_a_time_and_few_in_line() -> None:
    attempts, here = SignInAttempts(), Visit("192.0.2.1")
    going, most, leave = 0, 0, asyncio.Event()

    async def guess(visit: Visit) -> None:
        nonlocal going, most
        async with attempts.turn(visit):
            going += 1
            most = max(most, going)
            await leave.wait()
            going -= 1

    tasks = [asyncio.create_task(guess(here)) for _ in range(12)]
    await asyncio.sleep(0)
    elsewhere = asyncio.create_task(guess(Visit("198.51.100.1")))
    await asyncio.sleep(0)
    assert going == 2
    leave.set()
    ended = await asyncio.gather(*tasks, elsewhere, return_exceptions=True)
    assert sum(isinstance(each, TooManyAttempts) for each in ended) == 2
    assert most == 2
    assert attempts._turns == {}
