"""Have paused runs go on whose time to wait is over."""

import asyncio
import logging

from loomwork.apps.ports import Dispatcher, RunStore
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope

logger = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
"""How often is looked. A question that goes unanswered is over at most so much later than it says."""


async def wake_runs(
    runs: RunStore,
    dispatcher: Dispatcher,
    clock: Clock,
    *,
    left: list[tuple[Scope, RunId]],
    every: float = EVERY_SECONDS,
) -> None:
    """Look for such runs for ever, and for those that were left because they could not be stored; cancel this to end
    it.
    """
    while True:
        while left:
            await dispatcher.enqueue(*left.pop(), step=True)
        try:
            for scope, run in await runs.waking(before=clock.now()):
                await dispatcher.enqueue(scope, run.id, step=run.parent_id is not None)
        except LoomworkError as problem:
            logger.warning("paused runs were not looked at: %s", problem.message)
        await asyncio.sleep(every)


async def take_up_abandoned(runs: RunStore, dispatcher: Dispatcher, clock: Clock, *, every: float) -> None:
    """Look for ever for runs that another process left, by dying or by stopping, and have them go on here; cancel this
    to end it. `every` is how long a lease runs, in seconds.
    """
    while True:
        await asyncio.sleep(every)
        try:
            for scope, run in await runs.abandoned(now=clock.now(), seconds=every):
                await dispatcher.enqueue(scope, run.id, step=run.parent_id is not None)
        except LoomworkError as problem:
            logger.warning("runs of other processes were not looked at: %s", problem.message)


async def take_up_runs(runs: RunStore, dispatcher: Dispatcher) -> None:
    """Have every run go on that a process left behind when it ended."""
    for scope, run in await runs.unfinished():
        await dispatcher.enqueue(scope, run.id, step=run.parent_id is not None)
