"""Run a run that was written down: the part that a dispatcher has executed, here or elsewhere."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.apps.application.begin_flow import FlowInput, begin_flow, resolve_models
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.domain import NodeState, Run
from loomwork.apps.ports import AppStore, RunStore
from loomwork.conversations.api import ConversationStore
from loomwork.engine import GraphRun, RunResult
from loomwork.engine.commands import Cancel
from loomwork.engine.events import RUN_STATUS, TERMINAL, Event, RunFailed, RunStarted
from loomwork.engine.ports import Batch, EventSink, Journal, Turn
from loomwork.engine.variables import File
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import LoomworkError, NotFound
from loomwork.kernel.ids import ConversationId, RunId
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Models

logger = logging.getLogger(__name__)

HISTORY_TURNS = 100
"""Earlier turns handed to nodes with memory; their own windows take the last of these."""


class EndHeld:
    """An event sink that keeps a run's last batch back until the run's row says how it ended, so that whoever has seen
    the terminal event reads a finished run.
    """

    def __init__(self, log: EventSink) -> None:
        self._log = log
        self._held: Sequence[Event] = ()
        self.last_seq = 0
        """Of what was published, held back or not."""

    @property
    def ended(self) -> bool:
        """Whether the terminal event is here."""
        return bool(self._held)

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        self.last_seq = events[-1].seq
        if events[-1].type in TERMINAL:
            self._held = events
        else:
            await self._log.publish(scope, run_id, events)

    async def release(self, scope: Scope, run_id: RunId) -> None:
        """Show the end."""
        if self._held:
            await self._log.publish(scope, run_id, self._held)


class RunExecutor:
    """Executes runs, and keeps those that are going so that they can be stopped."""

    def __init__(
        self,
        *,
        apps: AppStore,
        runs: RunStore,
        conversations: ConversationStore,
        models: Models,
        compiler: FlowCompiler,
        journal: Journal,
        log: EventSink,
        clock: Clock,
    ) -> None:
        self._apps = apps
        self._runs = runs
        self._conversations = conversations
        self._models = models
        self._compiler = compiler
        self._journal = journal
        self._log = log
        self._clock = clock
        self._going: dict[RunId, GraphRun] = {}
        self._cancelled: dict[RunId, str] = {}

    async def execute(self, scope: Scope, run_id: RunId) -> None:
        """Execute to the end and write down what came of it. Whatever fails on the way, followers are shown an end."""
        log = EndHeld(self._log)
        try:
            run = dataclasses.replace(
                await self._runs.get(scope, run_id), status="running", started_at=self._clock.now()
            )
            await self._runs.save(scope, run)
            result = await self._result(scope, run, log)
            await self._write_down(scope, run, result)
        except NotFound:
            logger.info("run %s was deleted while it was going", run_id)
        finally:
            await self._show_the_end(scope, run_id, log)
            self._going.pop(run_id, None)
            self._cancelled.pop(run_id, None)

    def cancel(self, run_id: RunId, *, by: str) -> None:
        """Stop a run that is going, or is about to; others are left alone."""
        going = self._going.get(run_id)
        if going is not None:
            going.send(Cancel(by))
        else:
            self._cancelled[run_id] = by

    async def interrupt(self, scope: Scope, run: Run) -> None:
        """End a run whose process died before it did, or only before its end was written down."""
        ending = await self._journal.ending(scope, run.id)
        if ending is not None:
            await self._write_down(scope, run, _result_of(ending))
            return
        message = "The server stopped while this run was going. Run it again."
        log = EndHeld(self._log)
        result = await self._fail(scope, run, {"code": "interrupted", "message": message}, log)
        await self._write_down(scope, run, result)
        await log.release(scope, run.id)

    async def _result(self, scope: Scope, run: Run, log: EndHeld) -> RunResult:
        try:
            return await self._execute(scope, run, log)
        except LoomworkError as error:
            return await self._fail(scope, run, {"code": error.code, "message": error.message}, log)
        except Exception as error:
            logger.exception("run %s broke", run.id)
            message = f"The run broke unexpectedly ({type(error).__name__}); the server's log has the details."
            return await self._fail(scope, run, {"code": "internal_error", "message": message}, log)

    async def _execute(self, scope: Scope, run: Run, log: EventSink) -> RunResult:
        app = await self._apps.get(scope, run.app_id)
        text = run.document
        if text is None:
            assert run.version is not None
            text = (await self._apps.get_version(scope, run.app_id, run.version)).document
        flow = await self._compiler.compile_kept(text)
        resolved = await resolve_models(scope, flow, self._models, bindings=app.bindings)
        asked = await self._asked(scope, run)
        context = begin_flow(flow, scope, run.id, asked, resolved, now=self._clock.now())
        going = GraphRun(flow.runnable(), context, log=log, clock=self._clock, journal=self._journal)
        self._going[run.id] = going
        if run.id in self._cancelled:
            going.send(Cancel(self._cancelled[run.id]))
        return await going.execute()

    async def _asked(self, scope: Scope, run: Run) -> FlowInput:
        files = run.inputs.get("sys.files", ())
        asked = FlowInput(
            inputs={name: value for name, value in run.inputs.items() if name != "sys.files"},
            query=run.query,
            files=[File.from_wire(item) for item in files],
            user=run.end_user,
            app_id=run.app_id,
            version=run.version,
        )
        if run.conversation_id is None:
            return asked
        return await self._with_conversation(scope, asked, run.conversation_id)

    async def _with_conversation(self, scope: Scope, asked: FlowInput, conversation_id: ConversationId) -> FlowInput:
        conversation = await self._conversations.get_conversation(scope, conversation_id)
        newest = await self._conversations.list_messages(
            scope, conversation_id, PageRequest(limit=HISTORY_TURNS), newest_first=True
        )
        answered = [message for message in reversed(newest.items) if message.answer]
        return dataclasses.replace(
            asked,
            conversation_id=conversation_id,
            dialogue_count=await self._conversations.count_messages(scope, conversation_id),
            conversation_variables=conversation.variables,
            history=[Turn(message.query, message.answer) for message in answered],
        )

    async def _fail(self, scope: Scope, run: Run, error: dict[str, str], log: EndHeld) -> RunResult:
        """Give a run that could not go on its terminal event, after whatever events it has. Where the journal does not
        take it, followers are shown it all the same.
        """
        try:
            last = await self._journal.last_seq(scope, run.id)
            events = _failing(run, error, after=last)
            await self._journal.commit(scope, run.id, Batch([], events))
        except LoomworkError as problem:
            logger.warning("the end of run %s is not in the journal: %s", run.id, problem.message)
            events = _failing(run, error, after=log.last_seq)
        await log.publish(scope, run.id, events)
        return RunResult(status="failed", error={**error, "node_id": None})

    async def _show_the_end(self, scope: Scope, run_id: RunId, log: EndHeld) -> None:
        """Nobody may be kept waiting for the end of a run that will not go on."""
        if not log.ended:
            error = {"code": "interrupted", "message": "The run broke off, and how it stands could not be stored."}
            await log.publish(scope, run_id, _failing(None, error, after=log.last_seq))
        await log.release(scope, run_id)

    async def _write_down(self, scope: Scope, run: Run, result: RunResult) -> None:
        # Before the row says that the run has ended: whoever asks on after that reads what it wrote.
        await self._keep_variables(scope, run, result.written.get("conversation", {}))
        finished = dataclasses.replace(
            run,
            status=result.status,  # type: ignore[arg-type]  # a fold at its end holds a run status
            outputs=result.outputs,
            answer=result.answer,
            error=result.error,
            usage=result.usage,
            elapsed_ms=result.elapsed_ms,
            finished_at=self._clock.now(),
            nodes={
                node_id: NodeState(node.status, node.outputs, node.error, node.elapsed_ms, node.runs)
                for node_id, node in result.nodes.items()
            },
        )
        await self._runs.save(scope, finished)
        if run.message_id is not None:
            await self._conversations.finish_message(
                scope, run.message_id, answer=result.answer or "", status=result.status, usage=result.usage
            )

    async def _keep_variables(self, scope: Scope, run: Run, written: Mapping[str, Any]) -> None:
        """The conversation's variables that the run wrote; a turn beside it may have written others meanwhile."""
        if written and run.conversation_id is not None:
            await self._conversations.merge_variables(scope, run.conversation_id, written)


def _failing(run: Run | None, error: dict[str, str], *, after: int) -> list[Event]:
    """The end of a run that failed from outside, and its beginning where it has not said anything."""
    events: list[Event] = []
    if after == 0:
        inputs, app_id, version = (run.inputs, run.app_id, run.version) if run is not None else ({}, None, None)
        events.append(RunStarted(inputs, app_id, version, seq=1))
    return [*events, RunFailed(error, seq=after + len(events) + 1)]


def _result_of(ending: Mapping[str, Any]) -> RunResult:
    """What a terminal event in wire form says of its run; how the nodes stood is in the events before it."""
    data = ending["data"]
    error = data.get("error")
    return RunResult(
        status=RUN_STATUS[ending["type"]],
        outputs=data.get("outputs") or {},
        answer=data.get("answer"),
        error=None if error is None else {**error, "node_id": ending["node_id"]},
        usage=data.get("usage") or {},
        elapsed_ms=round(ending["at"] * 1000, 3),
    )
