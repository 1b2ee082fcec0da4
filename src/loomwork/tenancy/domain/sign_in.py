"""One-time tokens, and the sessions that people are signed in by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

SIGN_IN_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(days=30)

HowSignedIn = Literal["link", "password", "sso"]
TokenPurpose = Literal["sign-in", "password"]


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """Good for one thing, once, until `expires_at`."""

    id: str
    purpose: TokenPurpose
    token_hash: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A person is signed in until `expires_at`, or until it is revoked. `address` and `agent` are what the request that
    began it said of itself.
    """

    id: str
    person_id: str
    how: HowSignedIn
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    address: str | None = None
    agent: str | None = None


def session_is_valid(session: Session, *, now: datetime) -> bool:
    return session.revoked_at is None and now < session.expires_at
