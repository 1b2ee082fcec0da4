"""Storing what lets us in at a provider, for the address that the provider has now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.application.check_credential import check_credential
from loomwork.model_gateway.domain.connection import (
    WITHOUT_ADDRESS,
    Connection,
    StoredCredential,
    address_of,
    configure,
)
from loomwork.model_gateway.domain.credentials import checked_name, checked_values, checked_weight, hint_of
from loomwork.model_gateway.domain.provider import Provider
from loomwork.model_gateway.ports import CatalogSource, CredentialRow, CredentialStore, Wire


@dataclass(frozen=True, slots=True)
class _Given:
    """Values that have been found good. `verified_at` is None where nobody has tried them."""

    values: Mapping[str, str]
    endpoint: str | None
    hint: str
    verified_at: datetime | None


class SaveCredential:
    """Adds credentials and changes them."""

    def __init__(
        self,
        *,
        catalog: CatalogSource,
        wires: Mapping[str, Wire],
        environment: Mapping[str, str],
        credentials: CredentialStore,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._wires = wires
        self._environment = environment
        self._credentials = credentials
        self._clock = clock

    async def add(
        self, scope: Scope, provider: str, *, name: str, values: Mapping[str, str], weight: int, verify: bool
    ) -> CredentialRow:
        """See `Providers.add_credential`."""
        found = self._provider(provider)
        name, weight = checked_name(name), checked_weight(weight)
        given = await self._given(found, values, verify=verify)
        now = self._clock.now()
        row = CredentialRow(
            id=new_id(),
            provider=found.id,
            name=name,
            endpoint=given.endpoint,
            weight=weight,
            enabled=True,
            hint=given.hint,
            created_at=now,
            updated_at=now,
            verified_at=given.verified_at,
        )
        await self._credentials.add(scope, row, given.values)
        return row

    async def change(
        self,
        scope: Scope,
        credential_id: str,
        *,
        name: str | None,
        values: Mapping[str, str] | None,
        weight: int | None,
        enabled: bool | None,
        verify: bool,
    ) -> CredentialRow:
        """See `Providers.change_credential`."""
        there = await self._row(scope, credential_id)
        row = replace(
            there,
            name=there.name if name is None else checked_name(name),
            weight=there.weight if weight is None else checked_weight(weight),
            enabled=there.enabled if enabled is None else enabled,
            updated_at=self._clock.now(),
        )
        if values is None:
            await self._credentials.change(scope, row, None)
            return row
        given = await self._given(self._provider(there.provider), values, verify=verify)
        row = replace(row, endpoint=given.endpoint, hint=given.hint, verified_at=given.verified_at)
        await self._credentials.change(scope, row, given.values)
        return row

    async def _given(self, provider: Provider, values: Mapping[str, str], *, verify: bool) -> _Given:
        given = checked_values(provider.card, values)
        connection = self._connection(provider, given)
        today = self._clock.now().date()
        works = verify and await check_credential(provider, connection, self._wires, today)
        verified_at = self._clock.now() if works else None
        return _Given(given, connection.endpoint, hint_of(provider.card, given), verified_at)

    def _connection(self, provider: Provider, given: Mapping[str, str]) -> Connection:
        """Where these values will be sent: to the provider's address as it is now, and nowhere else later on."""
        card = provider.card
        whole = {**{name: field.default for name, field in card.credentials.items() if field.default}, **given}
        endpoint = address_of(card, self._environment, whole)
        if endpoint is None and card.wire not in WITHOUT_ADDRESS:
            raise InvalidInput(f"Where {card.label} is to be called cannot be told from what was given.")
        configuration = configure(card, self._environment, StoredCredential("", endpoint, given))
        if not configuration.complete:
            raise InvalidInput(f"{card.label}: {' and '.join(configuration.missing)}.", provider=card.id)
        # No key of the workspace yet: what goes wrong with it is nobody else's failure.
        return replace(configuration.connection, key_id=None)

    def _provider(self, name: str) -> Provider:
        catalog = self._catalog.read()
        provider = catalog.named(name)
        if provider is not None:
            return provider
        if name in catalog.problems:
            raise InvalidInput(f"The provider {name!r} cannot be used: {catalog.problems[name]}")
        raise NotFound(f"There is no provider {name[:80]!r} in the catalog.")

    async def _row(self, scope: Scope, credential_id: str) -> CredentialRow:
        for row in await self._credentials.listed(scope):
            if row.id == credential_id:
                return row
        raise NotFound(f"There is no credential with the id {credential_id[:80]!r} in this workspace.")
