"""Python's collector of cycles in a process that is a server and nothing else."""

import asyncio
import gc
from collections.abc import Callable
from typing import Protocol

THRESHOLDS = (10_000, 1, 600)
"""Objects that are new before the young are looked at, then rounds of the young and of the middle before the older.
Everybody waits while the middle are looked at, which are those of all rounds of the young since. Where a crowd of long
runs went, 20 rounds were enough for 50 ms and five for 10 to 36. Two take a third of that, three times as often: each
object is looked at as a young one and as a middle one, however many at once. The older come after as many new objects
as they did with 200 times five.
"""

IN_COMPANY = (100_000, 1, 600)
"""The same while `spare_in_company` sees to the young: Python comes by itself only where that was kept from it."""

LOOKS = 0.01
"""Seconds between two looks whether the young are to be spared."""

MOST_SPARED = 5_000_000
"""Objects that are spared before all are looked at: of those that a crowd makes, one in some hundreds is in a cycle.
Where no good moment is found for twice as many, any will do.
"""

LONGEST = 60.0
"""Seconds for which what was spared is left alone once there is nobody left to spare it for."""


class Line(Protocol):
    """Who uses the process."""

    def is_shared(self) -> bool:
        """Whether somebody may have to wait for what others make."""
        ...

    def is_kept_free(self) -> bool:
        """Whether somebody is here this moment who should not wait for others."""
        ...


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


async def spare_in_company(line: Line, monotonic: Callable[[], float]) -> None:
    """While the process is shared, have the collector pass over what is new; look at all of it when there is company no
    more, or when it is much. Until cancelled. To be called by who owns the process, after `spare_what_stays`.

    What a crowd of long runs makes lives for a while, and looking at it takes one twentieth of the time, 3 to 50 ms at
    a time: that alone would be what one run in twenty of somebody else waits for. To pass over it takes no time, and
    next to nothing of it is in a cycle, which is all that is kept for longer by it.
    """
    spared, since = 0, monotonic()
    try:
        while True:
            await asyncio.sleep(LOOKS)
            shared = line.is_shared()
            gc.set_threshold(*(IN_COMPANY if shared else THRESHOLDS))
            new = gc.get_count()[0]
            if shared:
                since = monotonic()
                if new >= THRESHOLDS[0]:
                    spared += new
                    gc.freeze()
            is_due = spared >= MOST_SPARED or (spared and monotonic() - since >= LONGEST)
            if is_due and (not line.is_kept_free() or spared >= 2 * MOST_SPARED):
                _look_at_all()
                spared = 0
    finally:
        gc.set_threshold(*THRESHOLDS)


def _look_at_all() -> None:
    """What the start has left as well, since nobody can tell it from what was spared later."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
