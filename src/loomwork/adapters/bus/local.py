"""The bus of one process: a run is executed by a task in the same event loop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

from loomwork.adapters.bus.fair_places import FairPlaces
from loomwork.apps.ports import Executor, Inbox
from loomwork.engine.commands import Command
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope

logger = logging.getLogger(__name__)


AT_ONCE = 1000
"""Runs that go at the same time; further ones wait their turn. A run that waits for a model costs some kilobytes."""

LEAST = 10
"""Runs of each workspace that wait for no other's, however many go. Those of a crowd may take hours."""


@dataclass(slots=True)
class _Going:
    """A run that is executed, or waits for its place."""

    task: asyncio.Task[None]
    inbox: Inbox
    begun: bool = False
    """Whether it is executed, and may come to rest any moment."""


class LocalDispatcher:
    """Fits `Dispatcher`: executes each run in a task of its own, `at_once` of them beside each other, `each` of one
    workspace at most, with all the steps that they wait for. Workspaces take turns, each as many in a row as `weights`
    say of it; 1 where they say nothing. `least` of each go beyond `at_once` where others have taken all of that.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        at_once: int = AT_ONCE,
        each: int = AT_ONCE,
        least: int = 0,
        weights: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._executor = executor
        self._places = FairPlaces(
            at_once, each, least=least, weigh=lambda workspace_id: weights.get(str(workspace_id), 1)
        )
        self._going: dict[RunId, _Going] = {}
        self._closed = False

    async def enqueue(self, scope: Scope, run_id: RunId, *, step: bool = False) -> None:
        going = self._going.get(run_id)
        if not self._closed and (going is None or going.begun):
            self._begin(scope, run_id, Inbox(), step=step, after=None if going is None else going.task)

    async def send(self, scope: Scope, run_id: RunId, command: Command) -> None:
        going = self._going.get(run_id)
        if self._closed or (going is not None and going.inbox.put(command)):
            return
        # It was let in before: whoever asks something of a run does not wait behind those that have not begun.
        self._begin(scope, run_id, Inbox([command]), step=True, after=None if going is None else going.task)

    async def close(self, *, patience: float = 10.0) -> None:
        """Leave what is going as its journal has it, to be taken up by the next process, and wait up to `patience`
        seconds until all of it has let go.
        """
        self._closed = True
        tasks = [going.task for going in self._going.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=patience)

    def _begin(
        self, scope: Scope, run_id: RunId, inbox: Inbox, *, step: bool, after: asyncio.Task[None] | None = None
    ) -> None:
        """Execute the run, once it has come to rest where it is still executed."""
        executing = self._execute(scope, run_id, inbox, step=step, after=after)
        task = asyncio.create_task(executing, name=f"run {run_id}")
        self._going[run_id] = _Going(task, inbox)
        task.add_done_callback(lambda done: self._ended(run_id, done))

    async def _execute(
        self, scope: Scope, run_id: RunId, inbox: Inbox, *, step: bool, after: asyncio.Task[None] | None
    ) -> None:
        if after is not None:
            await asyncio.wait([after])
        async with self._place(scope, step=step):
            self._going[run_id].begun = True
            await self._executor.execute(scope, run_id, inbox)

    @asynccontextmanager
    async def _place(self, scope: Scope, *, step: bool) -> AsyncIterator[None]:
        if step:
            yield
        else:
            async with self._places.place(scope.workspace_id):
                yield

    def _ended(self, run_id: RunId, task: asyncio.Task[None]) -> None:
        going = self._going.get(run_id)
        if going is not None and going.task is task:
            del self._going[run_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("run %s could not be written down", run_id, exc_info=error)
