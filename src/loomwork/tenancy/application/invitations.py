"""Invite somebody, and be invited."""

import secrets
from collections.abc import Awaitable, Callable

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput, NotAllowed, NotFound
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import (
    Identity,
    Invitation,
    InvitationState,
    NewInvitation,
    OpenInvitation,
    Person,
    SignedIn,
    SignInFirst,
    Visit,
)
from loomwork.tenancy.application.begin_session import begin_session
from loomwork.tenancy.domain import (
    BUILT_IN,
    INVITATION_LIFE,
    OF_THE_FIRST,
    digest,
    draw_secret,
    is_built_in,
    may_be_secret,
    refuse_more_than,
    to_email,
    to_password,
    to_person_name,
)
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import InvitationStore, Passwords, PeopleStore

MayGive = Callable[[Identity, str], Awaitable[None]]
"""Raises `InvalidInput` for a role that there is not, and `NotAllowed` for one that may more than who gives it."""


async def may_give_built_in(by: Identity, role: str) -> None:
    """Fits `MayGive`, for the roles that every workspace has."""
    if not is_built_in(role):
        raise InvalidInput(f"There is no role {role[:80]!r}. There are: {', '.join(BUILT_IN)}.", field="role")
    refuse_more_than(by.permissions | OF_THE_FIRST, BUILT_IN[role])


class StoredInvitations:
    """Fits `tenancy.api.InvitationDesk`."""

    def __init__(
        self,
        store: InvitationStore,
        people: PeopleStore,
        passwords: Passwords,
        clock: Clock,
        *,
        may_give: MayGive = may_give_built_in,
        draw: Draw = secrets.token_bytes,
    ) -> None:
        self._store = store
        self._people = people
        self._passwords = passwords
        self._clock = clock
        self._may_give = may_give
        self._draw = draw

    async def invite(self, by: Identity, email: str, role: str) -> NewInvitation:
        await self._may_give(by, role)
        token, now = draw_secret(self._draw), self._clock.now()
        invitation = Invitation(
            id=new_id(),
            email=to_email(email),
            role=role,
            invited_by=by.scope.actor.id,
            created_at=now,
            expires_at=now + INVITATION_LIFE,
        )
        await self._store.add_invitation(by.scope, invitation, digest(token))
        return NewInvitation(invitation, token)

    async def list_invitations(
        self, scope: Scope, page: PageRequest, *, state: InvitationState | None = None, email: str = ""
    ) -> Page[Invitation]:
        return await self._store.list_invitations(scope, page, state=state, email=email, now=self._clock.now())

    async def revoke_invitation(self, scope: Scope, invitation_id: str) -> None:
        await self._store.revoke_invitation(scope, invitation_id, at=self._clock.now())

    async def read_invitation(self, token: str) -> OpenInvitation:
        found = await self._store.invitation_by_hash(digest(token)) if may_be_secret(token) else None
        if found is None or not found.invitation.is_open(self._clock.now()):
            raise _over()
        return found

    async def accept(
        self, token: str, visit: Visit, *, name: str | None, password: str | None, me: SignedIn | None
    ) -> tuple[WorkspaceId, str | None]:
        invited = await self.read_invitation(token)
        if me is not None:
            await self._accept_as(invited, await self._person_of(me, invited), visit)
            return invited.workspace_id, None
        if invited.is_known:
            raise SignInFirst("There is a person of this address. Sign in as them, then open the invitation again.")
        person = await self._accept_as_new(invited, visit, name=name, password=password)
        session = await begin_session(
            person.id, "password", visit, store=self._people, clock=self._clock, draw=self._draw
        )
        return invited.workspace_id, session

    async def _person_of(self, me: SignedIn, invited: OpenInvitation) -> Person:
        person = (await self._people.account(me.person_id)).person
        if person.email != invited.invitation.email:
            raise NotAllowed("This invitation is for another address than yours. Sign out to accept it.")
        return person

    async def _accept_as(self, invited: OpenInvitation, person: Person, visit: Visit) -> None:
        joined = await self._store.join(
            invited, person, new_id(), is_new=False, at=self._clock.now(), origin=visit.origin
        )
        if not joined:
            raise _over()

    async def _accept_as_new(
        self, invited: OpenInvitation, visit: Visit, *, name: str | None, password: str | None
    ) -> Person:
        if not name or not password:
            raise InvalidInput("Choose a name and a password.", field="name" if not name else "password")
        email, now = invited.invitation.email, self._clock.now()
        person = Person(new_id(), to_person_name(name), email, now, has_password=True)
        hashed = await self._passwords.hash(to_password(password, email=email))
        joined = await self._store.join(
            invited, person, new_id(), password_hash=hashed, is_new=True, at=now, origin=visit.origin
        )
        if not joined:
            raise _over()
        return person


def _over() -> NotFound:
    return NotFound("This invitation was accepted, was taken back, or is too old; ask for another.")
