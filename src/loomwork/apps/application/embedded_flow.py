"""Run a flow here and now, in whatever event loop is running: no server, no queue, no stored run."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from loomwork.apps.application.begin_flow import FlowInput, begin_flow, notices_of, resolve_models
from loomwork.apps.application.check_inputs import checked_inputs
from loomwork.apps.application.compile_flow import Flow
from loomwork.engine import GraphRun, RunLimits, RunResult
from loomwork.engine.commands import Cancel
from loomwork.engine.events import TERMINAL, Event
from loomwork.engine.ports import EventSink, Journal, Turn
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Models

__all__ = ["EmbeddedFlow", "FlowInput", "RunResult", "StartedFlow", "Turn"]


DEFAULT_LIMITS = RunLimits()


@dataclass(frozen=True, slots=True)
class EmbeddedFlow:
    """A compiled flow with what it needs to run. May be run many times, and concurrently.

    `model` answers for every model of the document; None leaves each to its provider, or to the local default. The
    document may lower the `limits` of a run.
    """

    flow: Flow
    scope: Scope
    models: Models
    clock: Clock
    model: str | None = None
    journal: Journal | None = None
    limits: RunLimits = DEFAULT_LIMITS

    async def notices(self) -> list[str]:
        """What the user should know before a run: which models do not answer for themselves."""
        resolved = await resolve_models(self.scope, self.flow, self.models, override=self.model)
        return notices_of(resolved)

    async def run(self, asked: FlowInput) -> RunResult:
        """Run to the end."""
        return await (await self._begin(asked, _Unheard())).execute()

    async def stream(self, asked: FlowInput) -> AsyncIterator[Event]:
        """The run's events as they happen, the terminal one last. Closing the iterator abandons the run."""
        started = await self.start(asked)
        async with aclosing(started.events()) as events:
            async for event in events:
                yield event

    async def start(self, asked: FlowInput) -> "StartedFlow":
        """A run that can be followed and stopped; its inputs are checked."""
        heard = _Heard()
        return StartedFlow(await self._begin(asked, heard), heard)

    async def _begin(self, asked: FlowInput, log: EventSink) -> GraphRun:
        plan = self.flow.runnable()
        resolved = await resolve_models(self.scope, self.flow, self.models, override=self.model)
        inputs = checked_inputs(self.flow.document.form, asked.inputs)
        asked = FlowInput(
            inputs=inputs,
            query=asked.query,
            files=asked.files,
            user=asked.user,
            history=asked.history,
            conversation_variables=asked.conversation_variables,
        )
        run_id = RunId(new_id())
        context = begin_flow(self.flow, self.scope, run_id, asked, resolved, now=self.clock.now())
        limits = self.flow.limits.within(self.limits)
        return GraphRun(plan, context, log=log, clock=self.clock, journal=self.journal, limits=limits)


class StartedFlow:
    """A run of a flow. It goes once its events are read; `result` is there when they have all been."""

    def __init__(self, run: GraphRun, heard: "_Heard") -> None:
        self._run = run
        self._heard = heard
        self.result: RunResult | None = None

    def stop(self, *, by: str) -> None:
        """Have the run end with `run_stopped`. One that has ended is left alone."""
        self._run.send(Cancel(by))

    async def events(self) -> AsyncGenerator[Event, None]:
        """The run's events as they happen, the terminal one last. Closing the iterator abandons the run."""
        async with aclosing(self.batches()) as batches:
            async for events in batches:
                for event in events:
                    yield event

    async def batches(self) -> AsyncGenerator[Sequence[Event], None]:
        """The same, as the engine shows them: several at a time."""
        going = asyncio.create_task(self._run.execute())
        going.add_done_callback(self._heard.end)
        try:
            while (events := await self._heard.next()) is not None:
                yield events
            self.result = await going
        finally:
            going.cancel()
            await asyncio.wait([going])


class _Unheard:
    """Where the events of a run go that nobody watches."""

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None: ...


class _Heard:
    """Hands batches of events to one reader in the same event loop."""

    def __init__(self) -> None:
        self._batches: asyncio.Queue[Sequence[Event] | None] = asyncio.Queue()
        self._ended = False

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        self._batches.put_nowait(events)

    async def next(self) -> Sequence[Event] | None:
        """The next batch; None after the terminal event, or when the run broke off."""
        if self._ended:
            return None
        batch = await self._batches.get()
        self._ended = batch is None or batch[-1].type in TERMINAL
        return batch

    def end(self, _: object) -> None:
        """The run is over, with or without a terminal event."""
        self._batches.put_nowait(None)
