"""Run a run that was written down: the part that a dispatcher has executed, here or elsewhere."""

import dataclasses
import logging
from collections.abc import Sequence

from loomwork.apps.application.begin_flow import FlowInput, begin_flow, resolve_models
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.domain import NodeState, Run
from loomwork.apps.ports import AppStore, RunStore
from loomwork.conversations.api import ConversationStore
from loomwork.engine import GraphRun, RunResult
from loomwork.engine.commands import Cancel
from loomwork.engine.events import TERMINAL, Event, RunFailed, RunStarted
from loomwork.engine.ports import Batch, EventSink, Journal, Turn
from loomwork.engine.variables import File
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import LoomworkError
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

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
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
        """Execute to the end and write down what came of it."""
        run = await self._runs.get(scope, run_id)
        run = dataclasses.replace(run, status="running", started_at=self._clock.now())
        await self._runs.save(scope, run)
        log = EndHeld(self._log)
        try:
            result = await self._execute(scope, run, log)
        except LoomworkError as error:
            result = await self._fail(scope, run, {"code": error.code, "message": error.message}, log)
        except Exception as error:
            logger.exception("run %s broke", run_id)
            message = f"The run broke unexpectedly ({type(error).__name__}); the server's log has the details."
            result = await self._fail(scope, run, {"code": "internal_error", "message": message}, log)
        finally:
            self._going.pop(run_id, None)
            self._cancelled.pop(run_id, None)
        await self._write_down(scope, run, result)
        await log.release(scope, run_id)

    def cancel(self, run_id: RunId, *, by: str) -> None:
        """Stop a run that is going, or is about to; others are left alone."""
        going = self._going.get(run_id)
        if going is not None:
            going.send(Cancel(by))
        else:
            self._cancelled[run_id] = by

    async def interrupt(self, scope: Scope, run: Run) -> None:
        """End a run whose process died before it did."""
        message = "The server stopped while this run was going. Run it again."
        log = EndHeld(self._log)
        result = await self._fail(scope, run, {"code": "interrupted", "message": message}, log)
        await self._write_down(scope, run, result)
        await log.release(scope, run.id)

    async def _execute(self, scope: Scope, run: Run, log: EventSink) -> RunResult:
        app = await self._apps.get(scope, run.app_id)
        text = run.document
        if text is None:
            assert run.version is not None
            text = (await self._apps.get_version(scope, run.app_id, run.version)).document
        flow = self._compiler.compile_kept(text)
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

    async def _fail(self, scope: Scope, run: Run, error: dict[str, str], log: EventSink) -> RunResult:
        """Give a run that could not go on its terminal event, after whatever events it has."""
        last = await self._journal.last_seq(scope, run.id)
        events: list[Event] = [] if last else [RunStarted(run.inputs, run.app_id, run.version, seq=1)]
        events.append(RunFailed(error, seq=last + len(events) + 1))
        await self._journal.commit(scope, run.id, Batch([], events))
        await log.publish(scope, run.id, events)
        return RunResult(status="failed", error={**error, "node_id": None})

    async def _write_down(self, scope: Scope, run: Run, result: RunResult) -> None:
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
