"""Python's collector of cycles in a process that is a server and nothing else."""

import gc

THRESHOLDS = (10_000, 1, 600)
"""Objects that are new before the young are looked at, then rounds of the young and of the middle before the older.
Everybody waits while the middle are looked at, which are those of all rounds of the young since. Where a crowd of long
runs went, 20 rounds were enough for 50 ms and five for 10 to 36. Two take a third of that, three times as often: each
object is looked at as a young one and as a middle one, however many at once. The older come after as many new objects
as they did with 200 times five.
"""


def wait_with_collecting() -> None:
    """Collect nothing until `spare_what_stays`: what a start makes stays, and looking at it takes its time."""
    gc.disable()


def spare_what_stays() -> None:
    """Have the collector pass over all that the start has left, and look at what is new less often.

    The start leaves some hundred thousand objects that stay until the end, and every run makes many that live as long
    as it does: with a thousand runs at once, looking at both again and again takes a fifth of the time. To be called
    once, by who owns the process: somebody else's would be changed as well.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()
