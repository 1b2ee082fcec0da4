"""Everything in one process: stores, engine, models, the HTTP face and the console, on one event loop."""

import asyncio
import contextlib
import fcntl
import logging
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from loomwork import __version__
from loomwork.adapters.bus.local import LEAST, LocalDispatcher
from loomwork.adapters.bus.local_gates import LocalGates
from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.fairness.fair_log import FairLog
from loomwork.adapters.fairness.shares import Shares
from loomwork.adapters.fairness.turnstile import Turnstile
from loomwork.adapters.files.outputs import FolderOutputs
from loomwork.adapters.openid import EgressOpenIdClient
from loomwork.adapters.passwords import Argon2Passwords
from loomwork.adapters.remote.models import RemoteModels
from loomwork.adapters.storage.memory import LocalEventLog
from loomwork.adapters.storage.sql import Storage, StorageFailed, open_storage
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.adapters.storage.sql.people import SqlPeopleStore
from loomwork.adapters.storage.sql.tools import SqlToolCredentialStore
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.erase_old_runs import keep_erasing
from loomwork.apps.application.execute_run import RunExecutor
from loomwork.apps.application.life import AppLifeService
from loomwork.apps.application.run_subflow import SubflowRunner
from loomwork.apps.application.service import AppService
from loomwork.apps.application.take_up_runs import take_up_abandoned, take_up_runs, wake_runs
from loomwork.apps.application.upload_file import FileUploads
from loomwork.bootstrap.access_log import log_config
from loomwork.bootstrap.late_subflows import LateSubflows
from loomwork.bootstrap.own_command import sign_in_link_command
from loomwork.bootstrap.package_data import catalog_dir, console_dir
from loomwork.bootstrap.private_files import close_to_others
from loomwork.bootstrap.readiness import WriteProbe
from loomwork.bootstrap.secret_key import keyring
from loomwork.bootstrap.settings import Settings, is_loopback
from loomwork.bootstrap.signing_key import signing_key
from loomwork.bootstrap.wiring import ModelRoom, ModelStores, ToolStores, open_models, run_limits
from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import Conflict, InvalidInput, LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Subject
from loomwork.tenancy.application import StoredAuditTrail, StoredLimits, ensure_installation
from loomwork.tenancy.application.gatekeeper import StoredGatekeeper
from loomwork.tenancy.application.invitations import StoredInvitations
from loomwork.tenancy.application.members import WorkspaceMembers
from loomwork.tenancy.application.people import StoredPeople
from loomwork.tenancy.application.single_sign_on import StoredSingleSignOn
from loomwork.tenancy.application.takeout import WorkspaceTakeout
from loomwork.tenancy.application.workspaces import InstallationWorkspaces

logger = logging.getLogger(__name__)

LOCK_FILE = "server.lock"
LEAST_ROOM = 65_536
"""Bytes that SQLite needs beside a database before it can open it."""

STOP_SECONDS = 10
"""How long open connections may take to end when the server is asked to stop."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The embedded installation: its stores, its use cases, and the scope of its owner."""

    owner: Scope
    storage: Storage
    apps: AppService
    life: AppLifeService
    files: FileUploads
    gatekeeper: StoredGatekeeper
    members: WorkspaceMembers
    workspaces: InstallationWorkspaces
    takeout: WorkspaceTakeout
    people: StoredPeople
    invitations: StoredInvitations
    executor: RunExecutor
    dispatcher: LocalDispatcher
    log: LocalEventLog
    room: ModelRoom
    probe: WriteProbe
    limits: StoredLimits
    person_store: SqlPeopleStore
    sso: StoredSingleSignOn

    async def owner_id(self) -> str:
        """The person who owns the installation."""
        return await self.person_store.person_of(self.owner, self.owner.actor.id)

    @property
    def audit(self) -> StoredAuditTrail:
        """Who did what to what."""
        return StoredAuditTrail(self.storage.audit)


@dataclass(frozen=True, slots=True)
class Ready:
    """What a server says once it answers: where it is, and the one-time link that signs its owner in."""

    url: str
    sign_in_url: str


