"""Who is behind a key or a session."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Actor, Scope
from loomwork.tenancy.api import Identity
from loomwork.tenancy.domain import digest, may_be_key, may_be_secret, session_is_valid
from loomwork.tenancy.ports import GatekeeperStore


async def identify_by_key(secret: str, *, store: GatekeeperStore) -> Identity | None:
    """None: unknown, or revoked."""
    found = await store.key_by_hash(digest(secret)) if may_be_key(secret) else None
    if found is None or found[1].revoked_at is not None:
        return None
    scope, key = found
    return Identity(scope, key.kind, key.subject_id)


async def identify_by_session(token: str, *, store: GatekeeperStore, clock: Clock) -> Identity | None:
    """None: unknown, ended, or expired."""
    session = await store.session_by_hash(digest(token)) if may_be_secret(token) else None
    if session is None or not session_is_valid(session, now=clock.now()):
        return None
    return Identity(Scope(session.workspace_id, Actor("person", session.member_id)), "session")
