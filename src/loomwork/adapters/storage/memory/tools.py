"""What workspaces say of tools, for as long as this process lives."""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from loomwork.kernel.errors import Conflict, NotFound
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.scope import Scope
from loomwork.tools.ports import ApiRow, CredentialRow, McpRow, StoredCredential, SwitchStore, ToolCredentialStore


class MemoryOutputStore:
    """Fits `OutputStore`."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    async def keep(self, scope: Scope, content: bytes, run_id: RunId | None = None) -> str:
        output_id = new_id()
        self._kept[scope.workspace_id, output_id] = content
        return output_id

    async def read(self, scope: Scope, output_id: str) -> bytes:
        try:
            return self._kept[scope.workspace_id, output_id]
        except KeyError:
            raise NotFound.of("output", output_id) from None


class MemorySwitchStore:
    """Fits `tools.ports.SwitchStore`."""

    def __init__(self) -> None:
        self._off: dict[str, frozenset[str]] = {}

    async def off(self, scope: Scope) -> frozenset[str]:
        return self._off.get(scope.workspace_id, frozenset())

    async def switch(self, scope: Scope, name: str, *, on: bool) -> None:
        off = await self.off(scope)
        self._off[scope.workspace_id] = off - {name} if on else off | {name}


class MemoryToolCredentialStore:
    """Fits `tools.ports.ToolCredentialStore`."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[CredentialRow, Mapping[str, str]]] = {}

    async def put(self, scope: Scope, row: CredentialRow, values: Mapping[str, str]) -> None:
        for there in await self.listed(scope):
            if there.id != row.id and (there.toolset, there.name) == (row.toolset, row.name):
                raise Conflict(f"{row.toolset} has a credential named {row.name!r} already.", name=row.name)
        self._kept[scope.workspace_id, row.id] = (row, dict(values))

    async def remove(self, scope: Scope, credential_id: str) -> None:
        if self._kept.pop((scope.workspace_id, credential_id), None) is None:
            raise NotFound.of("credential", credential_id)

    async def listed(self, scope: Scope) -> Sequence[CredentialRow]:
        rows = [row for (workspace_id, _), (row, _) in self._kept.items() if workspace_id == scope.workspace_id]
        return sorted(rows, key=lambda row: (row.created_at, row.id))

    async def usable(self, scope: Scope, toolset: str) -> Sequence[StoredCredential]:
        rows = [row for row in await self.listed(scope) if row.toolset == toolset]
        return [StoredCredential(row.id, row.name, self._kept[scope.workspace_id, row.id][1]) for row in rows]


AddedRow = TypeVar("AddedRow", ApiRow, McpRow)


class MemoryAddedTools(Generic[AddedRow]):
    """One kind of what tools are added from. `credentials` are those that go with it."""

    kind: str
    noun: str

    def __init__(self, credentials: ToolCredentialStore, switches: SwitchStore) -> None:
        self._credentials = credentials
        self._switches = switches
        self._kept: dict[tuple[str, str], AddedRow] = {}

    async def put(self, scope: Scope, row: AddedRow, *, drop_credentials: bool) -> None:
        there = await self.find(scope, row.slug)
        if there is not None and there.id != row.id:
            raise Conflict(f"There is {self.noun} {row.slug!r} already.", name=row.slug)
        self._kept[scope.workspace_id, row.slug] = row
        if drop_credentials:
            await self._drop_credentials(scope, row.slug)

    async def remove(self, scope: Scope, slug: str) -> None:
        if self._kept.pop((scope.workspace_id, slug), None) is None:
            raise NotFound.of(self.noun.partition(" ")[2], slug)
        await self._drop_credentials(scope, slug)
        name = f"{self.kind}.{slug}"
        for off in await self._switches.off(scope):
            if off == name or off.startswith(f"{name}/"):
                await self._switches.switch(scope, off, on=True)

    async def find(self, scope: Scope, slug: str) -> AddedRow | None:
        return self._kept.get((scope.workspace_id, slug))

    async def states(self, scope: Scope) -> Mapping[str, str]:
        mine = {
            slug: row.state for (workspace_id, slug), row in self._kept.items() if workspace_id == scope.workspace_id
        }
        return dict(sorted(mine.items()))

    async def _drop_credentials(self, scope: Scope, slug: str) -> None:
        for row in await self._credentials.listed(scope):
            if row.toolset == f"{self.kind}.{slug}":
                await self._credentials.remove(scope, row.id)


class MemoryApiStore(MemoryAddedTools[ApiRow]):
    """Fits `tools.ports.ApiStore`."""

    kind = "api"
    noun = "an API"


class MemoryMcpStore(MemoryAddedTools[McpRow]):
    """Fits `tools.ports.McpStore`."""

    kind = "mcp"
    noun = "a server"
