"""What the room of tools needs: tools, the places that they come from, and where a workspace's word on them is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from loomwork.kernel.scope import Scope
from loomwork.tools.domain.call import Caller, ToolCall, ToolResult
from loomwork.tools.domain.tool import CredentialField, Effect, ToolCard

__all__ = [
    "CallRecord",
    "CallTrail",
    "CredentialRow",
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

    async def keep(self, scope: Scope, content: bytes) -> str:
        """The id under which it is kept, by this workspace alone."""
        ...

    async def read(self, scope: Scope, output_id: str) -> bytes:
        """Raises `NotFound`."""
        ...
