"""The workspace of a data folder, opened by this process; a server may have it open at the same time."""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from loomwork.apps.api import App, Apps, OpenQuestion, PersonAnswer, ReplayRequest, Run
from loomwork.interface.cli.audit_desk import AuditDesk, LocalAuditDesk
from loomwork.interface.cli.life_desk import LifeDesk, LifeDoors, LocalLifeDesk
from loomwork.interface.cli.limit_desk import LimitDesk, LocalLimitDesk
from loomwork.interface.cli.model_desk import ModelDesk
from loomwork.interface.cli.pages import KeyState
from loomwork.interface.cli.people_desk import PeopleDesk
from loomwork.interface.cli.sign_on_desk import SignOnDesk
from loomwork.interface.cli.takeout_desk import LocalTakeoutDesk, TakeoutDesk
from loomwork.interface.cli.workspace import AppDetails, AppLine, KeyLine, RunFacts, Workspace
from loomwork.kernel.ids import AppId, KeyId, RunId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import Knowledge
from loomwork.model_gateway.api import Accounts, LocalModels, Models, Providers
from loomwork.plugins.api import Plugins
from loomwork.tenancy.api import ApiKey, AuditTrail, Gatekeeper, KeyFilter, Limits, Members, Takeout, Workspaces
from loomwork.tools.api import Apis, McpServers, Tools

if TYPE_CHECKING:
    from loomwork.interface.cli.knowledge_desk import KnowledgeDesk
    from loomwork.interface.cli.member_desk import MemberDesk
    from loomwork.interface.cli.plugin_desk import PluginDesk
    from loomwork.interface.cli.tool_desk import ToolDesk

T = TypeVar("T")

PAGE = 100


@dataclass(frozen=True, slots=True)
class ModelRooms:
    """The doors of models, and of what belongs to them."""

    models: Models
    local_models: LocalModels
    providers: Providers | None = None
    accounts: Accounts | None = None


