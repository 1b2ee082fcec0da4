"""An invitation: a link that makes whoever it was given to a member."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from loomwork.kernel.ids import WorkspaceId

InvitationState = Literal["open", "accepted", "revoked", "expired"]

INVITATION_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invitation:
    """For the person of this e-mail address, to this role. Good once, until `expires_at`."""

    id: str
    email: str
    role: str
    invited_by: str
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> InvitationState:
        """What came of it."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "open" if now < self.expires_at else "expired"

    def is_open(self, now: datetime) -> bool:
        return self.state(now) == "open"


def invitation_mail(workspace: str, link: str) -> str:
    """A text to send an invitation with."""
    return (
        f"You are invited to the workspace {workspace} on Loomwork.\n\n"
        f"Open this link to join; it works once, within {INVITATION_LIFE.days} days:\n{link}\n"
    )


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation as whoever holds its link is shown it. `is_known`: there is a person of this address, who signs in
    to accept it.
    """

    workspace_id: WorkspaceId
    workspace_name: str
    invitation: Invitation
    is_known: bool
