"""Execute a run that was written down, from its beginning or from where its journal ends: the part that a dispatcher
has done, here or elsewhere.
"""

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from loomwork.apps.application.begin_flow import FlowInput, begin_flow, resolve_models
from loomwork.apps.application.compile_flow import Flow, FlowCompiler
from loomwork.apps.application.resting_log import RestingLog
from loomwork.apps.application.write_down_run import RunWriter
from loomwork.apps.domain import ENDED, Run
from loomwork.apps.domain.run import FILES, HISTORY, RESERVED_INPUTS
from loomwork.apps.ports import AppStore, Commands, Gates, Inbox, Leases, RunStore, StepsAtOnce
from loomwork.conversations.api import ConversationStore
from loomwork.engine import GraphRun, Plan, RunLimits, RunResult, nodes_underway, told_result
from loomwork.engine.events import RUN_STATUS, Event, RunFailed, RunStarted
from loomwork.engine.ports import Batch, EventLog, Gate, Journal, LeaseLost, Record, RunContext, Turn
from loomwork.engine.variables import File
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import LoomworkError, NotFound
from loomwork.kernel.ids import ConversationId, RunId, WorkspaceId
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatModels

logger = logging.getLogger(__name__)

HISTORY_TURNS = 100
"""Earlier turns handed to nodes with memory; their own windows take the last of these."""

LEASE_SECONDS = 30.0
"""How long after its last sign of life the run of a process that died may be taken up by another."""

LEFT_ALONE = frozenset({"lease_lost", "storage_failed"})
"""Errors after which this process can say nothing more of a run: its journal says how it stands, and somebody takes it
up from there.
"""


HEARING_SECONDS = 1.0
"""How often is looked for what other processes are asked."""


class Interrupted(LoomworkError):
    """The process that ran it died, and the run cannot be taken up."""

    code = "interrupted"


class RunKeepsDying(LoomworkError):
    """Whoever took the run up died over it, so often that nobody does any more."""

    code = "run_keeps_dying"


DEFAULT_LIMITS = RunLimits()

DEATHS = 5
"""So many processes may die over a run, one after another, before it is given up."""

STANDING_STILL = frozenset({"said", "resumed"})
"""Kinds of records that a run leaves each time that it does the same anew."""

Leased = tuple[Run, int]
"""A run, and the epoch under which it is advanced."""


