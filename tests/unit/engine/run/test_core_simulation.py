"""The decision core under random graphs, outcomes and interleavings, pauses, questions, and crashes at any moment.

What holds in each history stands in `invariants`. A failing example names its graph and its seed.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engine.run.lives import check_history
from tests.unit.engine.run.random_graphs import Level, flat_graphs

SEEDS = st.integers(0, 2**32)
STOPS = st.none() | st.integers(0, 40)


@settings(max_examples=500, deadline=None)
@given(flat_graphs(), SEEDS, STOPS)
def test_every_history_ends_once_and_runs_no_finished_node_again(
    level: Level, seed: int, stop_after: int | None
) -> None:
    check_history(level, seed, stop_after)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(5))
@settings(max_examples=2_000, deadline=None)
@given(level=flat_graphs(), seed=SEEDS, stop_after=STOPS)
def test_so_does_every_one_of_ten_thousand(part: int, level: Level, seed: int, stop_after: int | None) -> None:
    check_history(level, seed, stop_after)
