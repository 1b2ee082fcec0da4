"""The door of tenancy: who is behind a request, and the keys and sessions that prove it.

Secrets are shown once, when made, and stored as SHA-256 (they carry 256 random bits, so a slow hash buys nothing).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from loomwork.kernel.errors import Conflict, LoomworkError, NotAllowed, NotSignedIn
from loomwork.kernel.ids import AppId, KeyId, WorkspaceId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Origin, Scope
from loomwork.tenancy.domain import (
    BUILT_IN,
    NOBODY,
    OF_APPS,
    PERMISSIONS,
    ApiKey,
    Asked,
    AuditEntry,
    AuditFilter,
    BuiltInRole,
    ChainProblem,
    Finding,
    Grant,
    HowSignedIn,
    Invitation,
    InvitationState,
    JoinRule,
    KeyFilter,
    KeyKind,
    KeyState,
    KeyTerms,
    KnowledgeGrant,
    Link,
    LinkedIdentity,
    Member,
    OpenInvitation,
    OutsideIdentity,
    Permission,
    Person,
    ProviderAnswer,
    Role,
    Session,
    SignInProvider,
    Standing,
    Workspace,
    invitation_mail,
    refuse_more_than,
    to_permissions,
    verified_email,
)
from loomwork.tenancy.domain.limits import (
    Allowance,
    Limit,
    LimitMeasure,
    StorageFull,
    Subject,
    TooManyRequests,
    TooManyRuns,
)
from loomwork.tenancy.domain.takeout import Erasure, file_name

__all__ = [
    "BUILT_IN",
    "NO_TERMS",
    "OF_APPS",
    "PERMISSIONS",
    "AliasStore",
    "Allowance",
    "ApiKey",
    "Arrival",
    "Asked",
    "AuditCheck",
    "AuditEntry",
    "AuditFilter",
    "AuditTrail",
    "BeginAgain",
    "BuiltInRole",
    "ChainProblem",
    "Departure",
    "Erasure",
    "Finding",
    "Gatekeeper",
    "Grant",
    "HowSignedIn",
    "IdempotencyConflict",
    "IdempotencyStore",
    "Identity",
    "Invitation",
    "InvitationDesk",
    "InvitationState",
    "JoinRule",
    "KeyFilter",
    "KeyKind",
    "KeyState",
    "KeyTerms",
    "KnowledgeGrant",
    "KnowledgeGrants",
    "Limit",
    "LimitMeasure",
    "LimitState",
    "Limits",
    "Link",
    "LinkedIdentity",
    "Member",
    "Members",
    "NewInvitation",
    "NewKey",
    "NewSecondFactor",
    "NotLetIn",
    "OpenInvitation",
    "OutsideIdentity",
    "People",
    "Permission",
    "Person",
    "Profile",
    "ProviderAnswer",
    "ProviderFailed",
    "Role",
    "SecondFactorNeeded",
    "Session",
    "SignInFirst",
    "SignInProvider",
    "SignedIn",
    "SingleSignOn",
    "Standing",
    "StorageFull",
    "StoredAnswer",
    "Subject",
    "Takeout",
    "TooManyAttempts",
    "TooManyRequests",
    "TooManyRuns",
    "Visit",
    "Workspace",
    "Workspaces",
    "file_name",
    "invitation_mail",
    "refuse_more_than",
    "to_permissions",
    "verified_email",
]


NO_TERMS = KeyTerms()


@dataclass(frozen=True, slots=True)
class NewKey:
    """`secret` is the only time that the key is seen in full."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a valid key or session belongs to, and what they may do: nothing, unless `standing` says otherwise.
    `person_id` is whose session it is, in every workspace. `member_id` is who they are in this one; it is set for
    people, and for keys that act for one.
    """

    scope: Scope
    kind: Literal["session", "app", "dataset", "workspace", "personal"]
    subject_id: str | None = None
    standing: Standing = NOBODY
    member_id: str | None = None
    person_id: str | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What may be done in the whole workspace."""
        return self.standing.permissions

    def may(self, permission: Permission, app_id: str | None = None) -> bool:
        """Whether this may be done in the whole workspace or, where one is named, with this app."""
        return self.standing.may(permission, app_id)


@dataclass(frozen=True, slots=True)
class Profile:
    """An identity in words: the workspace, and what the actor is called there."""

    workspace: Workspace
    actor_name: str


