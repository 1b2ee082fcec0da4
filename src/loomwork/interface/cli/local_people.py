"""The people of a data folder, opened by this process."""

from dataclasses import dataclass
from datetime import UTC, datetime

from loomwork.interface.cli.pages import InvitationState
from loomwork.interface.cli.people_desk import InvitationLine, InvitationLink
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import (
    BUILT_IN,
    Gatekeeper,
    Identity,
    Invitation,
    InvitationDesk,
    People,
    Standing,
    invitation_mail,
)


@dataclass(frozen=True, slots=True)
class LocalPeople:
    """Fits `PeopleDesk`, as the owner. `address` is where people reach the server of this folder."""

    people: People
    invitations: InvitationDesk
    gatekeeper: Gatekeeper
    scope: Scope
    owner_id: str
    address: str

    async def set_password(self, email: str, password: str) -> str:
        return (await self.people.set_password(email, password, owner_id=self.owner_id)).name

    async def password_link(self, email: str) -> str:
        return f"{self.address}/new-password#token={await self.people.create_reset_token_for(email)}"

    async def invite(self, email: str, role: str) -> InvitationLink:
        owner = Identity(self.scope, "session", standing=Standing("owner", BUILT_IN["owner"]))
        made = await self.invitations.invite(owner, email, role)
        link = f"{self.address}/join#token={made.token}"
        workspace = (await self.gatekeeper.profile(self.scope)).workspace
        return InvitationLink(made.invitation.id, link, invitation_mail(workspace.name, link))

    async def list_invitations(
        self, page: PageRequest, *, state: InvitationState | None = None, email: str = ""
    ) -> Page[InvitationLine]:
        found = await self.invitations.list_invitations(self.scope, page, state=state, email=email)
        return Page([_line(each) for each in found.items], next=found.next)

    async def revoke_invitation(self, invitation_id: str) -> None:
        await self.invitations.revoke_invitation(self.scope, invitation_id)


def _line(invitation: Invitation) -> InvitationLine:
    state = invitation.state(datetime.now(UTC))
    return InvitationLine(invitation.id, invitation.email, invitation.role, state, invitation.expires_at.isoformat())
