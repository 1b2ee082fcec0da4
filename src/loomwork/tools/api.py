"""The door of the room: tools as its neighbours see and call them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from loomwork.kernel.scope import Scope
from loomwork.tools.domain.api_definition import AuthScheme
from loomwork.tools.domain.call import Caller, Link, ToolResult, key_of_call, say_nothing
from loomwork.tools.domain.errors import (
    ApiDocumentInvalid,
    ToolCredentialsMissing,
    ToolCredentialsRefused,
    ToolDisabled,
    ToolFailed,
    ToolInputInvalid,
    ToolNotFound,
    ToolOutputInvalid,
    ToolOutputTooLarge,
    ToolRateLimited,
    ToolRefused,
    ToolServerUnusable,
    ToolTimeout,
    ToolUnavailable,
)
from loomwork.tools.domain.marks import UNTRUSTED, ApprovalPolicy, Mark
from loomwork.tools.domain.mcp_server import McpAuth, Standing
from loomwork.tools.domain.tool import OUTWARD, CredentialField, Effect, ToolName

__all__ = [
    "OUTWARD",
    "UNTRUSTED",
    "ApiDocumentInvalid",
    "ApiImport",
    "ApiInfo",
    "ApiOperation",
    "Apis",
    "ApprovalPolicy",
    "AuthScheme",
    "CallableApp",
    "CallableApps",
    "Caller",
    "CredentialField",
    "CredentialInfo",
    "Effect",
    "KnownTools",
    "Link",
    "Mark",
    "McpAuth",
    "McpGiven",
    "McpInfo",
    "McpOffer",
    "McpServers",
    "NamedTool",
    "Standing",
    "ToolCredentialsMissing",
    "ToolCredentialsRefused",
    "ToolDisabled",
    "ToolFailed",
    "ToolInfo",
    "ToolInputInvalid",
    "ToolName",
    "ToolNotFound",
    "ToolOutputInvalid",
    "ToolOutputTooLarge",
    "ToolRateLimited",
    "ToolRefused",
    "ToolResult",
    "ToolServerUnusable",
    "ToolTimeout",
    "ToolUnavailable",
    "Tools",
    "ToolsetInfo",
    "key_of_call",
]


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """A tool as it stands in a workspace. `name` is `toolset/tool`, `input_schema` all that it takes, `model_schema`
    what of it a model is shown. `enabled`: neither it nor its toolset is switched off.
    """

    name: str
    label: str
    description: str
    input_schema: Mapping[str, Any]
    model_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None
    effect: Effect
    repeatable: bool
    timeout: float
    enabled: bool


@dataclass(frozen=True, slots=True)
class CredentialInfo:
    """A stored credential: all that is ever shown of it."""

    id: str
    name: str
    hint: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ToolsetInfo:
    """Tools that belong together. `configured`: nothing is needed to be let in, or it is stored. `source` is the kind
    of place that it comes from.
    """

    id: str
    source: str
    label: str
    description: str
    enabled: bool
    configured: bool
    tools: Sequence[ToolInfo]
    credential_fields: Mapping[str, CredentialField] = field(default_factory=dict)
    credentials: Sequence[CredentialInfo] = ()
    problems: Sequence[str] = ()
    links: Mapping[str, str] = field(default_factory=dict)


class Tools(Protocol):
    """Everything that a workspace can call, as it is at this moment."""

    async def toolsets(self, scope: Scope) -> Sequence[ToolsetInfo]:
        """All of them, the disabled ones too, by source and then by label."""
        ...

    async def toolset(self, scope: Scope, toolset_id: str) -> ToolsetInfo:
        """Raises `ToolNotFound`."""
        ...

    async def find(self, scope: Scope, name: str) -> ToolInfo:
        """The tool of this name (`toolset/tool`); ids of other products are aliases of toolsets, too. Raises
        `ToolNotFound`.
        """
        ...

    async def call(
        self,
        scope: Scope,
        name: str,
        arguments: Mapping[str, Any],
        *,
        key: str,
        caller: Caller | None = None,
        credential: str | None = None,
        tell: Callable[[str], None] = say_nothing,
        seconds: float | None = None,
        most: int | None = None,
    ) -> ToolResult:
        """Call a tool that is enabled: once, or again where that does no harm. `key` is that of the step (for one of
        several calls of a step: `key_of_call`). `credential` is the id or the name of a stored one; without it the
        oldest serves. `seconds` shortens the time that the tool says it needs, `most` (characters) what is handed on.

        Raises `ToolNotFound`, `ToolDisabled`, `ToolInputInvalid`, `ToolCredentialsMissing` before anything is called,
        and `ToolFailed`.
        """
        ...

    async def output(self, scope: Scope, output_id: str) -> bytes:
        """The full copy of a result that was cut, as JSON. Raises `NotFound`."""
        ...

    async def switch(self, scope: Scope, name: str, *, on: bool) -> None:
        """Enable or disable a toolset or a tool; the next call feels it. Raises `ToolNotFound`."""
        ...

    async def save_credential(
        self, scope: Scope, toolset_id: str, values: Mapping[str, str], *, name: str = "default"
    ) -> CredentialInfo:
        """Store a credential, sealed, in the place of the one of its name. Raises `ToolNotFound`, `InvalidInput`."""
        ...

    async def remove_credential(self, scope: Scope, toolset_id: str, credential_id: str) -> None:
        """Raises `NotFound`."""
        ...


@dataclass(frozen=True, slots=True)
class NamedTool:
    """What a reference of an app file stands for: a tool by its present name, and what its parameters are called now,
    by what they were called.
    """

    name: str
    title: str
    input_schema: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)


class KnownTools(Protocol):
    """The tools that every workspace has, for those who read app files and know of no workspace."""

    def named(self, provider: str, tool: str) -> NamedTool | None:
        """The tool that a provider and a tool name of this or another product stand for; None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class CallableApp:
    """A published app, as it is called. `version` is the number that visitors get."""

    id: str
    name: str
    description: str
    version: int
    input_schema: Mapping[str, Any]


