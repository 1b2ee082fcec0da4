"""People as commands see them: in the data folder, or behind a server's API."""

from dataclasses import dataclass, field
from typing import Protocol

from loomwork.interface.cli.pages import InvitationState
from loomwork.kernel.page import Page, PageRequest


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """Somebody was invited. Times in ISO 8601."""

    id: str
    email: str
    role: str
    state: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class InvitationLink:
    """What is sent to somebody who is invited; it is not shown again."""

    id: str
    link: str = field(repr=False)
    mail: str = field(repr=False)


class PeopleDesk(Protocol):
    """What commands do about people. Each raises the `LoomworkError` that says why it could not."""

    async def set_password(self, email: str, password: str) -> str:
        """The name of the person whose it is now: who has this address, else the owner who had none."""
        ...

    async def password_link(self, email: str) -> str:
        """A link that sets their password, once."""
        ...

    async def invite(self, email: str, role: str) -> InvitationLink: ...

    async def list_invitations(
        self, page: PageRequest, *, state: InvitationState | None = None, email: str = ""
    ) -> Page[InvitationLine]:
        """Newest first."""
        ...

    async def revoke_invitation(self, invitation_id: str) -> None: ...
