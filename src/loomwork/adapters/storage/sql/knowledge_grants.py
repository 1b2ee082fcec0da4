"""What members are granted of single knowledge bases, in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.members import lock_role
from loomwork.adapters.storage.sql.tables import knowledge_bases as bases
from loomwork.adapters.storage.sql.tables import knowledge_grants as grants
from loomwork.adapters.storage.sql.tables import members
from loomwork.adapters.storage.sql.workspace_rows import missing, refusing, require, within
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain import KnowledgeGrant

_SHOWN = ("id", "member_id", "knowledge_id", "role", "created_at")


class SqlKnowledgeGrantStore:
    """Fits `tenancy.ports.KnowledgeGrantStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_grants(self, scope: Scope, knowledge_id: str) -> Sequence[KnowledgeGrant]:
        mine = select(grants).where(within(grants, scope), grants.c.knowledge_id == knowledge_id)
        rows = await self._database.of(scope).rows(mine.order_by(grants.c.id))
        return [KnowledgeGrant(**{name: row[name] for name in _SHOWN}) for row in rows]

    async def put_grant(self, scope: Scope, grant: KnowledgeGrant, *, at: datetime) -> KnowledgeGrant:
        values = {"member_id": grant.member_id, "knowledge_id": grant.knowledge_id}
        same = _same(scope, grant.knowledge_id, grant.member_id)

        def write(connection: Connection) -> KnowledgeGrant:
            lock_role(connection, scope, grant.role)
            require(connection, members, scope, grant.member_id, "member")
            require(connection, bases, scope, grant.knowledge_id, "knowledge base")
            if not connection.execute(update(grants).where(same).values(role=grant.role)).rowcount:
                made = {"workspace_id": scope.workspace_id, "id": grant.id, "role": grant.role, "created_at": at}
                with refusing("Somebody else has granted this just now; look again."):
                    connection.execute(insert(grants), {**made, **values})
            record(connection, scope, "grant.given", "member", grant.member_id, {**values, "role": grant.role}, at=at)
            row = connection.execute(select(grants).where(same)).mappings().one()
            return KnowledgeGrant(**{name: row[name] for name in _SHOWN})

        return await self._database.of(scope).write(write)

    async def remove_grant(self, scope: Scope, knowledge_id: str, member_id: str, *, at: datetime) -> None:
        def write(connection: Connection) -> None:
            if not connection.execute(delete(grants).where(_same(scope, knowledge_id, member_id))).rowcount:
                raise missing("grant for the member", member_id)
            record(connection, scope, "grant.taken", "member", member_id, {"knowledge_id": knowledge_id}, at=at)

        await self._database.of(scope).write(write)


def _same(scope: Scope, knowledge_id: str, member_id: str) -> ColumnElement[bool]:
    return and_(within(grants, scope), grants.c.knowledge_id == knowledge_id, grants.c.member_id == member_id)
