"""Routes to models in SQL. A route is read and written whole."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import model_routes as routes
from loomwork.adapters.storage.sql.workspace_rows import missing, refusing, within
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.routes import Patience, Route, Share


class SqlRouteStore:
    """Fits `model_gateway.ports.RouteStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, scope: Scope, route: Route) -> None:
        now = self._clock.now()
        values = {"route": _document(route), "updated_at": now}

        def write(connection: Connection) -> None:
            mine = (within(routes, scope), routes.c.name == route.name)
            if not connection.execute(update(routes).where(*mine).values(**values)).rowcount:
                with refusing("Another has just added a route of this name.", name=route.name):
                    row = {"workspace_id": scope.workspace_id, "id": new_id(), "name": route.name}
                    connection.execute(insert(routes), {**row, **values})
            targets = {"targets": [share.model for share in route.targets]}
            record(connection, scope, "route.set", "route", route.name, targets, at=now)

        await self._database.of(scope).write(write)

    async def remove(self, scope: Scope, name: str) -> None:
        removal = delete(routes).where(within(routes, scope), routes.c.name == name)

        def write(connection: Connection) -> None:
            if not connection.execute(removal).rowcount:
                raise missing("route", name)
            record(connection, scope, "route.removed", "route", name, at=self._clock.now())

        await self._database.of(scope).write(write)

    async def listed(self, scope: Scope) -> Sequence[Route]:
        rows = await self._database.of(scope).rows(select(routes).where(within(routes, scope)).order_by(routes.c.name))
        return [_route(row["name"], row["route"]) for row in rows]


def _document(route: Route) -> dict[str, Any]:
    document = asdict(route)
    del document["name"]
    return document


def _route(name: str, document: Mapping[str, Any]) -> Route:
    return Route(
        name=name,
        targets=tuple(Share(**share) for share in document["targets"]),
        fallbacks={cause: tuple(models) for cause, models in document["fallbacks"].items()},
        retries=document["retries"],
        hedge_after=document["hedge_after"],
        cache_seconds=document["cache_seconds"],
        patience=Patience(**document["patience"]),
    )
