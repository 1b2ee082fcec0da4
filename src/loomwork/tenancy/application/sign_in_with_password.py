"""Sign in with an e-mail address and a password, and with a code where the person has a second factor."""

from dataclasses import dataclass, field

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import NotSignedIn
from loomwork.tenancy.api import SecondFactorNeeded, Visit
from loomwork.tenancy.application.attempts import SignInAttempts
from loomwork.tenancy.application.check_code import is_right_code
from loomwork.tenancy.domain import Account
from loomwork.tenancy.domain.password import LONGEST, normal
from loomwork.tenancy.ports import Passwords, PeopleStore


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody says to be let in."""

    email: str
    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)


async def sign_in_with_password(
    given: Given, visit: Visit, *, store: PeopleStore, passwords: Passwords, attempts: SignInAttempts, clock: Clock
) -> Account:
    """Who it is. Raises `NotSignedIn`, `SecondFactorNeeded`, `TooManyAttempts`."""
    async with attempts.turn(visit):
        await attempts.attempt(given.email, visit, now=clock.now())
        account = await store.account_by_email(given.email)
        await _check_password(account, given, store=store, passwords=passwords)
        assert account is not None, "nobody has a right password"
        await _check_code(account, given, store=store, clock=clock)
        await attempts.succeed(given.email, visit)
        return account


async def _check_password(account: Account | None, given: Given, *, store: PeopleStore, passwords: Passwords) -> None:
    """Takes as long for nobody as for somebody."""
    hashed = account.password_hash if account is not None else None
    password = normal(given.password[: LONGEST + 1])
    if not await passwords.verify(password, hashed) or account is None or account.person.disabled_at is not None:
        raise NotSignedIn("The e-mail address or the password is not right.")
    if hashed is not None and passwords.is_outdated(hashed):
        new_hash = await passwords.hash(password)
        await store.keep_password(account.person.id, old_hash=hashed, new_hash=new_hash)


async def _check_code(account: Account, given: Given, *, store: PeopleStore, clock: Clock) -> None:
    if account.factor is None or not account.factor.is_on:
        return
    if not given.code:
        raise SecondFactorNeeded("Enter the code that your authenticator app shows, or a recovery code.")
    if not await is_right_code(account, given.code, store=store, clock=clock):
        raise NotSignedIn("The code is not right, or was used already. Wait for the next one.")
