"""APIs that workspaces have imported, in SQL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, or_, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import model_credentials as credentials
from loomwork.adapters.storage.sql.tables import tool_apis as apis
from loomwork.adapters.storage.sql.tables import tool_switches as switches
from loomwork.adapters.storage.sql.tools import MARK
from loomwork.adapters.storage.sql.workspace_rows import missing, refusing, this, within
from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Scope
from loomwork.tools.domain.api_definition import ApiDefinition, ApiSettings
from loomwork.tools.domain.imported_api import addresses_of, toolset_id
from loomwork.tools.ports import ApiRow


class SqlApiStore:
    """Fits `tools.ports.ApiStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, scope: Scope, row: ApiRow, *, drop_credentials: bool) -> None:
        def write(connection: Connection) -> None:
            values = _values(row)
            changed = connection.execute(update(apis).where(this(apis, scope, row.id)).values(**values)).rowcount
            if not changed:
                values |= {"workspace_id": scope.workspace_id, "id": row.id, "created_at": row.created_at}
                with refusing(f"There is an API {row.slug!r} already.", name=row.slug):
                    connection.execute(insert(apis), values)
            dropped = _drop_credentials(connection, scope, row.slug) if drop_credentials else 0
            self._record(connection, scope, "api.changed" if changed else "api.added", row, dropped)

        await self._database.of(scope).write(write)

    async def remove(self, scope: Scope, slug: str) -> None:
        def write(connection: Connection) -> None:
            mine = (within(apis, scope), apis.c.slug == slug)
            if not connection.execute(delete(apis).where(*mine)).rowcount:
                raise missing("API", slug)
            dropped = _drop_credentials(connection, scope, slug)
            name = toolset_id(slug)
            tools = switches.c.name.startswith(f"{name}/", autoescape=True)
            connection.execute(delete(switches).where(within(switches, scope), or_(switches.c.name == name, tools)))
            details = {"credentials_removed": dropped}
            record(connection, scope, "api.removed", "api", slug, details, at=self._clock.now())

        await self._database.of(scope).write(write)

    async def find(self, scope: Scope, slug: str) -> ApiRow | None:
        statement = select(apis).where(within(apis, scope), apis.c.slug == slug)
        row = await self._database.of(scope).row(statement)
        return None if row is None else _row(row)

    async def states(self, scope: Scope) -> Mapping[str, str]:
        statement = select(apis.c.slug, apis.c.state).where(within(apis, scope)).order_by(apis.c.slug)
        return {row["slug"]: row["state"] for row in await self._database.of(scope).rows(statement)}

    def _record(self, connection: Connection, scope: Scope, action: str, row: ApiRow, dropped: int) -> None:
        said = {
            "addresses": sorted(addresses_of(row.definition, row.settings))[:20],
            "operations": len(row.definition.operations),
            "credentials_removed": dropped,
        }
        record(connection, scope, action, "api", row.slug, said, at=self._clock.now())


def _drop_credentials(connection: Connection, scope: Scope, slug: str) -> int:
    mine = credentials.c.provider == MARK + toolset_id(slug)
    return connection.execute(delete(credentials).where(within(credentials, scope), mine)).rowcount


def _values(row: ApiRow) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "label": row.label,
        "url": row.url,
        "definition": row.definition.model_dump_json(exclude_defaults=True),
        "settings": row.settings.model_dump_json(exclude_defaults=True),
        "state": row.state,
        "updated_at": row.updated_at,
    }


def _row(row: RowMapping) -> ApiRow:
    return ApiRow(
        id=row["id"],
        slug=row["slug"],
        label=row["label"],
        url=row["url"],
        definition=ApiDefinition.model_validate_json(row["definition"]),
        settings=ApiSettings.model_validate_json(row["settings"]),
        state=row["state"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
