"""Everything in one process: stores, engine, models, the HTTP face and the console, on one event loop."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from loomwork import __version__
from loomwork.adapters.remote.models import RemoteModels
from loomwork.adapters.remote.tools import RemoteTools
from loomwork.apps.application.erase_old_runs import keep_erasing
from loomwork.apps.application.take_up_runs import take_up_abandoned, take_up_runs, wake_runs
from loomwork.bootstrap.access_log import log_config
from loomwork.bootstrap.collector import spare_in_company
from loomwork.bootstrap.data_lock import only_server_of
from loomwork.bootstrap.gathering import GatheringProtocol
from loomwork.bootstrap.listening import STOP_SECONDS, StoppableServer, bound_socket, local_url
from loomwork.bootstrap.own_command import sign_in_link_command
from loomwork.bootstrap.package_data import console_dir
from loomwork.bootstrap.settings import Settings, is_loopback
from loomwork.bootstrap.signing_key import signing_key
from loomwork.bootstrap.workspace import Workspace, open_workspace
from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Ready:
    """What a server says once it answers: where it is, and the one-time link that signs its owner in."""

    url: str
    sign_in_url: str


async def serve(settings: Settings, *, host: str, port: int, on_ready: Callable[[Ready], None]) -> None:
    """Serve until the process is asked to stop. `on_ready` is called once requests are answered.

    Raises `Conflict` where another server has the port or the data folder, and `InvalidInput` for an address that other
    machines reach while the owner has no password.
    """
    if not is_loopback(host) and settings.given_database_url is None and not settings.database_file.exists():
        raise _open_to_strangers(host)
    with only_server_of(settings.data) as lock, bound_socket(host, port) as listening:
        async with open_workspace(settings) as workspace:
            await _refuse_strangers(workspace, host)
            waking = asyncio.create_task(_wake(workspace))
            # So that the first app with code does not wait for its jail.
            jailing = asyncio.create_task(asyncio.to_thread(workspace.room.sandbox.missing))
            await take_up_runs(workspace.storage.runs, workspace.dispatcher)
            url = local_url(host, listening.getsockname()[1])
            lock.write(url)
            lock.flush()

            async def announce() -> None:
                token = await workspace.gatekeeper.create_sign_in_token(workspace.owner)
                on_ready(Ready(url, f"{url}/sign-in?token={token}"))

            async def stop_runs() -> None:
                waking.cancel()
                jailing.cancel()
                await workspace.dispatcher.close()
                # Those who follow a run that waits, for its turn or for somebody, too.
                workspace.log.close()

            server = StoppableServer(_config(workspace, settings, host, url), announce, stop_runs)
            await server.serve(sockets=[listening])


async def _refuse_strangers(workspace: Workspace, host: str) -> None:
    """Until the owner has a password, nobody but this machine may reach the server."""
    if is_loopback(host):
        return
    owner_id = await workspace.owner_id()
    if not (await workspace.people.person(owner_id)).has_password:
        raise _open_to_strangers(host)


def _open_to_strangers(host: str) -> InvalidInput:
    return InvalidInput(
        f"{host} can be reached from other machines, and the owner has no password yet. Set one with "
        "`loomwork people password YOUR-EMAIL`, or listen on 127.0.0.1."
    )


async def _wake(workspace: Workspace) -> None:
    runs, dispatcher, clock = workspace.storage.runs, workspace.dispatcher, SystemClock()
    await asyncio.gather(
        wake_runs(runs, dispatcher, clock, left=workspace.executor.left),
        workspace.executor.hear_others(),
        take_up_abandoned(runs, dispatcher, clock, every=workspace.executor.lease_seconds),
        keep_erasing(workspace.storage.retention, clock),
        workspace.knowledge.work(),
        spare_in_company(workspace.shares, clock.monotonic),
    )


def http_app(workspace: Workspace, settings: Settings, host: str, url: str | None = None) -> FastAPI:
    """Every face of the workspace that speaks HTTP, for a server that is bound to `host`, and that this machine reaches
    at `url`.
    """
    public_url = settings.public_url or url or local_url(host, settings.port)
    return create_http_app(_services(workspace), _options(settings, host, public_url))


def _services(workspace: Workspace) -> Services:
    storage, room = workspace.storage, workspace.room
    return Services(
        apps=workspace.apps,
        gatekeeper=workspace.gatekeeper,
        conversations=storage.conversations,
        models=room.models,
        local_models=room.local_models,
        idempotency=storage.idempotency,
        aliases=storage.aliases,
        life=workspace.life,
        files=workspace.files,
        audit=workspace.audit,
        message_log=storage.message_log,
        annotations=storage.annotations,
        limits=workspace.limits,
        providers=room.providers,
        accounts=room.accounts,
        ready=lambda: _ready(workspace),
        code=lambda: _code(workspace),
        alone=storage.database.alone,
        home=workspace.owner.workspace_id,
        members=workspace.members,
        workspaces=workspace.workspaces,
        tools=room.tools,
        apis=room.apis,
        servers=room.servers,
        takeout=workspace.takeout,
        plugins=room.plugins,
        people=workspace.people,
        invitations=workspace.invitations,
        sso=workspace.sso,
        knowledge=workspace.knowledge.knowledge,
        knowledge_grants=workspace.knowledge_grants,
    )


def _options(settings: Settings, host: str, public_url: str) -> HttpOptions:
    return HttpOptions(
        host=host,
        allowed_hosts=settings.allowed_hosts | _host_of(settings.public_url),
        allowed_origins=settings.allowed_origins | frozenset(filter(None, [settings.public_url])),
        console_dir=console_dir(),
        version=__version__,
        public_url=public_url,
        # Whoever says that the server is reached over http knows that passwords can be read on the way.
        plain_http_sign_in=(settings.public_url or "").startswith("http://"),
        signing_key=signing_key(settings.data),
        plugin_uploads=settings.plugin_uploads,
        link_command=_link_command(settings, host),
    )


def _link_command(settings: Settings, host: str) -> str:
    """In full only where all who can ask sit at this machine: it says where things lie on it."""
    here_alone = is_loopback(host) and settings.public_url is None
    return sign_in_link_command(settings.data) if here_alone else "loomwork keys sign-in-link"


def _host_of(url: str | None) -> frozenset[str]:
    name = urlsplit(url).hostname if url is not None else None
    return frozenset() if name is None else frozenset({name})


def _config(workspace: Workspace, settings: Settings, host: str, url: str) -> uvicorn.Config:
    return uvicorn.Config(
        http_app(workspace, settings, host, url),
        log_level=settings.log_level,
        log_config=log_config(),
        access_log=settings.log_level == "debug",
        server_header=False,
        http=GatheringProtocol,
        # No face of ours speaks WebSocket, and its library takes memory.
        ws="none",
        timeout_graceful_shutdown=STOP_SECONDS,
    )


async def _ready(workspace: Workspace) -> Mapping[str, str | None]:
    room = workspace.room
    inference = {"inference": await room.problem()} if isinstance(room.models, RemoteModels) else {}
    plugins = {"plugins": await room.tools.problem()} if isinstance(room.tools, RemoteTools) else {}
    return {"database": await workspace.probe.problem(), **inference, **plugins}


def _code(workspace: Workspace) -> Mapping[str, str | None]:
    jail, problem = workspace.room.sandbox.known()
    return {"jail": jail, "problem": problem}
