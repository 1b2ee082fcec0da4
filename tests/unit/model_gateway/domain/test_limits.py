"""Buckets: a minute's worth at once, and then as much as flows in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomwork.model_gateway.domain.limits import MINUTE, RateLimits, full_bucket


def test_a_minute_s_worth_goes_through_at_once_and_the_next_waits_for_its_share() -> None:
    bucket = full_bucket(60, 0.0)
    for _ in range(60):
        assert bucket.wait_for(1) == 0
        bucket = bucket.taken(1)
    assert bucket.wait_for(1) == pytest.approx(1.0)
    assert bucket.wait_for(30) == pytest.approx(30.0)
    assert bucket.filled(0.5).wait_for(1) == pytest.approx(0.5)
    assert bucket.filled(1.0).wait_for(1) == 0


def test_a_bucket_never_holds_more_than_it_is_large_and_loses_nothing_when_time_goes_back() -> None:
    bucket = full_bucket(10, 100.0)
    assert bucket.filled(10_000.0).level == 10
    emptied = bucket.taken(10)
    assert emptied.filled(50.0) == emptied
    assert emptied.taken(-50).level == 10


def test_what_is_larger_than_the_bucket_goes_through_when_it_is_full_and_is_waited_for_afterwards() -> None:
    bucket = full_bucket(100, 0.0)
    assert bucket.wait_for(250) == 0
    bucket = bucket.taken(250)
    assert bucket.wait_for(1) == pytest.approx(151 * MINUTE / 100)


@given(
    limit=st.integers(1, 50),
    calls=st.lists(st.tuples(st.floats(0, 30), st.integers(0, 20)), max_size=60),
)
def test_no_stretch_of_time_sees_more_than_a_bucketful_and_what_flowed_in(
    limit: int, calls: list[tuple[float, int]]
) -> None:
    bucket, now, taken = full_bucket(limit, 0.0), 0.0, 0
    for pause, count in calls:
        now += pause
        bucket = bucket.filled(now)
        if count <= limit and bucket.wait_for(count) == 0:
            bucket, taken = bucket.taken(count), taken + count
        assert taken <= limit + now * limit / MINUTE + 1e-6


def test_only_limits_that_are_set_hold() -> None:
    limits = RateLimits(app_calls=3, key_tokens=100)
    assert (limits.of("workspace"), limits.of("app"), limits.of("key")) == ({}, {"calls": 3}, {"tokens": 100})
