"""What workspaces have switched on of the installation's plugins, in SQL, and what was done with them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import enabled_plugins as enabled
from loomwork.adapters.storage.sql.workspace_rows import within
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope


class SqlPluginBook:
    """Fits `plugins.ports.PluginBook`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def on(self, scope: Scope) -> Mapping[str, str]:
        statement = select(enabled.c.plugin, enabled.c.grant_id).where(within(enabled, scope))
        return {row["plugin"]: row["grant_id"] for row in await self._database.of(scope).rows(statement)}

    async def switch(self, scope: Scope, plugin_id: str, grant: str | None) -> None:
        mine = (within(enabled, scope), enabled.c.plugin == plugin_id)

        def write(connection: Connection) -> None:
            before = connection.execute(select(enabled.c.grant_id).where(*mine)).scalar()
            if before == grant:
                return
            connection.execute(delete(enabled).where(*mine))
            if grant is not None:
                row = {"workspace_id": scope.workspace_id, "id": new_id(), "plugin": plugin_id, "grant_id": grant}
                connection.execute(insert(enabled), row)
            action = "plugin.disabled" if grant is None else "plugin.enabled"
            record(connection, scope, action, "plugin", plugin_id, at=self._clock.now())

        await self._database.of(scope).write(write)

    async def note(self, scope: Scope, action: str, plugin_id: str, details: Mapping[str, Any]) -> None:
        def write(connection: Connection) -> None:
            record(connection, scope, action, "plugin", plugin_id, details, at=self._clock.now())

        await self._database.of(scope).write(write)
