"""Who offers models, what a workspace has told us to be let in, and the routes of its own making."""

from collections.abc import Mapping, Sequence

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import CredentialInfo, ModelNotFound, Models, ProviderInfo, Route
from loomwork.model_gateway.application.ask_cheaply import ask_model
from loomwork.model_gateway.application.describe_providers import (
    describe_broken,
    describe_credential,
    describe_provider,
)
from loomwork.model_gateway.application.save_credential import SaveCredential
from loomwork.model_gateway.domain.provider import Provider
from loomwork.model_gateway.domain.route_rules import check_route, type_of
from loomwork.model_gateway.ports import (
    CatalogFolder,
    CatalogSource,
    CredentialRow,
    CredentialStore,
    RouteStore,
    Wire,
)


class WorkspaceProviders:
    """Implements `Providers`."""

    def __init__(
        self,
        *,
        catalog: CatalogSource,
        folder: CatalogFolder,
        wires: Mapping[str, Wire],
        environment: Mapping[str, str],
        credentials: CredentialStore,
        routes: RouteStore,
        models: Models,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._folder = folder
        self._environment = environment
        self._credentials = credentials
        self._routes = routes
        self._models = models
        self._clock = clock
        self._save = SaveCredential(
            catalog=catalog, wires=wires, environment=environment, credentials=credentials, clock=clock
        )

    async def list_providers(self, scope: Scope) -> Sequence[ProviderInfo]:
        """See `Providers.list_providers`."""
        catalog, own = self._catalog.read(), self._folder.providers()
        rows: dict[str, list[CredentialRow]] = {}
        for row in await self._credentials.listed(scope):
            rows.setdefault(row.provider, []).append(row)
        described = [
            await self._described(scope, provider, rows.get(name, []), removable=name in own)
            for name, provider in catalog.providers.items()
        ]
        broken = [describe_broken(name, why, removable=name in own) for name, why in catalog.problems.items()]
        return sorted([*described, *broken], key=lambda info: (not info.ready, info.id))

    async def add_credential(
        self, scope: Scope, provider: str, *, name: str, values: Mapping[str, str], weight: int = 1, verify: bool = True
    ) -> CredentialInfo:
        """See `Providers.add_credential`."""
        row = await self._save.add(scope, provider, name=name, values=values, weight=weight, verify=verify)
        return describe_credential(row)

    async def change_credential(
        self,
        scope: Scope,
        credential_id: str,
        *,
        name: str | None = None,
        values: Mapping[str, str] | None = None,
        weight: int | None = None,
        enabled: bool | None = None,
        verify: bool = True,
    ) -> CredentialInfo:
        """See `Providers.change_credential`."""
        row = await self._save.change(
            scope, credential_id, name=name, values=values, weight=weight, enabled=enabled, verify=verify
        )
        return describe_credential(row)

    async def remove_credential(self, scope: Scope, credential_id: str) -> None:
        """See `Providers.remove_credential`."""
        await self._credentials.remove(scope, credential_id)

    async def test_model(self, scope: Scope, model: str) -> str:
        """See `Providers.test_model`."""
        routes = {route.name: route for route in await self._routes.listed(scope)}
        try:
            type_ = type_of(model, routes, self._catalog.read())
        except InvalidInput as problem:
            raise ModelNotFound(problem.message, model=model[:200]) from None
        began = self._clock.monotonic()
        await ask_model(scope, self._models, model, type_)
        return f"{model} answered after {self._clock.monotonic() - began:.2f} seconds."

    async def add_provider(self, scope: Scope, files: Mapping[str, str]) -> ProviderInfo:
        """See `Providers.add_provider`."""
        name = self._folder.put(files)
        provider = self._catalog.read().providers[name]
        rows = await self._credentials.listed(scope, name)
        return await self._described(scope, provider, rows, removable=True)

    async def remove_provider(self, scope: Scope, provider: str) -> None:
        """See `Providers.remove_provider`."""
        self._folder.remove(provider)

    async def list_routes(self, scope: Scope) -> Sequence[Route]:
        """See `Providers.list_routes`."""
        return await self._routes.listed(scope)

    async def put_route(self, scope: Scope, route: Route) -> None:
        """See `Providers.put_route`."""
        check_route(route, await self._routes.listed(scope), self._catalog.read())
        await self._routes.put(scope, route)

    async def remove_route(self, scope: Scope, name: str) -> None:
        """See `Providers.remove_route`."""
        await self._routes.remove(scope, name)

    async def _described(
        self, scope: Scope, provider: Provider, rows: Sequence[CredentialRow], *, removable: bool
    ) -> ProviderInfo:
        usable = await self._credentials.usable(scope, provider.id) if rows else ()
        return describe_provider(provider, self._environment, rows=rows, usable=usable, removable=removable)
