"""Make a one-time token that signs the owner in."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain import SIGN_IN_LIFE, OneTimeToken, digest, draw_secret
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import GatekeeperStore


async def create_sign_in_token(scope: Scope, *, store: GatekeeperStore, clock: Clock, draw: Draw) -> str:
    token, now = draw_secret(draw), clock.now()
    await store.add_sign_in_token(scope, OneTimeToken(new_id(), "sign-in", digest(token), now, now + SIGN_IN_LIFE))
    return token
