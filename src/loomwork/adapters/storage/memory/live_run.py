"""The events of one run while it goes, for any number of readers at any pace."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from loomwork.adapters.storage.journal_reader import WireEvents
from loomwork.engine.events import RESTING, TERMINAL, Event

MOST_AT_ONCE = 512
"""Events handed to a reader at a time, so that one who comes late does not copy a long run in one go."""


class LiveRun:
    """One list that every reader reads by index: a slow reader costs nothing, and a batch wakes all of them once."""

    __slots__ = ("_changed", "_events", "_first", "ended", "left", "readers", "rests", "settled")

    def __init__(self) -> None:
        self._events: list[dict[str, object]] = []
        self._first = 1
        self._changed: asyncio.Event | None = None
        self.ended = False
        """The terminal event is here."""
        self.settled = False
        """The terminal event is in the journal."""
        self.rests = False
        """The last event says that the run is paused."""
        self.left = False
        """Nobody advances the run for now, so its readers have nothing to wait for."""
        self.readers = 0

    @property
    def first(self) -> int | None:
        """The lowest seq held here; None while there is none."""
        return self._first if self._events else None

    @property
    def held_back(self) -> bool:
        """The writer has committed the terminal event and not shown it yet: readers have to wait for it."""
        return self.settled and not self.ended

    def add(self, events: Sequence[Event]) -> None:
        """Raises `ValueError` where this would leave a gap, or say something twice."""
        if not self._events:
            self._first = events[0].seq
        if events[0].seq != self._first + len(self._events):
            raise ValueError(f"event {events[0].seq} does not follow event {self._first + len(self._events) - 1}")
        self._events.extend(event.wire() for event in events)
        self.ended = events[-1].type in TERMINAL
        self.rests = events[-1].type in RESTING
        self._wake()

    def leave(self) -> None:
        """Let the readers go once they have read what is here."""
        self.left = True
        self._wake()

    async def tail(self, after: int) -> AsyncIterator[WireEvents]:
        """What is here above `after`, then what comes, until the terminal event."""
        while True:
            start = max(after + 1 - self._first, 0)
            batch = self._events[start : start + MOST_AT_ONCE]
            if batch:
                after = self._first + start + len(batch) - 1
                yield batch
            elif self.ended or self.left:
                return
            else:
                await self._change()

    def _wake(self) -> None:
        changed, self._changed = self._changed, None
        if changed is not None:
            changed.set()

    async def _change(self) -> None:
        if self._changed is None:
            self._changed = asyncio.Event()
        await self._changed.wait()