class Gatekeeper(Protocol):
    """Turns what a request carries into an identity, and makes and revokes what requests carry."""

    async def by_key(self, secret: str) -> Identity | None:
        """The identity behind a key, or None: unknown, revoked."""
        ...

    async def by_session(self, token: str, workspace: str | None = None) -> Identity | None:
        """The identity behind a session cookie, or None: unknown, ended, expired. `workspace` is the id or slug of the
        one that it is to act in; the one that its person joined first where none is named. Raises `NotFound` for one
        that the person is no member of.
        """
        ...

    async def create_key(
        self, scope: Scope, kind: KeyKind, subject_id: AppId | str | None = None, *, terms: KeyTerms = NO_TERMS
    ) -> NewKey:
        """Raises `InvalidInput` for terms that the kind cannot have, and `NotFound` for an app or member that is not
        there.
        """
        ...

    async def get_key(self, scope: Scope, key_id: KeyId) -> ApiKey:
        """Raises `NotFound`."""
        ...

    async def list_keys(self, scope: Scope, wanted: KeyFilter, page: PageRequest) -> Page[ApiKey]:
        """Newest first, revoked ones too."""
        ...

    async def revoke_key(self, scope: Scope, key_id: KeyId) -> None:
        """Raises `NotFound`."""
        ...

    async def create_sign_in_token(self, scope: Scope) -> str:
        """A one-time token (15 minutes) that signs the owner in."""
        ...

    async def sign_in(self, token: str) -> str:
        """Spend a one-time token for a session token (30 days). Raises `NotSignedIn`: unknown, spent or old."""
        ...

    async def sign_out(self, session_token: str) -> None: ...

    async def profile(self, scope: Scope) -> Profile:
        """What to call the workspace and the actor. Raises `NotFound` for a workspace that does not exist."""
        ...


class KnowledgeGrants(Protocol):
    """What members may do with single knowledge bases, beside their roles."""

    async def list_grants(self, scope: Scope, knowledge_id: str) -> Sequence[KnowledgeGrant]: ...

    async def put_grant(self, by: Identity, knowledge_id: str, member_id: str, role: str) -> KnowledgeGrant:
        """Let a member do with it what the role holds of knowledge. Raises `NotFound`, `NotAllowed`."""
        ...

    async def remove_grant(self, by: Identity, knowledge_id: str, member_id: str) -> None: ...


class Members(Protocol):
    """Who works in a workspace, as what. Roles are named by their ids, the built-in ones by their names (`owner`,
    `admin`, `editor`, `operator`, `viewer`). Each change raises `NotAllowed` where somebody would give what they have
    not, or change who may do more than they; and `NotFound` for what is not there.
    """

    async def list_members(
        self, scope: Scope, page: PageRequest, *, search: str = "", role: str | None = None
    ) -> Page[Member]:
        """Oldest first; `search` is part of a name or of an e-mail address."""
        ...

    async def get_member(self, scope: Scope, member_id: str) -> Member: ...

    async def add_member(self, by: Identity, *, email: str, role: str, name: str = "") -> Member:
        """The person of this address, made where there is none. Raises `InvalidInput`, and `Conflict` for a member."""
        ...

    async def change_role(self, by: Identity, member_id: str, role: str) -> Member:
        """Raises `Conflict` where no owner would be left."""
        ...

    async def remove_member(self, by: Identity, member_id: str) -> None:
        """From the next request on they are no member. Everybody may remove themselves. Raises `Conflict` where no
        owner would be left.
        """
        ...

    async def transfer(self, by: Identity, member_id: str) -> None:
        """Make a member an owner, and the owner who asks an admin."""
        ...

    async def list_roles(
        self, scope: Scope, page: PageRequest, *, search: str = "", built_in: bool | None = None
    ) -> Page[Role]:
        """The built-in ones, then those of the workspace; `search` is part of a name. Raises `InvalidInput` for the
        cursor of a role that was removed since.
        """
        ...

    async def get_role(self, scope: Scope, role_id: str) -> Role:
        """Built in or not."""
        ...

    async def add_role(self, by: Identity, name: str, permissions: frozenset[Permission]) -> Role:
        """Raises `InvalidInput`, and `Conflict` for a name that another has."""
        ...

    async def change_own_role(self, by: Identity, role_id: str, name: str, permissions: frozenset[Permission]) -> Role:
        """What its holders may do changes with it. Raises `Conflict` for a built-in one."""
        ...

    async def remove_role(self, by: Identity, role_id: str) -> None:
        """Raises `Conflict` for a built-in one, and while somebody has it."""
        ...

    async def list_grants(
        self, scope: Scope, *, member_id: str | None = None, app_id: str | None = None
    ) -> Sequence[Grant]: ...

    async def put_grant(self, by: Identity, member_id: str, app_id: str, role: str) -> Grant:
        """Let a member do with one app what the role holds of apps, in the place of what they were granted of it."""
        ...

    async def remove_grant(self, by: Identity, member_id: str, app_id: str) -> None: ...


