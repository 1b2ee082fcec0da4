"""Who is behind a key or a session, and what they may do."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import NotFound
from loomwork.kernel.scope import Actor, Scope
from loomwork.tenancy.api import Identity
from loomwork.tenancy.domain import (
    digest,
    key_is_valid,
    may_be_key,
    may_be_secret,
    session_is_valid,
    use_is_worth_noting,
)
from loomwork.tenancy.ports import GatekeeperStore


async def identify_by_key(secret: str, *, store: GatekeeperStore, clock: Clock) -> Identity | None:
    """None: unknown, revoked, expired, or of somebody who is no member any more."""
    found = await store.key_by_hash(digest(secret)) if may_be_key(secret) else None
    if found is None:
        return None
    (scope, key, standing), now = found, clock.now()
    if standing is None or not key_is_valid(key, now=now):
        return None
    if use_is_worth_noting(key, now=now):
        await store.note_use(scope, key.id, at=now)
    return Identity(scope, key.kind, key.subject_id, standing=standing, member_id=key.terms.member_id)


async def identify_by_session(
    token: str, workspace: str | None, *, store: GatekeeperStore, clock: Clock
) -> Identity | None:
    """None: unknown, ended, or expired. Raises `NotFound` for a workspace that its person is no member of."""
    found = await store.session_by_hash(digest(token), workspace=workspace) if may_be_secret(token) else None
    if found is None or not session_is_valid(found[0], now=clock.now()):
        return None
    session, member = found
    if member is None:
        raise NotFound("There is no such workspace, or you are not a member of it.")
    scope = Scope(member.workspace_id, Actor("person", member.member_id))
    standing = await store.standing(scope, member.member_id)
    if standing is None:
        return None
    return Identity(scope, "session", standing=standing, member_id=member.member_id, person_id=session.person_id)
