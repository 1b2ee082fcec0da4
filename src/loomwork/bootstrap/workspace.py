"""Opens the data folder with everything that works on it: stores, then models, then the use cases over both."""

import contextlib
import logging
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from loomwork.adapters.bus.local import LEAST, LocalDispatcher
from loomwork.adapters.bus.local_gates import LocalGates
from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.fairness.fair_log import FairLog
from loomwork.adapters.fairness.fair_steps import FairSteps
from loomwork.adapters.fairness.shares import Shares
from loomwork.adapters.fairness.turnstile import Turnstile
from loomwork.adapters.passwords import Argon2Passwords
from loomwork.adapters.storage.memory import LocalEventLog
from loomwork.adapters.storage.sql import Storage, StorageFailed, open_storage
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.adapters.storage.sql.people import SqlPeopleStore
from loomwork.adapters.storage.sql.tools import SqlToolCredentialStore
from loomwork.adapters.vectors import StorePlace
from loomwork.apps.application.callable_apps import PublishedApps
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.execute_run import RunExecutor
from loomwork.apps.application.life import AppLifeService
from loomwork.apps.application.run_subflow import SubflowRunner
from loomwork.apps.application.service import AppService
from loomwork.apps.application.upload_file import FileUploads
from loomwork.bootstrap.knowledge import KnowledgeRoom, LatePassages, open_knowledge
from loomwork.bootstrap.late_apps import LateApps
from loomwork.bootstrap.late_subflows import LateSubflows
from loomwork.bootstrap.package_data import catalog_dir
from loomwork.bootstrap.private_files import close_to_others
from loomwork.bootstrap.readiness import WriteProbe
from loomwork.bootstrap.secret_key import keyring
from loomwork.bootstrap.settings import Settings
from loomwork.bootstrap.signing_key import signing_key
from loomwork.bootstrap.wiring import ModelRoom, ModelStores, ToolStores, open_models, run_limits
from loomwork.kernel.clock import Clock, SystemClock
from loomwork.kernel.errors import InvalidInput, LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Subject
from loomwork.tenancy.application import StoredAuditTrail, StoredLimits, ensure_installation
from loomwork.tenancy.application.gatekeeper import StoredGatekeeper
from loomwork.tenancy.application.invitations import StoredInvitations
from loomwork.tenancy.application.knowledge_grants import StoredKnowledgeGrants
from loomwork.tenancy.application.members import WorkspaceMembers
from loomwork.tenancy.application.people import StoredPeople
from loomwork.tenancy.application.single_sign_on import StoredSingleSignOn
from loomwork.tenancy.application.takeout import WorkspaceTakeout
from loomwork.tenancy.application.workspaces import InstallationWorkspaces
from loomwork.tenancy.ports import OpenIdClient

logger = logging.getLogger(__name__)

LEAST_ROOM = 65_536
"""Bytes that SQLite needs beside a database before it can open it."""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """Who may do what, in which workspace."""

    gatekeeper: StoredGatekeeper
    members: WorkspaceMembers
    workspaces: InstallationWorkspaces
    takeout: WorkspaceTakeout
    people: StoredPeople
    invitations: StoredInvitations
    sso: StoredSingleSignOn
    limits: StoredLimits


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
    knowledge: KnowledgeRoom
    knowledge_grants: StoredKnowledgeGrants
    shares: Shares

    async def owner_id(self) -> str:
        """The person who owns the installation."""
        return await self.person_store.person_of(self.owner, self.owner.actor.id)

    @property
    def audit(self) -> StoredAuditTrail:
        """Who did what to what."""
        return StoredAuditTrail(self.storage.audit)


