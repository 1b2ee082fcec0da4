"""Spend a one-time token for a session."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import NotSignedIn
from loomwork.kernel.ids import new_id
from loomwork.tenancy.domain import SESSION_LIFE, digest, draw_secret, may_be_secret
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import GatekeeperStore


async def sign_in(token: str, *, store: GatekeeperStore, clock: Clock, draw: Draw) -> str:
    """The session's token. Raises `NotSignedIn`, which does not say whether the token was ever good."""
    session, now = draw_secret(draw), clock.now()
    # Anyone may ask this; what cannot be a token is not worth the database's one writer.
    spent = may_be_secret(token) and await store.spend_sign_in_token(
        digest(token), session_id=new_id(), session_hash=digest(session), now=now, expires_at=now + SESSION_LIFE
    )
    if not spent:
        raise NotSignedIn("This sign-in link was used already or is too old; make another with `loomwork up`.")
    return session
