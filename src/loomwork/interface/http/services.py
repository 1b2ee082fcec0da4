"""What the HTTP face is made of: the doors that it opens, and how it is to behave."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from loomwork.apps.api import AppFiles, AppLife, Apps
from loomwork.conversations.api import AnnotationStore, ConversationStore, MessageLog
from loomwork.kernel.clock import Clock, SystemClock
from loomwork.kernel.ids import WorkspaceId
from loomwork.knowledge.api import Knowledge
from loomwork.model_gateway.api import Accounts, LocalModels, Models, Providers
from loomwork.plugins.api import Plugins
from loomwork.tenancy.api import (
    AliasStore,
    AuditTrail,
    Gatekeeper,
    IdempotencyStore,
    InvitationDesk,
    KnowledgeGrants,
    Limits,
    Members,
    People,
    SingleSignOn,
    Takeout,
    Workspaces,
)
from loomwork.tools.api import Apis, McpServers, Tools

ReadyProbe = Callable[[], Awaitable[Mapping[str, str | None]]]
"""Says part by part (`database`, `server`) what keeps it from serving, in a sentence that strangers may read; None
where nothing does. An exception counts as a "no" of the whole server.
"""


CodeProbe = Callable[[], Mapping[str, str | None]]
"""Says what holds the code of apps: its `jail` by name, or the `problem` where nothing does, in a sentence that
strangers may read. It answers at once, with what is known by now.
"""


@dataclass(frozen=True, slots=True)
class Services:
    """The doors behind the routes. A server without one of those that may be None says that it does not serve it.

    `alone` has what a word names for one at a time, among all servers of the same database: whoever changes a thing.
    `home` is the workspace of whoever runs the installation: it alone changes what all workspaces share. None: none is
    asked.
    """

    apps: Apps
    gatekeeper: Gatekeeper
    conversations: ConversationStore
    models: Models
    local_models: LocalModels
    idempotency: IdempotencyStore
    ready: ReadyProbe
    code: CodeProbe | None = None
    alone: Callable[[str], AbstractAsyncContextManager[None]] = lambda _: nullcontext()
    providers: Providers | None = None
    accounts: Accounts | None = None
    aliases: AliasStore | None = None
    life: AppLife | None = None
    files: AppFiles | None = None
    message_log: MessageLog | None = None
    annotations: AnnotationStore | None = None
    audit: AuditTrail | None = None
    limits: Limits | None = None
    people: People | None = None
    invitations: InvitationDesk | None = None
    home: WorkspaceId | None = None
    members: Members | None = None
    sso: SingleSignOn | None = None
    workspaces: Workspaces | None = None
    tools: Tools | None = None
    apis: Apis | None = None
    servers: McpServers | None = None
    takeout: Takeout | None = None
    knowledge: Knowledge | None = None
    knowledge_grants: KnowledgeGrants | None = None
    plugins: Plugins | None = None


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """`host` is the address that the server is bound to. `allowed_hosts` are further names (no port) that requests may
    carry in `Host`; loopback names are always among them. `allowed_origins` are further origins
    (`https://console.example.org`) that may use a session cookie to change things.
    `console_dir` holds the built console, None where there is none. `version` is what `GET /api/v1/session` says.
    `public_url` is where people reach the server; links that are sent to them begin with it, never with what a request
    says. `plain_http_sign_in` lets a session begin over http from another machine, with a cookie that anyone on the way
    can read. `signing_key` is what tokens that are handed out are made with; it outlives the process where they shall.
    `plugin_uploads`: whether requests may install plugins. `link_command` makes a link to sign in with, in a terminal
    on the server's machine.
    """

    host: str = "127.0.0.1"
    allowed_hosts: frozenset[str] = field(default_factory=frozenset)
    allowed_origins: frozenset[str] = field(default_factory=frozenset)
    console_dir: Path | None = None
    version: str = ""
    public_url: str = "http://127.0.0.1:8700"
    plain_http_sign_in: bool = False
    signing_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    plugin_uploads: bool = True
    link_command: str = "loomwork keys sign-in-link"
    clock: Clock = field(default_factory=SystemClock)
    heartbeat_seconds: float = 15.0
    ping_seconds: float = 10.0
