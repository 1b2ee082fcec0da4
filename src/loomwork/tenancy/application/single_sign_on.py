"""Leave for a provider of identity, and come back signed in.

An identity is known by its issuer and subject. A new one becomes somebody's in three ways only: a person who is signed
in links it to themselves; an open invitation waits for its verified address; or the provider's rule lets strangers
join. The last two make a new person. An address that a person has already opens nothing: whoever could have a provider
say it, or have an invitation sent to it, would take that person's account over.
"""

import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, NotAllowed, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Actor, Origin, Scope
from loomwork.tenancy.api import (
    Arrival,
    BeginAgain,
    Departure,
    Finding,
    LinkedIdentity,
    NotLetIn,
    OutsideIdentity,
    Person,
    ProviderAnswer,
    SignedIn,
    SignInProvider,
    TooManyAttempts,
    Visit,
)
from loomwork.tenancy.application.attempts import network_of
from loomwork.tenancy.application.begin_session import begin_session
from loomwork.tenancy.domain import (
    TICKET_LIFE,
    Account,
    Asked,
    JoinRule,
    Ticket,
    asked_with,
    digest,
    draw_secret,
    name_of,
    opened,
    own_page,
    sealed,
)
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import InvitationStore, OpenIdClient, PeopleStore, WorkspaceStore

MOST_AT_ONCE = 20
"""Arrivals of one network that a provider is asked about at the same time."""

MOST_SPENT = 10_000

Confirm = Callable[[SignedIn, str | None], Awaitable[None]]
"""Raises `NotAllowed` unless this is the person's present password; who has none needs none."""