@asynccontextmanager
async def open_workspace(settings: Settings) -> AsyncIterator[Workspace]:
    """Open the data folder (made on first use) with everything that works on it, and close it in order."""
    clock = SystemClock()
    weights = dict(settings.workspace_weights)
    shares = Shares(clock.monotonic, weigh=lambda workspace_id: weights.get(str(workspace_id), 1))
    turns = Turnstile(shares, 1)
    if settings.given_database_url is None:
        for sentence in close_to_others(settings.data, settings.database_file):
            logger.warning("%s", sentence)
    try:
        storage = await open_storage(settings.database_url, clock=clock, shares=shares)
    except StorageFailed as error:
        raise _unopened(settings, str(error.details["reason"])) from error
    async with contextlib.AsyncExitStack() as closing:
        closing.push_async_callback(storage.close)
        subflows = LateSubflows()
        keys = keyring(settings)
        credentials = SqlCredentialStore(storage.database, keys, clock)
        person_store = SqlPeopleStore(storage.database, keys)
        stores = ModelStores(credentials, storage.routes, storage.accounts)
        outputs = FolderOutputs(settings.data / "outputs")
        tool_stores = ToolStores(
            storage.tool_switches,
            SqlToolCredentialStore(credentials),
            storage.tool_calls,
            outputs,
        )
        room = open_models(
            settings,
            stores=stores,
            tool_stores=tool_stores,
            subflows=subflows,
            turns=turns,
            stored_files=storage.files,
        )
        closing.push_async_callback(room.close)
        owner = await ensure_installation(storage.gatekeeper_store, clock)
        if keys.has_older:
            await credentials.rewrap_all()
            await person_store.rewrap()
        log = LocalEventLog(storage.journal)
        compiler = FlowCompiler(room.node_types)
        executor = RunExecutor(
            apps=storage.apps,
            runs=storage.runs,
            conversations=storage.conversations,
            models=room.models,
            compiler=compiler,
            journal=storage.journal,
            leases=storage.leases,
            commands=storage.commands,
            log=FairLog(log, turns),
            clock=clock,
            # Whoever has the lock of the data folder next is the one who takes this process's place.
            owner=f"{socket.gethostname()}:{settings.data.resolve()}",
            limits=run_limits(settings),
            deaths=settings.run_deaths,
            gates=LocalGates(app_nodes=settings.app_nodes, workspace_nodes=settings.workspace_nodes),
        )
        dispatcher = LocalDispatcher(executor, each=settings.workspace_runs, least=LEAST, weights=weights)
        closing.push_async_callback(dispatcher.close)
        limits = StoredLimits(storage.limits, clock, of_all=request_limits(settings))
        apps = AppService(
            apps=storage.apps,
            runs=storage.runs,
            conversations=storage.conversations,
            models=room.models,
            compiler=compiler,
            dispatcher=dispatcher,
            journal=storage.journal,
            log=log,
            clock=clock,
            starters_folder=catalog_dir() / "apps",
            admission=limits,
            files=storage.files,
        )
        files = FileUploads(storage.files, storage.apps, compiler, clock)
        life = AppLifeService(storage.apps, storage.retention, compiler, clock)
        subflows.join(SubflowRunner(apps.run_start, log))
        gatekeeper = StoredGatekeeper(storage.gatekeeper_store, clock)
        probe = WriteProbe(storage.database.probe, clock)
        members = WorkspaceMembers(storage.members, clock, changed=gatekeeper.forget)
        workspaces = InstallationWorkspaces(
            storage.workspaces,
            storage.gatekeeper_store,
            clock,
            changed=gatekeeper.forget,
            elsewhere=outputs.remove_all,
        )
        passwords = Argon2Passwords()
        people = StoredPeople(person_store, passwords, clock)
        invitations = StoredInvitations(storage.invitations, person_store, passwords, clock, may_give=members.may_give)
        gate = EgressGate(sign_in_policy(settings))
        closing.push_async_callback(gate.close)
        sso = StoredSingleSignOn(
            settings.sso,
            EgressOpenIdClient(gate, clock),
            people=person_store,
            invitations=storage.invitations,
            workspaces=storage.workspaces,
            confirm=people.confirm,
            key=lambda: signing_key(settings.data),
            clock=clock,
        )
        yield Workspace(
            owner=owner,
            storage=storage,
            apps=apps,
            life=life,
            files=files,
            gatekeeper=gatekeeper,
            members=members,
            people=people,
            invitations=invitations,
            workspaces=workspaces,
            takeout=WorkspaceTakeout(storage.takeout, clock, outputs=outputs.all),
            executor=executor,
            dispatcher=dispatcher,
            log=log,
            room=room,
            probe=probe,
            limits=limits,
            person_store=person_store,
            sso=sso,
        )


def sign_in_policy(settings: Settings) -> EgressPolicy:
    """Where providers of identity may be. Whoever names an issuer vouches for its host, be it an internal one; for its
    other addresses, as for those of apps, only what is public or allowed.
    """
    issuers = [urlsplit(each.issuer) for each in settings.sso]
    vouched = {f"{at.hostname}:{at.port or (443 if at.scheme == 'https' else 80)}" for at in issuers}
    return EgressPolicy(allow=settings.egress_allow | vouched)


def request_limits(settings: Settings) -> Mapping[Subject, int]:
    """The requests a minute that nobody may go beyond, where the installation says so."""
    given: Mapping[Subject, int | None] = {
        "workspace": settings.workspace_requests,
        "app": settings.app_requests,
        "key": settings.key_requests,
        "end_user": settings.end_user_requests,
    }
    return {subject: most for subject, most in given.items() if most is not None}


def _unopened(settings: Settings, reason: str) -> LoomworkError:
    """What SQLite calls a disk I/O error is, while it opens, most often a disk without room for its shared memory."""
    if settings.given_database_url is None and shutil.disk_usage(settings.data).free < LEAST_ROOM:
        return StorageFailed(
            f"The disk that holds {settings.database_file} is full. Make room on it, then try again.", reason=reason
        )
    return InvalidInput(_unusable(settings, reason))


