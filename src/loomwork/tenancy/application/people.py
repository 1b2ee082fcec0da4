"""The use cases of people, joined to the one object that the faces hold."""

import secrets
from collections.abc import Sequence

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, NotAllowed, NotFound
from loomwork.kernel.scope import Origin, Scope
from loomwork.tenancy.api import NewSecondFactor, Person, Session, SignedIn, Visit
from loomwork.tenancy.application import second_factors
from loomwork.tenancy.application.attempts import SignInAttempts
from loomwork.tenancy.application.begin_session import begin_session
from loomwork.tenancy.application.reset_password import create_reset_token, reset_password
from loomwork.tenancy.application.sign_in_with_password import Given, sign_in_with_password
from loomwork.tenancy.domain import (
    Account,
    digest,
    may_be_secret,
    session_is_valid,
    to_email,
    to_password,
    to_person_name,
)
from loomwork.tenancy.domain.password import normal
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import FailureCounts, Passwords, PeopleStore

BY_HAND = Origin("cli")


class StoredPeople:
    """Fits `tenancy.api.People`."""

    def __init__(
        self,
        store: PeopleStore,
        passwords: Passwords,
        clock: Clock,
        *,
        draw: Draw = secrets.token_bytes,
        failures: FailureCounts | None = None,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock
        self._draw = draw
        self._attempts = SignInAttempts(failures)

    async def sign_in(self, email: str, password: str, visit: Visit, *, code: str | None = None) -> str:
        given = Given(email.strip().lower()[:300], password, code)
        account = await sign_in_with_password(
            given, visit, store=self._store, passwords=self._passwords, attempts=self._attempts, clock=self._clock
        )
        return await begin_session(
            account.person.id, "password", visit, store=self._store, clock=self._clock, draw=self._draw
        )

    async def signed_in(self, token: str) -> SignedIn | None:
        session = await self._store.session_of(digest(token)) if may_be_secret(token) else None
        if session is None or not session_is_valid(session, now=self._clock.now()):
            return None
        return SignedIn(session.person_id, session, token)

    async def person(self, person_id: str) -> Person:
        return (await self._store.account(person_id)).person

    async def has_second_factor(self, person_id: str) -> bool:
        factor = (await self._store.account(person_id)).factor
        return factor is not None and factor.is_on

    async def change_person(self, me: SignedIn, *, name: str | None, email: str | None, password: str | None) -> Person:
        account = await self._store.account(me.person_id)
        person = account.person
        new_name = person.name if name is None else to_person_name(name)
        new_email = person.email if email is None else to_email(email)
        if new_email != person.email:
            await self._confirm(account, me, password)
        return await self._store.change_person(
            person.id, name=new_name, email=new_email, at=self._clock.now(), origin=_origin(me)
        )

    async def change_password(self, me: SignedIn, *, password: str, present: str | None) -> None:
        account = await self._store.account(me.person_id)
        await self._confirm(account, me, present)
        await self._set_password(account.person, password, keep=digest(me.token), origin=_origin(me))

    async def set_password(self, email: str, password: str, *, owner_id: str) -> Person:
        email = to_email(email)
        account = await self._store.account_by_email(email)
        if account is None:
            account = await self._name_owner(owner_id, email)
        await self._set_password(account.person, password, keep=None, origin=BY_HAND)
        return await self.person(account.person.id)

    async def _name_owner(self, owner_id: str, email: str) -> Account:
        owner = await self._store.account(owner_id)
        if owner.person.email is not None:
            raise NotFound(f"Nobody here has the address {email}. The owner has {owner.person.email}.")
        now = self._clock.now()
        await self._store.change_person(owner_id, name=owner.person.name, email=email, at=now, origin=BY_HAND)
        return await self._store.account(owner_id)

    async def _set_password(self, person: Person, password: str, *, keep: str | None, origin: Origin) -> None:
        hashed = await self._passwords.hash(to_password(password, email=person.email))
        await self._store.set_password(person.id, hashed, keep=keep, at=self._clock.now(), origin=origin)

    async def confirm(self, me: SignedIn, password: str | None) -> None:
        """Raises `NotAllowed` unless this is the present password; a person without one needs none."""
        await self._confirm(await self._store.account(me.person_id), me, password)

    async def _confirm(self, account: Account, me: SignedIn, password: str | None) -> None:
        """Raises `NotAllowed` unless this is the present password; a person without one needs none."""
        if account.password_hash is None:
            return
        visit = Visit(address=me.session.address or "", device=me.session.id)
        async with self._attempts.turn(visit):
            await self._attempts.attempt(account.person.id, visit, now=self._clock.now())
            if not await self._passwords.verify(normal(password or ""), account.password_hash):
                raise NotAllowed("The present password is not right.", field="present")
            await self._attempts.succeed(account.person.id, visit)

    async def create_reset_token(self, scope: Scope, member_id: str) -> str:
        return await self._reset_token(await self._store.person_of(scope, member_id))

    async def create_reset_token_for(self, email: str) -> str:
        account = await self._store.account_by_email(to_email(email))
        if account is None:
            raise NotFound("Nobody here has this address.")
        return await self._reset_token(account.person.id)

    async def _reset_token(self, person_id: str) -> str:
        if (await self.person(person_id)).disabled_at is not None:
            raise Conflict("This person may not sign in.")
        return await create_reset_token(person_id, store=self._store, clock=self._clock, draw=self._draw)

    async def reset_password(self, token: str, password: str, visit: Visit) -> None:
        async with self._attempts.turn(visit):
            await reset_password(
                token, password, visit, store=self._store, passwords=self._passwords, clock=self._clock
            )

    async def sessions(self, person_id: str) -> Sequence[Session]:
        return await self._store.sessions(person_id, now=self._clock.now())

    async def end_session(self, person_id: str, session_id: str) -> None:
        await self._store.end_session(person_id, session_id, at=self._clock.now())

    async def end_other_sessions(self, me: SignedIn) -> int:
        return await self._store.end_sessions(me.person_id, keep=digest(me.token), at=self._clock.now())

    async def begin_second_factor(self, me: SignedIn, *, password: str | None) -> NewSecondFactor:
        account = await self._store.account(me.person_id)
        await self._confirm(account, me, password)
        return await second_factors.begin_second_factor(
            account, store=self._store, clock=self._clock, origin=_origin(me), draw=self._draw
        )

    async def turn_on_second_factor(self, me: SignedIn, code: str) -> Sequence[str]:
        account = await self._store.account(me.person_id)
        return await second_factors.turn_on_second_factor(
            account, code, store=self._store, clock=self._clock, origin=_origin(me), draw=self._draw
        )

    async def remove_second_factor(self, me: SignedIn, code: str) -> None:
        account = await self._store.account(me.person_id)
        visit = Visit(device=me.session.id)
        await self._attempts.attempt(account.person.id, visit, now=self._clock.now())
        await second_factors.remove_second_factor(
            account, code, store=self._store, clock=self._clock, origin=_origin(me)
        )
        await self._attempts.succeed(account.person.id, visit)


def _origin(me: SignedIn) -> Origin:
    return Origin("console", me.session.address or "")