class CallableApps(Protocol):
    """The apps of a workspace that can be called: those that are published and can be run."""

    async def listed(self, scope: Scope) -> Sequence[CallableApp]:
        """The newest, up to a number."""
        ...

    async def find(self, scope: Scope, app_id: str) -> CallableApp | None:
        """None for one that is not published, and for another workspace's."""
        ...

    async def call(
        self,
        scope: Scope,
        app: CallableApp,
        arguments: Mapping[str, Any],
        *,
        key: str,
        caller: Caller,
        tell: Callable[[str], None],
    ) -> ToolResult:
        """Run it to its end, as a step of the caller's run where there is one, for its end user. The same key is the
        same step, after a crash too. Raises `ToolFailed`; an app that is being run already on the way to here, and one
        too deep, is refused.
        """
        ...


@dataclass(frozen=True, slots=True)
class ApiImport:
    """What is said of an API that is imported. Its document is given, or found at `url`. What is None stays as it was,
    and for a new one is as the document has it. See `ApiSettings` for the meaning of the rest.
    """

    document: bytes | None = None
    url: str | None = None
    name: str | None = None
    server: str | None = None
    auth: Sequence[AuthScheme] | None = None
    fixed: Mapping[str, Any] | None = None
    effects: Mapping[str, Effect] | None = None
    only: Sequence[str] | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """An operation that is a tool. `place` is what its document calls it: `GET /pets/{id}`."""

    name: str
    place: str
    description: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class ApiInfo:
    """An imported API. Its tools are those of the toolset `id`, and have the names of `operations`. `servers` are what
    the document offers, `server` is where requests go. `problems` are sentences about what of the document is not used.
    `credentials_dropped`: this change has removed what was stored to be let in, since it would go elsewhere now.
    """

    id: str
    name: str
    label: str
    description: str
    version: str
    format: str
    url: str
    server: str | None
    servers: Sequence[str]
    auth: Sequence[AuthScheme]
    fixed: Mapping[str, Any]
    effects: Mapping[str, Effect]
    only: Sequence[str]
    timeout: float
    operations: Sequence[ApiOperation]
    problems: Sequence[str] = ()
    credential_fields: Mapping[str, CredentialField] = field(default_factory=dict)
    credentials_dropped: bool = False