@asynccontextmanager
async def open_workspace(settings: Settings) -> AsyncIterator[Workspace]:
    """Open the data folder (made on first use) with everything that works on it, and close it in order."""
    clock = SystemClock()
    weights = dict(settings.workspace_weights)
    shares = Shares(clock.monotonic, weigh=lambda workspace_id: weights.get(str(workspace_id), 1))
    async with contextlib.AsyncExitStack() as closing:
        storage = await _open_storage(settings, clock, shares)
        closing.push_async_callback(storage.close)
        ground = _ground(settings, clock, storage, shares)
        closing.push_async_callback(ground.room.close)
        closing.push_async_callback(ground.knowledge.close)
        owner = await ensure_installation(storage.gatekeeper_store, clock)
        await ground.rewrap()
        executor = _executor(ground)
        dispatcher = LocalDispatcher(executor, each=settings.workspace_runs, least=LEAST, weights=weights)
        closing.push_async_callback(dispatcher.close)
        gate = EgressGate(sign_in_policy(settings))
        closing.push_async_callback(gate.close)
        yield _assembled(ground, owner, executor, dispatcher, _tenancy(ground, gate))


@dataclass(frozen=True, slots=True)
class Ground:
    """What every use case stands on."""

    settings: Settings
    clock: Clock
    storage: Storage
    shares: Shares
    turns: Turnstile
    credentials: SqlCredentialStore
    person_store: SqlPeopleStore
    has_older_keys: bool
    subflows: LateSubflows
    apps: LateApps
    knowledge: KnowledgeRoom
    room: ModelRoom
    compiler: FlowCompiler
    log: LocalEventLog

    async def remove_elsewhere(self, scope: Scope) -> None:
        """What a workspace has outside of the database goes with it."""
        await self.knowledge.remove_all(scope)

    async def rewrap(self) -> None:
        """Seal with the newest key what an older one sealed."""
        if self.has_older_keys:
            await self.credentials.rewrap_all()
            await self.person_store.rewrap()


async def _open_storage(settings: Settings, clock: Clock, shares: Shares) -> Storage:
    if settings.given_database_url is None:
        for sentence in close_to_others(settings.data, settings.database_file):
            logger.warning("%s", sentence)
    try:
        return await open_storage(settings.database_url, clock=clock, shares=shares)
    except StorageFailed as error:
        raise _unopened(settings, str(error.details["reason"])) from error


def _ground(settings: Settings, clock: Clock, storage: Storage, shares: Shares) -> Ground:
    keys, turns = keyring(settings), Turnstile(shares, 1)
    credentials = SqlCredentialStore(storage.database, keys, clock)
    tool_credentials = SqlToolCredentialStore(credentials)
    subflows, apps, passages = LateSubflows(), LateApps(), LatePassages()
    room = open_models(
        settings,
        stores=ModelStores(credentials, storage.routes, storage.accounts),
        tool_stores=ToolStores(
            storage.tool_switches,
            tool_credentials,
            storage.tool_calls,
            storage.tool_outputs,
            storage.tool_apis,
            storage.tool_servers,
            storage.plugins,
        ),
        subflows=subflows,
        apps=apps,
        turns=turns,
        stored_files=storage.files,
        knowledge=passages,
    )
    place = StorePlace(settings.data / "knowledge", settings.database_url, settings.vector_store)
    knowledge = open_knowledge(place, storage, room.models, room.documents, clock)
    passages.join(knowledge.knowledge)
    return Ground(
        settings=settings,
        clock=clock,
        storage=storage,
        shares=shares,
        turns=turns,
        credentials=credentials,
        person_store=SqlPeopleStore(storage.database, keys),
        has_older_keys=keys.has_older,
        subflows=subflows,
        apps=apps,
        knowledge=knowledge,
        room=room,
        compiler=FlowCompiler(room.node_types),
        log=LocalEventLog(storage.journal),
    )


def _executor(ground: Ground) -> RunExecutor:
    settings, storage = ground.settings, ground.storage
    return RunExecutor(
        apps=storage.apps,
        runs=storage.runs,
        conversations=storage.conversations,
        models=ground.room.models,
        compiler=ground.compiler,
        journal=storage.journal,
        leases=storage.leases,
        commands=storage.commands,
        log=FairLog(ground.log, ground.turns),
        clock=ground.clock,
        # Whoever has the lock of the data folder next is the one who takes this process's place.
        owner=f"{socket.gethostname()}:{settings.data.resolve()}",
        limits=run_limits(settings),
        deaths=settings.run_deaths,
        steps_at_once=FairSteps(ground.shares),
        gates=LocalGates(app_nodes=settings.app_nodes, workspace_nodes=settings.workspace_nodes),
    )


