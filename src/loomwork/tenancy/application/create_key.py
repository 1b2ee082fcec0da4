"""Make an API key."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import KeyId, new_id
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import ApiKey, KeyKind, KeyTerms, NewKey
from loomwork.tenancy.domain import checked_terms, digest, last_four, make_key, owning
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import GatekeeperStore


async def create_key(
    scope: Scope,
    kind: KeyKind,
    subject_id: str | None,
    terms: KeyTerms,
    *,
    store: GatekeeperStore,
    clock: Clock,
    draw: Draw,
) -> NewKey:
    """The secret is in the answer and nowhere else. Raises `InvalidInput`; `NotFound` for a foreign app or member."""
    subject_id, now = owning(kind, subject_id), clock.now()
    terms = checked_terms(kind, terms, now=now)
    secret = make_key(kind, draw)
    key = ApiKey(KeyId(new_id()), kind, subject_id, last_four(secret), now, terms=terms)
    await store.add_key(scope, key, digest(secret))
    return NewKey(key, secret)
