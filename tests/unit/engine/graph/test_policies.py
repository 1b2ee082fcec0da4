"""What a node's data says of its time and its failures, and what is said of values that cannot be meant."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from loomwork.engine.graph.policies import RetryPolicy, Timeouts, read_policies

Make = Callable[..., Any]

RETRIES = {"retry_enabled": True, "max_retries": 4, "retry_interval": 500}


def read(config: Any) -> tuple[Any, list[tuple[str, str]]]:
    reported: list[tuple[str, str]] = []
    policies = read_policies(config, lambda code, message, field: reported.append((code, field)))
    return policies, reported


def test_a_node_that_says_nothing_has_no_policies() -> None:
    policies, reported = read({"title": "T"})
    assert (policies.retry, policies.timeouts, policies.strategy, reported) == (None, None, None, [])


def test_the_keys_of_app_files_and_ours_make_one_retry_policy() -> None:
    own = {"retry": {"backoff": 2, "jitter": 0.25, "max_interval": 3}}
    policies, reported = read({"retry_config": RETRIES, "x-loomwork": own})
    assert policies.retry == RetryPolicy(4, 0.5, backoff=2.0, longest=3.0, jitter=0.25)
    assert reported == []


def test_pauses_grow_up_to_the_longest() -> None:
    policy = RetryPolicy(5, 0.5, backoff=2.0, longest=3.0)
    assert [policy.delay(attempt) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_values_out_of_range_are_brought_inside_it() -> None:
    far = {"retry_enabled": True, "max_retries": 10**400, "retry_interval": 10**400}
    own = {"timeout": 10**400, "retry": {"backoff": 0, "jitter": 7, "max_interval": 10**9}}
    policies, reported = read({"retry_config": far, "x-loomwork": own})
    assert policies.retry == RetryPolicy(10, 60.0, backoff=1.0, longest=3600.0, jitter=1.0)
    assert policies.timeouts == Timeouts(7 * 24 * 3600.0, None)
    assert reported == []


@pytest.mark.parametrize(
    "value", [-1, -0.5, "", "-5", "²", "9" * 5000, "soon", math.nan, math.inf, -math.inf, True, [5], {"s": 5}]
)
def test_a_timeout_that_cannot_be_meant_is_reported_and_counts_as_none(value: Any) -> None:
    policies, reported = read({"x-loomwork": {"timeout": value, "idle_timeout": 2}})
    assert policies.timeouts == Timeouts(None, 2.0)
    assert reported == [("invalid_policy", "x-loomwork.timeout")]


def test_numbers_may_be_written_as_text_as_some_app_files_do() -> None:
    written = {"retry_enabled": True, "max_retries": "2", "retry_interval": "100"}
    policies, reported = read({"retry_config": written, "x-loomwork": {"timeout": "5"}})
    assert (policies.retry, policies.timeouts, reported) == (RetryPolicy(2, 0.1), Timeouts(5.0), [])


def test_how_to_retry_is_said_to_do_nothing_where_nothing_is_retried() -> None:
    assert read({"x-loomwork": {"retry": {"backoff": 2}}})[1] == [("retry_not_enabled", "retry_config")]
    assert read({"x-loomwork": {"retry": {"when": {}}}})[1] == []


@pytest.mark.parametrize("value", [0, 0.0, None])
def test_a_timeout_of_nothing_is_none(value: Any) -> None:
    assert read({"x-loomwork": {"timeout": value}}) == (read_policies({}), [])


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"x-loomwork": "fast"}, "x-loomwork"),
        ({"x-loomwork": {"retry": 3}, "retry_config": RETRIES}, "x-loomwork.retry"),
        ({"x-loomwork": {"retry": {"jitter": math.nan}}, "retry_config": RETRIES}, "x-loomwork.retry.jitter"),
        ({"retry_config": {**RETRIES, "max_retries": "many"}}, "retry_config.max_retries"),
        ({"retry_config": {**RETRIES, "retry_interval": -5}}, "retry_config.retry_interval"),
    ],
)
def test_whatever_else_cannot_be_meant_is_reported_once_and_left_out(config: Any, field: str) -> None:
    assert read(config)[1] == [("invalid_policy", field)]


def test_what_is_reported_names_the_node_as_a_warning(graph: Make, node: Make, root: Any) -> None:
    async def waits(context: Any) -> Any:
        raise AssertionError

    compiled = graph({"s": root, "a": node(awaits=waits)}, "s>a", {"a": {"x-loomwork": {"timeout": -1}}}).compiled()
    [problem] = compiled.problems
    assert (problem.level, problem.code, problem.node_id, problem.place) == (
        "warning",
        "invalid_policy",
        "a",
        "x-loomwork.timeout",
    )
    assert compiled.plan is not None


def test_a_timeout_of_a_node_that_does_not_wait_is_said_to_do_nothing(graph: Make, node: Make, root: Any) -> None:
    compiled = graph({"s": root, "a": node()}, "s>a", {"a": {"x-loomwork": {"timeout": 5}}}).compiled()
    assert [(problem.level, problem.code) for problem in compiled.problems] == [("warning", "timeout_without_effect")]
