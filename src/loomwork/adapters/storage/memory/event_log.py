"""An event log for runs without a server: everything is in memory, for as long as the log is."""

from collections.abc import AsyncIterator, Sequence

from loomwork.adapters.storage.journal_reader import WireEvents
from loomwork.adapters.storage.memory.live_run import LiveRun
from loomwork.engine.events import Event
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


class MemoryEventLog:
    """Fits `engine.ports.EventLog`. A run is known from its first event on, or from `open`."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], LiveRun] = {}

    def open(self, scope: Scope, run_id: RunId) -> None:
        """Let readers follow a run that has not said anything yet."""
        self._runs.setdefault((scope.workspace_id, run_id), LiveRun())

    def forget(self, scope: Scope, run_id: RunId) -> None:
        """Let go of a run. Who follows it already still reads to its end."""
        self._runs.pop((scope.workspace_id, run_id), None)

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        if events:
            self._runs.setdefault((scope.workspace_id, run_id), LiveRun()).add(events)

    async def break_off(self, scope: Scope, run_id: RunId) -> None:
        run = self._runs.get((scope.workspace_id, run_id))
        if run is not None:
            run.leave()

    async def follow(self, scope: Scope, run_id: RunId, *, after: int = 0) -> AsyncIterator[WireEvents]:
        run = self._runs.get((scope.workspace_id, run_id))
        if run is None:
            raise NotFound(f"There is no run with the id {run_id[:80]!r} in this workspace.", id=run_id[:80])
        async for batch in run.tail(after):
            yield batch
