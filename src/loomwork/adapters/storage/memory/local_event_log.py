"""The event log of a server that is one process: live runs from memory, all others from the journal."""

from collections.abc import AsyncIterator, Sequence

from loomwork.adapters.storage.journal_reader import JournalReader, WireEvents
from loomwork.adapters.storage.memory.live_run import LiveRun
from loomwork.engine.events import TERMINAL, Event
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope

_Key = tuple[str, str]


class LocalEventLog:
    """Fits `engine.ports.EventLog`. A run is let go of once its terminal event is both published and committed.

    Of runs that end without a commit (durability off) the newest `keep` stay readable. A paused run is kept while
    somebody follows it.
    """

    def __init__(self, journal: JournalReader, *, keep: int = 256) -> None:
        self._journal = journal
        self._keep = keep
        self._runs: dict[_Key, LiveRun] = {}
        self._uncommitted: dict[_Key, None] = {}
        self._closed = False
        journal.on_end(self._committed)

    @property
    def held(self) -> int:
        """How many runs are in memory now."""
        return len(self._runs)

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        if not events:
            return
        key = (scope.workspace_id, run_id)
        run = self._runs.setdefault(key, LiveRun())
        run.add(events)
        if run.ended:
            self._uncommitted[key] = None
            self._let_go(key, run)
        elif run.rests and run.readers == 0:
            del self._runs[key]

    async def break_off(self, scope: Scope, run_id: RunId) -> None:
        key = (scope.workspace_id, run_id)
        run = self._runs.get(key)
        if run is not None and not run.ended:
            del self._runs[key]
            run.leave()

    def close(self) -> None:
        """Let everybody go who follows a run, and whoever comes from now on once he has read what is stored: nothing
        comes any more.
        """
        self._closed = True
        for run in self._runs.values():
            run.leave()

    async def follow(self, scope: Scope, run_id: RunId, *, after: int = 0) -> AsyncIterator[WireEvents]:
        key = (scope.workspace_id, run_id)
        # Before the journal is asked, so that nothing published meanwhile is missed.
        run = self._runs.setdefault(key, LiveRun())
        run.left = run.left or self._closed
        run.readers += 1
        try:
            if run.first is None or run.first > after + 1:
                state = await self._journal.state(scope, run_id)
                async for batch in self._journal.events(scope, run_id, after=after):
                    shown = _without_end(batch) if run.held_back else batch
                    if shown:
                        after = int(shown[-1]["seq"])
                        yield shown
                    if shown and shown[-1]["type"] in TERMINAL:
                        return
                if state == "ended" and run.first is None and not run.held_back:
                    return
            async for batch in run.tail(after):
                yield batch
        finally:
            self._leave(key, run)

    def _committed(self, scope: Scope, run_id: RunId) -> None:
        key = (scope.workspace_id, run_id)
        run = self._runs.setdefault(key, LiveRun())
        run.settled = True
        self._let_go(key, run)

    def _let_go(self, key: _Key, run: LiveRun) -> None:
        if run.ended and run.settled:
            self._runs.pop(key, None)
            self._uncommitted.pop(key, None)
        while len(self._uncommitted) > self._keep:
            oldest = next(iter(self._uncommitted))
            del self._uncommitted[oldest]
            self._runs.pop(oldest, None)

    def _leave(self, key: _Key, run: LiveRun) -> None:
        run.readers -= 1
        unused = run.rests or (run.first is None and not run.settled)
        if run.readers == 0 and unused and self._runs.get(key) is run:
            del self._runs[key]


def _without_end(batch: WireEvents) -> WireEvents:
    return batch[:-1] if batch[-1]["type"] in TERMINAL else batch
