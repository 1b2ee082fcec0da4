"""Is this a code of the person's authenticator app, or one for when it is lost? Each is good once."""

from loomwork.kernel.clock import Clock
from loomwork.tenancy.domain import Account, digest
from loomwork.tenancy.domain.second_factor import step_of, to_code
from loomwork.tenancy.ports import PeopleStore


async def is_right_code(account: Account, code: str, *, store: PeopleStore, clock: Clock) -> bool:
    """Uses the code up."""
    factor, person_id = account.factor, account.person.id
    if factor is None:
        return False
    step = step_of(factor.secret, code, now=clock.now(), after=factor.last_step)
    if step is not None:
        return await store.use_code(person_id, step=step)
    hashed = digest(to_code(code))
    return hashed in factor.recovery and await store.use_code(person_id, recovery=hashed)
