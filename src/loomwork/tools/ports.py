"""What the room of tools needs: tools, the places that they come from, and where a workspace's word on them is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from loomwork.tools.domain.api_definition import ApiDefinition, ApiSettings
from loomwork.tools.domain.call import Caller, ToolCall, ToolResult
from loomwork.tools.domain.mcp_server import McpSettings, Offers
from loomwork.tools.domain.tool import CredentialField, Effect, ToolCard

__all__ = [
    "ApiReader",
    "ApiRow",
    "ApiStore",
    "CallRecord",
    "CallTrail",
    "CredentialRow",
    "McpAuthorizer",
    "McpReader",
    "McpRow",
    "McpStore",
    "OutputStore",
    "StoredCredential",
    "SwitchStore",
    "Tool",
    "ToolCredentialStore",
    "ToolSource",
    "Toolset",
]


class Tool(Protocol):
    """One thing that can be called. It keeps nothing of a call, and may be called many times at once."""

    @property
    def card(self) -> ToolCard: ...

    async def call(self, call: ToolCall) -> ToolResult:
        """Do it once. It may be cancelled at any await. Raises `ToolFailed`, whose sentence holds no secret; repeating
        it is the registry's.
        """
        ...


@dataclass(frozen=True, slots=True)
class Toolset:
    """Tools that belong together and share their credentials: a file of the catalog, an imported document, an MCP
    server, a plugin. `id` is `<kind of its source>.<name>`, but for the catalog's. `aliases` are the ids under which
    other products know it. `problems` are sentences about what of it cannot be used. `given` are values of credentials
    that the operator has set for all workspaces; what a workspace stores goes before them.
    """

    id: str
    label: str
    tools: Mapping[str, Tool]
    description: str = ""
    credentials: Mapping[str, CredentialField] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    problems: Sequence[str] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict, repr=False)


class ToolSource(Protocol):
    """One kind of place that tools come from. It is asked for each listing and each call, so that what was added or
    removed counts at once: it answers from what it keeps, and never asks the network to do so.
    """

    @property
    def kind(self) -> str:
        """`catalog`, `api`, `mcp`, `app`, `plugin`: what the ids of its toolsets begin with."""
        ...

    async def toolsets(self, scope: Scope) -> Sequence[Toolset]:
        """All that this workspace has from here."""
        ...

    async def toolset(self, scope: Scope, toolset_id: str) -> Toolset | None:
        """The one of this id. None where the workspace has none from here."""
        ...


class SwitchStore(Protocol):
    """What a workspace has switched off: names of toolsets, and of tools (`toolset/tool`)."""

    async def off(self, scope: Scope) -> frozenset[str]: ...

    async def switch(self, scope: Scope, name: str, *, on: bool) -> None:
        """Switching twice does no harm."""
        ...


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A credential as it is listed: everything but its values. `hint` is the end of its secret, where that is long
    enough to give nothing away.
    """

    id: str
    toolset: str
    name: str
    hint: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """A credential with its values."""

    id: str
    name: str
    values: Mapping[str, str] = field(repr=False)


class ToolCredentialStore(Protocol):
    """Keeps credentials sealed. Values can be replaced as a whole, and be read by the registry alone."""

    async def put(self, scope: Scope, row: CredentialRow, values: Mapping[str, str]) -> None:
        """Add it, or replace the one of its id. Raises `Conflict` where the toolset has another of its name."""
        ...

    async def remove(self, scope: Scope, credential_id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def listed(self, scope: Scope) -> Sequence[CredentialRow]:
        """Of all toolsets, by age."""
        ...

    async def usable(self, scope: Scope, toolset: str) -> Sequence[StoredCredential]:
        """By age. One that cannot be opened is left out."""
        ...


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call as the trail tells of it: nothing of what was said. `outcome` is `ok` or the code of an error."""

    tool: str
    effect: Effect
    outcome: str
    tries: int
    elapsed_ms: int
    key: str
    caller: Caller


class CallTrail(Protocol):
    """Where calls are written down, with who has made them."""

    async def called(self, scope: Scope, record: CallRecord) -> None: ...


class OutputStore(Protocol):
    """Keeps in full what was too large to hand on."""

    async def keep(self, scope: Scope, content: bytes, run_id: RunId | None = None) -> str:
        """The id under which it is kept, by this workspace alone. It goes with the run that it was said to."""
        ...

    async def read(self, scope: Scope, output_id: str) -> bytes:
        """Raises `NotFound`."""
        ...


@dataclass(frozen=True, slots=True)
class ApiRow:
    """An API that a workspace has imported. `url` is where its document was found, empty for one that was given.
    `state` is another after each change.
    """

    id: str
    slug: str
    label: str
    url: str
    definition: ApiDefinition
    settings: ApiSettings
    state: str
    created_at: datetime
    updated_at: datetime


class ApiStore(Protocol):
    """Keeps imported APIs."""

    async def put(self, scope: Scope, row: ApiRow, *, drop_credentials: bool) -> None:
        """Add it, or replace the one of its id; with `drop_credentials`, what is stored to be let in there goes with
        what it replaces, in one. Raises `Conflict` where another has its slug.
        """
        ...

    async def remove(self, scope: Scope, slug: str) -> None:
        """With what is stored to be let in there, and what was switched off. Raises `NotFound`."""
        ...

    async def find(self, scope: Scope, slug: str) -> ApiRow | None: ...

    async def states(self, scope: Scope) -> Mapping[str, str]:
        """The state of each, by slug; quick, as it is asked at each call."""
        ...


@dataclass(frozen=True, slots=True)
class McpRow:
    """A server of MCP that a workspace has added. `state` is another after each change."""

    id: str
    slug: str
    label: str
    url: str
    offers: Offers
    settings: McpSettings
    state: str
    created_at: datetime
    updated_at: datetime


class McpStore(Protocol):
    """Keeps servers of MCP, as `ApiStore` does APIs."""

    async def put(self, scope: Scope, row: McpRow, *, drop_credentials: bool) -> None: ...

    async def remove(self, scope: Scope, slug: str) -> None: ...

    async def find(self, scope: Scope, slug: str) -> McpRow | None: ...

    async def states(self, scope: Scope) -> Mapping[str, str]: ...


class McpAuthorizer(Protocol):
    """Has tokens given for servers, by the word of a person. What is to be kept is a mapping of texts, all of it
    secret; each method is given what the last one left. Raises `ToolFailed`.
    """

    async def begin(
        self, url: str, label: str, redirect_url: str, kept: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        """Where a person agrees in a browser, and what to keep until they come back to `redirect_url`."""
        ...

    async def finish(self, label: str, answer: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
        """For what the browser came back with: the token, and what to keep."""
        ...

    async def fresh(self, label: str, kept: Mapping[str, str]) -> dict[str, str] | None:
        """With another token, where the one that is kept is over; None where it serves."""
        ...


class McpReader(Protocol):
    """Asks servers of MCP what they offer."""

    async def read(self, url: str, label: str, headers: Mapping[str, str], seconds: float) -> Offers:
        """Raises `ToolFailed`."""
        ...


class ApiReader(Protocol):
    """Reads the documents that describe APIs."""

    async def fetch(self, url: str) -> bytes:
        """A document, through the gate. Raises `ApiDocumentInvalid`, for what the gate refuses too."""
        ...

    async def read(self, content: bytes, *, base: str | None, only: Sequence[str]) -> ApiDefinition:
        """See `ApiDefinition`. `base`: where the document was found. Raises `ApiDocumentInvalid`."""
        ...
