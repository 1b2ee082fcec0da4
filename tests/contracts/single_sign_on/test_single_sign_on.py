"""What `tenancy.api.SingleSignOn` promises about who is let in, as whom, on each database. The provider says what a
test has it say; what real ones say is looked at in tests/unit/adapters/openid.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from loomwork.adapters.passwords import Argon2Passwords
from loomwork.adapters.sealing import Keyring
from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.people import SqlPeopleStore
from loomwork.adapters.storage.sql.tables import audit_entries, members, people
from loomwork.kernel.errors import Conflict, NotAllowed, NotFound
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import (
    BUILT_IN,
    Asked,
    BeginAgain,
    Departure,
    Finding,
    Identity,
    JoinRule,
    NotLetIn,
    OutsideIdentity,
    ProviderAnswer,
    ProviderFailed,
    SignedIn,
    SignInProvider,
    Standing,
    TooManyAttempts,
    Visit,
)
from loomwork.tenancy.application.invitations import StoredInvitations
from loomwork.tenancy.application.people import StoredPeople
from loomwork.tenancy.application.single_sign_on import MOST_AT_ONCE, StoredSingleSignOn

ANN, BEN, PASSWORD, HOME = "ann@example.org", "ben@example.org", "four words that rhyme", "https://studio.example.org"
HERE = Visit("192.0.2.1", "a browser")
CORP = SignInProvider("corp", "Corp", "https://id.example.org", "loomwork", "a secret")
OTHER = SignInProvider("other", "Other", "https://other.example.com", "loomwork")
OF_BEN = OutsideIdentity(CORP.issuer, "17", BEN, "Ben")


class Saying:
    """A provider that says who it is that comes."""

    def __init__(self) -> None:
        self.who = OF_BEN
        self.asked: list[Asked] = []
        self.open = asyncio.Event()
        self.open.set()
        self.coming: asyncio.Queue[str] = asyncio.Queue()

    async def address(self, provider: SignInProvider, asked: Asked) -> str:
        self.asked.append(asked)
        return f"{provider.issuer}/authorize?state={asked.state}"

    async def identity(self, provider: SignInProvider, answer: ProviderAnswer, asked: Asked) -> OutsideIdentity:
        self.coming.put_nowait(answer.state)
        await self.open.wait()
        if answer.code != "good":
            raise ProviderFailed("The code is not good.")
        return replace(self.who, issuer=provider.issuer)

    async def farewell(self, provider: SignInProvider, back: str) -> str | None:
        return f"{provider.issuer}/end?back={back}"

    async def examine(self, provider: SignInProvider) -> Sequence[Finding]:
        return [Finding(True, "It is there.")]


class House:
    """The desks of an installation whose owner is Ann, and what a browser does there."""

    def __init__(self, storage: Storage, clock: Any, *providers: SignInProvider) -> None:
        self.storage, self.clock = storage, clock
        self.store = SqlPeopleStore(storage.database, Keyring([b"k" * 32]))
        passwords = Argon2Passwords(memory_kib=8, passes=1, lanes=1)
        self.people = StoredPeople(self.store, passwords, clock)
        self.invitations = StoredInvitations(storage.invitations, self.store, passwords, clock)
        self.provider = Saying()
        self.sso = self.desk(*providers)

    def desk(self, *providers: SignInProvider) -> StoredSingleSignOn:
        return StoredSingleSignOn(
            providers,
            lambda: self.provider,
            people=self.store,
            invitations=self.storage.invitations,
            workspaces=self.storage.workspaces,
            confirm=self.people.confirm,
            key=lambda: b"k" * 32,
            clock=self.clock,
        )

    async def arrive(self, departure: Departure, me: SignedIn | None = None, **other: Any) -> SignedIn | None:
        given: dict[str, Any] = {
            "provider": "corp",
            "code": "good",
            "state": state_of(departure),
            "visit": HERE,
            **other,
        }
        answer = ProviderAnswer(state=given["state"], code=given["code"])
        arrival = await self.sso.arrive(
            given["provider"], given.get("ticket", departure.ticket), answer, given["visit"], home=HOME, me=me
        )
        return None if arrival.token is None else await self.people.signed_in(arrival.token)

    async def enter(self, **other: Any) -> SignedIn:
        provider = other.get("provider", "corp")
        me = await self.arrive(await self.sso.begin(provider, home=HOME, next_page=None), **other)
        assert me is not None
        return me

    async def link(self, me: SignedIn, password: str | None = PASSWORD, provider: str = "corp") -> None:
        departure = await self.sso.begin_link(me, provider, home=HOME, next_page=None, password=password)
        await self.arrive(departure, me, provider=provider)

    async def ann(self) -> SignedIn:
        me = await self.people.signed_in(await self.people.sign_in(ANN, PASSWORD, HERE))
        assert me is not None
        return me

    async def invite(self, scope: Scope, email: str = BEN, role: str = "editor") -> str:
        owner = Identity(scope, "session", standing=Standing("owner", BUILT_IN["owner"]))
        return (await self.invitations.invite(owner, email, role)).token

    async def told(self) -> list[str]:
        rows = await self.storage.database.everywhere.rows(
            select(audit_entries.c.action).order_by(audit_entries.c.workspace_id, audit_entries.c.number)
        )
        return [row["action"] for row in rows]

    async def roles_of(self, person_id: str) -> list[tuple[str, str]]:
        theirs = select(members).where(members.c.person_id == person_id)
        rows = await self.storage.database.everywhere.rows(theirs)
        return [(row["workspace_id"], row["role"]) for row in rows]

    async def count_people(self) -> int:
        return len(await self.storage.database.everywhere.rows(select(people.c.id)))


def state_of(departure: Departure) -> str:
    return parse_qs(urlsplit(departure.url).query)["state"][0]


@pytest.fixture
async def house(storage: Storage, clock: Any, ours: Scope) -> House:
    house = House(storage, clock, CORP, OTHER)
    owner_id = await house.store.person_of(ours, ours.actor.id)
    await house.people.set_password(ANN, PASSWORD, owner_id=owner_id)
    return house


async def test_whoever_was_not_invited_is_not_let_in(house: House) -> None:
    with pytest.raises(NotLetIn, match=r"Nobody has invited ben@example\.org"):
        await house.enter()
    assert await house.count_people() == 1


async def test_an_invitation_of_the_verified_address_makes_a_person_who_comes_again(house: House, ours: Scope) -> None:
    token = await house.invite(ours)
    me = await house.enter()
    ben = await house.people.person(me.person_id)
    assert (ben.name, ben.email, ben.has_password, me.session.how) == ("Ben", BEN, False, "sso")
    assert await house.roles_of(ben.id) == [(ours.workspace_id, "editor")]
    assert (await house.told())[-1] == "member.joined"
    with pytest.raises(NotFound):
        await house.invitations.read_invitation(token)
    house.provider.who = OutsideIdentity("", "17", None, "Benjamin")
    assert (await house.enter()).person_id == ben.id, "by issuer and subject, whatever the address is by now"


@pytest.mark.parametrize(
    "who",
    [
        OutsideIdentity("", "18", BEN, "Somebody"),
        OutsideIdentity("", "1", ANN, "Ann"),
    ],
)
async def test_an_address_that_a_person_has_opens_nothing_even_with_an_invitation(
    house: House, ours: Scope, theirs: Scope, who: OutsideIdentity
) -> None:
    await house.invite(ours)
    await house.enter()
    await house.invite(theirs, email=who.email or "")
    house.provider.who = who
    with pytest.raises(NotLetIn, match="an address alone opens no account"):
        await house.enter()
    assert len(await house.roles_of((await house.ann()).person_id)) == 1


async def test_an_address_that_is_not_verified_meets_no_invitation(house: House, ours: Scope) -> None:
    await house.invite(ours)
    house.provider.who = OutsideIdentity("", "17", None, "Ben")
    with pytest.raises(NotLetIn, match="verified"):
        await house.enter()


async def test_an_invitation_that_is_over_lets_nobody_in(house: House, ours: Scope, clock: Any) -> None:
    await house.invite(ours)
    clock.advance(timedelta(days=8))
    with pytest.raises(NotLetIn):
        await house.enter()


async def test_of_two_windows_that_arrive_at_once_both_are_the_same_person(house: House, ours: Scope) -> None:
    await house.invite(ours)
    both = await asyncio.gather(house.enter(), house.enter(), return_exceptions=True)
    persons = {each.person_id for each in both if isinstance(each, SignedIn)}
    assert len(persons) == 1
    assert await house.count_people() == 2
    assert all(isinstance(each, SignedIn | NotLetIn) for each in both)


async def test_a_person_links_an_identity_and_signs_in_with_it(house: House) -> None:
    ann = await house.ann()
    await house.link(ann)
    assert (await house.enter()).person_id == ann.person_id
    assert (await house.people.person(ann.person_id)).email == ANN, "the provider's address changes nothing"
    assert [(each.issuer, each.subject) for each in await house.sso.identities(ann.person_id)] == [(CORP.issuer, "17")]
    assert (await house.told())[-1] == "person.identity_added"
    await house.link(ann)
    assert len(await house.sso.identities(ann.person_id)) == 1


async def test_linking_asks_for_the_present_password(house: House) -> None:
    ann = await house.ann()
    for wrong in (None, "", "another sentence"):
        with pytest.raises(NotAllowed, match="present password"):
            await house.link(ann, wrong)


async def test_an_identity_that_somebody_has_is_not_linked_by_another(house: House, ours: Scope) -> None:
    await house.invite(ours)
    ben = await house.enter()
    with pytest.raises(Conflict, match="Somebody else"):
        await house.link(await house.ann())
    assert (await house.enter()).person_id == ben.person_id


async def test_an_identity_is_linked_only_in_the_session_that_began_it(house: House, ours: Scope) -> None:
    """Else whoever has a person follow a link would have their own identity open that person's account."""
    ann = await house.ann()
    for back_as in (None, await house.ann()):
        departure = await house.sso.begin_link(ann, "corp", home=HOME, next_page=None, password=PASSWORD)
        with pytest.raises(NotAllowed, match="session"):
            await house.arrive(departure, back_as)
    assert await house.sso.identities(ann.person_id) == []


