"""Who is asked instead, and what is told in the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomwork.model_gateway.domain.errors import Cause, ModelFailure, ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.fallbacks import next_fallback, telling

OF_ROUTE = {"context_too_long": ["a/long"], "any": ["a/other", "b/other"]}


@pytest.mark.parametrize(
    ("cause", "asked", "expected"),
    [
        ("context_too_long", [], "a/long"),
        ("context_too_long", ["a/long"], "c/own"),
        ("outage", [], "a/other"),
        ("policy", ["a/other"], "b/other"),
        ("rate", ["a/other", "b/other"], "c/own"),
        ("rate", ["a/other", "b/other", "c/own"], None),
        ("bad_request", [], None),
    ],
)
def test_the_cause_says_who_is_asked_and_the_requests_own_come_last(
    cause: Cause, asked: list[str], expected: str | None
) -> None:
    assert next_fallback(cause, OF_ROUTE, ["c/own"], asked) == expected


def test_a_request_that_no_model_would_have_goes_on_where_the_route_says_so() -> None:
    assert next_fallback("bad_request", {"bad_request": ["a/lenient"]}, ["c/own"], []) == "a/lenient"


NAMES = st.lists(st.sampled_from("abcdef"), max_size=4)


@given(
    st.dictionaries(st.sampled_from(["rate", "outage", "any"]), NAMES),
    NAMES,
    st.lists(st.sampled_from(["rate", "outage", "policy"]), min_size=20, max_size=20),
)
def test_nobody_is_named_twice_and_the_names_come_to_an_end(
    of_route: dict[str, list[str]], of_request: list[str], causes: list[str]
) -> None:
    asked: list[str] = []
    for cause in causes:
        name = next_fallback(cause, of_route, of_request, asked)
        if name is not None:
            assert name not in asked
            asked.append(name)
    assert len(asked) <= 6


def test_what_may_pass_is_told_before_what_will_not() -> None:
    refused = ModelRefused("no", cause="policy")
    unset = ModelUnavailable("set a key", cause="not_configured")
    down = ModelUnavailable("down", cause="outage")
    slow = ModelUnavailable("slow", cause="timeout")
    cases: list[tuple[list[ModelFailure], ModelFailure]] = [
        ([refused, unset, down, slow], down),
        ([unset, refused], refused),
        ([unset], unset),
    ]
    for failures, told in cases:
        assert telling(failures) is told
