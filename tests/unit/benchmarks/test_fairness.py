"""What the bench makes of the runs of two workspaces."""

import io
import json

import pytest
from rich.console import Console

from benchmarks import fairness
from benchmarks.runners.app_files import model_app_file
from benchmarks.runners.neighbours import Case


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_go_beyond() -> None:
    values = [float(each) for each in range(100, 0, -1)]
    assert fairness.percentile(values, 95) == 95.0
    assert fairness.percentile([3.0], 95) == 3.0
    assert fairness.percentile([1.0, 2.0], 50) == 1.0


@pytest.mark.parametrize(("beside", "held"), [(0.11, True), (0.13, False)])
def test_a_noisy_workspace_may_raise_anothers_by_a_fifth(beside: float, held: bool) -> None:
    bars = fairness.bars_of(Case("chain-50", 20, "chain-50", 200, [[0.1] * 20] * 3, [[beside] * 20] * 3))
    file = io.StringIO()
    assert fairness.show(bars, Console(file=file, width=120)) is held
    assert "one by the other" in file.getvalue()


def test_a_round_in_which_the_machine_did_something_else_does_not_count() -> None:
    bars = fairness.bars_of(Case("model", 1, "model", 200, [[0.1], [0.1], [0.9]], [[0.1], [0.9], [0.1]]))
    assert [bar.value for bar in bars] == pytest.approx([100.0, 100.0, 1.0])


def test_the_app_that_asks_a_model_can_be_read_and_names_it() -> None:
    nodes = json.loads(model_app_file())["workflow"]["graph"]["nodes"]
    assert [node["data"]["type"] for node in nodes] == ["start", "llm", "end"]
    assert nodes[1]["data"]["model"]["name"] == "fixed"
