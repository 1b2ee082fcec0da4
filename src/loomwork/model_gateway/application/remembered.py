"""What a workspace has stored of routes and credentials, remembered for a moment (`kernel.remembering`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loomwork.kernel.clock import Clock
from loomwork.kernel.remembering import Remembering
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Route
from loomwork.model_gateway.domain.connection import StoredCredential
from loomwork.model_gateway.ports import CredentialRow, CredentialStore, RouteStore

SECONDS = 2.0


class RememberedCredentials:
    """Fits `CredentialStore`."""

    def __init__(self, store: CredentialStore, clock: Clock, *, seconds: float = SECONDS) -> None:
        self._store = store
        self._usable: Remembering[Sequence[StoredCredential]] = Remembering(clock, seconds)

    async def add(self, scope: Scope, row: CredentialRow, values: Mapping[str, str]) -> None:
        await self._usable.written(self._store.add(scope, row, values))

    async def change(self, scope: Scope, row: CredentialRow, values: Mapping[str, str] | None) -> None:
        await self._usable.written(self._store.change(scope, row, values))

    async def remove(self, scope: Scope, credential_id: str) -> None:
        await self._usable.written(self._store.remove(scope, credential_id))

    async def listed(self, scope: Scope, provider: str | None = None) -> Sequence[CredentialRow]:
        return await self._store.listed(scope, provider)

    async def usable(self, scope: Scope, provider: str) -> Sequence[StoredCredential]:
        return await self._usable.get((scope.workspace_id, provider), lambda: self._store.usable(scope, provider))


class RememberedRoutes:
    """Fits `RouteStore`."""

    def __init__(self, store: RouteStore, clock: Clock, *, seconds: float = SECONDS) -> None:
        self._store = store
        self._listed: Remembering[Sequence[Route]] = Remembering(clock, seconds)

    async def put(self, scope: Scope, route: Route) -> None:
        await self._listed.written(self._store.put(scope, route))

    async def remove(self, scope: Scope, name: str) -> None:
        await self._listed.written(self._store.remove(scope, name))

    async def listed(self, scope: Scope) -> Sequence[Route]:
        return await self._listed.get(scope.workspace_id, lambda: self._store.listed(scope))

    @property
    def fresh(self) -> RouteStore:
        """The same, read anew each time: for whoever changes what they have read."""
        return _FreshRoutes(self, self._store)


@dataclass(frozen=True, slots=True)
class _FreshRoutes:
    remembered: RememberedRoutes
    store: RouteStore

    async def put(self, scope: Scope, route: Route) -> None:
        await self.remembered.put(scope, route)

    async def remove(self, scope: Scope, name: str) -> None:
        await self.remembered.remove(scope, name)

    async def listed(self, scope: Scope) -> Sequence[Route]:
        return await self.store.listed(scope)
