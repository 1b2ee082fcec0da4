"""The bus of one process: a run is executed by a task in the same event loop."""

import asyncio
import logging

from loomwork.apps.ports import Executor
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope

logger = logging.getLogger(__name__)


AT_ONCE = 1000
"""Runs that go at the same time; further ones wait their turn. A run that waits for a model costs some kilobytes."""


class LocalDispatcher:
    """Fits `Dispatcher`: executes each run in a task of its own, `at_once` of them beside each other, with all the
    steps that they wait for.
    """

    def __init__(self, executor: Executor, *, at_once: int = AT_ONCE) -> None:
        self._executor = executor
        self._places = asyncio.Semaphore(at_once)
        self._tasks: dict[RunId, asyncio.Task[None]] = {}

    async def enqueue(self, scope: Scope, run_id: RunId, *, step: bool = False) -> None:
        executing = self._executor.execute(scope, run_id) if step else self._execute(scope, run_id)
        task = asyncio.create_task(executing, name=f"run {run_id}")
        self._tasks[run_id] = task
        task.add_done_callback(lambda done: self._ended(run_id, done))

    async def cancel(self, scope: Scope, run_id: RunId, *, by: str) -> None:
        task = self._tasks.get(run_id)
        if task is not None and not task.done():
            self._executor.cancel(run_id, by=by)

    async def close(self, *, by: str, patience: float = 10.0) -> None:
        """Stop what is going, and wait up to `patience` seconds until it has been written down."""
        for run_id in self._tasks:
            self._executor.cancel(run_id, by=by)
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()

    async def _execute(self, scope: Scope, run_id: RunId) -> None:
        async with self._places:
            await self._executor.execute(scope, run_id)

    def _ended(self, run_id: RunId, task: asyncio.Task[None]) -> None:
        self._tasks.pop(run_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("run %s could not be written down", run_id, exc_info=error)
