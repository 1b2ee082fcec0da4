"""What the bench makes of the runs of two workspaces."""

import io

import pytest
from rich.console import Console

from benchmarks import fairness


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_go_beyond() -> None:
    values = [float(each) for each in range(100, 0, -1)]
    assert fairness.percentile(values, 95) == 95.0
    assert fairness.percentile([3.0], 95) == 3.0
    assert fairness.percentile([1.0, 2.0], 50) == 1.0


@pytest.mark.parametrize(("beside", "held"), [(0.11, True), (0.13, False)])
def test_a_noisy_workspace_may_raise_anothers_by_a_fifth(beside: float, held: bool) -> None:
    bars = fairness.bars_of([0.1] * 20, [beside] * 20)
    file = io.StringIO()
    assert fairness.show(bars, Console(file=file, width=120)) is held
    assert "one by the other" in file.getvalue()
