"""What was read of a store, remembered for a moment, so that a call need not ask the database for it.

Whoever writes does so through the object that remembers, which then forgets; what another process writes counts a
moment later.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from loomwork.kernel.clock import Clock

MOST = 1024
"""Values remembered."""

V = TypeVar("V")


class Remembering(Generic[V]):
    """Values by key, each for so many seconds. A read that a write has overtaken is not remembered, and "there is
    none" (None) never is.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._kept: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()
        self._writes = 0

    async def get(self, key: Hashable, read: Callable[[], Awaitable[V]]) -> V:
        """What is remembered, else what is read."""
        kept = self._kept.get(key)
        if kept is not None and self._clock.monotonic() < kept[0]:
            return kept[1]
        writes = self._writes
        value = await read()
        if writes == self._writes and value is not None:
            self._kept[key] = self._clock.monotonic() + self._seconds, value
            self._kept.move_to_end(key)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return value

    async def written(self, writing: Awaitable[None]) -> None:
        """Forget before and after: between the two, somebody may have read what was there before."""
        self._forget()
        try:
            await writing
        finally:
            self._forget()

    def _forget(self) -> None:
        self._writes += 1
        self._kept.clear()
