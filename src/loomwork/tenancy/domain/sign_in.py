"""One-time sign-in tokens, and the sessions that they are spent for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from loomwork.kernel.ids import WorkspaceId

SIGN_IN_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SignInToken:
    """Good for one session, until `expires_at`."""

    id: str
    token_hash: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Someone is signed in until `expires_at`, or until it is revoked."""

    id: str
    workspace_id: WorkspaceId
    member_id: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


def session_is_valid(session: Session, *, now: datetime) -> bool:
    return session.revoked_at is None and now < session.expires_at
