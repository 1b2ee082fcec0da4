"""Ids of other surfaces in SQL."""

from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import aliases
from loomwork.adapters.storage.sql.workspace_rows import within
from loomwork.kernel.errors import Conflict
from loomwork.kernel.scope import Scope


class SqlAliasStore:
    """Fits `tenancy.api.AliasStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def meaning(self, scope: Scope, surface: str, external_id: str) -> str | None:
        given = select(aliases.c.id).where(
            within(aliases, scope), aliases.c.surface == surface, aliases.c.external_id == external_id
        )
        row = await self._database.of(scope).row(given)
        return None if row is None else str(row["id"])

    async def named(self, scope: Scope, surface: str) -> Mapping[str, str]:
        statement = select(aliases.c.id, aliases.c.external_id).where(
            within(aliases, scope), aliases.c.surface == surface
        )
        return {row["id"]: row["external_id"] for row in await self._database.of(scope).rows(statement)}

    async def add(self, scope: Scope, surface: str, external_id: str, meaning: str) -> str:
        row = {"workspace_id": scope.workspace_id, "surface": surface, "external_id": external_id, "id": meaning}
        # Where somebody was quicker, what he gave is what there is.
        with suppress(IntegrityError):
            await self._database.of(scope).write(lambda connection: connection.execute(insert(aliases), row))
        given = await self._given(scope, surface, meaning)
        if given is None:
            raise Conflict(f"The id {external_id[:80]!r} means another thing already.", id=external_id[:80])
        return given

    async def _given(self, scope: Scope, surface: str, meaning: str) -> str | None:
        statement = select(aliases.c.external_id).where(
            within(aliases, scope), aliases.c.surface == surface, aliases.c.id == meaning
        )
        row = await self._database.of(scope).row(statement)
        return None if row is None else str(row["external_id"])