def _app_service(ground: Ground, dispatcher: LocalDispatcher, limits: StoredLimits) -> AppService:
    storage = ground.storage
    apps = AppService(
        apps=storage.apps,
        runs=storage.runs,
        conversations=storage.conversations,
        models=ground.room.models,
        compiler=ground.compiler,
        dispatcher=dispatcher,
        journal=storage.journal,
        log=ground.log,
        clock=ground.clock,
        starters_folder=catalog_dir() / "apps",
        admission=limits,
        files=storage.files,
    )
    runner = SubflowRunner(apps.run_start, ground.log)
    ground.subflows.join(runner)
    ground.apps.join(PublishedApps(storage.apps, ground.compiler, runner))
    return apps


def _tenancy(ground: Ground, gate: EgressGate) -> Tenancy:
    storage, clock, person_store = ground.storage, ground.clock, ground.person_store
    passwords = Argon2Passwords()
    gatekeeper = StoredGatekeeper(storage.gatekeeper_store, clock)
    members = WorkspaceMembers(storage.members, clock, changed=gatekeeper.forget)
    # The database of a data folder has one process, and need not be asked what others counted.
    is_shared = ground.settings.given_database_url is not None
    people = StoredPeople(person_store, passwords, clock, failures=storage.failure_counts if is_shared else None)
    return Tenancy(
        gatekeeper=gatekeeper,
        members=members,
        workspaces=InstallationWorkspaces(
            storage.workspaces,
            storage.gatekeeper_store,
            clock,
            changed=gatekeeper.forget,
            elsewhere=ground.remove_elsewhere,
        ),
        takeout=WorkspaceTakeout(storage.takeout, clock),
        people=people,
        invitations=StoredInvitations(storage.invitations, person_store, passwords, clock, may_give=members.may_give),
        sso=_single_sign_on(ground, gate, people),
        limits=StoredLimits(
            storage.limits,
            clock,
            of_all=request_limits(ground.settings),
            shared=storage.request_counts if is_shared else None,
        ),
    )


def _single_sign_on(ground: Ground, gate: EgressGate, people: StoredPeople) -> StoredSingleSignOn:
    storage, settings = ground.storage, ground.settings
    return StoredSingleSignOn(
        settings.sso,
        cache(lambda: _openid_client(gate, ground.clock)),
        people=ground.person_store,
        invitations=storage.invitations,
        workspaces=storage.workspaces,
        confirm=people.confirm,
        key=lambda: signing_key(settings.data),
        clock=ground.clock,
    )


def _openid_client(gate: EgressGate, clock: Clock) -> OpenIdClient:
    # Here, because its library takes 6 MB of every server, and few have somebody who signs in elsewhere.
    from loomwork.adapters.openid import EgressOpenIdClient

    return EgressOpenIdClient(gate, clock)


def _assembled(
    ground: Ground, owner: Scope, executor: RunExecutor, dispatcher: LocalDispatcher, tenancy: Tenancy
) -> Workspace:
    storage, clock, compiler = ground.storage, ground.clock, ground.compiler
    return Workspace(
        owner=owner,
        storage=storage,
        apps=_app_service(ground, dispatcher, tenancy.limits),
        life=AppLifeService(storage.apps, storage.retention, compiler, clock),
        files=FileUploads(storage.files, storage.apps, compiler, clock),
        gatekeeper=tenancy.gatekeeper,
        members=tenancy.members,
        people=tenancy.people,
        invitations=tenancy.invitations,
        workspaces=tenancy.workspaces,
        takeout=tenancy.takeout,
        executor=executor,
        dispatcher=dispatcher,
        log=ground.log,
        room=ground.room,
        probe=WriteProbe(storage.database.probe, clock),
        limits=tenancy.limits,
        person_store=ground.person_store,
        sso=tenancy.sso,
        knowledge=ground.knowledge,
        knowledge_grants=StoredKnowledgeGrants(
            storage.knowledge_grants, storage.members, clock, tenancy.gatekeeper.forget
        ),
        shares=ground.shares,
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