@dataclass(frozen=True, slots=True)
class LocalWorkspace:
    """Fits `Workspace`. `address` is where the server of this folder would answer, and `server` where one does now:
    runs that go are its own, so it is asked to do what is done to them.
    """

    apps: Apps
    gatekeeper: Gatekeeper
    scope: Scope
    address: str
    server: str | None = None
    rooms: ModelRooms | None = None
    audit: AuditTrail | None = None
    life_doors: LifeDoors | None = None
    members: Members | None = None
    workspaces: Workspaces | None = None
    people_desk: PeopleDesk | None = None
    takeout: Takeout | None = None
    limits: Limits | None = None
    tools: Tools | None = None
    apis: Apis | None = None
    servers: McpServers | None = None
    plugins: Plugins | None = None
    sign_on_desk: SignOnDesk | None = None
    knowledge: Knowledge | None = None
    work_on_knowledge: Callable[[], Awaitable[bool]] | None = None

    @property
    def desk(self) -> ModelDesk:
        # Here, because most commands do not need the shapes of models, which take time to import.
        from loomwork.interface.cli.local_desk import LocalDesk

        assert self.rooms is not None, "the workspace was opened without its models"
        rooms = self.rooms
        return LocalDesk(self.scope, rooms.models, rooms.local_models, rooms.providers, rooms.accounts)

    @property
    def life(self) -> LifeDesk:
        assert self.life_doors is not None, "the workspace was opened without its apps' life"
        return LocalLifeDesk(self.scope, self.life_doors)

    @property
    def member_desk(self) -> "MemberDesk":
        # Here, because most commands do not need the client that the other desk is made of.
        from loomwork.interface.cli.member_desk import LocalMemberDesk

        assert self.members is not None, "the workspace was opened without its members"
        assert self.workspaces is not None, "the workspace was opened without the others"
        return LocalMemberDesk(self.scope, self.members, self.workspaces, self.gatekeeper)

    @property
    def audit_desk(self) -> AuditDesk:
        assert self.audit is not None, "the workspace was opened without its audit trail"
        return LocalAuditDesk(self.scope, self.audit)

    @property
    def takeout_desk(self) -> TakeoutDesk:
        assert self.takeout is not None, "the workspace was opened without a way out"
        return LocalTakeoutDesk(self.scope, self.takeout)

    @property
    def limit_desk(self) -> LimitDesk:
        assert self.limits is not None, "the workspace was opened without its limits"
        return LocalLimitDesk(self.scope, self.limits)

    @property
    def knowledge_desk(self) -> "KnowledgeDesk":
        from loomwork.interface.cli.knowledge_desk import LocalKnowledgeDesk, ServedKnowledgeDesk

        if self.server is not None:
            return ServedKnowledgeDesk(lambda work: self._by_server(lambda there: work(there.knowledge_desk)))
        assert self.knowledge is not None, "the workspace was opened without its knowledge"
        assert self.work_on_knowledge is not None, "the workspace was opened without those who index"
        return LocalKnowledgeDesk(self.scope, self.knowledge, self.work_on_knowledge)

    @property
    def tool_desk(self) -> "ToolDesk":
        # Here, because most commands do not need the shapes of tools, which take time to import.
        from loomwork.interface.cli.tool_desk import LocalToolDesk

        assert self.tools is not None, "the workspace was opened without its tools"
        assert self.apis is not None, "the workspace was opened without its APIs"
        assert self.servers is not None, "the workspace was opened without its servers of MCP"
        return LocalToolDesk(self.scope, self.tools, self.apis, self.servers)

    @property
    def plugin_desk(self) -> "PluginDesk":
        # Here, for the same reason.
        from loomwork.interface.cli.plugin_desk import LocalPluginDesk

        assert self.plugins is not None, "the workspace was opened without its plugins"
        return LocalPluginDesk(self.scope, self.plugins)

    @property
    def people(self) -> PeopleDesk:
        assert self.people_desk is not None, "the workspace was opened without its people"
        return self.people_desk

    @property
    def sign_on(self) -> SignOnDesk:
        assert self.sign_on_desk is not None, "the workspace was opened without its providers of identity"
        return self.sign_on_desk

    async def import_app(self, document: str, *, publish: bool) -> AppLine:
        return _app_line(await self.apps.import_app(self.scope, document, publish=publish))

    async def list_apps(self, *, search: str = "", tag: str = "") -> Sequence[AppLine]:
        found: list[AppLine] = []
        after: str | None = None
        while True:
            page = await self.apps.list_apps(self.scope, PageRequest(limit=PAGE, after=after), search=search, tag=tag)
            found += map(_app_line, page.items)
            if page.next is None:
                return found
            after = page.next

    async def open_app(self, app_id: str) -> AppDetails:
        overview = await self.apps.open_app(self.scope, AppId(app_id))
        return AppDetails(
            app=_app_line(overview.app),
            form=[dataclasses.asdict(item) for item in overview.form],
            models=overview.models,
            problems=[dataclasses.asdict(item) for item in overview.problems],
            runnable=overview.runnable,
        )

    async def delete_app(self, app_id: str) -> None:
        await self.apps.delete_app(self.scope, AppId(app_id))

    async def publish_app(self, app_id: str) -> int:
        return (await self.apps.publish_app(self.scope, AppId(app_id))).number

    async def export_app(self, app_id: str) -> str:
        return await self.apps.export_app(self.scope, AppId(app_id))

    async def create_app_key(self, app_id: str) -> str:
        app = await self.apps.get_app(self.scope, AppId(app_id))
        return (await self.gatekeeper.create_key(self.scope, "app", app.id)).secret

    async def create_dataset_key(self, dataset_id: str) -> str:
        return (await self.gatekeeper.create_key(self.scope, "dataset", dataset_id)).secret

    async def create_workspace_key(self) -> str:
        return (await self.gatekeeper.create_key(self.scope, "workspace")).secret

    async def list_keys(
        self, page: PageRequest, app_id: str | None = None, *, state: KeyState | None = None
    ) -> Page[KeyLine]:
        if app_id is not None:
            await self.apps.get_app(self.scope, AppId(app_id))
        found = await self.gatekeeper.list_keys(self.scope, KeyFilter(subject_id=app_id, state=state), page)
        return Page([_key_line(key) for key in found.items], next=found.next)

    async def revoke_key(self, key_id: str) -> None:
        await self.gatekeeper.revoke_key(self.scope, KeyId(key_id))

    async def list_runs(self, app_id: str | None = None) -> Sequence[RunFacts]:
        of_app = AppId(app_id) if app_id is not None else None
        page = await self.apps.list_runs(self.scope, PageRequest(limit=PAGE), app_id=of_app)
        return [_run_facts(run) for run in page.items]

    async def get_run(self, run_id: str) -> RunFacts:
        run = await self.apps.get_run(self.scope, RunId(run_id))
        return _run_facts(run, await self.apps.open_questions(self.scope, run.id))

    async def stop_run(self, run_id: str) -> None:
        if self.server is not None:
            return await self._by_server(lambda there: there.stop_run(run_id))
        await self.apps.stop_run(self.scope, RunId(run_id))
        await self._rested(run_id)
        return None

    async def pause_run(self, run_id: str) -> None:
        if self.server is not None:
            return await self._by_server(lambda there: there.pause_run(run_id))
        await self.apps.pause_run(self.scope, RunId(run_id))
        await self._rested(run_id)
        return None

    async def resume_run(self, run_id: str) -> RunFacts:
        if self.server is not None:
            return await self._by_server(lambda there: there.resume_run(run_id))
        await self.apps.resume_run(self.scope, RunId(run_id))
        return await self._rested(run_id)

    async def answer_run(self, run_id: str, answer: Mapping[str, Any]) -> RunFacts:
        if self.server is not None:
            return await self._by_server(lambda there: there.answer_run(run_id, answer))
        frame = tuple((container, index) for container, index in answer["frame"])
        given = PersonAnswer(answer["node_id"], answer["action"], answer["values"], frame)
        await self.apps.answer_run(self.scope, RunId(run_id), given)
        return await self._rested(run_id)

    async def replay_run(self, run_id: str, request: Mapping[str, Any]) -> RunFacts:
        if self.server is not None:
            return await self._by_server(lambda there: there.replay_run(run_id, request))
        new = await self.apps.replay_run(self.scope, RunId(run_id), ReplayRequest(**request))
        return await self._rested(new.id)

    async def _by_server(self, work: Callable[[Workspace], Awaitable[T]]) -> T:
        """Have the folder's server do it, let in by a key that is revoked at once."""
        # Here, because an HTTP client takes longer to import than a command on the data folder takes to run.
        from loomwork.interface.cli.remote_workspace import remote_workspace

        made = await self.gatekeeper.create_key(self.scope, "workspace")
        try:
            async with remote_workspace(self.server or self.address, made.secret) as there:
                return await work(there)
        finally:
            await self.gatekeeper.revoke_key(self.scope, made.key.id)

    async def _rested(self, run_id: str) -> RunFacts:
        """The run once nothing goes on: it goes in this process, which would take it along when it ends."""
        run = await self.apps.get_run(self.scope, RunId(run_id))
        if run.status not in ENDED:
            await self.apps.wait_for_run(self.scope, run.id, until_rest=True)
        return await self.get_run(run_id)

    async def sign_in_link(self) -> str:
        return f"{self.address}/sign-in?token={await self.gatekeeper.create_sign_in_token(self.scope)}"


ENDED = frozenset({"succeeded", "partial-succeeded", "failed", "stopped"})
LEFT_OUT = frozenset({"document", "wakes_at"})


def _run_facts(run: Run, questions: Sequence[OpenQuestion] = ()) -> RunFacts:
    facts = {name: _plain(value) for name, value in dataclasses.asdict(run).items() if name not in LEFT_OUT}
    return facts | {"questions": [dataclasses.asdict(question) for question in questions]}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _app_line(app: App) -> AppLine:
    return AppLine(
        id=app.id,
        name=app.name,
        description=app.description,
        mode=app.mode,
        node_count=app.node_count,
        warnings=app.warnings,
        published_version=app.published_version,
        updated_at=app.updated_at.isoformat(),
        tags=list(app.tags),
    )


def _key_line(key: ApiKey) -> KeyLine:
    return KeyLine(key.id, key.kind, key.subject_id, key.last_four, key.created_at.isoformat(), _iso(key.revoked_at))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
