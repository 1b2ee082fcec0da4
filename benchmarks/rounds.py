"""Contenders take turns, so that what else the machine does meets all of them."""

import statistics
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def medians(contenders: Mapping[Name, Callable[[], float]], *, rounds: int) -> dict[Name, float]:
    """Each one's median over the rounds, after one that does not count."""
    taken: dict[Name, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, measure in contenders.items():
            figure = measure()
            if number > 0:
                taken[name].append(figure)
    return {name: statistics.median(figures) for name, figures in taken.items()}