async def test_a_person_who_may_not_sign_in_is_not_let_in_by_an_identity(house: House, ours: Scope) -> None:
    await house.invite(ours)
    me = await house.enter()
    await house.storage.database.everywhere.change(
        update(people).where(people.c.id == me.person_id).values(disabled_at=house.clock.now())
    )
    with pytest.raises(NotLetIn, match="may not sign in"):
        await house.enter()


async def test_only_verified_addresses_of_the_named_domains_are_let_in(house: House, ours: Scope) -> None:
    house.sso = house.desk(replace(CORP, domains=frozenset({"example.org"})))
    await house.invite(ours)
    for email in (None, "ben@example.org.evil.com", "ben@evil-example.org", "ben@sub.example.org"):
        house.provider.who = OutsideIdentity("", "17", email, "Ben")
        with pytest.raises(NotLetIn, match=r"only verified e-mail addresses of example\.org"):
            await house.enter()
    with pytest.raises(NotLetIn):
        await house.link(await house.ann())
    house.provider.who = OF_BEN
    assert await house.enter()


async def test_strangers_join_where_the_rule_says_so_and_nobody_else_s_account(house: House, ours: Scope) -> None:
    rule = JoinRule(ours.workspace_id, "viewer")
    house.sso = house.desk(replace(CORP, domains=frozenset({"example.org"}), join=rule))
    me = await house.enter()
    assert [role for _, role in await house.roles_of(me.person_id)] == ["viewer"]
    assert (await house.told()).count("member.joined") == 1
    assert (await house.enter()).person_id == me.person_id
    house.provider.who = OutsideIdentity("", "1", ANN, "Ann")
    with pytest.raises(NotLetIn, match="an address alone"):
        await house.enter()


