"""Credentials of model providers for as long as this process lives; none is written anywhere."""

from collections.abc import Mapping, Sequence

from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.connection import StoredCredential
from loomwork.model_gateway.ports import CredentialRow

Kept = tuple[CredentialRow, Mapping[str, str]]


class MemoryCredentialStore:
    """Fits `model_gateway.ports.CredentialStore`."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Kept] = {}

    async def add(self, scope: Scope, row: CredentialRow, values: Mapping[str, str]) -> None:
        self._check_name(scope, row)
        self._kept[scope.workspace_id, row.id] = (row, dict(values))

    async def change(self, scope: Scope, row: CredentialRow, values: Mapping[str, str] | None) -> None:
        there, kept = self._get(scope, row.id)
        if there.provider != row.provider:
            raise InvalidInput("A credential stays with its provider.", id=row.id)
        if values is None and there.endpoint != row.endpoint:
            raise InvalidInput("For another address, the values have to be given again.", id=row.id)
        self._check_name(scope, row)
        self._kept[scope.workspace_id, row.id] = (row, kept if values is None else dict(values))

    async def remove(self, scope: Scope, credential_id: str) -> None:
        self._get(scope, credential_id)
        del self._kept[scope.workspace_id, credential_id]

    async def listed(self, scope: Scope, provider: str | None = None) -> Sequence[CredentialRow]:
        rows = [row for row, _ in self._of(scope) if provider is None or row.provider == provider]
        return sorted(rows, key=lambda row: (row.provider, row.created_at, row.id))

    async def usable(self, scope: Scope, provider: str) -> Sequence[StoredCredential]:
        kept = [(row, values) for row, values in self._of(scope) if row.provider == provider and row.enabled]
        kept.sort(key=lambda one: (one[0].created_at, one[0].id))
        return [StoredCredential(row.id, row.endpoint, values, row.weight) for row, values in kept]

    def _of(self, scope: Scope) -> list[Kept]:
        return [kept for (workspace_id, _), kept in self._kept.items() if workspace_id == scope.workspace_id]

    def _get(self, scope: Scope, credential_id: str) -> Kept:
        kept = self._kept.get((scope.workspace_id, credential_id))
        if kept is None:
            raise NotFound(f"There is no credential with the id {credential_id[:80]!r} in this workspace.")
        return kept

    def _check_name(self, scope: Scope, row: CredentialRow) -> None:
        for there, _ in self._of(scope):
            if there.id != row.id and (there.provider, there.name) == (row.provider, row.name):
                raise Conflict(f"{row.provider} has a credential named {row.name!r} already.", name=row.name)