class StoredSingleSignOn:
    """Fits `tenancy.api.SingleSignOn`. `key` signs tickets; it and `client` are asked for once somebody
    leaves. For one event loop.

    Tickets that were used are remembered by this process: a second process, or a restart, leaves to the provider that
    its code is good once.
    """

    def __init__(
        self,
        providers: Sequence[SignInProvider],
        client: Callable[[], OpenIdClient],
        *,
        people: PeopleStore,
        invitations: InvitationStore,
        workspaces: WorkspaceStore,
        confirm: Confirm,
        key: Callable[[], bytes],
        clock: Clock,
        draw: Draw = secrets.token_bytes,
    ) -> None:
        self._providers = {each.id: each for each in providers}
        self._client = client
        self._people = people
        self._invitations = invitations
        self._workspaces = workspaces
        self._confirm = confirm
        self._key = key
        self._clock = clock
        self._draw = draw
        self._spent: OrderedDict[str, int] = OrderedDict()
        self._arriving: dict[str, int] = {}

    @property
    def providers(self) -> Sequence[SignInProvider]:
        return list(self._providers.values())

    async def begin(self, provider_id: str, *, home: str, next_page: str | None) -> Departure:
        return await self._depart(self._provider(provider_id), home, next_page, link_to=None)

    async def begin_link(
        self, me: SignedIn, provider_id: str, *, home: str, next_page: str | None, password: str | None
    ) -> Departure:
        provider = self._provider(provider_id)
        await self._confirm(me, password)
        return await self._depart(provider, home, next_page, link_to=me.session.id)

    async def arrive(
        self,
        provider_id: str,
        ticket: str,
        answer: ProviderAnswer,
        visit: Visit,
        *,
        home: str,
        me: SignedIn | None,
    ) -> Arrival:
        provider = self._provider(provider_id)
        taken, asked = self._take(provider, ticket, answer, home)
        if not answer.code:
            raise _declined(provider, answer.error)
        async with self._place(visit):
            outside = await self._client().identity(provider, answer, asked)
        if not provider.takes(outside.email):
            raise _other_domain(provider)
        if taken.link_to is not None:
            await self._link(provider, outside, visit, me if me and me.session.id == taken.link_to else None)
            return Arrival(taken.next, None)
        person = await self._person(provider, outside, visit)
        token = await begin_session(person.id, "sso", visit, store=self._people, clock=self._clock, draw=self._draw)
        return Arrival(taken.next, token)

    async def farewell(self, provider_id: str, *, home: str) -> str | None:
        return await self._client().farewell(self._provider(provider_id), f"{home}/")

    async def identities(self, person_id: str) -> Sequence[LinkedIdentity]:
        return await self._people.identities(person_id)

    async def unlink(self, me: SignedIn, identity_id: str) -> None:
        await self._people.remove_identity(
            me.person_id,
            identity_id,
            asked=[each.issuer for each in self._providers.values()],
            keep=digest(me.token),
            at=self._clock.now(),
            origin=Origin("console", me.session.address or ""),
        )

    async def examine(self, provider_id: str, *, home: str) -> Sequence[Finding]:
        provider = self._provider(provider_id)
        redirect = Finding(True, f"The provider must let people come back to {_redirect_uri(provider, home)}")
        return [*await self._client().examine(provider), *await self._examine_rule(provider), redirect]

    async def _examine_rule(self, provider: SignInProvider) -> Sequence[Finding]:
        if provider.join is None:
            return []
        try:
            await self._workspaces.owner_of(provider.join.workspace)
        except NotFound:
            return [Finding(False, f"There is no workspace {provider.join.workspace!r} for strangers to join.")]
        sentence = f"Strangers join the workspace {provider.join.workspace!r} as {provider.join.role}."
        return [Finding(True, sentence)]

    def _provider(self, provider_id: str) -> SignInProvider:
        provider = self._providers.get(provider_id)
        if provider is None:
            raise NotFound(f"Nobody signs in here with {provider_id[:40]!r}.")
        return provider

    async def _depart(
        self, provider: SignInProvider, home: str, next_page: str | None, *, link_to: str | None
    ) -> Departure:
        until = int((self._clock.now() + TICKET_LIFE).timestamp())
        ticket = Ticket(provider.id, draw_secret(self._draw), own_page(next_page), link_to, until)
        asked = asked_with(ticket, self._key(), redirect_uri=_redirect_uri(provider, home))
        return Departure(await self._client().address(provider, asked), sealed(ticket, self._key()))

    def _take(self, provider: SignInProvider, text: str, answer: ProviderAnswer, home: str) -> tuple[Ticket, Asked]:
        """The ticket of this browser, for this provider and this answer, used up. Raises `BeginAgain`."""
        now, ticket = self._clock.now(), opened(text, self._key())
        if ticket is None or ticket.provider != provider.id or ticket.is_over(now):
            raise _begin_again(home)
        asked = asked_with(ticket, self._key(), redirect_uri=_redirect_uri(provider, home))
        given = answer.state.encode("utf-8", "replace")
        if not secrets.compare_digest(given, asked.state.encode()) or not self._spend(ticket, now):
            raise _begin_again(home)
        return ticket, asked

    def _spend(self, ticket: Ticket, now: datetime) -> bool:
        """False for a ticket that was used before."""
        while self._spent and (len(self._spent) > MOST_SPENT or next(iter(self._spent.values())) <= now.timestamp()):
            self._spent.popitem(last=False)
        if ticket.secret in self._spent:
            return False
        self._spent[ticket.secret] = ticket.until
        return True

    @asynccontextmanager
    async def _place(self, visit: Visit) -> AsyncIterator[None]:
        """So that a provider that hangs holds no more of us than this for each network. Raises `TooManyAttempts`."""
        network = network_of(visit.address)
        if self._arriving.get(network, 0) >= MOST_AT_ONCE:
            raise TooManyAttempts("Too many people sign in from here at once. Try again in a moment.", retry_after=1)
        self._arriving[network] = self._arriving.get(network, 0) + 1
        try:
            yield
        finally:
            self._arriving[network] -= 1
            if not self._arriving[network]:
                del self._arriving[network]

    async def _link(
        self, provider: SignInProvider, outside: OutsideIdentity, visit: Visit, me: SignedIn | None
    ) -> None:
        if me is None:
            raise NotAllowed("The session that this was begun in is over. Sign in, then link the identity again.")
        known = await self._people.account_by_identity(outside.issuer, outside.subject)
        if known is not None and known.person.id == me.person_id:
            return
        if known is not None:
            raise Conflict(f"Somebody else signs in with this identity of {provider.label}.")
        await self._people.add_identity(
            me.person_id, outside.issuer, outside.subject, at=self._clock.now(), origin=visit.origin
        )

    async def _person(self, provider: SignInProvider, outside: OutsideIdentity, visit: Visit) -> Person:
        """Whose the identity is, or becomes. Raises `NotLetIn`."""
        known = await self._known(outside)
        if known is not None:
            return known.person
        try:
            return await self._welcome(provider, outside, visit)
        except Conflict:
            # Two windows may arrive at once: the first one made the person.
            known = await self._known(outside)
            if known is None:
                raise
            return known.person

    async def _known(self, outside: OutsideIdentity) -> Account | None:
        account = await self._people.account_by_identity(outside.issuer, outside.subject)
        if account is not None and account.person.disabled_at is not None:
            raise NotLetIn("This person may not sign in any more. Ask whoever runs this installation.")
        return account

    async def _welcome(self, provider: SignInProvider, outside: OutsideIdentity, visit: Visit) -> Person:
        """A new person. Raises `NotLetIn`, and `Conflict` where there is somebody by now."""
        email = outside.email
        if email is None:
            raise NotLetIn(
                f"{provider.label} does not say that it has verified an e-mail address of yours, so nothing shows who "
                "you are here. Sign in another way, then link this identity on the page of your account."
            )
        if await self._people.account_by_email(email) is not None:
            raise NotLetIn(
                f"There is a person with the address {email} already. Sign in the way you did until now, then link "
                f"{provider.label} on the page of your account; an address alone opens no account."
            )
        person = Person(new_id(), name_of(outside), email, self._clock.now())
        if not await self._accept(person, outside, visit):
            await self._admit(provider, person, outside, visit)
        return person

    async def _accept(self, person: Person, outside: OutsideIdentity, visit: Visit) -> bool:
        """Whether an invitation waited for this address."""
        now = self._clock.now()
        invited = await self._invitations.invitation_for(person.email or "", now=now)
        return invited is not None and await self._invitations.join(
            invited, person, new_id(), identity=outside, is_new=True, at=now, origin=visit.origin
        )

    async def _admit(self, provider: SignInProvider, person: Person, outside: OutsideIdentity, visit: Visit) -> None:
        rule = provider.join
        if rule is None:
            raise NotLetIn(f"Nobody has invited {person.email}. Ask somebody who manages the members of a workspace.")
        workspace_id = (await self._workspace(rule)).workspace_id
        member_id = new_id()
        scope = Scope(workspace_id, Actor("person", member_id), visit.origin)
        await self._invitations.admit(scope, person, member_id, rule.role, outside, at=self._clock.now())

    async def _workspace(self, rule: JoinRule) -> Scope:
        try:
            return await self._workspaces.owner_of(rule.workspace)
        except NotFound:
            raise NotLetIn(
                "The workspace that strangers join here is not there. Ask whoever runs this installation."
            ) from None


def _redirect_uri(provider: SignInProvider, home: str) -> str:
    return f"{home}/sign-in/sso/{provider.id}/callback"


def _begin_again(home: str) -> BeginAgain:
    return BeginAgain(
        "This way back was used already, took longer than ten minutes, or began in another browser or at another "
        f"address than {home}. Begin again there."
    )


def _declined(provider: SignInProvider, error: str) -> NotLetIn:
    if error == "access_denied":
        return NotLetIn(f"{provider.label} was not allowed to say who you are. Try again, or sign in another way.")
    known = error if error.replace("_", "").isalnum() and error.isascii() and len(error) <= 40 else "no reason"
    return NotLetIn(f"{provider.label} did not sign you in ({known}).")


def _other_domain(provider: SignInProvider) -> NotLetIn:
    return NotLetIn(
        f"From {provider.label}, only verified e-mail addresses of {', '.join(sorted(provider.domains))} are let in."
    )
