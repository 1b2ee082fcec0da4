"""What members may do, read within a transaction: their role, and what they are granted of single things."""

from sqlalchemy import Connection, RowMapping, select

from loomwork.adapters.storage.sql.tables import grants, knowledge_grants, members, people, roles, workspaces
from loomwork.adapters.storage.sql.workspace_rows import this, within
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain import (
    BUILT_IN,
    FIRST_SLUG,
    OF_APPS,
    OF_KNOWLEDGE,
    OF_THE_FIRST,
    PERMISSIONS,
    Permission,
    Role,
    Standing,
    is_built_in,
)

_NONE: frozenset[Permission] = frozenset()


def standing_of(connection: Connection, scope: Scope, member_id: str) -> Standing | None:
    """None for who is no member, and for a person who may not sign in."""
    role = _role_of(connection, scope, member_id)
    if role is None:
        return None
    mine = (within(grants, scope), grants.c.member_id == member_id)
    given = connection.execute(select(grants.c.app_id, grants.c.role).where(*mine)).all()
    ours = (within(knowledge_grants, scope), knowledge_grants.c.member_id == member_id)
    of_bases = connection.execute(select(knowledge_grants.c.knowledge_id, knowledge_grants.c.role).where(*ours)).all()
    held = _held_by(connection, scope, {role, *(each.role for each in (*given, *of_bases))})
    granted = {each.app_id: held[each.role] & OF_APPS for each in given}
    granted |= {each.knowledge_id: held[each.role] & OF_KNOWLEDGE for each in of_bases}
    return Standing(role, held[role] & all_there_is(connection, scope), granted)


def all_there_is(connection: Connection, scope: Scope) -> frozenset[Permission]:
    """What may be done at all in this workspace."""
    return PERMISSIONS if is_first(connection, scope) else PERMISSIONS - OF_THE_FIRST


def is_first(connection: Connection, scope: Scope) -> bool:
    """Whether this is the workspace that the first start made."""
    slug = select(workspaces.c.slug).where(workspaces.c.id == scope.workspace_id)
    return bool(connection.execute(slug).scalar() == FIRST_SLUG)


def role_in(row: RowMapping) -> Role:
    """A role as it is stored. A permission that this release does not know, it does not give."""
    known = frozenset(each for each in PERMISSIONS if each in row["permissions"])
    return Role(row["id"], row["name"], known, row["created_at"])


def _role_of(connection: Connection, scope: Scope, member_id: str) -> str | None:
    joined = members.join(people, members.c.person_id == people.c.id)
    statement = select(members.c.role).select_from(joined)
    role = connection.execute(statement.where(this(members, scope, member_id), people.c.disabled_at.is_(None))).scalar()
    return None if role is None else str(role)


def _held_by(connection: Connection, scope: Scope, named: set[str]) -> dict[str, frozenset[Permission]]:
    """What each role holds; one that is not there any more holds nothing."""
    held = {role: BUILT_IN[role] if is_built_in(role) else _NONE for role in named}
    own = [role for role in named if not is_built_in(role)]
    if own:
        rows = connection.execute(select(roles).where(within(roles, scope), roles.c.id.in_(own))).mappings()
        held |= {row["id"]: role_in(row).permissions for row in rows}
    return held
