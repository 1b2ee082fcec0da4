"""When a place is left alone, and for how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomwork.model_gateway.domain.breaker import Breaker, BreakerRules
from loomwork.model_gateway.domain.errors import Cause

RULES = BreakerRules(window=60, least=3, share=0.5, open_for=10, longest_open=40, slow=5, trial=20, cool_down=1)


def broken(now: float = 0.0) -> Breaker:
    breaker = Breaker(RULES)
    for _ in range(3):
        breaker.failed(now, "outage")
    return breaker


@pytest.mark.parametrize("cause", ["outage", "timeout", "bad_answer"])
def test_faults_one_after_another_break_the_circuit(cause: Cause) -> None:
    breaker = Breaker(RULES)
    for _ in range(2):
        breaker.failed(0.0, cause)
        assert breaker.standing(0.0) == "open_to_all"
    breaker.failed(0.0, cause)
    assert (breaker.standing(9.9), breaker.ready_at(1.0)) == ("broken", 10.0)
    assert breaker.standing(10.0) == "open_to_all"


@pytest.mark.parametrize("cause", ["policy", "context_too_long", "bad_request", "credentials", "not_found"])
def test_a_refusal_says_nothing_of_the_place(cause: Cause) -> None:
    breaker = Breaker(RULES)
    for _ in range(10):
        breaker.failed(0.0, cause)
    assert breaker.standing(0.0) == "open_to_all"
    assert breaker.spotless


def test_answers_that_begin_too_late_break_the_circuit_too() -> None:
    breaker = Breaker(RULES)
    for _ in range(3):
        breaker.good(0.0, waited=6.0)
    assert breaker.standing(0.0) == "broken"


def test_a_few_faults_among_many_answers_do_not() -> None:
    breaker = Breaker(RULES)
    for at in range(18):
        if at % 3 == 0:
            breaker.failed(at, "outage")
        else:
            breaker.good(at, waited=0.1)
    assert breaker.standing(18.0) == "open_to_all"


def test_faults_of_long_ago_are_forgotten() -> None:
    breaker = Breaker(RULES)
    for at in (0.0, 100.0, 200.0):
        breaker.failed(at, "outage")
    assert breaker.standing(200.0) == "open_to_all"


def test_after_its_time_one_trial_is_let_in_and_shows_whether_the_place_is_back() -> None:
    breaker = broken()
    breaker.begin(10.0)
    assert (breaker.standing(11.0), breaker.ready_at(11.0)) == ("on_trial", 30.0)
    breaker.good(12.0, waited=0.1)
    assert breaker.standing(12.0) == "open_to_all"
    breaker.failed(12.0, "outage")
    assert breaker.standing(12.0) == "open_to_all"


def test_each_trial_that_fails_doubles_the_time_up_to_the_longest() -> None:
    breaker, now, pauses = broken(), 10.0, []
    for _ in range(4):
        breaker.begin(now)
        breaker.failed(now, "timeout")
        pauses.append(breaker.ready_at(now) - now)
        now = breaker.ready_at(now)
    assert pauses == [20.0, 40.0, 40.0, 40.0]


def test_a_trial_of_which_nothing_is_heard_keeps_others_out_for_a_while_only() -> None:
    breaker = broken()
    breaker.begin(10.0)
    assert breaker.standing(30.0) == "open_to_all"
    breaker.begin(30.0)
    breaker.let_go()
    assert breaker.standing(31.0) == "open_to_all"


def test_a_pause_that_the_provider_asks_for_is_kept_and_bounded() -> None:
    breaker = Breaker(RULES)
    breaker.failed(0.0, "rate", retry_after=7.5)
    assert (breaker.standing(7.4), breaker.standing(7.5)) == ("cooling", "open_to_all")
    breaker.failed(10.0, "rate", retry_after=1e9)
    assert breaker.ready_at(10.0) == 10.0 + RULES.longest_cool_down


def test_without_a_word_about_it_the_pause_doubles_until_an_answer_comes() -> None:
    breaker = Breaker(RULES)
    pauses: list[float] = []
    for at in (0.0, 100.0, 200.0):
        breaker.failed(at, "rate")
        pauses.append(breaker.ready_at(at) - at)
    assert pauses == [1.0, 2.0, 4.0]
    breaker.good(400.0, waited=0.1)
    breaker.failed(401.0, "rate")
    assert breaker.ready_at(401.0) == 402.0


Step = tuple[str, float, float]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["good", "slow", "outage", "bad_answer", "rate", "policy", "begin", "let_go"]),
        st.floats(0, 50),
        st.one_of(st.none(), st.floats(-5, 1e6)),
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens_a_place_is_asked_again_within_the_longest_pause(
    steps: list[tuple[str, float, float | None]],
) -> None:
    breaker, now = Breaker(RULES), 0.0
    for what, passing, retry_after in steps:
        now += passing
        match what:
            case "good" | "slow":
                breaker.good(now, waited=9.0 if what == "slow" else 0.1)
            case "begin":
                breaker.begin(now)
            case "let_go":
                breaker.let_go()
            case "outage" | "bad_answer" | "rate" | "policy":
                breaker.failed(now, what, retry_after=retry_after)
        ready = breaker.ready_at(now)
        assert now <= ready <= now + max(RULES.longest_open, RULES.longest_cool_down, RULES.trial)
        assert breaker.standing(ready) == "open_to_all"
        assert (breaker.standing(now) == "open_to_all") == (ready == now)


@given(st.lists(st.floats(0, 30), min_size=1, max_size=30))
def test_while_the_circuit_is_broken_no_two_calls_are_under_way(gaps: list[float]) -> None:
    breaker, now, last = broken(), 0.0, None
    for gap in gaps:
        now += gap
        if breaker.standing(now) == "open_to_all":
            assert last is None or now - last >= RULES.trial
            breaker.begin(now)
            last = now
