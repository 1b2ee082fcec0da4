"""Make an API key."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import KeyId, new_id
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import ApiKey, KeyKind, NewKey
from loomwork.tenancy.domain import digest, last_four, make_key, owning
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import GatekeeperStore


async def create_key(
    scope: Scope, kind: KeyKind, subject_id: str | None, *, store: GatekeeperStore, clock: Clock, draw: Draw
) -> NewKey:
    """The secret is in the answer and nowhere else. Raises `InvalidInput`, and `NotFound` for a foreign app."""
    subject_id = owning(kind, subject_id)
    secret = make_key(kind, draw)
    key = ApiKey(KeyId(new_id()), kind, subject_id, last_four(secret), clock.now())
    await store.add_key(scope, key, digest(secret))
    return NewKey(key, secret)
