"""Shows the events of runs, and has the runs of all workspaces go on in turns."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from loomwork.adapters.fairness.turnstile import Turnstile
from loomwork.engine.events import RESTING, Event
from loomwork.engine.ports import EventLog
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


class FairLog:
    """Fits `engine.ports.EventLog`. A run shows events before each wait, and every so many steps where it does not
    wait: there it goes on when its turn has come, so that one event loop does not do the steps of a crowd in one go.
    """

    def __init__(self, log: EventLog, turns: Turnstile) -> None:
        self._log = log
        self._turns = turns

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        if events and events[-1].type not in RESTING:
            await self._turns.turn(scope.workspace_id)
        # Within the turn, as is all that the run does next: of a crowd that was committed together, one at a time.
        await self._log.publish(scope, run_id, events)

    def follow(self, scope: Scope, run_id: RunId, *, after: int = 0) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        return self._log.follow(scope, run_id, after=after)

    async def break_off(self, scope: Scope, run_id: RunId) -> None:
        await self._log.break_off(scope, run_id)