async def test_a_rule_for_a_workspace_that_is_not_there_lets_nobody_in(house: House) -> None:
    rule = JoinRule("gone", "viewer")
    house.sso = house.desk(replace(CORP, domains=frozenset({"example.org"}), join=rule))
    with pytest.raises(NotLetIn, match="not there"):
        await house.enter()
    assert [each.is_good for each in await house.sso.examine("corp", home=HOME)] == [True, False, True]


async def test_a_way_back_is_good_once(house: House) -> None:
    await house.link(await house.ann())
    departure = await house.sso.begin("corp", home=HOME, next_page=None)
    assert await house.arrive(departure)
    with pytest.raises(BeginAgain):
        await house.arrive(departure)


async def test_a_way_back_that_fails_is_used_up_too(house: House) -> None:
    departure = await house.sso.begin("corp", home=HOME, next_page=None)
    with pytest.raises(ProviderFailed):
        await house.arrive(departure, code="bad")
    with pytest.raises(BeginAgain):
        await house.arrive(departure)


async def test_a_way_back_is_this_browsers_for_this_provider_and_for_ten_minutes(house: House, clock: Any) -> None:
    first, second = [await house.sso.begin("corp", home=HOME, next_page=None) for _ in range(2)]
    told, _, signature = first.ticket.partition(".")
    wrongs: Sequence[dict[str, Any]] = (
        {"state": state_of(second)},
        {"state": ""},
        {"state": "\ud800"},
        {"ticket": ""},
        {"ticket": "é.é"},
        {"ticket": second.ticket},
        {"ticket": f"{told}."},
        {"ticket": f"{told[:-2]}AA.{signature}"},
        {"ticket": "." + signature},
        {"provider": "other"},
    )
    for wrong in wrongs:
        with pytest.raises(BeginAgain):
            await house.arrive(first, **wrong)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(BeginAgain):
        await house.arrive(first)
    with pytest.raises(NotFound):
        await house.sso.begin("nobody", home=HOME, next_page=None)


