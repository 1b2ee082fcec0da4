"""What workspaces say of tools, for as long as this process lives."""

from collections.abc import Mapping, Sequence

from loomwork.kernel.errors import Conflict, NotFound
from loomwork.kernel.scope import Scope
from loomwork.tools.ports import CredentialRow, StoredCredential


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