class Workspaces(Protocol):
    """The workspaces of an installation."""

    async def create(self, by: Identity, name: str, slug: str | None = None) -> Workspace:
        """A workspace without anything in it, owned by whoever asks; by a key, by the owner of the key's workspace.
        Raises `InvalidInput`, and `Conflict` for a slug that is taken.
        """
        ...

    async def seen_by(self, by: Identity) -> Sequence[tuple[Workspace, str]]:
        """Those that a person is a member of, each with their role there; the one that a key is of."""
        ...

    async def all_there_are(self) -> Sequence[Workspace]:
        """For whoever runs the installation."""
        ...

    async def get(self, scope: Scope) -> Workspace: ...

    async def owner_of(self, name: str) -> Scope:
        """The scope of the first owner of the workspace of this id or slug, for whoever runs the installation. Raises
        `NotFound`.
        """
        ...

    async def rename(self, scope: Scope, *, name: str | None = None, slug: str | None = None) -> Workspace:
        """What is None stays. Raises `InvalidInput` and `Conflict`."""
        ...

    async def delete(self, scope: Scope, *, confirm: str) -> None:
        """With all that it holds, for good. `confirm` is its slug. Raises `InvalidInput` for another, and `Conflict`
        for the first workspace.
        """
        ...


class TooManyAttempts(NotAllowed):
    """Passwords are being guessed; `retry_after` says for how many seconds nobody listens."""

    code = "too_many_attempts"


class SecondFactorNeeded(NotSignedIn):
    """The password is right, and a code of the authenticator app is asked for besides."""

    code = "second_factor_needed"


