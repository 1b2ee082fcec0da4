"""What was read of a store, remembered for a moment, so that a call need not ask the database for it.

Whoever writes does so through the object that remembers, which then forgets; what another process writes counts a
moment later.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from loomwork.kernel.clock import Clock

MOST = 1024
"""Values remembered."""

V = TypeVar("V")


class Remembering(Generic[V]):
    """Values by key, each for so many seconds. Those who ask at the same time share one read. A read that a write has
    overtaken is not remembered, and "there is none" (None) never is.

    What is asked for all the time is read anew in good time: whoever asks in the second half of its time begins the
    next read, and does not wait for it.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._kept: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()
        self._reads: dict[Hashable, asyncio.Task[V]] = {}
        self._writes = 0

    async def get(self, key: Hashable, read: Callable[[], Awaitable[V]]) -> V:
        """What is remembered, else what is read."""
        kept, now = self._kept.get(key), self._clock.monotonic()
        if kept is None or now >= kept[0]:
            # Whoever gives up leaves it to the others.
            return await asyncio.shield(self._reading(key, read))
        if now >= kept[0] - self._seconds / 2:
            self._reading(key, read)
        return kept[1]

    def known(self, key: Hashable) -> V | None:
        """What is remembered; None where it would have to be read."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and self._clock.monotonic() < kept[0] else None

    def fresh(self, key: Hashable) -> V | None:
        """What was read a short while ago; None where it is time to `get` it."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and self._clock.monotonic() < kept[0] - self._seconds / 2 else None

    async def written(self, writing: Awaitable[None]) -> None:
        """Forget before and after: between the two, somebody may have read what was there before."""
        self.forget()
        try:
            await writing
        finally:
            self.forget()

    def _reading(self, key: Hashable, read: Callable[[], Awaitable[V]]) -> "asyncio.Task[V]":
        reading = self._reads.get(key)
        if reading is None or reading.get_loop() is not asyncio.get_running_loop():
            reading = self._reads[key] = asyncio.create_task(self._read(key, read))
            reading.add_done_callback(lambda done: self._ended(key, done))
        return reading

    async def _read(self, key: Hashable, read: Callable[[], Awaitable[V]]) -> V:
        writes = self._writes
        value = await read()
        if writes == self._writes and value is not None:
            self._kept[key] = self._clock.monotonic() + self._seconds, value
            self._kept.move_to_end(key)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return value

    def _ended(self, key: Hashable, reading: "asyncio.Task[V]") -> None:
        if self._reads.get(key) is reading:
            del self._reads[key]
        if not reading.cancelled():
            # Where all have given up, nobody else looks at what went wrong.
            reading.exception()

    def forget(self) -> None:
        """What was read before this is asked for anew, also by whom is reading it now."""
        self._writes += 1
        self._kept.clear()
        # What they bring may be what was there before: whoever comes now asks anew.
        self._reads.clear()