def _unusable(settings: Settings, reason: str) -> str:
    if settings.given_database_url is None:
        return f"The database {settings.database_file} cannot be used: {reason}. Choose another --data."
    return f"The database of LOOMWORK_DATABASE_URL cannot be used: {reason.rstrip('.')}. See to it, or name another."


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
            url = _local_url(host, listening.getsockname()[1])
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


def _local_url(host: str, port: int) -> str:
    """Where this machine reaches a server that listens there."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, never bound to
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


async def _wake(workspace: Workspace) -> None:
    runs, dispatcher, clock = workspace.storage.runs, workspace.dispatcher, SystemClock()
    await asyncio.gather(
        wake_runs(runs, dispatcher, clock, left=workspace.executor.left),
        workspace.executor.hear_others(),
        take_up_abandoned(runs, dispatcher, clock, every=workspace.executor.lease_seconds),
        keep_erasing(workspace.storage.retention, clock),
    )


class StoppableServer(uvicorn.Server):
    """A server that says when it has begun to answer, and that lets go of its runs before it closes, so that nobody's
    stream keeps it waiting: a run goes on where the next process takes it up, and its followers ask that one.
    """

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], Awaitable[None]], stop_runs: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._stop_runs = stop_runs

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._stop_runs()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._announce()


@contextmanager
def only_server_of(folder: Path) -> Iterator[TextIO]:
    """Two servers on one data folder would each take the other's runs for abandoned, so the second is refused. The
    file that says so holds the server's address.

    Raises `Conflict`, and `InvalidInput` for a folder that cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / LOCK_FILE).open("a+")
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise InvalidInput(f"The data folder {folder} cannot be used: {reason}. Choose another --data.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            where = server_of(folder) or "another address"
            raise Conflict(
                f"A server at {where} uses the data folder {folder.absolute()}. For a new link into its console, call "
                f"`{sign_in_link_command(folder)}`; else stop it, or choose another --data."
            ) from error
        lock.truncate(0)
        yield lock
        lock.truncate(0)


def server_of(folder: Path) -> str | None:
    """The address of the server that uses a data folder now, or None. An address that a dead server left behind does
    not count: its lock is gone.
    """
    try:
        with (folder / LOCK_FILE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (folder / LOCK_FILE).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
    return None


@contextmanager
def bound_socket(host: str, port: int) -> Iterator[socket.socket]:
    """A socket bound to the address, before anything else is opened."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, because asyncio sends small answers without delay on sockets only that say that they are of TCP: otherwise
    # the body of each waits about 40 ms for the acknowledgement of its head.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            reason = error.strerror or "it cannot be bound"
            raise Conflict(f"Cannot listen on {host}:{port} ({reason}). Choose another --port.") from error
        yield listening


def http_app(workspace: Workspace, settings: Settings, host: str, url: str | None = None) -> FastAPI:
    """Every face of the workspace that speaks HTTP, for a server that is bound to `host`, and that this machine reaches
    at `url`.
    """
    public_url = settings.public_url or url or _local_url(host, settings.port)
    return create_http_app(
        Services(
            apps=workspace.apps,
            gatekeeper=workspace.gatekeeper,
            conversations=workspace.storage.conversations,
            models=workspace.room.models,
            local_models=workspace.room.local_models,
            idempotency=workspace.storage.idempotency,
            aliases=workspace.storage.aliases,
            life=workspace.life,
            files=workspace.files,
            audit=workspace.audit,
            message_log=workspace.storage.message_log,
            annotations=workspace.storage.annotations,
            limits=workspace.limits,
            providers=workspace.room.providers,
            accounts=workspace.room.accounts,
            ready=lambda: _ready(workspace),
            code=lambda: _code(workspace),
            home=workspace.owner.workspace_id,
            members=workspace.members,
            workspaces=workspace.workspaces,
            tools=workspace.room.tools,
            takeout=workspace.takeout,
            people=workspace.people,
            invitations=workspace.invitations,
            sso=workspace.sso,
        ),
        HttpOptions(
            host=host,
            allowed_hosts=settings.allowed_hosts | _host_of(settings.public_url),
            allowed_origins=settings.allowed_origins | frozenset(filter(None, [settings.public_url])),
            console_dir=console_dir(),
            version=__version__,
            public_url=public_url,
            # Whoever says that the server is reached over http knows that passwords can be read on the way.
            plain_http_sign_in=(settings.public_url or "").startswith("http://"),
            signing_key=signing_key(settings.data),
            link_command=_link_command(settings, host),
        ),
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
        timeout_graceful_shutdown=STOP_SECONDS,
    )


async def _ready(workspace: Workspace) -> Mapping[str, str | None]:
    room = workspace.room
    inference = {"inference": await room.problem()} if isinstance(room.models, RemoteModels) else {}
    return {"database": await workspace.probe.problem(), **inference}


def _code(workspace: Workspace) -> Mapping[str, str | None]:
    jail, problem = workspace.room.sandbox.known()
    return {"jail": jail, "problem": problem}
