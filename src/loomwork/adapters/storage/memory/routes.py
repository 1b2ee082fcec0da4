"""Routes to models for as long as this process lives."""

from collections.abc import Sequence

from loomwork.kernel.errors import NotFound
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.routes import Route


class MemoryRouteStore:
    """Fits `model_gateway.ports.RouteStore`."""

    def __init__(self) -> None:
        self._routes: dict[str, dict[str, Route]] = {}

    async def put(self, scope: Scope, route: Route) -> None:
        self._routes.setdefault(scope.workspace_id, {})[route.name] = route

    async def remove(self, scope: Scope, name: str) -> None:
        if self._routes.get(scope.workspace_id, {}).pop(name, None) is None:
            raise NotFound(f"There is no route with the id {name[:80]!r} in this workspace.")

    async def listed(self, scope: Scope) -> Sequence[Route]:
        routes = self._routes.get(scope.workspace_id, {})
        return [routes[name] for name in sorted(routes)]
