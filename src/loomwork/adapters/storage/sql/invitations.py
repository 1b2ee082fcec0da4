"""Invitations in SQL, and what comes of them: a person becomes a member."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import invitations, members, people, person_identities, workspaces
from loomwork.adapters.storage.sql.workspace_rows import missing, paged, refusing, this, to_page, within
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Actor, Origin, Scope
from loomwork.tenancy.domain import Invitation, InvitationState, OpenInvitation, OutsideIdentity, Person


class SqlInvitationStore:
    """Fits `tenancy.ports.InvitationStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_invitation(self, scope: Scope, invitation: Invitation, token_hash: str) -> None:
        row = {
            "workspace_id": scope.workspace_id,
            "id": invitation.id,
            "email": invitation.email,
            "role": invitation.role,
            "invited_by": invitation.invited_by,
            "token_hash": token_hash,
            "created_at": invitation.created_at,
            "expires_at": invitation.expires_at,
        }
        at, details = invitation.created_at, {"role": invitation.role}
        earlier = update(invitations).where(
            within(invitations, scope), _open(), invitations.c.email == invitation.email
        )

        def write(connection: Connection) -> None:
            connection.execute(earlier.values(revoked_at=at))
            connection.execute(insert(invitations), row)
            record(connection, scope, "member.invited", "invitation", invitation.id, details, at=at)

        await self._database.of(scope).write(write)

    async def list_invitations(
        self, scope: Scope, page: PageRequest, *, state: InvitationState | None = None, email: str = "", now: datetime
    ) -> Page[Invitation]:
        ours = select(invitations).where(within(invitations, scope))
        if state is not None:
            ours = ours.where(_in_state(state, now))
        if email:
            ours = ours.where(invitations.c.email.icontains(words(email), autoescape=True))
        return to_page(await self._database.of(scope).rows(paged(ours, invitations, page)), page, _invitation)

    async def revoke_invitation(self, scope: Scope, invitation_id: str, *, at: datetime) -> None:
        ours = this(invitations, scope, invitation_id)

        def write(connection: Connection) -> None:
            if connection.execute(update(invitations).where(ours, _open()).values(revoked_at=at)).rowcount:
                record(connection, scope, "invitation.revoked", "invitation", invitation_id, at=at)
            elif connection.execute(select(invitations.c.id).where(ours)).first() is None:
                raise missing("invitation", invitation_id)

        await self._database.of(scope).write(write)

    async def invitation_by_hash(self, token_hash: str) -> OpenInvitation | None:
        return await self._found(_shown().where(invitations.c.token_hash == token_hash))

    async def invitation_for(self, email: str, *, now: datetime) -> OpenInvitation | None:
        ours = _shown().where(invitations.c.email == email, _open(), invitations.c.expires_at > now)
        return await self._found(ours.order_by(invitations.c.id).limit(1))

    async def join(
        self,
        invited: OpenInvitation,
        person: Person,
        member_id: str,
        *,
        password_hash: str | None = None,
        identity: OutsideIdentity | None = None,
        is_new: bool,
        at: datetime,
        origin: Origin,
    ) -> bool:
        scope = Scope(invited.workspace_id, Actor("person", member_id), origin)
        invitation = invited.invitation
        ours = update(invitations).where(this(invitations, scope, invitation.id), _open())

        def write(connection: Connection) -> bool:
            if not connection.execute(ours.where(invitations.c.expires_at > at).values(accepted_at=at)).rowcount:
                return False
            if is_new:
                connection.execute(insert(people), _person_values(person, password_hash, at))
            _add_member(connection, scope, person, invitation.role, identity, at=at)
            return True

        with refusing("This person is a member of the workspace already, or somebody has this address by now."):
            return await self._database.of(scope).write(write)

    async def admit(
        self, scope: Scope, person: Person, member_id: str, role: str, identity: OutsideIdentity, *, at: datetime
    ) -> None:
        ours = Scope(scope.workspace_id, Actor("person", member_id), scope.origin)

        def write(connection: Connection) -> None:
            connection.execute(insert(people), _person_values(person, None, at))
            _add_member(connection, ours, person, role, identity, at=at)

        with refusing("There is a person of this address, or of this identity, by now."):
            await self._database.of(ours).write(write)

    async def _found(self, statement: Select[Any]) -> OpenInvitation | None:
        row = await self._database.everywhere.row(statement)
        if row is None:
            return None
        workspace_id = WorkspaceId(row["workspace_id"])
        return OpenInvitation(workspace_id, row["workspace_name"], _invitation(row), row["known"] > 0)


def _add_member(
    connection: Connection, scope: Scope, person: Person, role: str, identity: OutsideIdentity | None, *, at: datetime
) -> None:
    """Whoever acts in the scope is the member that they become."""
    member = {"id": scope.actor.id, "person_id": person.id, "role": role, "created_at": at}
    connection.execute(insert(members), {"workspace_id": scope.workspace_id, **member})
    details = {"role": role}
    if identity is not None:
        named = {"issuer": identity.issuer, "subject": identity.subject}
        connection.execute(
            insert(person_identities), {"id": new_id(), "person_id": person.id, "created_at": at, **named}
        )
        details["issuer"] = identity.issuer
    record(connection, scope, "member.joined", "member", scope.actor.id, details, at=at)


def _open() -> Any:
    return invitations.c.accepted_at.is_(None) & invitations.c.revoked_at.is_(None)


def _in_state(state: InvitationState, now: datetime) -> Any:
    """As `Invitation.state` has it."""
    match state:
        case "accepted":
            return invitations.c.accepted_at.is_not(None)
        case "revoked":
            return invitations.c.accepted_at.is_(None) & invitations.c.revoked_at.is_not(None)
        case "open":
            return _open() & (invitations.c.expires_at > now)
        case "expired":
            return _open() & (invitations.c.expires_at <= now)


def _shown() -> Select[Any]:
    """An invitation with its workspace's name, and how many people have its address."""
    whole = invitations.join(workspaces, invitations.c.workspace_id == workspaces.c.id)
    known = select(func.count()).where(people.c.email == invitations.c.email).scalar_subquery()
    return select(invitations, workspaces.c.name.label("workspace_name"), known.label("known")).select_from(whole)


def _person_values(person: Person, password_hash: str | None, at: datetime) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "password_hash": password_hash,
        "password_set_at": at if password_hash is not None else None,
        "created_at": at,
    }


def _invitation(row: RowMapping) -> Invitation:
    return Invitation(
        id=row["id"],
        email=row["email"],
        role=row["role"],
        invited_by=row["invited_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        accepted_at=row["accepted_at"],
        revoked_at=row["revoked_at"],
    )
