"""The door of apps, as one object: each use case bound to what it needs."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loomwork.apps.api import (
    AppOverview,
    CheckReport,
    GraphEdge,
    GraphNode,
    OpenQuestion,
    PersonAnswer,
    ReplayRequest,
    RunRequest,
    Starter,
)
from loomwork.apps.application.admission import Everyone
from loomwork.apps.application.answer_run import Questions
from loomwork.apps.application.check_document import check_document
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.import_app import import_app, replace_document
from loomwork.apps.application.keep_models import keep_models
from loomwork.apps.application.open_app import graph_of, open_app
from loomwork.apps.application.pause_run import pause_run, resume_run
from loomwork.apps.application.publish_app import publish_app
from loomwork.apps.application.replay_run import Replay
from loomwork.apps.application.run_flow import flow_of
from loomwork.apps.application.run_subflow import binding_of
from loomwork.apps.application.start_run import RunStart
from loomwork.apps.application.starters import list_starters, starter_document, unlike_the_others
from loomwork.apps.domain import App, Environment, Run, RunFilter, Version
from loomwork.apps.ports import AppStore, Dispatcher, FileStore, RunAdmission, RunStore
from loomwork.conversations.api import ConversationStore
from loomwork.engine.commands import Cancel
from loomwork.engine.events import RunPaused
from loomwork.engine.ports import EventLog, Journal
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import AppId, RunId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatModels, ModelReference


@dataclass(frozen=True, slots=True)
class AppService:
    """Fits `loomwork.apps.api.Apps`."""

    apps: AppStore
    runs: RunStore
    conversations: ConversationStore
    models: ChatModels
    compiler: FlowCompiler
    dispatcher: Dispatcher
    journal: Journal
    log: EventLog
    clock: Clock
    starters_folder: Path
    admission: RunAdmission = field(default_factory=Everyone)
    files: FileStore | None = None

    async def import_app(self, scope: Scope, document: str, *, publish: bool = False) -> App:
        app = await import_app(scope, document, apps=self.apps, compiler=self.compiler, clock=self.clock)
        if publish:
            await self.publish_app(scope, app.id)
            return await self.apps.get(scope, app.id)
        return app

    async def replace_document(self, scope: Scope, app_id: AppId, document: str, *, revision: int | None = None) -> App:
        return await replace_document(
            scope, app_id, document, revision=revision, apps=self.apps, compiler=self.compiler, clock=self.clock
        )

    async def check(self, document: str) -> CheckReport:
        return await asyncio.to_thread(check_document, document, self.compiler)

    async def export_app(self, scope: Scope, app_id: AppId) -> str:
        return (await self.apps.get(scope, app_id)).document

    async def list_apps(self, scope: Scope, page: PageRequest, *, search: str = "", tag: str = "") -> Page[App]:
        return await self.apps.list_apps(scope, page, search=search, tag=tag)

    async def get_app(self, scope: Scope, app_id: AppId) -> App:
        return await self.apps.get(scope, app_id)

    async def open_app(self, scope: Scope, app_id: AppId, *, published: bool = False) -> AppOverview:
        return await open_app(
            scope, app_id, published=published, apps=self.apps, compiler=self.compiler, models=self.models
        )

    async def publish_app(
        self, scope: Scope, app_id: AppId, *, notes: str = "", environment: Environment = "prod"
    ) -> Version:
        version = await publish_app(
            scope, app_id, notes=notes, environment=environment, apps=self.apps, clock=self.clock
        )
        await keep_models(scope, version, apps=self.apps, compiler=self.compiler, models=self.models, clock=self.clock)
        return version

    async def delete_app(self, scope: Scope, app_id: AppId) -> None:
        await self.apps.delete(scope, app_id)

    async def bind_model(self, scope: Scope, app_id: AppId, reference: str, model: str | None) -> App:
        await self.apps.get(scope, app_id)
        if model is not None:
            provider, _, name = reference.rpartition("/")
            await self.models.resolve(scope, ModelReference(provider, name), override=model)
        return await self.apps.set_binding(scope, app_id, reference, model, at=self.clock.now())

    async def bind_app(self, scope: Scope, app_id: AppId, name: str, other: AppId | None) -> App:
        if other is not None:
            await self.apps.get(scope, other)
        return await self.apps.set_binding(scope, app_id, binding_of(name), other, at=self.clock.now())

    async def list_starters(self) -> Sequence[Starter]:
        return list_starters(self.starters_folder)

    async def add_starter(self, scope: Scope, starter_id: str) -> App:
        document = await unlike_the_others(scope, starter_document(self.starters_folder, starter_id), self.apps)
        return await self.import_app(scope, document, publish=True)

    @property
    def run_start(self) -> RunStart:
        """What starts runs."""
        return RunStart(
            apps=self.apps,
            runs=self.runs,
            conversations=self.conversations,
            models=self.models,
            compiler=self.compiler,
            dispatcher=self.dispatcher,
            clock=self.clock,
            admission=self.admission,
            files=self.files,
        )

    async def start_run(self, scope: Scope, request: RunRequest) -> Run:
        return await self.run_start(scope, request)

    async def stop_run(self, scope: Scope, run_id: RunId) -> None:
        await self.runs.get(scope, run_id)
        await self.dispatcher.send(scope, run_id, Cancel(by=scope.actor.words))

    async def pause_run(self, scope: Scope, run_id: RunId) -> None:
        await pause_run(
            scope, run_id, apps=self.apps, runs=self.runs, compiler=self.compiler, dispatcher=self.dispatcher
        )

    async def resume_run(self, scope: Scope, run_id: RunId) -> None:
        await resume_run(scope, run_id, runs=self.runs, dispatcher=self.dispatcher)

    @property
    def questions(self) -> Questions:
        """What knows what runs ask people, and takes their answers."""
        return Questions(
            apps=self.apps,
            runs=self.runs,
            compiler=self.compiler,
            dispatcher=self.dispatcher,
            journal=self.journal,
            log=self.log,
        )

    async def open_questions(self, scope: Scope, run_id: RunId) -> Sequence[OpenQuestion]:
        return await self.questions.open(scope, run_id)

    async def answer_run(self, scope: Scope, run_id: RunId, answer: PersonAnswer) -> None:
        await self.questions.answer(scope, run_id, answer)

    async def replay_run(self, scope: Scope, run_id: RunId, request: ReplayRequest) -> Run:
        replay = Replay(
            apps=self.apps,
            runs=self.runs,
            models=self.models,
            compiler=self.compiler,
            dispatcher=self.dispatcher,
            journal=self.journal,
            clock=self.clock,
            admission=self.admission,
            files=self.files,
        )
        return await replay(scope, run_id, request)

    async def get_run(self, scope: Scope, run_id: RunId) -> Run:
        return await self.runs.get(scope, run_id)

    async def run_graph(self, scope: Scope, run_id: RunId) -> tuple[Sequence[GraphNode], Sequence[GraphEdge]]:
        run = await self.runs.get(scope, run_id)
        return graph_of(await flow_of(scope, run, apps=self.apps, compiler=self.compiler))

    async def list_runs(
        self, scope: Scope, page: PageRequest, *, app_id: AppId | None = None, wanted: RunFilter | None = None
    ) -> Page[Run]:
        return await self.runs.list_runs(scope, page, app_id=app_id, wanted=wanted)

    async def follow_run(
        self, scope: Scope, run_id: RunId, *, after: int = 0, until_rest: bool = False
    ) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        await self.runs.get(scope, run_id)
        async for batch in self.log.follow(scope, run_id, after=after):
            yield batch
            if until_rest and await self._rests(scope, run_id, batch[-1]):
                return

    async def _rests(self, scope: Scope, run_id: RunId, last: Mapping[str, Any]) -> bool:
        """Whether the run is paused with this event, and has not gone on since."""
        return last["type"] == RunPaused.type and await self.journal.last_seq(scope, run_id) == int(last["seq"])

    async def wait_for_run(self, scope: Scope, run_id: RunId, *, until_rest: bool = False) -> Run:
        async for _ in self.follow_run(scope, run_id, until_rest=until_rest):
            pass
        return await self.runs.get(scope, run_id)
