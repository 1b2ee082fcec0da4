"""Python's collector of cycles in a process that is a server and nothing else."""

import gc

THRESHOLDS = (10_000, 5, 200)
"""Objects that are new before the young are looked at, then rounds of the young and of the middle before the older.
Everybody waits while the middle are looked at. After 20 rounds of the young, those were enough to take 50 ms where a
crowd of long runs went; four looks at a quarter of them take as long together.
"""


def spare_what_stays() -> None:
    """Have the collector pass over all that the start has left, and look at what is new less often.

    The start leaves some hundred thousand objects that stay until the end, and every run makes many that live as long
    as it does: with a thousand runs at once, looking at both again and again takes a fifth of the time. To be called
    once, by who owns the process: somebody else's would be changed as well.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