@dataclass(frozen=True, slots=True)
class McpGiven:
    """What is said of a server of MCP; what is None stays as it is. `values` are let in by, and are kept sealed."""

    url: str | None = None
    name: str | None = None
    auth: McpAuth | None = None
    header: str | None = None
    effects: Mapping[str, Effect] | None = None
    timeout: float | None = None
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class McpOffer:
    """A tool that a server offers, as it was listed last. `name` is what it is called here, `server_name` there. Only
    an `approved` one can be called; one is `changed` where anything that a model or a person is shown is another than
    what was approved. `claims` are what the server says of its effect, which nobody has to believe.
    """

    name: str
    server_name: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    effect: Effect
    standing: Standing
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class McpInfo:
    """A server of MCP. Its approved tools are those of the toolset `id`. `problems` are sentences about what of its
    offers cannot be used. `credentials_dropped`: this change has removed what was stored to be let in.
    """

    id: str
    name: str
    label: str
    url: str
    auth: McpAuth
    header: str
    timeout: float
    tools: Sequence[McpOffer]
    listed_at: datetime
    problems: Sequence[str] = ()
    credential_fields: Mapping[str, CredentialField] = field(default_factory=dict)
    credentials_dropped: bool = False


class McpServers(Protocol):
    """Servers of MCP, whose tools become tools of the workspace once somebody has seen and approved them."""

    async def preview(self, scope: Scope, given: McpGiven) -> McpInfo:
        """What adding it would make; nothing is kept. Raises as `add` does."""
        ...

    async def add(self, scope: Scope, given: McpGiven) -> McpInfo:
        """Ask it what it offers, and approve all of it. Raises `Conflict` where there is one of its name,
        `InvalidInput`, and `ToolServerUnusable` where it does not answer as one.
        """
        ...

    async def change(self, scope: Scope, name: str, given: McpGiven) -> McpInfo:
        """Say something else of it. Another address is asked for its offers, of which nothing is approved, and what was
        stored to be let in goes, as it was given for the old one. Raises `NotFound` and as `add` does.
        """
        ...

    async def refresh(self, scope: Scope, name: str) -> McpInfo:
        """Ask again what it offers. What is new or changed waits to be approved, and is not called until then."""
        ...

    async def approve(self, scope: Scope, name: str, tools: Collection[str] | None = None) -> McpInfo:
        """Approve offers as they were listed last, by the names that they have here; all of them without any."""
        ...

    async def authorize(self, scope: Scope, name: str, redirect_url: str) -> str:
        """Where a person signs in, for a server that is let in to by OAuth; a browser comes back from there to
        `redirect_url`, on the machine of whoever signs in. Raises `NotFound`, `InvalidInput`, `ToolServerUnusable`.
        """
        ...

    async def finish(self, scope: Scope, name: str, answer: Mapping[str, str]) -> McpInfo:
        """Take what the browser came back with (`code`, `state`, ...), and ask the server what it offers. Raises as
        `authorize` does.
        """
        ...

    async def all(self, scope: Scope) -> Sequence[McpInfo]:
        """By name."""
        ...

    async def get(self, scope: Scope, name: str) -> McpInfo:
        """By its name, or its toolset's id. Raises `NotFound`."""
        ...

    async def remove(self, scope: Scope, name: str) -> None:
        """With its tools, and what was stored to be let in. Raises `NotFound`."""
        ...


class Apis(Protocol):
    """APIs that become tools, from the documents that describe them."""

    async def preview(self, scope: Scope, given: ApiImport) -> ApiInfo:
        """What importing this would make; nothing is kept. Raises as `save` does."""
        ...

    async def save(self, scope: Scope, given: ApiImport) -> ApiInfo:
        """Import it, in the place of the one of its name: what was said of that one and is not said again stays, and
        what was stored to be let in goes where a new address would be told it. Raises `ApiDocumentInvalid`,
        `InvalidInput`.
        """
        ...

    async def change(self, scope: Scope, name: str, given: ApiImport) -> ApiInfo:
        """The same for one that is there, whose document may stay. Raises `NotFound`, `ApiDocumentInvalid`,
        `InvalidInput`.
        """
        ...

    async def all(self, scope: Scope) -> Sequence[ApiInfo]:
        """By name."""
        ...

    async def get(self, scope: Scope, name: str) -> ApiInfo:
        """By its name, or its toolset's id. Raises `NotFound`."""
        ...

    async def remove(self, scope: Scope, name: str) -> None:
        """With its tools, and what was stored to be let in. Raises `NotFound`."""
        ...
