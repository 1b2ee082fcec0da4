"""The workspace behind a server, over `/api/v1` with a workspace key."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from loomwork.interface.cli.audit_desk import AuditDesk, RemoteAuditDesk
from loomwork.interface.cli.knowledge_desk import KnowledgeDesk, RemoteKnowledgeDesk
from loomwork.interface.cli.life_desk import LifeDesk, RemoteLifeDesk
from loomwork.interface.cli.limit_desk import LimitDesk, RemoteLimitDesk
from loomwork.interface.cli.member_desk import MemberDesk, RemoteMemberDesk
from loomwork.interface.cli.model_desk import ModelDesk
from loomwork.interface.cli.pages import KeyState
from loomwork.interface.cli.people_desk import PeopleDesk
from loomwork.interface.cli.plugin_desk import PluginDesk, RemotePluginDesk
from loomwork.interface.cli.remote_desk import RemoteDesk
from loomwork.interface.cli.sign_on_desk import RemoteSignOn, SignOnDesk
from loomwork.interface.cli.takeout_desk import RemoteTakeoutDesk, TakeoutDesk
from loomwork.interface.cli.tool_desk import RemoteToolDesk, ToolDesk
from loomwork.interface.cli.workspace import AppDetails, AppLine, KeyLine, RunFacts
from loomwork.interface.python.client import AsyncClient, ServerRefused, ServerUnreachable
from loomwork.kernel.errors import InvalidInput, LoomworkError, NotFound
from loomwork.kernel.page import Page, PageRequest

TIMEOUT_SECONDS = 60
HEALTH_SECONDS = 3
MOST_OF_HEALTH = 10_000
"""Bytes."""

APP_FIELDS = ("id", "name", "description", "mode", "node_count", "warnings", "published_version", "updated_at", "tags")


__all__ = ["RemoteWorkspace", "ServerRefused", "ServerUnreachable", "is_loomwork", "remote_workspace"]


class CommandClient(AsyncClient):
    """The client, with refusals in the words of commands."""

    def _refusal(self, status: int, content: bytes) -> LoomworkError:
        refused = super()._refusal(status, content)
        if status == 404 and isinstance(refused, ServerRefused):
            return NotFound(refused.message)
        return InvalidInput(refused.message) if refused.code == "invalid_input" else refused


@asynccontextmanager
async def remote_workspace(server: str, key: str) -> AsyncIterator["RemoteWorkspace"]:
    """The workspace that a key opens. Raises `InvalidInput` for an address that is none."""
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InvalidInput(f"--server takes an address such as http://127.0.0.1:8700, not {server[:80]!r}.")
    if not (key.isascii() and key.isprintable() and key):
        raise InvalidInput("--key holds characters that no key has.")
    async with CommandClient(server, key, timeout=TIMEOUT_SECONDS) as client:
        yield RemoteWorkspace(client)


async def is_loomwork(host: str, port: int) -> bool:
    """Whether what listens there says that it is a server of ours. Whatever else it says, or does not, is a no."""
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/health"
    timeout = aiohttp.ClientTimeout(total=HEALTH_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(address) as answer:
            said = orjson.loads(await answer.content.read(MOST_OF_HEALTH))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("server") == "loomwork"


@dataclass(frozen=True, slots=True)
class RemoteWorkspace:
    """Fits `Workspace`."""

    client: AsyncClient

    @property
    def desk(self) -> ModelDesk:
        return RemoteDesk(self.client)

    @property
    def life(self) -> LifeDesk:
        return RemoteLifeDesk(self.client.request)

    @property
    def member_desk(self) -> MemberDesk:
        return RemoteMemberDesk(self.client)

    @property
    def audit_desk(self) -> AuditDesk:
        return RemoteAuditDesk(self.client.request)

    @property
    def knowledge_desk(self) -> KnowledgeDesk:
        return RemoteKnowledgeDesk(self.client)

    @property
    def tool_desk(self) -> ToolDesk:
        return RemoteToolDesk(self.client)

    @property
    def plugin_desk(self) -> PluginDesk:
        return RemotePluginDesk(self.client)

    @property
    def takeout_desk(self) -> TakeoutDesk:
        return RemoteTakeoutDesk(self.client)

    @property
    def limit_desk(self) -> LimitDesk:
        return RemoteLimitDesk(self.client)

    @property
    def people(self) -> PeopleDesk:
        from loomwork.interface.cli.remote_people import RemotePeople

        return RemotePeople(self.client.request)

    @property
    def sign_on(self) -> SignOnDesk:
        return RemoteSignOn(self.client.request)

    async def import_app(self, document: str, *, publish: bool) -> AppLine:
        return _app_line(await self.client.create_app(document=document, publish=publish))

    async def list_apps(self, *, search: str = "", tag: str = "") -> Sequence[AppLine]:
        return [_app_line(app) async for app in self.client.all_apps(search=search, tag=tag)]

    async def open_app(self, app_id: str) -> AppDetails:
        opened = await self.client.open_app(app_id)
        return AppDetails(_app_line(opened), opened["form"], opened["models"], opened["problems"], opened["runnable"])

    async def delete_app(self, app_id: str) -> None:
        await self.client.delete_app(app_id)

    async def publish_app(self, app_id: str) -> int:
        return (await self.client.publish_app(app_id))["number"]

    async def export_app(self, app_id: str) -> str:
        return await self.client.export_document(app_id)

    async def create_app_key(self, app_id: str) -> str:
        return (await self.client.create_app_key(app_id))["secret"]

    async def create_dataset_key(self, dataset_id: str) -> str:
        raise InvalidInput("A dataset key is made on the server's own machine: leave --server away.")

    async def create_workspace_key(self) -> str:
        return (await self.client.create_workspace_key())["secret"]

    async def list_keys(
        self, page: PageRequest, app_id: str | None = None, *, state: KeyState | None = None
    ) -> Page[KeyLine]:
        limit, after = page.limit, page.after
        if app_id is None:
            listed = await self.client.list_workspace_keys(limit=limit, after=after, state=state)
        else:
            listed = await self.client.list_app_keys(app_id, limit=limit, after=after, state=state)
        lines = [
            KeyLine(key["id"], key["kind"], app_id, key["last_four"], key["created_at"], key["revoked_at"])
            for key in listed["data"]
        ]
        return Page(lines, next=listed["next"])

    async def revoke_key(self, key_id: str) -> None:
        await self.client.revoke_key(key_id)

    async def list_runs(self, app_id: str | None = None) -> Sequence[RunFacts]:
        page = await self.client.list_runs(limit=100, app_id=app_id)
        return [_run(run) for run in page["data"]]

    async def get_run(self, run_id: str) -> RunFacts:
        return _run(await self.client.read_run(run_id))

    async def stop_run(self, run_id: str) -> None:
        await self.client.stop_run(run_id)

    async def pause_run(self, run_id: str) -> None:
        await self.client.pause_run(run_id)

    async def resume_run(self, run_id: str) -> RunFacts:
        return _run(await self.client.resume_run(run_id))

    async def answer_run(self, run_id: str, answer: Mapping[str, Any]) -> RunFacts:
        return _run(await self.client.answer_run(run_id, **answer))

    async def replay_run(self, run_id: str, request: Mapping[str, Any]) -> RunFacts:
        return _run(await self.client.replay_run(run_id, **request))

    async def sign_in_link(self) -> str:
        raise InvalidInput("A sign-in link is made on the server's own machine: leave --server away.")


def _run(shape: Any) -> RunFacts:
    if not isinstance(shape, dict) or not {"id", "app_id", "status", "created_at"} <= shape.keys():
        raise ServerUnreachable("The server's answer is not the one expected; its release may differ.")
    return shape


def _app_line(shape: Mapping[str, Any]) -> AppLine:
    try:
        return AppLine(**{name: shape[name] for name in APP_FIELDS})
    except (KeyError, TypeError):
        raise ServerUnreachable("The server's answer is not the one expected; its release may differ.") from None
