"""The conversation between the bench and a runner: a shape's name in, the seconds of one run out."""

import sys
from collections.abc import Callable

REPEATS = 10
"""Runs behind one figure, so that waking the process up does not count as the engine's time."""


def serve(time_one: Callable[[str], float]) -> None:
    """Answer until the input ends."""
    print("ready", flush=True)
    for line in sys.stdin:
        print(repr(time_one(line.strip())), flush=True)
