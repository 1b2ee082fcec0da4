"""Begin, turn on and remove a second factor."""

from collections.abc import Sequence
from dataclasses import replace

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, NotAllowed
from loomwork.kernel.scope import Origin
from loomwork.tenancy.api import NewSecondFactor
from loomwork.tenancy.application.check_code import is_right_code
from loomwork.tenancy.domain import Account, SecondFactor, digest
from loomwork.tenancy.domain.second_factor import draw_recovery_codes, draw_totp_secret, step_of, totp_uri
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import PeopleStore

ISSUER = "Loomwork"


async def begin_second_factor(
    account: Account, *, store: PeopleStore, clock: Clock, origin: Origin, draw: Draw
) -> NewSecondFactor:
    """Nothing is asked for until a first code was given. Raises `Conflict` where it is asked for already."""
    if account.factor is not None and account.factor.is_on:
        raise Conflict("You have a second factor; remove it before you take another.")
    secret = draw_totp_secret(draw)
    factor = SecondFactor(secret, is_on=False, last_step=0)
    await store.put_factor(account.person.id, factor, at=clock.now(), origin=origin)
    name = account.person.email or account.person.name
    return NewSecondFactor(secret, totp_uri(secret, name=name, issuer=ISSUER))


async def turn_on_second_factor(
    account: Account, code: str, *, store: PeopleStore, clock: Clock, origin: Origin, draw: Draw
) -> Sequence[str]:
    """The codes for when the app is lost. Raises `Conflict` and `NotAllowed`."""
    factor, now = account.factor, clock.now()
    if factor is None or factor.is_on:
        raise Conflict("There is no second factor that waits for its first code.")
    step = step_of(factor.secret, code, now=now, after=factor.last_step)
    if step is None:
        raise _wrong()
    codes = draw_recovery_codes(draw)
    turned_on = replace(factor, is_on=True, last_step=step, recovery=[digest(each) for each in codes])
    await store.put_factor(account.person.id, turned_on, at=now, origin=origin)
    return codes


async def remove_second_factor(
    account: Account, code: str, *, store: PeopleStore, clock: Clock, origin: Origin
) -> None:
    """One that never was turned on needs no code. Raises `NotAllowed`."""
    is_on = account.factor is not None and account.factor.is_on
    if is_on and not await is_right_code(account, code, store=store, clock=clock):
        raise _wrong()
    await store.remove_factor(account.person.id, at=clock.now(), origin=origin)


def _wrong() -> NotAllowed:
    return NotAllowed("The code is not right, or was used already. Wait for the next one.", field="code")
