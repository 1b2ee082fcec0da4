"""The same with containers in containers: iterations and loops are the real ones, the nodes inside meet their fate."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engine.run.lives import check_history
from tests.unit.engine.run.random_graphs import OUTERMOST, Level, nested_graphs

GRAPHS = st.integers(1, OUTERMOST).flatmap(nested_graphs)
SEEDS = st.integers(0, 2**32)
STOPS = st.none() | st.integers(0, 60)


@settings(max_examples=500, deadline=None)
@given(GRAPHS, SEEDS, STOPS)
def test_every_history_with_rounds_ends_once_and_leaves_nothing_undone(
    level: Level, seed: int, stop_after: int | None
) -> None:
    check_history(level, seed, stop_after)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
@settings(max_examples=1_000, deadline=None)
@given(level=GRAPHS, seed=SEEDS, stop_after=STOPS)
def test_so_does_every_one_of_ten_thousand_with_rounds(
    part: int, level: Level, seed: int, stop_after: int | None
) -> None:
    check_history(level, seed, stop_after)
