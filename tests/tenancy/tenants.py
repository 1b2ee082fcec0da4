"""Two workspaces of one installation, each with one of everything that an id can name."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert

from loomwork.adapters.storage.sql.tables import members, people, workspaces
from loomwork.bootstrap.monolith import http_app
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import Workspace, open_workspace
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import Actor, Scope
from loomwork.plugins.application.manage_plugins import InstalledPlugins
from loomwork.tenancy.api import KeyTerms
from loomwork.tools.application.registry import WorkspaceTools
from loomwork.tools.domain.mcp_server import McpSettings, Offer, Offers
from loomwork.tools.ports import McpRow
from tests.contracts.plugins.packages import helpful
from tests.tenancy.operations import Operation, operations_of
from tests.tenancy.rows import Rows

BASE = "http://127.0.0.1:8700"
NOWHERE = "http://127.0.0.1:9/mcp"
"""No server of MCP: the gate lets nobody there."""
APPS = Path(__file__).parent.parent / "journeys" / "apps"
VISITOR = "visitor"
PATIENCE = 60
"""Seconds that one answer may take on a machine that has much to do."""


@dataclass
class Tenant:
    """A workspace, and whoever works in it. `marker` stands in all that it wrote, and nowhere else."""

    marker: str
    scope: Scope
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    ids: dict[str, str] = field(default_factory=dict)
    owners: set[str] = field(default_factory=set)

    @property
    def marks(self) -> set[str]:
        """What another workspace never gets to see."""
        return {self.marker, *self.ids.values(), *self.keys.values(), *self.owners}


@dataclass
class Installation:
    """A server in this process, with `ours` and `theirs` in it."""

    http: httpx.AsyncClient
    operations: list[Operation]
    rows: Rows
    workspace: Workspace
    ours: Tenant
    theirs: Tenant

    async def ask(self, method: str, url: str, key: str | None = None, **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        headers |= given.pop("headers", {})
        async with asyncio.timeout(PATIENCE):
            return await self.http.request(method, url, headers=headers, **given)


@asynccontextmanager
async def installation(url: str, folder: Path) -> AsyncIterator[Installation]:
    """Open a server on a database without a row, and fill both workspaces."""
    settings = read_settings({"LOOMWORK_DATA": str(folder), "LOOMWORK_DATABASE_URL": url})
    async with open_workspace(settings) as workspace:
        app = http_app(workspace, settings, "127.0.0.1")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
            ours = Tenant("ours-0f3a", workspace.owner)
            theirs = Tenant("theirs-7c91", await _second_workspace(workspace))
            opened = Installation(http, operations_of(app), Rows(url), workspace, ours, theirs)
            for tenant in (ours, theirs):
                await _fill(opened, tenant)
            await _at_rest(workspace)
            yield opened


@asynccontextmanager
async def another_server(opened: Installation, folder: Path) -> AsyncIterator[Installation]:
    """A further server on the same database, with the same two workspaces."""
    url = opened.rows.url
    settings = read_settings({"LOOMWORK_DATA": str(folder), "LOOMWORK_DATABASE_URL": url})
    async with open_workspace(settings) as workspace:
        app = http_app(workspace, settings, "127.0.0.1")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
            yield replace(opened, http=http, workspace=workspace)


async def _at_rest(workspace: Workspace) -> None:
    """Once nothing is written any more of what was done: the ends of runs, and what stands in the ledger."""
    tasks = [going.task for going in workspace.dispatcher._going.values()]
    await asyncio.gather(*tasks, return_exceptions=True)
    await workspace.storage.accounts.close()


async def _second_workspace(workspace: Workspace) -> Scope:
    scope = Scope(WorkspaceId(new_id()), Actor("person", new_id()))
    now = datetime.now(UTC)
    database = workspace.storage.database
    await database.change(
        insert(workspaces).values(id=scope.workspace_id, slug="theirs", name="theirs-7c91", created_at=now)
    )
    person = new_id()
    await database.change(insert(people).values(id=person, name="theirs-7c91", created_at=now))
    member = {"id": scope.actor.id, "person_id": person, "role": "owner", "created_at": now}
    await database.change(insert(members).values(workspace_id=scope.workspace_id, **member))
    return scope


async def _fill(opened: Installation, tenant: Tenant) -> None:
    made = await opened.workspace.gatekeeper.create_key(tenant.scope, "workspace")
    tenant.keys["workspace"] = made.secret
    tenant.owners |= {tenant.scope.workspace_id}
    filling = Filling(opened, tenant)
    await filling.keys()
    await filling.invitations()
    await filling.apps()
    await filling.models()
    await filling.knowledge()
    await filling.runs()
    await filling.people()


class Filling:
    """Makes one of everything, over the same doors that everybody uses."""

    def __init__(self, opened: Installation, tenant: Tenant) -> None:
        self._opened = opened
        self._tenant = tenant

    async def _made(self, method: str, url: str, body: Any = None, *, key: str = "workspace") -> dict[str, Any]:
        answer = await self._opened.ask(method, url, self._tenant.keys[key], json=body)
        assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
        made: dict[str, Any] = answer.json() if answer.content else {}
        return made

    async def keys(self) -> None:
        for name in ("key", "revoked"):
            made = await self._made("POST", "/api/v1/keys")
            self._tenant.ids[name], self._tenant.keys[name] = made["id"], made["secret"]
        await self._made("DELETE", f"/api/v1/keys/{self._tenant.ids['revoked']}")

    async def invitations(self) -> None:
        invited = {"email": f"{self._tenant.marker}@example.org", "role": "viewer"}
        self._tenant.ids["invitation"] = (await self._made("POST", "/api/v1/invitations", invited))["id"]

    async def apps(self) -> None:
        for name, file in (("app", "asking.yml"), ("chat", "chat.yml"), ("text", "writer.yml")):
            text = document(self._tenant, file)
            app = await self._made("POST", "/api/v1/apps", {"document": text, "publish": True})
            self._tenant.ids[name] = app["id"]
            key = await self._made("POST", f"/api/v1/apps/{app['id']}/keys")
            self._tenant.ids[f"{name}_key"], self._tenant.keys[name] = key["id"], key["secret"]

    async def models(self) -> None:
        marker = self._tenant.marker
        credential = {"name": marker, "values": {"api_key": f"sk-{marker}"}, "verify": False}
        stored = await self._made("POST", "/api/v1/providers/openai/credentials", credential)
        route = {"targets": [{"model": "debug/echo"}]}
        await self._made("PUT", f"/api/v1/model-routes/{marker}", route)
        budget = {"subject": "app", "subject_id": self._tenant.ids["app"], "measure": "calls", "limit": "1000"}
        budgeted = await self._made("POST", "/api/v1/budgets", budget)
        limit = await self._made("POST", "/api/v1/limits", {"measure": "runs", "most": 1000})
        let_in = {"name": marker, "values": {"api_key": f"tvly-{marker}"}}
        kept = await self._made("POST", "/api/v1/tools/tavily/credentials", let_in)
        self._tenant.ids["tool_credential"] = kept["id"]
        described = {
            "openapi": "3.1.0",
            "info": {"title": marker, "version": "1"},
            "servers": [{"url": "https://api.example.org"}],
            "paths": {"/things": {"get": {"operationId": "things", "responses": {}}}},
        }
        api = await self._made("POST", "/api/v1/tools/apis", {"document": json.dumps(described)})
        self._tenant.ids["api"] = api["name"]
        await self._server()
        await self._made("PATCH", "/api/v1/tools/calculator", {"enabled": False})
        await self._plugin()
        said = {"text": marker, "json": [], "links": [], "variables": {}}
        self._tenant.ids["output"] = await self._output(json.dumps(said).encode())
        self._tenant.ids |= {
            "credential": stored["id"],
            "route": marker,
            "budget": budgeted["id"],
            "limit": limit["id"],
        }

    async def _plugin(self) -> None:
        """One for all, laid on the shelf without being tried, which takes a jail; and on for each."""
        room = self._opened.workspace.room.plugins
        assert isinstance(room, InstalledPlugins)
        if not await room.all(self._tenant.scope):
            with tempfile.TemporaryDirectory() as folder:
                given = helpful(Path(folder), "greeting")
                room._shelf.put(room._shelf.unpack(given, lambda _said: None))
        await self._made("PATCH", "/api/v1/plugins/greeting", {"enabled": True})

    async def _server(self) -> None:
        """One of MCP, which is nowhere: past the API, which would ask it."""
        marker, now = self._tenant.marker, datetime.now(UTC)
        offer = Offer(name="find", safe_name="find", input_schema={"type": "object"}, pin="1")
        offers, settings = Offers(tools=(offer,)), McpSettings(approved={"find": "1"})
        row = McpRow(new_id(), marker, marker, NOWHERE, offers, settings, new_id(), now, now)
        await self._opened.workspace.storage.tool_servers.put(self._tenant.scope, row, drop_credentials=False)
        self._tenant.ids["server"] = marker

    async def _output(self, content: bytes) -> str:
        """What a tool said in full, as if it had been too much to hand on."""
        tools = self._opened.workspace.room.tools
        assert isinstance(tools, WorkspaceTools)
        outputs = tools._outputs
        assert outputs is not None
        return await outputs.keep(self._tenant.scope, content)

    async def knowledge(self) -> None:
        marker, ids = self._tenant.marker, self._tenant.ids
        base = await self._made("POST", "/api/v1/knowledge", {"name": marker, "embedding_model": "debug/embedding"})
        ids["knowledge"] = base["id"]
        written = {"name": f"{marker}.txt", "text": f"{marker} opens at nine."}
        within = f"/api/v1/knowledge/{base['id']}/documents"
        ids["document"] = (await self._made("POST", f"{within}/text", written))["id"]
        while await self._opened.workspace.knowledge.indexer.work_on_next(marker):
            pass
        ids["chunk"] = (await self._made("GET", f"{within}/{ids['document']}/chunks"))["data"][0]["id"]
        key = await self._made("POST", f"/api/v1/knowledge/{base['id']}/keys")
        ids["knowledge_key"], self._tenant.keys["knowledge"] = key["id"], key["secret"]

    async def runs(self) -> None:
        ids = self._tenant.ids
        said = {"query": self._tenant.marker, "inputs": {}, "user": VISITOR, "response_mode": "blocking"}
        told = await self._made("POST", "/v1/chat-messages", said, key="chat")
        ids |= {"run": told["task_id"], "conversation": told["conversation_id"], "message": told["message_id"]}
        await self._made("PUT", "/api/v1/retention", {"days": 1000})
        await self._made("PUT", f"/api/v1/messages/{ids['message']}/feedback", {"rating": "like"})
        noted = {"question": f"Where, {self._tenant.marker}?", "answer": f"Here, {self._tenant.marker}."}
        for name in ("annotation", "note"):
            ids[name] = (await self._made("POST", f"/api/v1/apps/{ids['chat']}/annotations", noted))["id"]
        talk = {"app_id": ids["chat"], "query": self._tenant.marker}
        ended = await self._made("POST", "/api/v1/runs", talk)
        ids["talk"] = ended["conversation_id"]
        await self._opened.ask("GET", f"/api/v1/runs/{ended['id']}/events", self._tenant.keys["workspace"])
        given = {"inputs": {"message": self._tenant.marker}, "user": VISITOR, "response_mode": "blocking"}
        asking = await self._made("POST", "/v1/workflows/run", given, key="app")
        ids["asking"] = asking["workflow_run_id"]
        ids["form"] = _first(asking, "form_token")

    async def people(self) -> None:
        """Past the API: whoever does not run the installation would invite them."""
        tenant, workspace = self._tenant, self._opened.workspace
        by = await workspace.gatekeeper.by_key(tenant.keys["workspace"])
        assert by is not None
        for name in ("member", "leaver"):
            email = f"{name}@{tenant.marker}.example.org"
            member = await workspace.members.add_member(by, email=email, role="viewer")
            terms = KeyTerms(member_id=member.id)
            made = await workspace.gatekeeper.create_key(tenant.scope, "personal", terms=terms)
            tenant.ids[name], tenant.ids[f"{name}_key"], tenant.keys[name] = member.id, made.key.id, made.secret
        role = await self._made("POST", "/api/v1/roles", {"name": tenant.marker, "permissions": ["apps.read"]})
        tenant.ids["role"] = role["id"]
        grant = f"/api/v1/members/{tenant.ids['member']}/grants/{tenant.ids['app']}"
        await self._made("PUT", grant, {"role": "editor"})
        grant = f"/api/v1/knowledge/{tenant.ids['knowledge']}/grants/{tenant.ids['member']}"
        await self._made("PUT", grant, {"role": "editor"})


def document(tenant: Tenant, file: str) -> str:
    """An app file of the tests, marked, and on models of this process."""
    text = (APPS / file).read_text(encoding="utf-8")
    text = text.replace("provider: openai-compatible, name: scripted-1", "provider: debug, name: echo")
    return text.replace("description: ", f"description: {tenant.marker} ", 1)


def _first(told: Any, name: str) -> str:
    """The value of a key, wherever in a JSON answer it stands."""
    if isinstance(told, Mapping):
        if isinstance(told.get(name), str):
            return str(told[name])
        told = list(told.values())
    found = [_first(each, name) for each in told] if isinstance(told, list) else []
    return next((each for each in found if each), "")
