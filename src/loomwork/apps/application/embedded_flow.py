"""Run a flow here and now, in whatever event loop is running: no server, no queue, no stored run."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from loomwork.apps.api import OpenQuestion, PersonAnswer
from loomwork.apps.application.answer_run import checked_values, shown_question
from loomwork.apps.application.begin_flow import FlowInput, begin_flow, notices_of, resolve_models
from loomwork.apps.application.check_inputs import checked_inputs
from loomwork.apps.application.compile_flow import Flow
from loomwork.apps.application.kept_flow import FlowResult, KeptRun, MemoryJournal
from loomwork.engine import GraphRun, RunLimits, RunResult, standing_questions
from loomwork.engine.commands import Answer, Cancel
from loomwork.engine.events import TERMINAL, Event
from loomwork.engine.ports import EventSink, Journal, Question, Record, Turn
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatModels

__all__ = ["EmbeddedFlow", "FlowInput", "FlowResult", "PersonAnswer", "RunResult", "StartedFlow", "Turn"]


DEFAULT_LIMITS = RunLimits()


@dataclass(frozen=True, slots=True)
class EmbeddedFlow:
    """A compiled flow with what it needs to run. May be run many times, and concurrently.

    `model` answers for every model of the document; None leaves each to its provider, or to the local default. The
    document may lower the `limits` of a run.
    """

    flow: Flow
    scope: Scope
    models: ChatModels
    clock: Clock
    model: str | None = None
    journal: Journal | None = None
    limits: RunLimits = DEFAULT_LIMITS

    async def notices(self) -> list[str]:
        """What the user should know before a run: which models do not answer for themselves."""
        resolved = await resolve_models(self.scope, self.flow, self.models, override=self.model)
        return notices_of(self.flow, resolved)

    async def run(self, asked: FlowInput) -> FlowResult:
        """Run to the end, or until it waits for somebody."""
        kept = await self._kept(asked)
        return await self.result(await self._going(kept, _Unheard()).execute(), kept)

    async def answer(self, paused: RunResult, answer: PersonAnswer) -> FlowResult:
        """Go on with a run that waits, with the answer to one of its questions. Raises `Conflict` where it does not ask
        this, `InvalidInput` for an answer that does not fit the form.
        """
        kept, command = _checked(paused, answer)
        return await self.result(await (await self._again(kept, command, _Unheard())).execute(), kept)

    async def stream(self, asked: FlowInput) -> AsyncIterator[Event]:
        """The run's events as they happen, the terminal one last. Closing the iterator abandons the run."""
        started = await self.start(asked)
        async with aclosing(started.events()) as events:
            async for event in events:
                yield event

    async def start(self, asked: FlowInput) -> "StartedFlow":
        """A run that can be followed and stopped; its inputs are checked."""
        heard, kept = _Heard(), await self._kept(asked)
        return StartedFlow(self, kept, self._going(kept, heard), heard)

    async def go_on(self, paused: RunResult, answer: PersonAnswer) -> "StartedFlow":
        """The same as `answer`, as a run that can be followed and stopped."""
        kept, command = _checked(paused, answer)
        heard = _Heard()
        return StartedFlow(self, kept, await self._again(kept, command, heard), heard)

    async def result(self, result: RunResult, kept: KeptRun) -> FlowResult:
        """With what the run asks, where it waits for somebody."""
        if result.status != "paused":
            return FlowResult.of(result, (), None)
        records = await kept.journal.records(self.scope, kept.context.run_id)
        standing = await asyncio.to_thread(standing_questions, self.flow.runnable(), kept.context, records)
        return FlowResult.of(result, [shown_question(each) for each in standing], kept)

    async def _kept(self, asked: FlowInput) -> KeptRun:
        """The run that is about to begin; its inputs are checked."""
        self.flow.runnable()
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
        return KeptRun(context, self.journal or MemoryJournal(), self.clock.monotonic())

    def _going(self, kept: KeptRun, log: EventSink, records: Sequence[Record] = ()) -> GraphRun:
        # A run that asks nobody needs no journal of its own.
        journal = kept.journal if self.journal is not None or self.flow.asks else None
        return GraphRun(
            self.flow.runnable(),
            kept.context,
            log=log,
            clock=self.clock,
            journal=journal,
            limits=self.flow.limits.within(self.limits),
            records=records,
            elapsed=self.clock.monotonic() - kept.began,
        )

    async def _again(self, kept: KeptRun, command: Answer, log: EventSink) -> GraphRun:
        going = self._going(kept, log, await kept.journal.records(self.scope, kept.context.run_id))
        going.send(command)
        return going


def _checked(paused: RunResult, answer: PersonAnswer) -> tuple[KeptRun, Answer]:
    """The run, and the answer as it is sent into it."""
    asked: Mapping[Any, OpenQuestion] = {}
    if isinstance(paused, FlowResult) and paused.kept is not None:
        asked = {(question.node_id, question.frame): question for question in paused.questions}
    question = asked.get((answer.node_id, answer.frame))
    if question is None or not isinstance(paused, FlowResult) or paused.kept is None:
        raise Conflict(f"This run asks nothing at node '{answer.node_id[:50]}'.", node_id=answer.node_id[:50])
    values = checked_values(Question(question.form, question.actions), answer.action, answer.values)
    return paused.kept, Answer(answer.node_id, answer.frame, answer.action, values)


class StartedFlow:
    """A run of a flow. It goes once its events are read; `result` is there when they have all been."""

    def __init__(self, flow: EmbeddedFlow, kept: KeptRun, run: GraphRun, heard: "_Heard") -> None:
        self._flow = flow
        self._kept = kept
        self._run = run
        self._heard = heard
        self.result: FlowResult | None = None

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
            self.result = await self._flow.result(await going, self._kept)
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
