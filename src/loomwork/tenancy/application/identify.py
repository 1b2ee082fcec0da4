"""Who is behind a key or a session, and what they may do."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Actor, Scope
from loomwork.tenancy.api import Identity
from loomwork.tenancy.domain import (
    OF_APP_KEYS,
    PERMISSIONS,
    ApiKey,
    Standing,
    digest,
    may_be_key,
    may_be_secret,
    session_is_valid,
)
from loomwork.tenancy.ports import GatekeeperStore


async def identify_by_key(secret: str, *, store: GatekeeperStore) -> Identity | None:
    """None: unknown, or revoked."""
    found = await store.key_by_hash(digest(secret)) if may_be_key(secret) else None
    if found is None or found[1].revoked_at is not None:
        return None
    scope, key = found
    return Identity(scope, key.kind, key.subject_id, standing=_standing_of(key))


def _standing_of(key: ApiKey) -> Standing:
    """A key of an app is for that app alone; one of a dataset for nothing that is asked of people."""
    match key.kind:
        case "workspace":
            return Standing("key", PERMISSIONS)
        case "app":
            return Standing("key", frozenset(), {key.subject_id or "": OF_APP_KEYS})
        case "dataset":
            return Standing("key", frozenset())


async def identify_by_session(token: str, *, store: GatekeeperStore, clock: Clock) -> Identity | None:
    """None: unknown, ended, expired, or of somebody who is no member any more."""
    session = await store.session_by_hash(digest(token)) if may_be_secret(token) else None
    if session is None or not session_is_valid(session, now=clock.now()):
        return None
    scope = Scope(session.workspace_id, Actor("person", session.member_id))
    standing = await store.standing(scope, session.member_id)
    return None if standing is None else Identity(scope, "session", standing=standing, member_id=session.member_id)
