"""The conversation between the bench and a runner: a shape's name in, the seconds of one run out."""

import sys
from collections.abc import Callable


def serve(time_one: Callable[[str], float]) -> None:
    """Answer until the input ends."""
    print("ready", flush=True)
    for line in sys.stdin:
        print(repr(time_one(line.strip())), flush=True)
