"""What the bench makes of its measurements: medians, ratios, tables, and whether the bars are held."""

import io

import pytest
from rich.console import Console

from benchmarks import capacity, durable, engines
from benchmarks.capacity import Bar
from benchmarks.rounds import medians


def _console() -> Console:
    return Console(file=io.StringIO(), width=160)


def _shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_contenders_take_turns_and_the_first_turn_does_not_count() -> None:
    turns: list[str] = []
    figures = {"a": iter([99.0, 1.0, 7.0, 2.0]), "b": iter([99.0, 5.0, 4.0, 6.0])}

    def measure(name: str) -> float:
        turns.append(name)
        return next(figures[name])

    taken = medians({"a": lambda: measure("a"), "b": lambda: measure("b")}, rounds=3)
    assert taken == {"a": 2.0, "b": 5.0}
    assert turns == ["a", "b"] * 4


def test_an_engine_that_can_be_called_in_two_ways_is_taken_at_its_faster_one() -> None:
    by_way = {("loomwork", "run"): 1.0, ("langgraph", "run_sync"): 5.0, ("langgraph", "run_async"): 4.0}
    assert engines.fastest(by_way) == {"loomwork": 1.0, "langgraph": 4.0}


@pytest.mark.parametrize(("graphon", "held"), [(25.0, True), (19.0, False)])
def test_one_shape_below_the_bar_fails_the_whole_table(graphon: float, held: bool) -> None:
    fast = engines.Figures("chain-5", {"loomwork": 1.0, "graphon": 50.0, "langgraph": 9.0})
    doubtful = engines.Figures("chain-50", {"loomwork": 1.0, "graphon": graphon, "langgraph": 9.0})
    assert engines.show([fast, doubtful], _console()) is held


def test_without_peers_our_own_figures_stand_alone_and_the_table_says_so() -> None:
    console = _console()
    assert engines.show([engines.Figures("chain-5", {"loomwork": 0.0007})], console)
    assert "100.0" in _shown(console)
    assert "The peers did not run" in _shown(console)


def test_the_journal_has_to_be_so_many_times_as_fast() -> None:
    fast = durable.Figures("one run", {"loomwork": 10.0, "langgraph": 51.0})
    slow = durable.Figures("many runs", {"loomwork": 10.0, "langgraph": 49.0})
    assert fast.ratio == pytest.approx(5.1)
    assert durable.show([fast], _console())
    assert not durable.show([fast, slow], _console())


def test_the_journal_alone_has_no_ratio_and_misses_nothing() -> None:
    console = _console()
    assert durable.show([durable.Figures("one run", {"loomwork": 10.0})], console)
    assert "The peers did not run" in _shown(console)


@pytest.mark.parametrize(
    ("bar", "held"),
    [
        (Bar("rate", 20_000, "nodes/s", 20_000, at_least=True), True),
        (Bar("rate", 19_999, "nodes/s", 20_000, at_least=True), False),
        (Bar("memory", 40, "KB", 40), True),
        (Bar("memory", 41, "KB", 40), False),
        (Bar("for show", 10**9, "µs"), True),
    ],
)
def test_a_bar_is_held_from_its_own_side(bar: Bar, held: bool) -> None:
    assert bar.held is held
    assert capacity.show([bar], _console()) is held
