"""What `tenancy.api.People` promises, on each database."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from loomwork.adapters.passwords import Argon2Passwords
from loomwork.adapters.sealing import Keyring
from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.people import SqlPeopleStore
from loomwork.adapters.storage.sql.tables import audit_entries, metadata, people, second_factors, workspaces
from loomwork.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, NotSignedIn
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import SecondFactorNeeded, SignedIn, TooManyAttempts, Visit
from loomwork.tenancy.application.people import StoredPeople

ANN, PASSWORD, OTHER = "ann@example.org", "four words that rhyme", "quite another sentence"
HERE, THERE = Visit("192.0.2.1", "a browser"), Visit("198.51.100.7")


@pytest.fixture
def store(storage: Storage) -> SqlPeopleStore:
    return SqlPeopleStore(storage.database, Keyring([b"k" * 32]))


@pytest.fixture
def desk(store: SqlPeopleStore, clock: Any) -> StoredPeople:
    return StoredPeople(store, Argon2Passwords(memory_kib=8, passes=1, lanes=1), clock)


@pytest.fixture
async def owner_id(store: SqlPeopleStore, ours: Scope) -> str:
    return await store.person_of(ours, ours.actor.id)


@pytest.fixture
async def ann(desk: StoredPeople, owner_id: str) -> str:
    """The owner, who has a password now."""
    return (await desk.set_password(" Ann@Example.org ", PASSWORD, owner_id=owner_id)).id


async def signed_in(desk: StoredPeople, visit: Visit = HERE, code: str | None = None) -> SignedIn:
    me = await desk.signed_in(await desk.sign_in(ANN, PASSWORD, visit, code=code))
    assert me is not None
    return me


async def told(storage: Storage) -> Sequence[str]:
    rows = await storage.database.everywhere.rows(select(audit_entries.c.action).order_by(audit_entries.c.number))
    return [row["action"] for row in rows]


async def test_the_owner_is_given_an_address_and_a_password_and_signs_in(
    desk: StoredPeople, ann: str, owner_id: str, storage: Storage
) -> None:
    assert ann == owner_id
    me = await signed_in(desk)
    assert (me.person_id, me.session.how, me.session.address, me.session.agent) == (
        ann,
        "password",
        "192.0.2.1",
        "a browser",
    )
    person = await desk.person(ann)
    assert (person.email, person.has_password) == (ANN, True)
    assert (await told(storage))[-2:] == ["person.changed", "person.password_set"]


@pytest.mark.parametrize(
    ("email", "password"),
    [(ANN, OTHER), ("ben@example.org", PASSWORD), ("", ""), (ANN, "nul\0"), ("\ud800", "\ud800"), (ANN, "x" * 100_000)],
)
async def test_what_is_not_right_is_refused_in_the_same_words(
    desk: StoredPeople, ann: str, email: str, password: str
) -> None:
    with pytest.raises(NotSignedIn, match="The e-mail address or the password is not right"):
        await desk.sign_in(email, password, HERE)


async def test_a_person_without_a_password_or_disabled_is_not_let_in(
    desk: StoredPeople, ann: str, storage: Storage, clock: Any
) -> None:
    me = await signed_in(desk)
    await storage.database.everywhere.change(update(people).values(disabled_at=clock.now()))
    assert await desk.signed_in(me.token) is None
    with pytest.raises(NotSignedIn):
        await desk.sign_in(ANN, PASSWORD, THERE)
    await storage.database.everywhere.change(update(people).values(disabled_at=None, password_hash=None))
    with pytest.raises(NotSignedIn):
        await desk.sign_in(ANN, PASSWORD, THERE)


async def test_who_guesses_has_to_wait_and_the_person_elsewhere_does_not(
    desk: StoredPeople, ann: str, clock: Any
) -> None:
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            await desk.sign_in(ANN, OTHER, THERE)
    with pytest.raises(TooManyAttempts) as refused:
        await desk.sign_in(ANN, PASSWORD, THERE)
    assert refused.value.details["retry_after"] == 1
    await signed_in(desk, HERE)
    # The same network, but a device that she signed in on before.
    await signed_in(desk, Visit(THERE.address, device="hers"))
    clock.advance(timedelta(seconds=1))
    await signed_in(desk, THERE)


async def test_many_guesses_at_once_are_many(desk: StoredPeople, ann: str) -> None:
    tried = await asyncio.gather(*(desk.sign_in(ANN, OTHER, THERE) for _ in range(9)), return_exceptions=True)
    assert [type(each) for each in tried] == [NotSignedIn] * 5 + [TooManyAttempts] * 4


async def test_a_changed_password_ends_every_other_session(desk: StoredPeople, ann: str) -> None:
    others, me = [await signed_in(desk) for _ in range(2)], await signed_in(desk)
    with pytest.raises(NotAllowed, match="present password"):
        await desk.change_password(me, password=OTHER, present="not it")
    await desk.change_password(me, password=OTHER, present=PASSWORD)
    assert await desk.signed_in(me.token) is not None
    assert [await desk.signed_in(each.token) for each in others] == [None, None]
    with pytest.raises(NotSignedIn):
        await desk.sign_in(ANN, PASSWORD, THERE)
    await desk.sign_in(ANN, OTHER, THERE)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", ANN, "x" * 1001])
async def test_a_password_that_would_be_guessed_is_refused(
    desk: StoredPeople, ann: str, owner_id: str, password: str
) -> None:
    with pytest.raises(InvalidInput):
        await desk.set_password(ANN, password, owner_id=owner_id)
    await signed_in(desk)


async def test_a_password_is_the_same_however_its_letters_are_composed(
    desk: StoredPeople, ann: str, owner_id: str
) -> None:
    await desk.set_password(ANN, "größere Wörter", owner_id=owner_id)
    await desk.sign_in(ANN, "gro\u0308ßere Wo\u0308rter", HERE)


async def test_nobody_gets_the_password_of_an_address_that_is_nobodys(
    desk: StoredPeople, ann: str, owner_id: str
) -> None:
    for attempt in (
        desk.set_password("ben@example.org", OTHER, owner_id=owner_id),
        desk.create_reset_token_for("ben@example.org"),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_link_sets_a_new_password_once_and_ends_every_session(
    desk: StoredPeople, ann: str, ours: Scope, storage: Storage
) -> None:
    me = await signed_in(desk)
    first, second = [await desk.create_reset_token(ours, ours.actor.id) for _ in range(2)]
    with pytest.raises(InvalidInput):
        await desk.reset_password(first, "short", HERE)
    await desk.reset_password(first, OTHER, HERE)
    assert await desk.signed_in(me.token) is None
    await desk.sign_in(ANN, OTHER, HERE)
    for spent in (first, second, "t" * 43, "", "\ud800"):
        with pytest.raises(NotFound, match="used already or is too old"):
            await desk.reset_password(spent, PASSWORD, HERE)
    assert (await told(storage))[-1] == "person.password_set"


async def test_of_many_who_use_a_link_at_once_one_sets_the_password(desk: StoredPeople, ann: str) -> None:
    token = await desk.create_reset_token_for(ANN)
    tried = (desk.reset_password(token, f"{OTHER} {number}", HERE) for number in range(5))
    results = await asyncio.gather(*tried, return_exceptions=True)
    assert sorted(map(repr, results)).count("None") == 1
    assert sum(isinstance(each, NotFound) for each in results) == 4


@pytest.mark.parametrize(("age", "good"), [(timedelta(hours=1, microseconds=-1), True), (timedelta(hours=1), False)])
async def test_a_link_is_good_for_an_hour(desk: StoredPeople, ann: str, clock: Any, age: timedelta, good: bool) -> None:
    token = await desk.create_reset_token_for(ANN)
    clock.advance(age)
    [result] = await asyncio.gather(desk.reset_password(token, OTHER, HERE), return_exceptions=True)
    assert (result is None) is good


async def test_a_sign_in_link_sets_no_password_and_a_password_link_signs_nobody_in(
    desk: StoredPeople, ann: str, ours: Scope, storage: Storage, clock: Any
) -> None:
    from loomwork.tenancy.application import StoredGatekeeper

    gatekeeper = StoredGatekeeper(storage.gatekeeper_store, clock)
    with pytest.raises(NotFound):
        await desk.reset_password(await gatekeeper.create_sign_in_token(ours), OTHER, HERE)
    with pytest.raises(NotSignedIn):
        await gatekeeper.sign_in(await desk.create_reset_token_for(ANN))


async def test_a_member_of_another_workspace_is_not_found_for_a_link(
    desk: StoredPeople, ann: str, ours: Scope, theirs: Scope
) -> None:
    with pytest.raises(NotFound):
        await desk.create_reset_token(theirs, ours.actor.id)


async def test_sessions_are_listed_and_ended_one_by_one_or_all_but_this(desk: StoredPeople, ann: str) -> None:
    first, second, third = [await signed_in(desk) for _ in range(3)]
    assert [each.id for each in await desk.sessions(ann)] == [it.session.id for it in (third, second, first)]
    await desk.end_session(ann, first.session.id)
    with pytest.raises(NotFound):
        await desk.end_session(ann, first.session.id)
    assert await desk.signed_in(first.token) is None
    assert await desk.end_other_sessions(third) == 1
    assert [each.id for each in await desk.sessions(ann)] == [third.session.id]


async def test_nobody_ends_the_session_of_another(desk: StoredPeople, ann: str) -> None:
    me = await signed_in(desk)
    with pytest.raises(NotFound):
        await desk.end_session("somebody", me.session.id)
    assert await desk.signed_in(me.token) is not None


async def test_another_address_needs_the_password_and_is_nobody_elses(
    desk: StoredPeople, ann: str, storage: Storage, clock: Any
) -> None:
    from sqlalchemy import insert

    await storage.database.everywhere.change(
        insert(people).values(id="ben", name="Ben", email="ben@example.org", created_at=clock.now())
    )
    me = await signed_in(desk)
    with pytest.raises(NotAllowed):
        await desk.change_person(me, name=None, email="ann@example.com", password="guess")
    with pytest.raises(Conflict):
        await desk.change_person(me, name=None, email="Ben@example.org", password=PASSWORD)
    for wrong in ("no address", "a b@example.org", "@", "a@b@c", "x" * 300 + "@example.org"):
        with pytest.raises(InvalidInput):
            await desk.change_person(me, name=None, email=wrong, password=PASSWORD)
    changed = await desk.change_person(me, name="  Ann  Other ", email="Ann@Example.com", password=PASSWORD)
    assert (changed.name, changed.email) == ("Ann Other", "ann@example.com")


async def turned_on(desk: StoredPeople, clock: Any) -> tuple[pyotp.TOTP, Sequence[str], SignedIn]:
    me = await signed_in(desk)
    made = await desk.begin_second_factor(me, password=PASSWORD)
    app = pyotp.TOTP(made.secret)
    assert pyotp.parse_uri(made.uri).secret == made.secret
    return app, await desk.turn_on_second_factor(me, app.at(clock.now())), me


async def test_with_a_second_factor_a_password_is_not_enough_and_a_code_is_good_once(
    desk: StoredPeople, ann: str, clock: Any
) -> None:
    app, _, _ = await turned_on(desk, clock)
    assert await desk.has_second_factor(ann)
    with pytest.raises(SecondFactorNeeded):
        await desk.sign_in(ANN, PASSWORD, HERE)
    with pytest.raises(NotSignedIn, match="code"):
        await desk.sign_in(ANN, PASSWORD, HERE, code=app.at(clock.now()))
    clock.advance(timedelta(seconds=30))
    code = app.at(clock.now())
    await signed_in(desk, code=f" {code[:3]} {code[3:]} ")
    with pytest.raises(NotSignedIn, match="code"):
        await desk.sign_in(ANN, PASSWORD, HERE, code=code)


async def test_a_code_tells_nothing_to_who_does_not_know_the_password(desk: StoredPeople, ann: str, clock: Any) -> None:
    app, _, _ = await turned_on(desk, clock)
    clock.advance(timedelta(seconds=30))
    for code in (app.at(clock.now()), "000000", None):
        with pytest.raises(NotSignedIn, match="password is not right") as refused:
            await desk.sign_in(ANN, OTHER, HERE, code=code)
        assert not isinstance(refused.value, SecondFactorNeeded)


@pytest.mark.parametrize(("off", "good"), [(-60, False), (-30, True), (30, True), (60, False)])
async def test_a_clock_may_be_half_a_minute_off(desk: StoredPeople, ann: str, clock: Any, off: int, good: bool) -> None:
    app, _, _ = await turned_on(desk, clock)
    clock.advance(timedelta(minutes=5))
    shown = app.at(clock.now() + timedelta(seconds=off))
    [result] = await asyncio.gather(desk.sign_in(ANN, PASSWORD, HERE, code=shown), return_exceptions=True)
    assert isinstance(result, str) is good


async def test_a_recovery_code_signs_in_once_where_the_app_is_lost(desk: StoredPeople, ann: str, clock: Any) -> None:
    _, codes, _ = await turned_on(desk, clock)
    assert len(set(codes)) == 10
    await signed_in(desk, code=codes[3].upper())
    with pytest.raises(NotSignedIn):
        await desk.sign_in(ANN, PASSWORD, HERE, code=codes[3])
    tries = (desk.sign_in(ANN, PASSWORD, Visit(f"192.0.2.{n}"), code=codes[4]) for n in range(10, 16))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, str) for each in results) == 1


async def test_a_second_factor_is_removed_with_a_code_only_and_begun_with_the_password_only(
    desk: StoredPeople, ann: str, clock: Any, storage: Storage
) -> None:
    _app, codes, me = await turned_on(desk, clock)
    with pytest.raises(Conflict):
        await desk.begin_second_factor(me, password=PASSWORD)
    with pytest.raises(NotAllowed):
        await desk.remove_second_factor(me, "000000")
    await desk.remove_second_factor(me, codes[0])
    assert not await desk.has_second_factor(ann)
    await signed_in(desk)
    with pytest.raises(NotAllowed):
        await desk.begin_second_factor(me, password=None)
    assert (await told(storage))[-2:] == ["person.second_factor_set", "person.second_factor_removed"]


async def test_a_second_factor_that_was_only_begun_is_not_asked_for(desk: StoredPeople, ann: str) -> None:
    me = await signed_in(desk)
    await desk.begin_second_factor(me, password=PASSWORD)
    with pytest.raises(NotAllowed):
        await desk.turn_on_second_factor(me, "000000")
    await signed_in(desk)
    await desk.remove_second_factor(me, "")


async def test_the_secret_of_a_second_factor_is_sealed_to_its_person_and_sealed_anew_with_a_new_key(
    storage: Storage, store: SqlPeopleStore, desk: StoredPeople, ann: str, clock: Any
) -> None:
    app, _, _ = await turned_on(desk, clock)
    newer = SqlPeopleStore(storage.database, Keyring([b"n" * 32, b"k" * 32]))
    await newer.rewrap()
    alone = SqlPeopleStore(storage.database, Keyring([b"n" * 32]))
    factor = (await alone.account(ann)).factor
    assert factor is not None
    assert factor.secret == app.secret
    with pytest.raises(Conflict, match="cannot be opened"):
        await store.account(ann)
    await store.rewrap()
    await storage.database.everywhere.change(update(second_factors).values(sealed=b"\x01" + bytes(60)))
    with pytest.raises(Conflict, match="cannot be opened"):
        await alone.account(ann)


async def test_no_secret_is_stored_or_shown(storage: Storage, desk: StoredPeople, ann: str, clock: Any) -> None:
    app, codes, me = await turned_on(desk, clock)
    token = await desk.create_reset_token_for(ANN)
    rows = [await storage.database.everywhere.rows(select(table)) for table in metadata.sorted_tables]
    everything = repr([dict(row) for row in itertools.chain(*rows)]) + repr(me) + repr(await desk.person(ann))
    for secret in (PASSWORD, app.secret, *codes, token, me.token):
        assert secret not in everything


async def test_an_identity_elsewhere_is_one_persons(
    store: SqlPeopleStore, ann: str, clock: Any, storage: Storage
) -> None:
    await store.add_identity(ann, "https://id.example.org", "17", at=clock.now(), origin=HERE.origin)
    known = await store.account_by_identity("https://id.example.org", "17")
    assert known is not None
    assert known.person.id == ann
    assert await store.account_by_identity("https://id.example.com", "17") is None
    with pytest.raises(Conflict):
        await store.add_identity(ann, "https://id.example.org", "17", at=clock.now(), origin=HERE.origin)


async def test_a_hash_of_old_costs_is_made_anew_at_the_next_sign_in(
    storage: Storage, store: SqlPeopleStore, ann: str, desk: StoredPeople, clock: Any
) -> None:
    async def hashed() -> str:
        return str((await storage.database.everywhere.rows(select(people.c.password_hash)))[0]["password_hash"])

    before = await hashed()
    await signed_in(desk)
    assert await hashed() == before
    dearer = StoredPeople(store, Argon2Passwords(memory_kib=16, passes=1, lanes=1), clock)
    await dearer.sign_in(ANN, PASSWORD, HERE)
    assert "m=16," in await hashed()
    await dearer.sign_in(ANN, PASSWORD, HERE)


async def test_a_workspace_reads_what_befell_its_people_in_its_own_trail_only(
    desk: StoredPeople, ann: str, theirs: Scope, storage: Storage
) -> None:
    rows = await storage.database.everywhere.rows(select(audit_entries.c.workspace_id).distinct())
    assert [row["workspace_id"] for row in rows] != [theirs.workspace_id]
    assert len(rows) == 1
    assert len(await storage.database.everywhere.rows(select(workspaces.c.id))) == 2
