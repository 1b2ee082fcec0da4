"""What a workspace has stored, remembered for a moment, so that a call need not ask the database for it.

Whoever writes does so through the same object, which then forgets; what another process writes counts a moment later.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Route
from loomwork.model_gateway.domain.connection import StoredCredential
from loomwork.model_gateway.ports import CredentialRow, CredentialStore, RouteStore

SECONDS = 2.0
MOST = 1024
"""Answers remembered."""

V = TypeVar("V")


class _Moment(Generic[V]):
    """Values by key, each for a few seconds. A read that a write has overtaken is not remembered."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._kept: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()
        self._writes = 0

    async def get(self, key: Hashable, read: Callable[[], Awaitable[V]]) -> V:
        kept = self._kept.get(key)
        if kept is not None and self._clock.monotonic() < kept[0]:
            return kept[1]
        writes = self._writes
        value = await read()
        if writes == self._writes:
            self._kept[key] = self._clock.monotonic() + self._seconds, value
            self._kept.move_to_end(key)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return value

    async def written(self, writing: Awaitable[None]) -> None:
        """Forget before and after: between the two, somebody may have read what was there before."""
        self._forget()
        try:
            await writing
        finally:
            self._forget()

    def _forget(self) -> None:
        self._writes += 1
        self._kept.clear()


class RememberedCredentials:
    """Fits `CredentialStore`."""

    def __init__(self, store: CredentialStore, clock: Clock, *, seconds: float = SECONDS) -> None:
        self._store = store
        self._usable: _Moment[Sequence[StoredCredential]] = _Moment(clock, seconds)

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
        self._listed: _Moment[Sequence[Route]] = _Moment(clock, seconds)

    async def put(self, scope: Scope, route: Route) -> None:
        await self._listed.written(self._store.put(scope, route))

    async def remove(self, scope: Scope, name: str) -> None:
        await self._listed.written(self._store.remove(scope, name))

    async def listed(self, scope: Scope) -> Sequence[Route]:
        return await self._listed.get(scope.workspace_id, lambda: self._store.listed(scope))
