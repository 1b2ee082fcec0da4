"""A journal for runs that need one but keep no database."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Literal

from loomwork.adapters.storage.journal_reader import WireEvents
from loomwork.adapters.storage.memory.leases import MemoryLeases
from loomwork.engine.events import TERMINAL, Event
from loomwork.engine.ports import Batch, LeaseLost, Record
from loomwork.kernel.errors import Conflict, NotFound
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


class MemoryJournal:
    """Fits `engine.ports.Journal`. A run is known from its first batch on, or from `open`; without `leases`, none
    has a lease.
    """

    def __init__(self, leases: MemoryLeases | None = None) -> None:
        self._leases = leases
        self._batches: dict[tuple[str, str], list[Batch]] = {}
        self._listeners: list[Callable[[Scope, RunId], None]] = []

    def open(self, scope: Scope, run_id: RunId) -> None:
        """Let readers ask for a run that has committed nothing yet."""
        self._batches.setdefault((scope.workspace_id, run_id), [])

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        """Raises `LeaseLost`, `Conflict` for an event that is committed already, and `ValueError` for a batch without
        an event.
        """
        if not batch.events:
            raise ValueError("a batch without an event has no place in the sequence")
        if batch.epoch != (self._leases.epoch(scope, run_id) if self._leases else None):
            raise LeaseLost("Another process advances this run now.", id=run_id)
        batches = self._batches.setdefault((scope.workspace_id, run_id), [])
        if batch.events[0].seq <= _last_seq(batches):
            raise Conflict("This part of the run is in the journal already.", id=run_id)
        batches.append(Batch(tuple(batch.records), tuple(batch.events), batch.epoch))
        if _ends(batch.events):
            for listener in self._listeners:
                listener(scope, run_id)

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        batches = self._batches.get((scope.workspace_id, run_id), [])
        return [record for batch in batches for record in batch.records]

    async def state(self, scope: Scope, run_id: RunId) -> Literal["open", "ended"]:
        return "ended" if any(_ends(batch.events) for batch in self._of(scope, run_id)) else "open"

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        return _last_seq(self._batches.get((scope.workspace_id, run_id), []))

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        batches = self._batches.get((scope.workspace_id, run_id), [])
        return next((batch.events[-1].wire() for batch in batches if _ends(batch.events)), None)

    async def events(self, scope: Scope, run_id: RunId, *, after: int = 0) -> AsyncIterator[WireEvents]:
        for batch in self._of(scope, run_id):
            events = [event.wire() for event in batch.events if event.seq > after]
            if events:
                yield events

    def on_end(self, listener: Callable[[Scope, RunId], None]) -> None:
        self._listeners.append(listener)

    def _of(self, scope: Scope, run_id: RunId) -> Sequence[Batch]:
        try:
            return tuple(self._batches[scope.workspace_id, run_id])
        except KeyError:
            raise NotFound(f"There is no run with the id {run_id[:80]!r} in this workspace.", id=run_id[:80]) from None


def _last_seq(batches: Sequence[Batch]) -> int:
    return batches[-1].events[-1].seq if batches else 0


def _ends(events: Sequence[Event]) -> bool:
    return events[-1].type in TERMINAL
