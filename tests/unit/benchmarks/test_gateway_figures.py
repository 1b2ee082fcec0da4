"""What the bench of the gateway makes of its latencies, and whether its bars are held."""

import io

from rich.console import Console

from benchmarks.gateway import Added, percentile, problems, show

OURS = Added("loomwork", "streaming", 50, p50=1.0, p99=9.0, megabytes=140.0)
THEIRS = Added("litellm", "streaming", 50, p50=3.5, p99=20.0, megabytes=400.0)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([float(number) for number in range(1, 101)], 99) == 99.0
    assert percentile([5.0], 99) == 5.0


def test_bars_are_held_at_fifty_at_once_beside_the_peer() -> None:
    assert problems(OURS, [OURS, THEIRS]) == []
    slower = Added("loomwork", "streaming", 50, p50=1.9, p99=9.0, megabytes=140.0)
    assert len(problems(slower, [slower, THEIRS])) == 1
    assert problems(slower, [slower]) == []
    large = Added("loomwork", "streaming", 50, p50=3.0, p99=9.0, megabytes=151.0)
    assert len(problems(large, [large])) == 2
    assert problems(Added("loomwork", "streaming", 200, 30.0, 90.0, 140.0), []) == []


def test_a_run_without_the_peer_says_so() -> None:
    console = Console(file=io.StringIO(), width=160)
    assert show([OURS], console)
    assert isinstance(console.file, io.StringIO)
    assert "LiteLLM did not run here" in console.file.getvalue()
