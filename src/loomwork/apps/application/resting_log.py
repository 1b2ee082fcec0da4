"""Shows a run's events, but holds the last of them back until the run's row says the same."""

from collections.abc import Sequence

from loomwork.engine.events import RESTING, Event
from loomwork.engine.ports import EventLog
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


class RestingLog:
    """An event sink that keeps the batch back with which a run ends or rests, so that whoever has seen it reads a row
    that says so.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._held: Sequence[Event] = ()
        self.last_seq = 0
        """Of what was published, held back or not."""

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        await self.release(scope, run_id)
        self.last_seq = events[-1].seq
        if events[-1].type in RESTING:
            self._held = events
        else:
            await self._log.publish(scope, run_id, events)

    async def release(self, scope: Scope, run_id: RunId) -> None:
        """Show what was held back."""
        held, self._held = self._held, ()
        if held:
            await self._log.publish(scope, run_id, held)