class RunExecutor:
    """Fits `Executor`. `owner` names this process among those that share the database; one that takes the place of
    another under the same name may take up its runs at once. `limits` hold for every run, and apps may lower them;
    waiting nodes take their places from `gates`, where there are any, and runs ask `steps_at_once` how far to go in one
    go, where somebody is to be asked.
    """

    def __init__(
        self,
        *,
        apps: AppStore,
        runs: RunStore,
        conversations: ConversationStore,
        models: ChatModels,
        compiler: FlowCompiler,
        journal: Journal,
        leases: Leases,
        commands: Commands,
        log: EventLog,
        clock: Clock,
        owner: str,
        limits: RunLimits = DEFAULT_LIMITS,
        gates: Gates | None = None,
        steps_at_once: StepsAtOnce | None = None,
        lease_seconds: float = LEASE_SECONDS,
        deaths: int = DEATHS,
    ) -> None:
        self._apps = apps
        self._runs = runs
        self._conversations = conversations
        self._models = models
        self._compiler = compiler
        self._journal = journal
        self._leases = leases
        self._commands = commands
        self._log = log
        self._clock = clock
        self._owner = owner
        self._limits = limits
        self._gates = gates
        self._steps_at_once = steps_at_once
        self.lease_seconds = lease_seconds
        self._deaths = deaths
        self._writer = RunWriter(runs, conversations, clock)
        self.left: list[tuple[Scope, RunId]] = []
        """Runs that could not be stored, or were another process's, to be looked at again when that may be over."""
        self._held: dict[tuple[WorkspaceId, RunId], tuple[Scope, Inbox]] = {}

    async def execute(self, scope: Scope, run_id: RunId, inbox: Inbox) -> None:
        """Advance the run until it ends or rests, and write down what came of it. Whatever fails on the way, nobody
        who follows it is kept waiting for an end that does not come.
        """
        shown = False
        try:
            async with self._leased(scope, run_id) as epoch:
                self._held[scope.workspace_id, run_id] = scope, inbox
                shown = await self._advance(scope, run_id, epoch, inbox)
        except NotFound:
            logger.info("run %s was deleted while it was going", run_id)
        except LoomworkError as problem:
            if problem.code not in LEFT_ALONE:
                raise
            level = logging.INFO if problem.code == LeaseLost.code else logging.WARNING
            logger.log(level, "run %s is left as its journal has it: %s", run_id, problem.message)
            self.left.append((scope, run_id))
            await self._pass_on(scope, run_id, inbox)
        finally:
            self._held.pop((scope.workspace_id, run_id), None)
            if not shown:
                await self._log.break_off(scope, run_id)

    async def hear_others(self, *, every: float = HEARING_SECONDS) -> None:
        """Hear for ever what other processes are asked of the runs that are advanced here; cancel this to end it."""
        while True:
            await asyncio.sleep(every)
            if not self._held:
                continue
            try:
                for key in await self._commands.waiting():
                    if key in self._held:
                        await self._hear(key[1], *self._held[key])
            except LoomworkError as problem:
                logger.warning("what other processes are asked is not heard: %s", problem.message)

    async def _hear(self, run_id: RunId, scope: Scope, inbox: Inbox) -> None:
        for command in await self._commands.take(scope, run_id):
            if not inbox.put(command):
                # It has come to rest meanwhile: whoever takes it up next hears it.
                await self._commands.add(scope, run_id, command)
                self.left.append((scope, run_id))

    async def _pass_on(self, scope: Scope, run_id: RunId, inbox: Inbox) -> None:
        """Have whoever advances the run hear what was asked of it here."""
        try:
            for command in inbox.drain():
                await self._commands.add(scope, run_id, command)
        except LoomworkError as problem:
            logger.warning("what was asked of run %s is lost: %s", run_id, problem.message)

    @asynccontextmanager
    async def _leased(self, scope: Scope, run_id: RunId) -> AsyncIterator[int]:
        """The epoch under which the run may be advanced while the block lasts. Raises `LeaseLost` where another process
        has it, and as soon as one has it.
        """
        epoch = await self._leases.take(scope, run_id, owner=self._owner, seconds=self.lease_seconds)
        if epoch is None:
            raise LeaseLost("Another process advances this run.", id=run_id)
        lost = asyncio.timeout(None)
        renewing = asyncio.create_task(self._renew(scope, run_id, epoch, lost), name=f"lease of run {run_id}")
        try:
            async with lost:
                yield epoch
        except TimeoutError as error:
            if not lost.expired():
                raise
            raise LeaseLost("Another process advances this run now.", id=run_id) from error
        finally:
            renewing.cancel()
            with contextlib.suppress(LoomworkError):
                await self._leases.release(scope, run_id, epoch=epoch)

    async def _renew(self, scope: Scope, run_id: RunId, epoch: int, lost: asyncio.Timeout) -> None:
        """Keep the lease. Once it is another's, nothing that the run does can be kept, so it is not let go on."""
        while True:
            await asyncio.sleep(self.lease_seconds / 3)
            try:
                if not await self._leases.renew(scope, run_id, epoch=epoch, seconds=self.lease_seconds):
                    lost.reschedule(asyncio.get_running_loop().time())
                    return
            except LoomworkError as problem:
                logger.warning("the lease of run %s is not renewed: %s", run_id, problem.message)

    async def _advance(self, scope: Scope, run_id: RunId, epoch: int, inbox: Inbox) -> bool:
        """Whether all that came of it is shown, so that its followers need nobody to let them go."""
        run = await self._runs.get(scope, run_id)
        if run.status in ENDED:
            await self._commands.take(scope, run_id)
            return False
        ending = await self._journal.ending(scope, run_id)
        if ending is not None:
            # The process died between the two.
            await self._write_down(scope, run, epoch, await self._ended(scope, run, ending))
            return False
        log = RestingLog(self._log)
        try:
            started = dataclasses.replace(run, status="running", started_at=run.started_at or self._clock.now())
            await self._runs.save(scope, dataclasses.replace(started, wakes_at=None), epoch=epoch)
            result = await self._result(scope, (run, epoch), inbox, log)
            await self._write_down(scope, started, epoch, result)
        finally:
            # Whatever has become of the row: what is held back is committed.
            await log.release(scope, run_id)
        return True

    async def _ended(self, scope: Scope, run: Run, ending: Mapping[str, Any]) -> RunResult:
        """How a run ended whose terminal event is all that was written of its end."""
        said = _result_of(ending)
        try:
            flow, bindings = await self._flow(scope, run)
            context = await self._context(scope, run, flow, bindings)
            told = told_result(flow.runnable(), context, await self._journal.records(scope, run.id))
        except LoomworkError as problem:
            logger.warning("of run %s only its end is written down: %s", run.id, problem.message)
            return said
        for node in told.nodes.values():
            node.status = "stopped" if node.status == "running" else node.status
        return dataclasses.replace(said, nodes=told.nodes, written=told.written, usage=told.usage)

    async def _write_down(self, scope: Scope, run: Run, epoch: int, result: RunResult) -> None:
        """Raises `LeaseLost` where another process has taken the run, and writes it down itself."""
        if result.written and not await self._leases.renew(scope, run.id, epoch=epoch, seconds=self.lease_seconds):
            # Its conversation may have gone on by now, with values of its own.
            raise LeaseLost("Another process advances this run now.", id=run.id)
        await self._writer(scope, run, result, epoch=epoch)

    async def _result(self, scope: Scope, leased: Leased, inbox: Inbox, log: RestingLog) -> RunResult:
        """How the run ended or rests. Raises what is in `LEFT_ALONE`."""
        try:
            return await self._execute(scope, leased, inbox, log)
        except LoomworkError as error:
            if error.code in LEFT_ALONE:
                raise
            return await self._fail(scope, leased, {"code": error.code, "message": error.message}, log)
        except Exception as error:
            logger.exception("run %s broke", leased[0].id)
            message = f"The run broke unexpectedly ({type(error).__name__}); the server's log has the details."
            return await self._fail(scope, leased, {"code": "internal_error", "message": message}, log)

    async def _execute(self, scope: Scope, leased: Leased, inbox: Inbox, log: RestingLog) -> RunResult:
        run, epoch = leased
        flow, bindings = await self._flow(scope, run)
        records = await self._journal.records(scope, run.id)
        if len(records) <= 1:
            await self._check_is_new(scope, run, flow, kept=bool(records))
        began = run.started_at or self._clock.now()
        context = await self._context(scope, dataclasses.replace(run, started_at=began), flow, bindings)
        if run.started_at is not None:
            await self._check_comes_further(scope, leased, flow.runnable(), context, records)
            await self._hear(run.id, scope, inbox)
        going = GraphRun(
            flow.runnable(),
            context,
            log=log,
            clock=self._clock,
            journal=None if flow.durability == "off" else self._journal,
            durability="exit" if flow.durability == "exit" else "node",
            epoch=epoch,
            records=records,
            elapsed=(self._clock.now() - began).total_seconds(),
            limits=flow.limits.within(self._limits),
            gate=self._gate(scope, run, flow),
            steps_at_once=None if self._steps_at_once is None else partial(self._steps_at_once, scope),
        )
        inbox.open(going.send)
        return await going.execute()

    async def _check_comes_further(
        self, scope: Scope, leased: Leased, plan: Plan, context: RunContext, records: Sequence[Record]
    ) -> None:
        """Whether it is not this run that its processes die of. Raises `RunKeepsDying`."""
        run, epoch = leased
        progress = sum(record.kind not in STANDING_STILL for record in records)
        deaths = await self._leases.deaths(scope, run.id, epoch=epoch, progress=progress)
        if deaths < self._deaths:
            return
        # To look at the journal may be what they die of, so that is done once.
        underway = nodes_underway(plan, context, records) if deaths == self._deaths else []
        at = "at the same place"
        if underway:
            names = [f"'{node.title}' ({node.id})" for node in underway[:3]]
            at = f"while {' and '.join(names)} {'was' if len(names) == 1 else 'were'} underway"
        raise RunKeepsDying(
            f"The server stopped {deaths} times in a row {at}, so this run is not taken up again. See what that step "
            "does and what memory it needs, then replay the run from it.",
            node_ids=[node.id for node in underway],
        )

    async def _context(self, scope: Scope, run: Run, flow: Flow, bindings: Mapping[str, str]) -> RunContext:
        resolved = await resolve_models(scope, flow, self._models, bindings=bindings)
        asked = await self._asked(scope, run)
        return begin_flow(
            flow, scope, run.id, asked, resolved, now=run.started_at or self._clock.now(), origin=run.origin
        )

    def _gate(self, scope: Scope, run: Run, flow: Flow) -> Gate | None:
        return None if self._gates is None else self._gates.nodes(scope, run.app_id, at_most=flow.limits.nodes)

    async def _flow(self, scope: Scope, run: Run) -> tuple[Flow, Mapping[str, str]]:
        """The graph that the run started with, and the app's bindings of now."""
        app = await self._apps.get(scope, run.app_id)
        text = run.document
        if text is None:
            assert run.version is not None
            text = (await self._apps.get_version(scope, run.app_id, run.version)).document
        return await self._compiler.compile_kept(text), app.bindings

    async def _check_is_new(self, scope: Scope, run: Run, flow: Flow, *, kept: bool) -> None:
        """Nodes of a run that has begun may have done anything by now, unless nothing is done before it is kept. A run
        that repeats another has its beginning `kept` before anybody executes it.
        """
        if run.origin_id is not None and not kept:
            raise Interrupted("The server stopped before the beginning of this run was stored. Run it again.")
        if run.started_at is None:
            return
        if flow.durability != "node" or (not kept and await self._journal.last_seq(scope, run.id) > 0):
            message = "The server stopped while this run was going, and nothing is kept to go on from. Run it again."
            raise Interrupted(message)

    async def _asked(self, scope: Scope, run: Run) -> FlowInput:
        files = run.inputs.get(FILES, ())
        asked = FlowInput(
            inputs={name: value for name, value in run.inputs.items() if name not in RESERVED_INPUTS},
            query=run.query,
            files=[File.from_wire(item) for item in files],
            user=run.end_user,
            app_id=run.app_id,
            version=run.version,
            history=[Turn(query, answer) for query, answer in run.inputs.get(HISTORY, ())],
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
            dialogue_count=len(asked.history) + await self._conversations.count_messages(scope, conversation_id),
            conversation_variables=conversation.variables,
            history=[*asked.history, *(Turn(message.query, message.answer) for message in answered)],
        )

    async def _fail(self, scope: Scope, leased: Leased, error: dict[str, str], log: RestingLog) -> RunResult:
        """Give a run that cannot go on its terminal event, after whatever events it has."""
        run, epoch = leased
        stored = await self._journal.last_seq(scope, run.id)
        events = _failing(run, error, after=max(stored, log.last_seq))
        if stored >= log.last_seq:
            # A run that was deleted meanwhile has no journal, but may have followers.
            with contextlib.suppress(NotFound):
                await self._journal.commit(scope, run.id, Batch((), events, epoch))
        await log.publish(scope, run.id, events)
        return RunResult(status="failed", error={**error, "node_id": None})


def _failing(run: Run, error: dict[str, str], *, after: int) -> list[Event]:
    """The end of a run that failed from outside, and its beginning where it has not said anything."""
    events: list[Event] = [RunStarted(run.inputs, run.app_id, run.version, seq=1)] if after == 0 else []
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
