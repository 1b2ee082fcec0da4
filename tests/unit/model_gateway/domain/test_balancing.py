"""In which order the ways to an answer are tried."""

import random

from hypothesis import given
from hypothesis import strategies as st

from loomwork.model_gateway.domain.balancing import PASSING, Pauses, Way, choose, in_order, pause_before
from loomwork.model_gateway.domain.errors import Cause

CAUSES: list[Cause] = [
    "rate",
    "outage",
    "timeout",
    "bad_answer",
    "context_too_long",
    "policy",
    "credentials",
    "not_configured",
    "bad_request",
    "not_found",
]
WAYS = st.lists(
    st.builds(
        Way,
        model=st.sampled_from(["a", "b"]),
        key=st.sampled_from(["1", "2"]),
        ready_at=st.one_of(st.none(), st.floats(0, 20)),
    ),
    max_size=5,
)


def test_each_comes_first_as_often_as_its_weight_says() -> None:
    chance = random.Random(7).random
    firsts = [in_order([("a", 3.0), ("b", 1.0), ("c", 0.0)], chance)[0] for _ in range(4000)]
    assert 2850 < firsts.count("a") < 3150
    assert firsts.count("c") == 0


@given(st.lists(st.floats(0, 1e9), max_size=8), st.randoms(use_true_random=False))
def test_nobody_is_lost_and_the_weightless_come_last(weights: list[float], chance: random.Random) -> None:
    order = in_order(list(enumerate(weights)), chance.random)
    assert sorted(order) == list(range(len(weights)))
    weighed = [weights[place] > 0 for place in order]
    assert weighed == sorted(weighed, reverse=True)


def test_the_untried_come_before_the_tried_and_the_ready_before_those_that_rest() -> None:
    tried, resting, fresh = Way("a", "1", tries=1, cause="rate"), Way("b", "1", ready_at=5.0), Way("c", "1")
    assert choose([tried, resting, fresh], 0.0, retries=1, patience=10) == 2
    assert choose([tried, resting], 0.0, retries=1, patience=10) == 0
    assert choose([resting], 0.0, retries=1, patience=10) == 0
    assert choose([resting], 0.0, retries=1, patience=4) is None


def test_a_refusal_of_the_request_passes_over_the_other_keys_of_the_model() -> None:
    ways = [Way("a", "1", tries=1, cause="context_too_long"), Way("a", "2"), Way("b", "1")]
    assert choose(ways, 0.0, retries=3, patience=10) == 2


def test_a_key_that_is_not_accepted_passes_over_its_other_models() -> None:
    ways = [Way("a", "1", tries=1, cause="credentials"), Way("b", "1"), Way("a", "2")]
    assert choose(ways, 0.0, retries=3, patience=10) == 2


def test_a_request_that_nobody_would_have_is_given_to_nobody_else() -> None:
    assert choose([Way("a", "1", tries=1, cause="bad_request"), Way("b", "2")], 0.0, retries=3, patience=10) is None


def test_one_that_was_too_slow_is_not_waited_for_again_but_another_key_is() -> None:
    ways = [Way("a", "1", tries=1, cause="timeout"), Way("a", "2")]
    assert choose(ways, 0.0, retries=3, patience=10) == 1
    assert choose(ways[:1], 0.0, retries=3, patience=10) is None


@given(WAYS, st.integers(0, 3), st.lists(st.sampled_from(CAUSES), min_size=40, max_size=40))
def test_every_call_ends_and_nobody_is_asked_more_than_is_allowed(
    ways: list[Way], retries: int, causes: list[Cause]
) -> None:
    now = 0.0
    for cause in causes:
        place = choose(ways, now, retries=retries, patience=20)
        if place is None:
            break
        way = ways[place]
        assert way.ready_at is not None
        assert way.cause is None or way.cause in PASSING
        now = max(now, way.ready_at)
        way.tries, way.cause = way.tries + 1, cause
    assert choose(ways, now, retries=retries, patience=20) is None or not ways
    assert all(way.tries <= retries + 1 for way in ways)


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_pauses_grow_to_their_longest_and_chance_takes_at_most_half(tries: int, drawn: float) -> None:
    pause = pause_before(tries, None, Pauses(first=0.5, longest=8.0), lambda: drawn)
    whole = min(0.5 * 2.0 ** min(tries - 1, 30), 8.0)
    assert whole / 2 <= pause <= whole


def test_what_the_provider_asks_for_is_never_cut_short() -> None:
    assert pause_before(1, 90.0, Pauses(), lambda: 0.0) == 90.0
    assert pause_before(1, -3.0, Pauses(), lambda: 0.0) == 0.0
