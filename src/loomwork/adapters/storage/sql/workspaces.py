"""Workspaces themselves in SQL: the one table that stands above all others."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.members import OWNER
from loomwork.adapters.storage.sql.tables import members, workspaces
from loomwork.adapters.storage.sql.workspace_rows import missing, refusing, within
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import Actor, Scope
from loomwork.tenancy.domain import Workspace


class SqlWorkspaceStore:
    """Fits `tenancy.ports.WorkspaceStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_workspace(self, workspace: Workspace, *, member_id: str, person_id: str, by: Scope) -> Scope:
        owner = Scope(workspace.id, Actor("person", member_id), by.origin)
        row = {"id": workspace.id, "slug": workspace.slug, "name": workspace.name, "created_at": workspace.created_at}
        member = {"id": member_id, "person_id": person_id, "role": OWNER, "created_at": workspace.created_at}

        def write(connection: Connection) -> None:
            with refusing(f"There is a workspace {workspace.slug!r} already.", slug=workspace.slug):
                connection.execute(insert(workspaces), row)
            connection.execute(insert(members), {"workspace_id": workspace.id, **member})
            named = {"slug": workspace.slug, "name": workspace.name}
            record(connection, owner, "workspace.created", "workspace", workspace.id, named, at=workspace.created_at)

        await self._database.of(owner).write(write)
        return owner

    async def workspaces_of(self, person_id: str) -> Sequence[tuple[Workspace, str]]:
        joined = members.join(workspaces, members.c.workspace_id == workspaces.c.id)
        statement = select(workspaces, members.c.role).select_from(joined).where(members.c.person_id == person_id)
        rows = await self._database.everywhere.rows(statement.order_by(members.c.created_at, members.c.id))
        return [(_workspace(row), row["role"]) for row in rows]

    async def all_workspaces(self) -> Sequence[Workspace]:
        rows = await self._database.everywhere.rows(
            select(workspaces).order_by(workspaces.c.created_at, workspaces.c.id)
        )
        return [_workspace(row) for row in rows]

    async def owner_of(self, name: str) -> Scope:
        joined = members.join(workspaces, members.c.workspace_id == workspaces.c.id)
        named = (workspaces.c.id == name) | (workspaces.c.slug == name)
        statement = select(members.c.workspace_id, members.c.id).select_from(joined)
        statement = statement.where(named, members.c.role == OWNER).order_by(members.c.created_at, members.c.id)
        row = await self._database.everywhere.row(statement)
        if row is None:
            raise NotFound(f"There is no workspace {name[:80]!r}.")
        return Scope(WorkspaceId(row["workspace_id"]), Actor("person", row["id"]))

    async def person_of(self, scope: Scope, member_id: str) -> str | None:
        statement = select(members.c.person_id).where(within(members, scope), members.c.id == member_id)
        row = await self._database.of(scope).row(statement)
        return None if row is None else str(row["person_id"])

    async def rename(self, scope: Scope, *, name: str, slug: str, at: datetime) -> None:
        ours = workspaces.c.id == scope.workspace_id

        def write(connection: Connection) -> None:
            with refusing(f"There is a workspace {slug!r} already.", slug=slug):
                if not connection.execute(update(workspaces).where(ours).values(name=name, slug=slug)).rowcount:
                    raise missing("workspace", scope.workspace_id)
            details = {"name": name, "slug": slug}
            record(connection, scope, "workspace.renamed", "workspace", scope.workspace_id, details, at=at)

        await self._database.of(scope).write(write)

    async def delete_workspace(self, scope: Scope, *, told: Scope, at: datetime) -> None:
        """All that it holds goes with it, by the foreign keys."""
        ours = workspaces.c.id == scope.workspace_id

        def write(connection: Connection) -> None:
            named = connection.execute(select(workspaces.c.name, workspaces.c.slug).where(ours)).mappings().first()
            if named is None or not connection.execute(delete(workspaces).where(ours)).rowcount:
                raise missing("workspace", scope.workspace_id)
            record(connection, told, "workspace.deleted", "workspace", scope.workspace_id, dict(named), at=at)

        await self._database.everywhere.write(write)
        await self._database.forget()


def _workspace(row: RowMapping) -> Workspace:
    return Workspace(WorkspaceId(row["id"]), row["name"], row["created_at"], row["slug"])
