"""People and what they sign in by, in SQL. What a person is, no workspace owns; what changes of them, each of their
workspaces is told.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from loomwork.adapters.sealing import CannotOpen, Keyring, WrappedKey
from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.gatekeeper import session_of_row
from loomwork.adapters.storage.sql.tables import (
    members,
    one_time_tokens,
    people,
    person_identities,
    second_factors,
    sessions,
)
from loomwork.adapters.storage.sql.workspace_rows import one, refusing
from loomwork.kernel.errors import Conflict, NotFound
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import Actor, Origin, Scope
from loomwork.tenancy.domain import Account, HowSignedIn, LinkedIdentity, OneTimeToken, Person, SecondFactor, Session

log = logging.getLogger(__name__)


class SqlPeopleStore:
    """Fits `tenancy.ports.PeopleStore`. The secrets of second factors lie under the installation's own keys, bound to
    whose they are.
    """

    def __init__(self, database: Database, keys: Keyring) -> None:
        self._database = database
        self._everywhere = database.everywhere
        self._keys = keys

    async def account(self, person_id: str) -> Account:
        found = await self._account(select(people).where(people.c.id == person_id))
        if found is None:
            raise _no_person()
        return found

    async def account_by_email(self, email: str) -> Account | None:
        return await self._account(select(people).where(people.c.email == email))

    async def account_by_identity(self, issuer: str, subject: str) -> Account | None:
        known = select(person_identities.c.person_id).where(
            person_identities.c.issuer == issuer, person_identities.c.subject == subject
        )
        return await self._account(select(people).where(people.c.id.in_(known)))

    async def person_of(self, scope: Scope, member_id: str) -> str:
        return str((await one(self._database, members, scope, member_id, "member"))["person_id"])

    async def change_person(
        self, person_id: str, *, name: str, email: str | None, at: datetime, origin: Origin
    ) -> Person:
        def write(connection: Connection) -> None:
            changed = update(people).where(people.c.id == person_id).values(name=name, email=email)
            if not connection.execute(changed).rowcount:
                raise _no_person()
            _tell(connection, person_id, "person.changed", at=at, origin=origin)

        with refusing("There is a person of this address already."):
            await self._everywhere.write(write)
        return (await self.account(person_id)).person

    async def set_password(
        self, person_id: str, password_hash: str, *, keep: str | None, at: datetime, origin: Origin
    ) -> None:
        def write(connection: Connection) -> None:
            _put_password(connection, person_id, password_hash, keep=keep, at=at, origin=origin)

        await self._everywhere.write(write)

    async def keep_password(self, person_id: str, *, old_hash: str, new_hash: str) -> None:
        same = (people.c.id == person_id) & (people.c.password_hash == old_hash)
        await self._everywhere.change(update(people).where(same).values(password_hash=new_hash))

    async def add_token(self, person_id: str, token: OneTimeToken) -> None:
        row = {
            "id": token.id,
            "person_id": person_id,
            "purpose": token.purpose,
            "token_hash": token.token_hash,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        over = (one_time_tokens.c.person_id == person_id) & (one_time_tokens.c.expires_at <= token.created_at)

        def write(connection: Connection) -> None:
            connection.execute(delete(one_time_tokens).where(over))
            connection.execute(insert(one_time_tokens), row)

        await self._everywhere.write(write)

    async def person_by_token(self, token_hash: str, *, now: datetime) -> str | None:
        row = await self._everywhere.row(_good_token(token_hash, now))
        return None if row is None else str(row["person_id"])

    async def reset_password(self, token_hash: str, password_hash: str, *, at: datetime, origin: Origin) -> str | None:
        def write(connection: Connection) -> str | None:
            row = connection.execute(_good_token(token_hash, at).with_for_update()).mappings().first()
            if row is None:
                return None
            _put_password(connection, row["person_id"], password_hash, keep=None, at=at, origin=origin)
            return str(row["person_id"])

        return await self._everywhere.write(write)

    async def begin_session(self, session: Session, token_hash: str) -> None:
        row = {
            "id": session.id,
            "person_id": session.person_id,
            "token_hash": token_hash,
            "how": session.how,
            "address": session.address,
            "agent": session.agent,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
        }
        over = (sessions.c.person_id == session.person_id) & (sessions.c.expires_at <= session.created_at)

        def write(connection: Connection) -> None:
            connection.execute(delete(sessions).where(over))
            connection.execute(insert(sessions), row)

        await self._everywhere.write(write)

    async def session_of(self, token_hash: str) -> Session | None:
        able = select(people.c.id).where(people.c.disabled_at.is_(None))
        ours = select(sessions).where(sessions.c.token_hash == token_hash, sessions.c.person_id.in_(able))
        row = await self._everywhere.row(ours)
        return None if row is None else session_of_row(row)

    async def sessions(self, person_id: str, *, now: datetime) -> Sequence[Session]:
        valid = select(sessions).where(
            sessions.c.person_id == person_id, sessions.c.revoked_at.is_(None), sessions.c.expires_at > now
        )
        rows = await self._everywhere.rows(valid.order_by(sessions.c.id.desc()))
        return [session_of_row(row) for row in rows]

    async def end_session(self, person_id: str, session_id: str, *, at: datetime) -> None:
        ours = (sessions.c.person_id == person_id) & (sessions.c.id == session_id) & sessions.c.revoked_at.is_(None)
        if not await self._everywhere.change(update(sessions).where(ours).values(revoked_at=at)):
            raise NotFound("You have no session of this id.")

    async def end_sessions(self, person_id: str, *, keep: str | None, at: datetime) -> int:
        return await self._everywhere.write(lambda connection: _end_sessions(connection, person_id, keep=keep, at=at))

    async def put_factor(self, person_id: str, factor: SecondFactor, *, at: datetime, origin: Origin) -> None:
        wrapped = self._keys.wrap(factor.secret.encode(), _place(person_id))
        row = {
            "id": new_id(),
            "person_id": person_id,
            "wrapped_by": wrapped.by,
            "sealed": wrapped.sealed,
            "is_on": factor.is_on,
            "last_step": factor.last_step,
            "recovery": list(factor.recovery),
            "created_at": at,
        }

        def write(connection: Connection) -> None:
            connection.execute(delete(second_factors).where(second_factors.c.person_id == person_id))
            connection.execute(insert(second_factors), row)
            if factor.is_on:
                _tell(connection, person_id, "person.second_factor_set", at=at, origin=origin)

        await self._everywhere.write(write)

    async def use_code(self, person_id: str, *, step: int | None = None, recovery: str | None = None) -> bool:
        def write(connection: Connection) -> bool:
            ours = second_factors.c.person_id == person_id
            row = connection.execute(select(second_factors).where(ours).with_for_update()).mappings().first()
            changed = None if row is None else _used(row, step=step, recovery=recovery)
            if changed is None:
                return False
            connection.execute(update(second_factors).where(ours).values(**changed))
            return True

        return await self._everywhere.write(write)

    async def remove_factor(self, person_id: str, *, at: datetime, origin: Origin) -> None:
        def write(connection: Connection) -> None:
            ours = second_factors.c.person_id == person_id
            if connection.execute(delete(second_factors).where(ours)).rowcount:
                _tell(connection, person_id, "person.second_factor_removed", at=at, origin=origin)

        await self._everywhere.write(write)

    async def add_identity(self, person_id: str, issuer: str, subject: str, *, at: datetime, origin: Origin) -> None:
        row = {"id": new_id(), "person_id": person_id, "issuer": issuer, "subject": subject, "created_at": at}

        def write(connection: Connection) -> None:
            connection.execute(insert(person_identities), row)
            _tell(connection, person_id, "person.identity_added", at=at, origin=origin)

        with refusing("Somebody else signs in there under this name."):
            await self._everywhere.write(write)

    async def identities(self, person_id: str) -> Sequence[LinkedIdentity]:
        theirs = select(person_identities).where(person_identities.c.person_id == person_id)
        rows = await self._everywhere.rows(theirs.order_by(person_identities.c.id))
        return [LinkedIdentity(row["id"], row["issuer"], row["subject"], row["created_at"]) for row in rows]

    async def remove_identity(
        self,
        person_id: str,
        identity_id: str,
        *,
        asked: Collection[str],
        keep: str | None,
        at: datetime,
        origin: Origin,
    ) -> None:
        theirs = person_identities.c.person_id == person_id
        this = theirs & (person_identities.c.id == identity_id)

        def write(connection: Connection) -> None:
            # Locked, so that of two that are removed at once, one stays where it is the last way in.
            whose = select(people.c.password_hash).where(people.c.id == person_id).with_for_update()
            has_password = connection.execute(whose).scalar() is not None
            if connection.execute(select(person_identities.c.id).where(this)).first() is None:
                raise NotFound("You have no identity of this id.")
            others = theirs & (person_identities.c.id != identity_id) & person_identities.c.issuer.in_(list(asked))
            if not has_password and connection.execute(select(person_identities.c.id).where(others)).first() is None:
                raise Conflict("This is your last way in. Set a password, or link another identity, before you go.")
            connection.execute(delete(person_identities).where(this))
            _end_sessions(connection, person_id, keep=keep, at=at, how="sso")
            _tell(connection, person_id, "person.identity_removed", at=at, origin=origin)

        await self._everywhere.write(write)

    async def rewrap(self) -> None:
        """Seal with the newest key what an older one has sealed."""
        older = select(second_factors).where(second_factors.c.wrapped_by != self._keys.current)
        for row in await self._everywhere.rows(older):
            try:
                wrapped = self._keys.wrap(self._opened(row).encode(), _place(row["person_id"]))
            except Conflict as problem:
                log.warning("%s", problem)
                continue
            same = (second_factors.c.id == row["id"]) & (second_factors.c.wrapped_by == row["wrapped_by"])
            change = update(second_factors).where(same)
            await self._everywhere.change(change.values(wrapped_by=wrapped.by, sealed=wrapped.sealed))

    async def _account(self, whose: Select[Any]) -> Account | None:
        def read(connection: Connection) -> tuple[RowMapping, RowMapping | None] | None:
            person = connection.execute(whose).mappings().first()
            if person is None:
                return None
            factors = select(second_factors).where(second_factors.c.person_id == person["id"])
            return person, connection.execute(factors).mappings().first()

        found = await self._everywhere.read(read)
        if found is None:
            return None
        person, factor = found
        return Account(person_of_row(person), person["password_hash"], self._factor(factor))

    def _factor(self, row: RowMapping | None) -> SecondFactor | None:
        if row is None:
            return None
        return SecondFactor(self._opened(row), row["is_on"], row["last_step"], tuple(row["recovery"]))

    def _opened(self, row: RowMapping) -> str:
        try:
            wrapped = WrappedKey(row["wrapped_by"], row["sealed"])
            return self._keys.unwrap(wrapped, _place(row["person_id"])).decode()
        except CannotOpen as problem:
            raise Conflict(f"The second factor of this person cannot be opened: {problem}.") from None


def person_of_row(row: RowMapping) -> Person:
    return Person(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        created_at=row["created_at"],
        has_password=row["password_hash"] is not None,
        disabled_at=row["disabled_at"],
    )


def _place(person_id: str) -> tuple[str, ...]:
    return ("second_factors", person_id)


def _no_person() -> NotFound:
    return NotFound("There is no such person.")


def _good_token(token_hash: str, now: datetime) -> Select[Any]:
    return select(one_time_tokens.c.person_id).where(
        one_time_tokens.c.token_hash == token_hash,
        one_time_tokens.c.purpose == "password",
        one_time_tokens.c.spent_at.is_(None),
        one_time_tokens.c.expires_at > now,
        one_time_tokens.c.person_id.in_(select(people.c.id).where(people.c.disabled_at.is_(None))),
    )


def _put_password(
    connection: Connection, person_id: str, password_hash: str, *, keep: str | None, at: datetime, origin: Origin
) -> None:
    """With everything that was a way in before: sessions, and links to set a password."""
    change = update(people).where(people.c.id == person_id)
    if not connection.execute(change.values(password_hash=password_hash, password_set_at=at)).rowcount:
        raise _no_person()
    _end_sessions(connection, person_id, keep=keep, at=at)
    unspent = (one_time_tokens.c.person_id == person_id) & one_time_tokens.c.spent_at.is_(None)
    connection.execute(update(one_time_tokens).where(unspent).values(spent_at=at))
    _tell(connection, person_id, "person.password_set", at=at, origin=origin)


def _end_sessions(
    connection: Connection, person_id: str, *, keep: str | None, at: datetime, how: HowSignedIn | None = None
) -> int:
    others = (sessions.c.person_id == person_id) & sessions.c.revoked_at.is_(None)
    if how is not None:
        others &= sessions.c.how == how
    if keep is not None:
        others &= sessions.c.token_hash != keep
    return connection.execute(update(sessions).where(others).values(revoked_at=at)).rowcount


def _used(row: RowMapping, *, step: int | None, recovery: str | None) -> Mapping[str, Any] | None:
    """What is changed by using a code; None where it cannot be used any more."""
    if step is not None:
        return {"last_step": step} if step > row["last_step"] else None
    left = [each for each in row["recovery"] if each != recovery]
    return {"recovery": left} if len(left) < len(row["recovery"]) else None


def _tell(connection: Connection, person_id: str, action: str, *, at: datetime, origin: Origin) -> None:
    """Write it into the trail of each of the person's workspaces, always in the same order: each is locked."""
    ours = select(members.c.workspace_id, members.c.id).where(members.c.person_id == person_id)
    for workspace_id, member_id in connection.execute(ours.order_by(members.c.workspace_id)).all():
        scope = Scope(WorkspaceId(workspace_id), Actor("person", member_id), origin)
        record(connection, scope, action, "person", person_id, at=at)
