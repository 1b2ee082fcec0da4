"""Run a run again: as a whole, or from one of its nodes on, with what it had found out until there."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loomwork.apps.api import ReplayRequest
from loomwork.apps.application.begin_flow import FlowInput, begin_flow, notices_of, resolve_models, with_files
from loomwork.apps.application.check_inputs import checked_inputs
from loomwork.apps.application.compile_flow import Flow, FlowCompiler
from loomwork.apps.application.given_files import GivenFiles, file_ids
from loomwork.apps.application.run_flow import flow_of, reading_context
from loomwork.apps.domain import ENDED, Run
from loomwork.apps.domain.run import FILES, RESERVED_INPUTS, key_of
from loomwork.apps.ports import AppStore, Dispatcher, FileStore, RunAdmission, RunStore
from loomwork.engine import Plan, begin_again, edited_result, nodes_after, results_of
from loomwork.engine.ports import Batch, Journal, Record, RunContext
from loomwork.engine.variables import File
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, InvalidInput, LoomworkError
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatModels
from loomwork.nodes.api import branch_key


@dataclass(frozen=True, slots=True)
class Replay:
    """Everything that repeating a run needs."""

    apps: AppStore
    runs: RunStore
    models: ChatModels
    compiler: FlowCompiler
    dispatcher: Dispatcher
    journal: Journal
    clock: Clock
    admission: RunAdmission
    files: FileStore | None = None

    async def __call__(self, scope: Scope, run_id: RunId, request: ReplayRequest) -> Run:
        """The new run, queued. Raises what `Apps.replay_run` says."""
        source = await self.runs.get(scope, run_id)
        if source.status not in ENDED:
            raise Conflict("This run has not ended yet. Wait for its end, or stop it, then run it again.")
        flow = await flow_of(scope, source, apps=self.apps, compiler=self.compiler)
        plan = flow.runnable()
        _check_places(plan, request)
        records = await self.journal.records(scope, run_id)
        if request.node_id is not None and not records:
            raise Conflict("Nothing is kept of what this run's nodes left, so it can only be run again as a whole.")
        run, context = await self._again(scope, source, flow, request)
        first = await asyncio.to_thread(
            _first_batch, plan, reading_context(scope, source, flow), context, records, request
        )
        async with self.admission.starting(scope, run.app_id, run.end_user):
            await self._begin(scope, run, first)
        return run

    async def _again(self, scope: Scope, source: Run, flow: Flow, request: ReplayRequest) -> tuple[Run, RunContext]:
        app = await self.apps.get(scope, source.app_id)
        resolved = await resolve_models(scope, flow, self.models, bindings=app.bindings)
        inputs = {name: value for name, value in source.inputs.items() if name not in RESERVED_INPUTS}
        reserved = {name: value for name, value in source.inputs.items() if name in RESERVED_INPUTS}
        if request.inputs is not None:
            form, given = flow.document.form, GivenFiles(self.files, self.clock)
            inputs = await given.known(
                scope,
                source.app_id,
                scope.actor.id,
                checked_inputs(form, {**inputs, **request.inputs}),
                form=form,
                trusted=file_ids(source.inputs),
            )
        files = reserved.get(FILES) or ()
        run = Run(
            id=RunId(new_id()),
            app_id=source.app_id,
            version=source.version,
            environment=source.environment,
            document=source.document,
            status="queued",
            inputs={**inputs, **reserved},
            query=source.query,
            source=request.source,
            end_user=scope.actor.id,
            created_at=self.clock.now(),
            notices=notices_of(flow, resolved),
            origin_id=source.id,
            origin_node_id=request.node_id,
            key_id=key_of(scope),
        )
        asked = FlowInput(
            inputs=inputs,
            query=source.query,
            files=[File.from_wire(item) for item in files],
            user=source.end_user,
            app_id=source.app_id,
            version=source.version,
            conversation_id=source.conversation_id,
        )
        context = begin_flow(flow, scope, run.id, asked, resolved, now=run.created_at, origin=run.origin)
        return run, context

    async def _begin(self, scope: Scope, run: Run, first: Batch) -> None:
        """The run with its beginning in the journal, from where whoever executes it takes it up."""
        await self.runs.add(scope, run)
        try:
            await self.journal.commit(scope, run.id, first)
        except Exception as error:
            code = error.code if isinstance(error, LoomworkError) else LoomworkError.code
            why = {"code": code, "message": "The beginning of the run could not be stored, so it did not begin."}
            ended = dataclasses.replace(run, status="failed", error=why, finished_at=self.clock.now())
            with contextlib.suppress(Exception):
                await self.runs.save(scope, ended)
            raise
        await self.dispatcher.enqueue(scope, run.id)


def _first_batch(
    plan: Plan, reading: RunContext, context: RunContext, records: Sequence[Record], request: ReplayRequest
) -> Batch:
    results = results_of(plan, reading, records) if request.node_id is not None or request.outputs else {}
    reused = {}
    if request.node_id is not None:
        anew = nodes_after(plan, request.node_id)
        if request.inputs is not None:
            anew.update(plan.nodes[root].id for root in plan.roots)
        reused = {node_id: told for node_id, told in results.items() if node_id not in anew}
    for node_id, outputs in (request.outputs or {}).items():
        reused[node_id] = edited_result(results.get(node_id), with_files(outputs), _handle(plan, node_id, outputs))
    return begin_again(plan, context, records, reused)


def _handle(plan: Plan, node_id: str, outputs: Mapping[str, Any]) -> str | None:
    """The way that a node leaves by whose outputs say which; None where they say nothing of it."""
    key = branch_key(plan.nodes[plan.index_of[node_id]].type)
    said = outputs.get(key) if key is not None else None
    return said if isinstance(said, str) else None


def _check_places(plan: Plan, request: ReplayRequest) -> None:
    """Every node that is named stands at the top. Raises `InvalidInput`."""
    if request.node_id is not None:
        _check_place(plan, request.node_id, "node_id")
    for node_id in request.outputs or {}:
        _check_place(plan, node_id, "outputs")


def _check_place(plan: Plan, node_id: str, field: str) -> None:
    if node_id in plan.index_of:
        return
    for container, inside in _contained(plan):
        if node_id in inside:
            raise InvalidInput(
                f"Node '{node_id}' stands inside '{container}', which a run repeats as a whole: name '{container}'.",
                field=field,
                container=container,
            )
    raise InvalidInput(f"The run's graph has no node '{node_id[:50]}'.", field=field)


def _contained(plan: Plan) -> Iterator[tuple[str, set[str]]]:
    """Each top-level container, and the ids of all nodes inside it, at any depth."""
    for node in plan.nodes:
        if node.body is not None:
            yield node.id, set(_ids(node.body))


def _ids(plan: Plan) -> Iterator[str]:
    for node in plan.nodes:
        yield node.id
        if node.body is not None:
            yield from _ids(node.body)
