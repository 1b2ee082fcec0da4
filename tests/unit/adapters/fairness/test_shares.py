"""Who has used what of a process, and who goes next: counted with a clock that is told what time it is."""

from collections import Counter
from typing import Protocol

import pytest

from loomwork.adapters.fairness.shares import ANEW, BRIEFLY, HALF_LIFE, MANY, MUCH, OF_LATE, WHILE_IN, Shares

STEP = 0.001


class Watch(Protocol):
    def __call__(self) -> float: ...

    def go_on(self, seconds: float) -> None: ...


def use(shares: Shares, watch: Watch, key: str, seconds: float = STEP) -> None:
    shares.comes(key)
    shares.goes_in(key)
    watch.go_on(seconds)
    shares.goes_out(key)


def test_who_has_used_least_is_next_and_of_equals_the_first(watch: Watch) -> None:
    shares = Shares(watch)
    assert shares.next_of(["b", "a"]) == "b"
    use(shares, watch, "b")
    assert shares.next_of(["b", "a"]) == "a"
    use(shares, watch, "a", 2 * STEP)
    assert shares.next_of(["a", "b"]) == "b"


def test_time_is_divided_among_those_who_are_in(watch: Watch) -> None:
    shares = Shares(watch)
    for key in ("a", "a", "a", "b"):
        shares.goes_in(key)
    watch.go_on(0.004)
    assert shares.used("a") == pytest.approx(0.003)
    assert shares.used("b") == pytest.approx(0.001)


def test_of_those_who_always_want_more_each_gets_what_its_weight_says(watch: Watch) -> None:
    shares = Shares(watch, weigh=lambda key: 3 if key == "a" else 1)
    turns: Counter[str] = Counter()
    for _ in range(500):
        key = str(shares.next_of(["c", "b", "a"]))
        turns[key] += 1
        use(shares, watch, key)
    assert turns["a"] == pytest.approx(300, abs=3)
    assert turns["b"] == pytest.approx(100, abs=3)


def test_whoever_comes_late_has_no_claim_for_the_time_before_beyond_what_is_remembered(watch: Watch) -> None:
    shares = Shares(watch)
    for _ in range(20_000):
        use(shares, watch, "a")
    turns = 0
    while shares.next_of(["a", "late"]) == "late":
        use(shares, watch, "late")
        turns += 1
    assert turns * STEP <= 2 * HALF_LIFE


def test_half_of_what_was_used_is_forgotten_in_a_half_life(watch: Watch) -> None:
    shares = Shares(watch)
    use(shares, watch, "a", STEP)
    watch.go_on(HALF_LIFE)
    assert shares.used("a") == pytest.approx(STEP / 2, rel=0.01)


@pytest.mark.parametrize("seconds", [ANEW * 1.5, 1e9])
def test_however_long_it_goes_on_numbers_stay_within_bounds(watch: Watch, seconds: float) -> None:
    shares = Shares(watch)
    use(shares, watch, "a", 1.0)
    watch.go_on(seconds)
    assert 0 <= shares.used("a") < STEP
    use(shares, watch, "b")
    assert shares.next_of(["b", "a"]) == "a"
    assert shares.used("b") == pytest.approx(STEP, rel=0.01)


def test_a_crowd_is_held_back_for_a_moment_where_one_that_used_less_has_just_been_in(watch: Watch) -> None:
    shares = Shares(watch)
    use(shares, watch, "noisy", 1.0)
    assert shares.held_back("noisy") == 0.0
    use(shares, watch, "quiet")
    assert shares.held_back("noisy") == pytest.approx(BRIEFLY)
    assert shares.held_back("quiet") == 0.0
    watch.go_on(BRIEFLY)
    assert shares.held_back("noisy") == 0.0


def test_a_crowd_is_held_back_while_one_that_used_less_is_in_but_not_for_one_that_stays(watch: Watch) -> None:
    shares = Shares(watch)
    use(shares, watch, "noisy", 1.0)
    shares.comes("quiet")
    shares.goes_in("quiet")
    for _ in range(4):
        watch.go_on(WHILE_IN / 5)
        assert 0.0 < shares.held_back("noisy") <= BRIEFLY
    watch.go_on(WHILE_IN / 5)
    assert shares.held_back("noisy") == 0.0
    shares.goes_out("quiet")
    assert shares.held_back("noisy") == pytest.approx(BRIEFLY)


def test_what_is_much_is_more_than_each_of_three_has(watch: Watch) -> None:
    shares = Shares(watch)
    use(shares, watch, "alone", 4 * HALF_LIFE)
    assert shares.uses_much("alone")
    shares = Shares(watch)
    for _ in range(4000):
        for key in ("a", "b", "c"):
            use(shares, watch, key)
    assert not shares.uses_much("a")
    assert shares.used("a") == pytest.approx(MUCH, rel=0.05)


def test_nobody_is_held_back_for_one_that_does_not_come_back_soon(watch: Watch) -> None:
    shares = Shares(watch)
    use(shares, watch, "noisy", 1.0)
    for _ in range(8):
        use(shares, watch, "waits")
        watch.go_on(0.1)
    use(shares, watch, "waits")
    assert shares.held_back("noisy") == 0.0
    for _ in range(8):
        use(shares, watch, "waits")
    assert shares.held_back("noisy") > 0.0


def test_the_moment_that_is_kept_free_counts_as_used_so_that_nobody_is_held_back_for_good(watch: Watch) -> None:
    shares = Shares(watch)
    use(shares, watch, "noisy", 0.5)
    busy: Counter[str] = Counter()
    # One that does next to nothing, and comes back just in time to keep the others out.
    for _ in range(2000):
        use(shares, watch, "clever", 1e-5)
        if shares.held_back("noisy"):
            busy["clever"] += 1
            watch.go_on(0.8 * BRIEFLY)
        else:
            busy["noisy"] += 1
            use(shares, watch, "noisy", 0.8 * BRIEFLY)
    assert busy["noisy"] == pytest.approx(1000, abs=150)


def test_those_who_have_used_nothing_of_late_are_forgotten(watch: Watch) -> None:
    shares = Shares(watch)
    shares.goes_in("inside")
    for each in range(10 * MANY):
        use(shares, watch, f"once {each}", 1e-6)
        watch.go_on(BRIEFLY)
    assert shares.known <= 2 * MANY
    shares.goes_out("inside")
    assert shares.used("inside") > 0


def test_the_process_is_kept_free_while_one_that_uses_little_is_in_or_may_come_back(watch: Watch) -> None:
    shares = Shares(watch)
    assert not shares.is_kept_free()
    use(shares, watch, "noisy", 2.0)
    assert not shares.is_kept_free()
    shares.goes_in("quiet")
    assert shares.is_kept_free()
    shares.goes_out("quiet")
    assert shares.is_kept_free()
    watch.go_on(1.1 * BRIEFLY)
    assert not shares.is_kept_free()


def test_the_process_is_not_kept_free_for_one_that_seldom_comes_back(watch: Watch) -> None:
    shares = Shares(watch)
    for _ in range(8):
        use(shares, watch, "waits")
        watch.go_on(0.1)
    use(shares, watch, "waits")
    assert not shares.is_kept_free()


def test_the_process_is_shared_while_more_than_one_are_about(watch: Watch) -> None:
    shares = Shares(watch)
    assert not shares.is_shared()
    use(shares, watch, "noisy", 2.0)
    assert not shares.is_shared()
    use(shares, watch, "quiet")
    assert shares.is_shared()
    use(shares, watch, "noisy", 1.1 * OF_LATE)
    assert not shares.is_shared()
