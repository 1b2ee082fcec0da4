"""A password that was forgotten is set by whoever holds a link that only an installation's owner can make."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import new_id
from loomwork.tenancy.api import Visit
from loomwork.tenancy.domain import RESET_LIFE, OneTimeToken, digest, draw_secret, may_be_secret, to_password
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import Passwords, PeopleStore


async def create_reset_token(person_id: str, *, store: PeopleStore, clock: Clock, draw: Draw) -> str:
    """Good once, for an hour."""
    token, now = draw_secret(draw), clock.now()
    await store.add_token(person_id, OneTimeToken(new_id(), "password", digest(token), now, now + RESET_LIFE))
    return token


async def reset_password(
    token: str, password: str, visit: Visit, *, store: PeopleStore, passwords: Passwords, clock: Clock
) -> None:
    """Raises `NotFound` for a token that is no good, and `InvalidInput`; the token is not spent then."""
    hashed, now = digest(token), clock.now()
    # Looked at first, so that a stranger's guess does not cost a hash.
    person_id = await store.person_by_token(hashed, now=now) if may_be_secret(token) else None
    if person_id is None:
        raise _no_good()
    email = (await store.account(person_id)).person.email
    new_hash = await passwords.hash(to_password(password, email=email))
    if await store.reset_password(hashed, new_hash, at=now, origin=visit.origin) is None:
        raise _no_good()


def _no_good() -> NotFound:
    return NotFound("This link was used already or is too old; ask for another.")
