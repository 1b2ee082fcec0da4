"""Members, roles and grants in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, or_, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.standings import is_first, role_in
from loomwork.adapters.storage.sql.tables import api_keys, apps, grants, knowledge_grants, members, people, roles
from loomwork.adapters.storage.sql.workspace_rows import missing, paged, refusing, require, this, to_page, within
from loomwork.kernel.errors import Conflict
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain import Grant, Member, Role, built_in_role, is_built_in

OWNER = "owner"

_SHOWN = (
    members.c.id,
    members.c.person_id,
    members.c.role,
    members.c.created_at,
    people.c.name,
    people.c.email,
    people.c.disabled_at,
)


class SqlMemberStore:
    """Fits `tenancy.ports.MemberStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_members(
        self, scope: Scope, page: PageRequest, *, search: str = "", role: str | None = None
    ) -> Page[Member]:
        statement = _members().where(within(members, scope))
        if role is not None:
            statement = statement.where(members.c.role == words(role))
        if search:
            part = words(search)
            found = (column.icontains(part, autoescape=True) for column in (people.c.name, people.c.email))
            statement = statement.where(or_(*found))
        rows = await self._database.of(scope).rows(paged(statement, members, page, newest_first=False))
        return to_page(rows, page, _member)

    async def get_member(self, scope: Scope, member_id: str) -> Member:
        row = await self._database.of(scope).row(_members().where(this(members, scope, member_id)))
        if row is None:
            raise missing("member", member_id)
        return _member(row)

    async def add_member(self, scope: Scope, member: Member, *, at: datetime) -> Member:
        def write(connection: Connection) -> None:
            lock_role(connection, scope, member.role)
            person_id = _person(connection, member)
            row = {"id": member.id, "person_id": person_id, "role": member.role, "created_at": at}
            with refusing("This person is a member of the workspace already.", person_id=person_id):
                connection.execute(insert(members), {"workspace_id": scope.workspace_id, **row})
            record(connection, scope, "member.added", "member", member.id, {"role": member.role}, at=at)

        await self._database.of(scope).write(write)
        return await self.get_member(scope, member.id)

    async def change_role(self, scope: Scope, member_id: str, role: str, *, at: datetime) -> None:
        def write(connection: Connection) -> None:
            lock_role(connection, scope, role)
            before = _role_of(connection, scope, member_id)
            if role != OWNER:
                _keep_an_owner(connection, scope, member_id)
            connection.execute(update(members).where(this(members, scope, member_id)).values(role=role))
            details = {"from": before, "to": role}
            record(connection, scope, "member.role_changed", "member", member_id, details, at=at)

        await self._database.of(scope).write(write)

    async def remove_member(self, scope: Scope, member_id: str, *, at: datetime) -> None:
        """Their personal keys are revoked; what they were granted goes with them, by the foreign keys."""

        def write(connection: Connection) -> None:
            before = _role_of(connection, scope, member_id)
            _keep_an_owner(connection, scope, member_id)
            theirs = (within(api_keys, scope), api_keys.c.member_id == member_id, api_keys.c.revoked_at.is_(None))
            connection.execute(update(api_keys).where(*theirs).values(revoked_at=at))
            connection.execute(delete(members).where(this(members, scope, member_id)))
            record(connection, scope, "member.removed", "member", member_id, {"role": before}, at=at)

        await self._database.of(scope).write(write)

    async def transfer(self, scope: Scope, *, to: str, giver: str | None, at: datetime) -> None:
        def write(connection: Connection) -> None:
            _role_of(connection, scope, to)
            connection.execute(update(members).where(this(members, scope, to)).values(role=OWNER))
            if giver is not None and giver != to:
                connection.execute(update(members).where(this(members, scope, giver)).values(role="admin"))
            details = {"to": to, "from": giver}
            record(connection, scope, "workspace.transferred", "workspace", scope.workspace_id, details, at=at)

        await self._database.of(scope).write(write)

    async def is_first(self, scope: Scope) -> bool:
        return await self._database.of(scope).read(lambda connection: is_first(connection, scope))

    async def list_roles(self, scope: Scope) -> Sequence[Role]:
        statement = select(roles).where(within(roles, scope)).order_by(func.lower(roles.c.name), roles.c.id)
        return [role_in(row) for row in await self._database.of(scope).rows(statement)]

    async def get_role(self, scope: Scope, role_id: str) -> Role:
        if is_built_in(role_id):
            return built_in_role(role_id)
        row = await self._database.of(scope).row(select(roles).where(this(roles, scope, role_id)))
        if row is None:
            raise missing("role", role_id)
        return role_in(row)

    async def add_role(self, scope: Scope, role: Role, *, at: datetime) -> None:
        def write(connection: Connection) -> None:
            with refusing(f"There is a role {role.name!r} already.", name=role.name):
                made = {"workspace_id": scope.workspace_id, "id": role.id, "created_at": at}
                connection.execute(insert(roles), {**made, **_role_values(role)})
            record(connection, scope, "role.added", "role", role.id, _role_values(role), at=at)

        await self._database.of(scope).write(write)

    async def change_role_of_workspace(self, scope: Scope, role: Role, *, at: datetime) -> None:
        def write(connection: Connection) -> None:
            with refusing(f"There is a role {role.name!r} already.", name=role.name):
                change = update(roles).where(this(roles, scope, role.id)).values(**_role_values(role))
                if not connection.execute(change).rowcount:
                    raise missing("role", role.id)
            record(connection, scope, "role.changed", "role", role.id, _role_values(role), at=at)

        await self._database.of(scope).write(write)

    async def remove_role(self, scope: Scope, role_id: str, *, at: datetime) -> None:
        def write(connection: Connection) -> None:
            ours = select(roles.c.id).where(this(roles, scope, role_id)).with_for_update()
            if connection.execute(ours).first() is None:
                raise missing("role", role_id)
            _refuse_if_held(connection, scope, role_id)
            connection.execute(delete(roles).where(this(roles, scope, role_id)))
            record(connection, scope, "role.removed", "role", role_id, at=at)

        await self._database.of(scope).write(write)

    async def list_grants(
        self, scope: Scope, *, member_id: str | None = None, app_id: str | None = None
    ) -> Sequence[Grant]:
        statement = select(grants).where(within(grants, scope)).order_by(grants.c.id)
        if member_id is not None:
            statement = statement.where(grants.c.member_id == member_id)
        if app_id is not None:
            statement = statement.where(grants.c.app_id == app_id)
        return [_grant(row) for row in await self._database.of(scope).rows(statement)]

    async def put_grant(self, scope: Scope, grant: Grant, *, at: datetime) -> Grant:
        values = {"member_id": grant.member_id, "app_id": grant.app_id}
        same = _grant_of(scope, grant.member_id, grant.app_id)

        def write(connection: Connection) -> Grant:
            lock_role(connection, scope, grant.role)
            require(connection, members, scope, grant.member_id, "member")
            require(connection, apps, scope, grant.app_id, "app")
            if not connection.execute(update(grants).where(*same).values(role=grant.role)).rowcount:
                made = {"workspace_id": scope.workspace_id, "id": grant.id, "role": grant.role, "created_at": at}
                with refusing("Somebody else has granted this just now; look again."):
                    connection.execute(insert(grants), {**made, **values})
            record(connection, scope, "grant.given", "member", grant.member_id, {**values, "role": grant.role}, at=at)
            return _grant(connection.execute(select(grants).where(*same)).mappings().one())

        return await self._database.of(scope).write(write)

    async def remove_grant(self, scope: Scope, member_id: str, app_id: str, *, at: datetime) -> None:
        def write(connection: Connection) -> None:
            if not connection.execute(delete(grants).where(*_grant_of(scope, member_id, app_id))).rowcount:
                raise missing("grant for the app", app_id)
            record(connection, scope, "grant.taken", "member", member_id, {"app_id": app_id}, at=at)

        await self._database.of(scope).write(write)


def _members() -> Any:
    return select(*_SHOWN).select_from(members.join(people, members.c.person_id == people.c.id))


def _grant_of(scope: Scope, member_id: str, app_id: str) -> tuple[ColumnElement[bool], ...]:
    return within(grants, scope), grants.c.member_id == member_id, grants.c.app_id == app_id


def _person(connection: Connection, member: Member) -> str:
    """The person of this e-mail address, made where there is none."""
    found = connection.execute(select(people.c.id).where(people.c.email == member.email)).scalar()
    if found is not None:
        return str(found)
    made = {"id": member.person_id, "email": member.email, "name": member.name, "created_at": member.created_at}
    connection.execute(insert(people), made)
    return member.person_id


def _role_of(connection: Connection, scope: Scope, member_id: str) -> str:
    """The role of a member, who is held until the transaction ends. Raises `NotFound`."""
    mine = select(members.c.role).where(this(members, scope, member_id)).with_for_update()
    role = connection.execute(mine).scalar()
    if role is None:
        raise missing("member", member_id)
    return str(role)


def _keep_an_owner(connection: Connection, scope: Scope, leaving: str) -> None:
    """All owners are held, so that of two who go at once the second sees that the first went."""
    owners = select(members.c.id).where(within(members, scope), members.c.role == OWNER).order_by(members.c.id)
    if set(connection.execute(owners.with_for_update()).scalars()) == {leaving}:
        raise Conflict("A workspace has an owner: make another one first.", member_id=leaving)


def lock_role(connection: Connection, scope: Scope, role: str) -> None:
    """Nobody removes the role before it is held by whom it is about to be given. Raises `NotFound`."""
    if is_built_in(role):
        return
    ours = select(roles.c.id).where(this(roles, scope, role)).with_for_update(read=True)
    if connection.execute(ours).first() is None:
        raise missing("role", role)


def _refuse_if_held(connection: Connection, scope: Scope, role_id: str) -> None:
    for table, holders in ((members, "members"), (grants, "grants"), (knowledge_grants, "grants")):
        held = select(table.c.id).where(within(table, scope), table.c.role == role_id).limit(1)
        if connection.execute(held).first() is not None:
            raise Conflict(f"There are {holders} of this role; give them another first.", role_id=role_id)


def _role_values(role: Role) -> dict[str, Any]:
    return {"name": role.name, "permissions": sorted(role.permissions)}


def _member(row: RowMapping) -> Member:
    given = {name: row[name] for name in ("id", "person_id", "name", "email", "role", "created_at")}
    return Member(**given, disabled=row["disabled_at"] is not None)


def _grant(row: RowMapping) -> Grant:
    return Grant(row["id"], row["member_id"], row["app_id"], row["role"], row["created_at"])