class SignInFirst(Conflict):
    """There is a person of this address; only they can accept the invitation."""

    code = "sign_in_first"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who comes to sign in, as far as that can be told: from where, with what, and on which device, if it is one that
    they signed in on before.
    """

    address: str = ""
    agent: str = ""
    device: str | None = None

    @property
    def origin(self) -> Origin:
        return Origin("console", self.address)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose session it is, whatever the workspace."""

    person_id: str
    session: Session
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """`token` is the only time that it is seen; whoever has it can accept."""

    invitation: Invitation
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewSecondFactor:
    """What an authenticator app is given: the secret, and the same as the URI that a QR code holds."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


class People(Protocol):
    """People sign in, and look after what they sign in by. A `person_id` is the caller's own."""

    async def sign_in(self, email: str, password: str, visit: Visit, *, code: str | None = None) -> str:
        """A session's token. Raises `NotSignedIn`, which does not say what was wrong, `SecondFactorNeeded`, and
        `TooManyAttempts`.
        """
        ...

    async def signed_in(self, token: str) -> SignedIn | None:
        """Whose session this is; None: unknown, ended, expired."""
        ...

    async def person(self, person_id: str) -> Person: ...

    async def has_second_factor(self, person_id: str) -> bool: ...

    async def change_person(self, me: SignedIn, *, name: str | None, email: str | None, password: str | None) -> Person:
        """Another address needs the present password, if there is one. Raises `NotAllowed` for a wrong one,
        `InvalidInput`, and `Conflict` for the address of somebody else.
        """
        ...

    async def change_password(self, me: SignedIn, *, password: str, present: str | None) -> None:
        """Every other session ends. Raises `NotAllowed` where the present one is not right, and `InvalidInput`."""
        ...

    async def set_password(self, email: str, password: str, *, owner_id: str) -> Person:
        """For whoever has the machine: no present one is asked for. The owner is who has this address, or has none.
        Raises `NotFound`, `InvalidInput`.
        """
        ...

    async def create_reset_token(self, scope: Scope, member_id: str) -> str:
        """A token (one hour) that sets the person's password once. Raises `NotFound`."""
        ...

    async def create_reset_token_for(self, email: str) -> str:
        """The same, for whoever has the machine."""
        ...

    async def reset_password(self, token: str, password: str, visit: Visit) -> None:
        """Spend a token for a new password; every session ends. Raises `NotFound` where it is no good any more."""
        ...

    async def sessions(self, person_id: str) -> Sequence[Session]:
        """Those that are valid, newest first."""
        ...

    async def end_session(self, person_id: str, session_id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def end_other_sessions(self, me: SignedIn) -> int:
        """All but this one; how many."""
        ...

    async def begin_second_factor(self, me: SignedIn, *, password: str | None) -> NewSecondFactor:
        """It is asked for once a first code was given. Raises `NotAllowed` for a wrong password, `Conflict` where there
        is one already.
        """
        ...

    async def turn_on_second_factor(self, me: SignedIn, code: str) -> Sequence[str]:
        """Codes for when the app is lost, shown now and never again. Raises `NotAllowed` for a wrong one."""
        ...

    async def remove_second_factor(self, me: SignedIn, code: str) -> None:
        """Raises `NotAllowed` for a code that is not right."""
        ...


class ProviderFailed(LoomworkError):
    """A provider of identity did not answer, or not with what it must; the message says what, and no secret."""

    code = "sso_provider_failed"


class BeginAgain(NotSignedIn):
    """Somebody comes back from a provider without having left from here, too late, or for the second time."""

    code = "sso_begin_again"


class NotLetIn(NotAllowed):
    """The provider knows who it is, and they have no way in here; the message says what would be one."""

    code = "sso_not_let_in"


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser goes to sign in, and the ticket that it keeps until it is back."""

    url: str = field(repr=False)
    ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """The page to end at, and the token of the session that began; None where an identity was linked."""

    next: str
    token: str | None = field(repr=False)


class SingleSignOn(Protocol):
    """Signing in by OpenID Connect. Whose an identity is, its issuer and subject say, and never its e-mail address:
    that one only shows who an invitation was meant for.
    """

    @property
    def providers(self) -> Sequence[SignInProvider]: ...

    async def begin(self, provider_id: str, *, home: str, next_page: str | None) -> Departure:
        """Leave to sign in. `home` is where people reach the server. Raises `NotFound` and `ProviderFailed`."""
        ...

    async def begin_link(
        self, me: SignedIn, provider_id: str, *, home: str, next_page: str | None, password: str | None
    ) -> Departure:
        """Leave to come back with an identity that is then one's own too. Raises the same, and `NotAllowed` for a wrong
        password.
        """
        ...

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
        """Come back; `me` is whoever is signed in on the browser. Raises `NotFound`, `BeginAgain`, `ProviderFailed`,
        `NotLetIn`, `TooManyAttempts`, and `Conflict` for an identity that somebody else has.
        """
        ...

    async def farewell(self, provider_id: str, *, home: str) -> str | None:
        """Where to go to sign out at the provider too, and come back to `home`; None where it offers no such thing.
        Raises `NotFound` and `ProviderFailed`.
        """
        ...

    async def identities(self, person_id: str) -> Sequence[LinkedIdentity]:
        """Oldest first."""
        ...

    async def unlink(self, me: SignedIn, identity_id: str) -> None:
        """End the other sessions that were begun by single sign-on, too. Raises `NotFound`, and `Conflict` for the last
        way in.
        """
        ...

    async def examine(self, provider_id: str, *, home: str) -> Sequence[Finding]:
        """Read what the provider says of itself, and judge it. Raises `NotFound`."""
        ...


class InvitationDesk(Protocol):
    """Invitations into workspaces."""

    async def invite(self, by: Identity, email: str, role: str) -> NewInvitation:
        """Good for seven days; one to the same address before it ends. Raises `NotAllowed` for a role that may more
        than who invites, and `InvalidInput`.
        """
        ...

    async def list_invitations(
        self, scope: Scope, page: PageRequest, *, state: InvitationState | None = None, email: str = ""
    ) -> Page[Invitation]:
        """Newest first, those that are over too; `email` is part of an address."""
        ...

    async def revoke_invitation(self, scope: Scope, invitation_id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def read_invitation(self, token: str) -> OpenInvitation:
        """Raises `NotFound` for one that cannot be accepted any more."""
        ...

    async def accept(
        self, token: str, visit: Visit, *, name: str | None, password: str | None, me: SignedIn | None
    ) -> tuple[WorkspaceId, str | None]:
        """Become a member: as who is signed in, or as a new person with this name and password. The workspace, and the
        token of a new person's session. Raises `NotFound`, `SignInFirst`, `NotAllowed` for somebody else's,
        `InvalidInput`, `Conflict`.
        """
        ...


class IdempotencyConflict(Conflict):
    """The key belongs to another request, or to one that is still in progress."""

    code = "idempotency_conflict"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it was sent the first time."""

    status: int
    content_type: str
    body: bytes


class IdempotencyStore(Protocol):
    """Where the first answer to a creating request is kept, for at least a day, by workspace, actor, operation and key.
    `operation` is the surface and route that was called; `key` is the caller's own (at most 255 characters).
    """

    async def claim(self, scope: Scope, operation: str, key: str, fingerprint: str) -> StoredAnswer | None:
        """None: the key is the caller's now and the work is to be done. Else the stored answer to the same request.
        Raises `IdempotencyConflict`: the key belongs to a request with another fingerprint, or its request is still in
        progress (a claim that was never answered lapses after some minutes: its server may have died).
        """
        ...

    async def store(self, scope: Scope, operation: str, key: str, answer: StoredAnswer) -> None:
        """Keep the answer to the request that claimed the key."""
        ...

    async def release(self, scope: Scope, operation: str, key: str) -> None:
        """Give a claimed key back: its request was refused, so there is nothing to repeat."""
        ...


class AliasStore(Protocol):
    """What things are called on surfaces whose ids have a shape of their own. An id, once given, is never given again:
    it goes on to mean what it meant.
    """

    async def meaning(self, scope: Scope, surface: str, external_id: str) -> str | None:
        """What an id of a surface means; None for an id that was never given."""
        ...

    async def named(self, scope: Scope, surface: str) -> Mapping[str, str]:
        """The ids that were given on a surface, by what they mean."""
        ...

    async def add(self, scope: Scope, surface: str, external_id: str, meaning: str) -> str:
        """Give a thing an id; the one that it has, where it has one. Raises `Conflict` for an id that means another."""
        ...


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What came of looking through a chain: how many entries hold, the last of them, and what is wrong with the next.
    Whoever notes `last` elsewhere can have it held against the trail later.
    """

    checked: int
    last: Link
    problem: ChainProblem | None = None


class AuditTrail(Protocol):
    """Who did what to what, from where. Nothing here changes it: each change adds to it by itself."""

    async def search(self, scope: Scope, wanted: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
        """Newest first. Raises `InvalidInput` for a cursor that no page has given."""
        ...

    def entries(self, scope: Scope, wanted: AuditFilter) -> AsyncIterator[AuditEntry]:
        """All that are wanted, oldest first, those included that are added while they are read."""
        ...

    async def verify(self, scope: Scope, noted: Link | None = None) -> AuditCheck:
        """Look through the whole chain; hold it against a link that was noted elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class LimitState:
    """A limit, and how much of it is used now; None where that is not counted, or counted for each apart."""

    limit: Limit
    used: int | None = None


class Limits(Protocol):
    """How much may be asked of a workspace. Those that the installation sets for all are listed too, and stay."""

    async def list_limits(self, scope: Scope) -> Sequence[LimitState]: ...

    async def put_limit(self, scope: Scope, limit: Limit) -> LimitState:
        """Add it, or replace the one of its id. Raises `InvalidInput` for one that cannot be meant."""
        ...

    async def remove_limit(self, scope: Scope, limit_id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def admit_request(self, identity: Identity) -> Allowance | None:
        """Let a request in: what is left of the narrowest limit that it comes under; None where there is none. Raises
        `TooManyRequests`.
        """
        ...


class Takeout(Protocol):
    """What a workspace holds, taken out as an archive (`domain.takeout`), and what tells of one of its end users, taken
    out or away. Each stands in the audit trail, without the name of the end user.
    """

    async def export_workspace(self, scope: Scope) -> AsyncIterator[bytes]:
        """The bytes of the archive, as they come. What changes meanwhile is in it as it was when its page was read."""
        ...

    async def export_end_user(self, scope: Scope, end_user: str) -> AsyncIterator[bytes]:
        """Raises `InvalidInput` for a name of nobody."""
        ...

    async def erase_end_user(self, scope: Scope, end_user: str) -> Erasure:
        """Runs, conversations, messages, feedback, limits and budgets of theirs are gone; what was used of models stays
        counted, without them. Raises `Conflict` while a run of theirs goes, `InvalidInput` for a name of nobody.
        """
        ...
