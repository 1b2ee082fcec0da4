"""What `tenancy.api.InvitationDesk` promises, on each database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from loomwork.adapters.passwords import Argon2Passwords
from loomwork.adapters.sealing import Keyring
from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.people import SqlPeopleStore
from loomwork.adapters.storage.sql.tables import audit_entries, members, people
from loomwork.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import BUILT_IN, BuiltInRole, Identity, SignedIn, SignInFirst, Standing, Visit
from loomwork.tenancy.application import StoredGatekeeper
from loomwork.tenancy.application.invitations import StoredInvitations
from loomwork.tenancy.application.people import StoredPeople

BEN, PASSWORD, HERE = "ben@example.org", "four words that rhyme", Visit("192.0.2.1")


@pytest.fixture
def store(storage: Storage) -> SqlPeopleStore:
    return SqlPeopleStore(storage.database, Keyring([b"k" * 32]))


@pytest.fixture
def passwords() -> Argon2Passwords:
    return Argon2Passwords(memory_kib=8, passes=1, lanes=1)


@pytest.fixture
def desk(storage: Storage, store: SqlPeopleStore, passwords: Argon2Passwords, clock: Any) -> StoredInvitations:
    return StoredInvitations(storage.invitations, store, passwords, clock)


@pytest.fixture
def persons(store: SqlPeopleStore, passwords: Argon2Passwords, clock: Any) -> StoredPeople:
    return StoredPeople(store, passwords, clock)


def acting(scope: Scope, role: BuiltInRole = "owner") -> Identity:
    return Identity(scope, "session", standing=Standing(role, BUILT_IN[role]))


async def accept(desk: StoredInvitations, token: str, **given: Any) -> str | None:
    given = {"name": "Ben", "password": PASSWORD, "me": None, **given}
    return (await desk.accept(token, HERE, **given))[1]


async def test_whoever_is_invited_becomes_a_new_person_and_a_member_who_signs_in(
    desk: StoredInvitations, persons: StoredPeople, storage: Storage, ours: Scope, clock: Any
) -> None:
    made = await desk.invite(acting(ours), " Ben@Example.org", "editor")
    shown = await desk.read_invitation(made.token)
    assert (shown.workspace_name, shown.invitation.email, shown.invitation.role) == ("Workspace", BEN, "editor")
    assert not shown.is_known
    session = await accept(desk, made.token)
    assert session is not None
    identity = await StoredGatekeeper(storage.gatekeeper_store, clock).by_session(session)
    assert identity is not None
    assert identity.scope.workspace_id == ours.workspace_id
    assert identity.permissions == BUILT_IN["editor"]
    await persons.sign_in(BEN, PASSWORD, HERE)
    [listed] = (await desk.list_invitations(ours, PageRequest())).items
    assert listed.state(clock.now()) == "accepted"
    actions = await storage.database.everywhere.rows(select(audit_entries.c.action).order_by(audit_entries.c.number))
    assert [row["action"] for row in actions][-2:] == ["member.invited", "member.joined"]


async def test_an_invitation_is_good_once_however_many_accept_it_at_once(
    desk: StoredInvitations, storage: Storage, ours: Scope
) -> None:
    made = await desk.invite(acting(ours), BEN, "viewer")
    results = await asyncio.gather(*(accept(desk, made.token) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, str) for each in results) == 1
    assert all(isinstance(each, str | NotFound | Conflict) for each in results)
    assert len(await storage.database.everywhere.rows(select(people.c.id))) == 2
    assert len(await storage.database.everywhere.rows(select(members.c.id))) == 2
    with pytest.raises(NotFound):
        await desk.read_invitation(made.token)


async def test_an_invitation_that_was_taken_back_replaced_or_is_old_is_no_good(
    desk: StoredInvitations, ours: Scope, clock: Any
) -> None:
    replaced = await desk.invite(acting(ours), BEN, "viewer")
    revoked = await desk.invite(acting(ours), BEN, "editor")
    await desk.revoke_invitation(ours, revoked.invitation.id)
    await desk.revoke_invitation(ours, revoked.invitation.id)
    old = await desk.invite(acting(ours), BEN, "viewer")
    clock.advance(timedelta(days=7))
    for token in (replaced.token, revoked.token, old.token, "t" * 43, "", "\ud800", "nul\0"):
        with pytest.raises(NotFound, match="ask for another"):
            await accept(desk, token)
    states = [each.state(clock.now()) for each in (await desk.list_invitations(ours, PageRequest())).items]
    assert states == ["expired", "revoked", "revoked"]


async def test_a_person_who_is_known_joins_another_workspace_as_themselves_only(
    desk: StoredInvitations, persons: StoredPeople, storage: Storage, ours: Scope, theirs: Scope, clock: Any
) -> None:
    session = await accept(desk, (await desk.invite(acting(ours), BEN, "viewer")).token)
    me = await persons.signed_in(session or "")
    there = await desk.invite(acting(theirs), BEN, "admin")
    assert (await desk.read_invitation(there.token)).is_known
    with pytest.raises(SignInFirst):
        await accept(desk, there.token)
    assert await accept(desk, there.token, me=me) is None
    identity = await StoredGatekeeper(storage.gatekeeper_store, clock).by_session(session or "", "theirs")
    assert identity is not None
    assert identity.scope.workspace_id == theirs.workspace_id
    again = await desk.invite(acting(theirs), BEN, "viewer")
    with pytest.raises(Conflict, match="member of the workspace already"):
        await accept(desk, again.token, me=me)
    # All or nothing: it can still be taken back.
    assert [each.state(clock.now()) for each in (await desk.list_invitations(theirs, PageRequest())).items] == [
        "open",
        "accepted",
    ]


async def test_nobody_accepts_what_was_sent_to_another(
    desk: StoredInvitations, persons: StoredPeople, ours: Scope, theirs: Scope
) -> None:
    session = await accept(desk, (await desk.invite(acting(ours), "eve@example.org", "viewer")).token)
    eve = await persons.signed_in(session or "")
    assert isinstance(eve, SignedIn)
    made = await desk.invite(acting(theirs), BEN, "admin")
    with pytest.raises(NotAllowed, match="another address"):
        await accept(desk, made.token, me=eve)


@pytest.mark.parametrize(
    "given", [{"name": None}, {"password": None}, {"name": " "}, {"password": "short"}, {"name": "nul\0"}]
)
async def test_without_a_name_and_a_password_nobody_is_made(
    desk: StoredInvitations, storage: Storage, ours: Scope, given: dict[str, Any]
) -> None:
    made = await desk.invite(acting(ours), BEN, "viewer")
    with pytest.raises(InvalidInput):
        await accept(desk, made.token, **given)
    assert len(await storage.database.everywhere.rows(select(people.c.id))) == 1
    await accept(desk, made.token)


@pytest.mark.parametrize(("by", "role"), [("editor", "admin"), ("viewer", "editor"), ("admin", "owner")])
async def test_nobody_invites_to_more_than_they_may_themselves(
    desk: StoredInvitations, ours: Scope, by: BuiltInRole, role: str
) -> None:
    with pytest.raises(NotAllowed):
        await desk.invite(acting(ours, by), BEN, role)
    assert (await desk.list_invitations(ours, PageRequest())).items == []


@pytest.mark.parametrize(("email", "role"), [("no address", "viewer"), (BEN, "emperor"), (BEN, "")])
async def test_an_invitation_to_nothing_or_nobody_is_refused(
    desk: StoredInvitations, ours: Scope, email: str, role: str
) -> None:
    with pytest.raises(InvalidInput):
        await desk.invite(acting(ours), email, role)


async def test_invitations_of_another_workspace_are_not_listed_or_taken_back(
    desk: StoredInvitations, ours: Scope, theirs: Scope
) -> None:
    made = await desk.invite(acting(theirs), BEN, "viewer")
    assert (await desk.list_invitations(ours, PageRequest())).items == []
    told = []
    for invitation_id in (made.invitation.id, "never"):
        with pytest.raises(NotFound) as refused:
            await desk.revoke_invitation(ours, invitation_id)
        told.append(str(refused.value).replace(invitation_id, "<id>"))
    assert told[0] == told[1]
    assert await desk.read_invitation(made.token)


async def test_invitations_are_read_page_by_page_and_found_by_address_and_what_came_of_them(
    desk: StoredInvitations, ours: Scope, clock: Any
) -> None:
    old = await desk.invite(acting(ours), "old@example.org", "viewer")
    clock.advance(timedelta(days=7))
    revoked = await desk.invite(acting(ours), "away@example.org", "viewer")
    await desk.revoke_invitation(ours, revoked.invitation.id)
    accepted = await desk.invite(acting(ours), BEN, "viewer")
    await accept(desk, accepted.token)
    open_one = await desk.invite(acting(ours), "new@example.com", "viewer")

    async def found(**wanted: Any) -> list[str]:
        return [each.id for each in (await desk.list_invitations(ours, PageRequest(), **wanted)).items]

    for state, made in (("open", open_one), ("accepted", accepted), ("revoked", revoked), ("expired", old)):
        assert await found(state=state) == [made.invitation.id]
    assert await found(email="Example.COM") == [open_one.invitation.id]
    first = await desk.list_invitations(ours, PageRequest(3))
    rest = await desk.list_invitations(ours, PageRequest(3, first.next))
    assert [each.id for each in (*first.items, *rest.items)] == await found()
    assert [each.id for each in rest.items] == [old.invitation.id]
