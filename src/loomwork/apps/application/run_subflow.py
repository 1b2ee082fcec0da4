"""Run another app of the workspace as a step of a run: as a run of its own, which the step starts or joins."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.apps.api import RunRequest
from loomwork.apps.application.start_run import RunStart
from loomwork.apps.domain import Run
from loomwork.engine.commands import Cancel
from loomwork.engine.events import TERMINAL, is_taken_back
from loomwork.engine.ports import EventLog
from loomwork.kernel.errors import Conflict, NotFound
from loomwork.kernel.ids import AppId, RunId, derived_id
from loomwork.kernel.scope import Scope
from loomwork.nodes import SubflowRefused, SubflowRequest, SubflowResult

SOURCE = "workflow"
"""The face that asked for such a run."""

MOST_LEVELS = 10
"""Runs that are steps of one another. An app may well be a step of itself, but not without end."""

WHO_CANCELS = "the run that it was a step of"


def binding_of(name: str) -> str:
    """The reference under which an app's bindings say which app a name in its document stands for."""
    return f"app:{name}"


@dataclass(frozen=True, slots=True)
class SubflowRunner:
    """Fits `nodes.ports.Subflows`. A step's run has an id that follows from its parent's, its key and its attempt, so
    that a step which is taken up again after a crash finds the run that it had started.
    """

    start: RunStart
    log: EventLog

    async def run(self, scope: Scope, request: SubflowRequest, tell: Callable[[str], None]) -> SubflowResult:
        """See `Subflows.run`."""
        return await self._waited(scope, self._begun(scope, request), tell)

    async def run_alone(
        self, scope: Scope, asked: RunRequest, run_id: RunId, tell: Callable[[str], None]
    ) -> SubflowResult:
        """The same for a run that is a step of no other, and is found again by its id."""
        return await self._waited(scope, self._begun_alone(scope, asked, run_id), tell)

    async def _waited(
        self, scope: Scope, begun: Coroutine[Any, Any, Run], tell: Callable[[str], None]
    ) -> SubflowResult:
        # Not broken off halfway: a run that was written down and never dispatched would wait for ever.
        beginning = asyncio.ensure_future(begun)
        try:
            run = await asyncio.shield(beginning)
            await self._follow(scope, run, tell)
        except asyncio.CancelledError:
            await self._cancel(scope, beginning)
            raise
        return await self._result(scope, run.id)

    async def _begun_alone(self, scope: Scope, asked: RunRequest, run_id: RunId) -> Run:
        try:
            return await self.start(scope, asked, run_id=run_id)
        except Conflict:
            return await self.start.runs.get(scope, run_id)

    async def _begun(self, scope: Scope, request: SubflowRequest) -> Run:
        run_id = RunId(derived_id(request.parent, f"{request.key}/{request.attempt}"))
        try:
            return await self.start.runs.get(scope, run_id)
        except NotFound:
            return await self._started(scope, run_id, request)

    async def _started(self, scope: Scope, run_id: RunId, request: SubflowRequest) -> Run:
        parent = await self.start.runs.get(scope, request.parent)
        await self._check_level(scope, parent)
        asked = RunRequest(
            app_id=await self._app_of(scope, parent, request.app),
            inputs=request.inputs,
            query=request.query,
            published=True,
            version=request.version,
            source=SOURCE,
            end_user=parent.end_user,
        )
        try:
            return await self.start(scope, asked, run_id=run_id, parent_id=parent.id)
        except Conflict:
            # Somebody else has taken up the same step a moment earlier.
            return await self.start.runs.get(scope, run_id)

    async def _check_level(self, scope: Scope, parent: Run) -> None:
        level, above = 1, parent.parent_id
        while above is not None:
            level += 1
            if level >= MOST_LEVELS:
                message = f"Apps run as steps of one another {MOST_LEVELS} levels deep at most; do they end at all?"
                raise SubflowRefused(message, limit=MOST_LEVELS)
            above = (await self.start.runs.get(scope, above)).parent_id

    async def _app_of(self, scope: Scope, parent: Run, name: str) -> AppId:
        bindings = (await self.start.apps.get(scope, parent.app_id)).bindings
        return AppId(bindings.get(binding_of(name), name))

    async def _follow(self, scope: Scope, run: Run, tell: Callable[[str], None]) -> None:
        """Wait for the end of the run, telling of a chat app's answer on the way. Whoever follows a run that nobody
        advances for a while is let go, and has to follow it again.
        """
        answer, last, ended = _Answer(tell), 0, False
        while not ended:
            async for batch in self.log.follow(scope, run.id, after=last):
                last, ended = batch[-1]["seq"], batch[-1]["type"] in TERMINAL
                if run.message_id is not None:
                    for event in batch:
                        answer.hear(event)

    async def _cancel(self, scope: Scope, beginning: "asyncio.Future[Run]") -> None:
        """Stop the run that was begun, or is being begun; whatever kept it from beginning is not of interest."""
        await asyncio.wait([beginning])
        if not beginning.cancelled() and beginning.exception() is None:
            await self.start.dispatcher.send(scope, beginning.result().id, Cancel(WHO_CANCELS))

    async def _result(self, scope: Scope, run_id: RunId) -> SubflowResult:
        run = await self.start.runs.get(scope, run_id)
        app = await self.start.apps.get(scope, run.app_id)
        answer = (run.answer or "") if run.message_id is not None else None
        return SubflowResult(app.name, run.status, run.outputs, answer, run.error, run.usage)


class _Answer:
    """Tells of an answer as it grows. What is taken back on the way, since a node runs again, is not told twice."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._chunks: list[Mapping[str, Any]] = []
        self._told = 0
        self._length = 0

    def hear(self, event: Mapping[str, Any]) -> None:
        data = event["data"]
        match event["type"]:
            case "text_chunk":
                self._add(event, data["text"])
            case "node_retrying" if data.get("discard_from") is not None:
                self._forget(event)

    def _add(self, chunk: Mapping[str, Any], text: str) -> None:
        self._chunks.append(chunk)
        fresh = text[max(self._told - self._length, 0) :]
        self._length += len(text)
        if fresh:
            self._told = self._length
            self._tell(fresh)

    def _forget(self, retrying: Mapping[str, Any]) -> None:
        self._chunks = [chunk for chunk in self._chunks if not is_taken_back(chunk, retrying)]
        self._length = sum(len(chunk["data"]["text"]) for chunk in self._chunks)
