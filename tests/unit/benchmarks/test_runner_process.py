"""A runner is a process of its own; what it comes to is looked at, not only how long it took."""

import pytest

from benchmarks.runner_process import runners


def test_a_runner_is_refused_when_its_result_is_not_the_expected_one() -> None:
    with runners() as started:
        ours = started["loomwork"]
        assert ours.seconds("run", "hello", name="chain-3", repeats=1) > 0
        with pytest.raises(RuntimeError, match="another result"):
            ours.seconds("run", "something else", name="chain-3", repeats=1)


def test_a_runner_that_breaks_off_is_told_of() -> None:
    with runners() as started, pytest.raises(RuntimeError, match="broke off"):
        started["loomwork"].ask("no such thing")