async def test_what_is_sent_is_drawn_anew_each_time_and_none_follows_from_another(house: House) -> None:
    for _ in range(2):
        await house.sso.begin("corp", home=HOME, next_page=None)
    sent = [(each.state, each.nonce, each.verifier) for each in house.provider.asked]
    assert len({word for each in sent for word in each}) == 6
    departure = await house.sso.begin("corp", home=HOME, next_page=None)
    asked = house.provider.asked[-1]
    assert asked.verifier not in departure.ticket + departure.url
    assert asked.redirect_uri == f"{HOME}/sign-in/sso/corp/callback"


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>alert(1)</script>", ""])
async def test_a_provider_that_declines_signs_nobody_in(house: House, error: str) -> None:
    departure = await house.sso.begin("corp", home=HOME, next_page=None)
    answer = ProviderAnswer(state=state_of(departure), error=error)
    with pytest.raises(NotLetIn) as caught:
        await house.sso.arrive("corp", departure.ticket, answer, HERE, home=HOME, me=None)
    assert "<" not in caught.value.message


async def test_a_provider_that_hangs_holds_no_more_than_a_few_of_each_network(house: House) -> None:
    await house.link(await house.ann())
    house.provider.open.clear()
    waiting = [asyncio.create_task(house.enter()) for _ in range(MOST_AT_ONCE)]
    for _ in waiting:
        await house.provider.coming.get()
    with pytest.raises(TooManyAttempts):
        await house.enter()
    elsewhere = asyncio.create_task(house.enter(visit=Visit("198.51.100.7")))
    house.provider.open.set()
    assert await elsewhere
    assert all(await asyncio.gather(*waiting))
    assert house.sso._arriving == {}


async def test_the_last_way_in_is_not_taken_away(house: House, ours: Scope) -> None:
    await house.invite(ours)
    ben = await house.enter()
    (corp,) = await house.sso.identities(ben.person_id)
    with pytest.raises(Conflict, match="last way in"):
        await house.sso.unlink(ben, corp.id)
    await house.link(ben, None, provider="other")
    _, other = await house.sso.identities(ben.person_id)
    results = await asyncio.gather(
        house.sso.unlink(ben, corp.id), house.sso.unlink(ben, other.id), return_exceptions=True
    )
    assert [type(each) for each in results if each is not None] == [Conflict]
    (left,) = await house.sso.identities(ben.person_id)
    house.sso = house.desk()
    await house.store.add_identity(
        ben.person_id, "https://gone.example.org", "1", at=house.clock.now(), origin=HERE.origin
    )
    with pytest.raises(Conflict, match="last way in"):
        await house.sso.unlink(ben, left.id)


async def test_who_unlinks_an_identity_ends_what_it_had_begun(house: House) -> None:
    ann = await house.ann()
    await house.link(ann)
    by_corp = await house.enter()
    (linked,) = await house.sso.identities(ann.person_id)
    await house.sso.unlink(ann, linked.id)
    assert await house.people.signed_in(by_corp.token) is None
    assert await house.people.signed_in(ann.token) is not None
    assert (await house.told())[-1] == "person.identity_removed"
    with pytest.raises(NotFound):
        await house.sso.unlink(ann, linked.id)
    with pytest.raises(NotLetIn):
        await house.enter()


async def test_nobody_unlinks_the_identity_of_another(house: House, ours: Scope) -> None:
    await house.invite(ours)
    ben = await house.enter()
    (of_ben,) = await house.sso.identities(ben.person_id)
    with pytest.raises(NotFound):
        await house.sso.unlink(await house.ann(), of_ben.id)
    assert await house.sso.identities(ben.person_id) == [of_ben]
