"""What tenancy needs from the world: a store that knows workspaces, members, keys, tokens and sessions,
and the audit trail that every store writes to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from loomwork.kernel.ids import KeyId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Origin, Scope
from loomwork.tenancy.domain import (
    Account,
    ApiKey,
    Asked,
    AuditEntry,
    AuditFilter,
    Finding,
    Grant,
    Invitation,
    InvitationState,
    KeyFilter,
    KnowledgeGrant,
    LinkedIdentity,
    Member,
    Membership,
    OneTimeToken,
    OpenInvitation,
    OutsideIdentity,
    Person,
    ProviderAnswer,
    Role,
    SecondFactor,
    Session,
    SignInProvider,
    Standing,
    Workspace,
)
from loomwork.tenancy.domain.limits import Demand, Lease, Limit, Subject
from loomwork.tenancy.domain.takeout import DocumentPage, LinePage, Place


class GatekeeperStore(Protocol):
    """Secrets come here as hashes only. What is asked by a hash takes no `Scope`: the hash is how one is found."""

    async def install(self, workspace: Workspace, *, person_id: str, member_id: str) -> Scope:
        """Make the first workspace, a person and the owner that they are, where there is none; the scope of the one
        there is, as its owner. Of several at once, one makes it and all get the same.
        """
        ...

    async def get_workspace(self, scope: Scope) -> Workspace:
        """Raises `NotFound`."""
        ...

    async def member_name(self, scope: Scope, member_id: str) -> str:
        """Raises `NotFound`."""
        ...

    async def standing(self, scope: Scope, member_id: str) -> Standing | None:
        """What a member may do now; None for who is no member, and for a person who may not sign in."""
        ...

    async def get_key(self, scope: Scope, key_id: KeyId) -> ApiKey:
        """Raises `NotFound`."""
        ...

    async def add_key(self, scope: Scope, key: ApiKey, key_hash: str) -> None:
        """Raises `NotFound` for an app that this workspace does not have."""
        ...

    async def list_keys(self, scope: Scope, wanted: KeyFilter, page: PageRequest, *, now: datetime) -> Page[ApiKey]:
        """Newest first, revoked ones too."""
        ...

    async def revoke_key(self, scope: Scope, key_id: KeyId, *, at: datetime) -> None:
        """A key that is revoked stays as it is. Raises `NotFound`."""
        ...

    async def key_by_hash(self, key_hash: str) -> tuple[Scope, ApiKey, Standing | None] | None:
        """The key, the scope to act in with it, and what it may do; None where nobody is left for whom it would."""
        ...

    async def note_use(self, scope: Scope, key_id: KeyId, *, at: datetime) -> None:
        """The key was used at that moment. One that is not there is passed over."""
        ...

    async def add_sign_in_token(self, scope: Scope, token: OneTimeToken) -> None:
        """A token for the person who owns the workspace. Their tokens and sessions that were over by the time the token
        was made are forgotten. Raises `NotFound` for a workspace without an owner.
        """
        ...

    async def spend_sign_in_token(
        self, token_hash: str, *, session_id: str, session_hash: str, now: datetime, expires_at: datetime
    ) -> bool:
        """Turn the token into a session, in one step: of several who try, one succeeds. False: unknown, spent, old, or
        of a person who may not sign in.
        """
        ...

    async def session_by_hash(
        self, session_hash: str, *, workspace: str | None
    ) -> tuple[Session, Membership | None] | None:
        """The session of a person who may sign in, and who they are in the workspace of that id or slug; in the one
        that they joined first where none is named. No membership: they are not a member there.
        """
        ...

    async def end_session(self, session_hash: str, *, at: datetime) -> None:
        """One that is unknown or over is left as it is."""
        ...


class LimitStore(Protocol):
    """Limits as they were set, and what is counted for them."""

    async def limits(self, scope: Scope) -> Sequence[Limit]: ...

    async def put(self, scope: Scope, limit: Limit, *, at: datetime) -> None:
        """Add it, or replace the one of its id."""
        ...

    async def remove(self, scope: Scope, limit_id: str, *, at: datetime) -> None:
        """Raises `NotFound`."""
        ...

    async def runs_now(self, scope: Scope, subject: Subject, subject_id: str) -> int:
        """How many runs are queued or go; those that wait for people, and those that are steps of others, do not
        count.
        """
        ...

    async def bytes_kept(self, scope: Scope, subject: Subject, subject_id: str) -> int:
        """About how many bytes are kept: for the workspace and an app documents, messages, and what is kept of runs;
        for a key or an end user the runs that were asked for by it, with their messages.
        """
        ...


class RequestCounts(Protocol):
    """Requests that were let in, counted for every process of the installation."""

    async def lease(self, scope: Scope, demands: Sequence[Demand], *, now: float) -> Sequence[Lease]:
        """Take a batch (`batch_of`) for each, or what is left of it. What is granted is counted as let in at once, so
        that all processes together are granted no more than the limit.
        """
        ...


class FailureCounts(Protocol):
    """Failed attempts to sign in, counted for every process of the installation."""

    async def begin(self, account: str, whence: str, *, now: datetime) -> float:
        """Count an attempt as a failure; the seconds to wait where it must not be looked at, and then it is not
        counted. 0.0: it may be.
        """
        ...

    async def forget(self, account: str, whence: str) -> None:
        """It was the right password."""
        ...


class AuditStore(Protocol):
    """Reads the audit trail. What writes to it is each store, in the transaction of its change."""

    async def page(self, scope: Scope, wanted: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
        """Newest first; the cursor is a number. Raises `InvalidInput` for a cursor that is none."""
        ...

    async def chain(
        self, scope: Scope, *, after: int, limit: int, wanted: AuditFilter | None = None
    ) -> Sequence[AuditEntry]:
        """The entries above a number, oldest first: all of them, or those that are wanted."""
        ...


class KnowledgeGrantStore(Protocol):
    """What members are granted of single knowledge bases. Each change stands in the audit trail."""

    async def list_grants(self, scope: Scope, knowledge_id: str) -> Sequence[KnowledgeGrant]: ...

    async def put_grant(self, scope: Scope, grant: KnowledgeGrant, *, at: datetime) -> KnowledgeGrant:
        """In the place of what the member was granted of it. Raises `NotFound`: no such member, base or role."""
        ...

    async def remove_grant(self, scope: Scope, knowledge_id: str, member_id: str, *, at: datetime) -> None:
        """Raises `NotFound`."""
        ...


class MemberStore(Protocol):
    """Members, roles and grants of a workspace. Each change stands in the audit trail. Roles are named by their ids."""

    async def list_members(
        self, scope: Scope, page: PageRequest, *, search: str = "", role: str | None = None
    ) -> Page[Member]:
        """Oldest first; `search` is part of a name or of an e-mail address."""
        ...

    async def get_member(self, scope: Scope, member_id: str) -> Member:
        """Raises `NotFound`."""
        ...

    async def add_member(self, scope: Scope, member: Member, *, at: datetime) -> Member:
        """The person of its e-mail address becomes a member; one is made where there is none. Raises `NotFound` for a
        role that is not there, and `Conflict` where the person is a member already.
        """
        ...

    async def change_role(self, scope: Scope, member_id: str, role: str, *, at: datetime) -> None:
        """Raises `NotFound`, and `Conflict` where no owner would be left."""
        ...

    async def remove_member(self, scope: Scope, member_id: str, *, at: datetime) -> None:
        """With their personal keys and grants. Raises `NotFound`, and `Conflict` where no owner would be left."""
        ...

    async def transfer(self, scope: Scope, *, to: str, giver: str | None, at: datetime) -> None:
        """Make a member an owner and, in the same step, the giver an admin. Raises `NotFound`."""
        ...

    async def is_first(self, scope: Scope) -> bool:
        """Whether this is the workspace that the first start made."""
        ...

    async def list_roles(self, scope: Scope) -> Sequence[Role]:
        """Those of the workspace's own making, by name."""
        ...

    async def get_role(self, scope: Scope, role_id: str) -> Role:
        """Built in or not. Raises `NotFound`."""
        ...

    async def add_role(self, scope: Scope, role: Role, *, at: datetime) -> None:
        """Raises `Conflict` for a name that another has."""
        ...

    async def change_role_of_workspace(self, scope: Scope, role: Role, *, at: datetime) -> None:
        """Raises `NotFound`, and `Conflict` for a name that another has."""
        ...

    async def remove_role(self, scope: Scope, role_id: str, *, at: datetime) -> None:
        """Raises `NotFound`, and `Conflict` while somebody has it."""
        ...

    async def list_grants(
        self, scope: Scope, *, member_id: str | None = None, app_id: str | None = None
    ) -> Sequence[Grant]: ...

    async def put_grant(self, scope: Scope, grant: Grant, *, at: datetime) -> Grant:
        """In the place of what the member was granted of that app. Raises `NotFound`: no such member, app or role."""
        ...

    async def remove_grant(self, scope: Scope, member_id: str, app_id: str, *, at: datetime) -> None:
        """Raises `NotFound`."""
        ...


class WorkspaceStore(Protocol):
    """The workspaces of the installation. What takes no `Scope` is asked before there is one."""

    async def add_workspace(self, workspace: Workspace, *, member_id: str, person_id: str, by: Scope) -> Scope:
        """With its first owner, whose scope is returned. Raises `Conflict` for a slug that is taken."""
        ...

    async def workspaces_of(self, person_id: str) -> Sequence[tuple[Workspace, str]]:
        """Those that a person is a member of, the first joined first, each with their role there."""
        ...

    async def all_workspaces(self) -> Sequence[Workspace]:
        """Oldest first. For whoever runs the installation."""
        ...

    async def owner_of(self, name: str) -> Scope:
        """The scope of the first owner of the workspace of this id or slug. Raises `NotFound`."""
        ...

    async def person_of(self, scope: Scope, member_id: str) -> str | None: ...

    async def rename(self, scope: Scope, *, name: str, slug: str, at: datetime) -> None:
        """Raises `Conflict` for a slug that is taken."""
        ...

    async def delete_workspace(self, scope: Scope, *, told: Scope, at: datetime) -> None:
        """With all that it holds, its trail included: that it was deleted stands in the trail of `told`. Raises
        `NotFound`.
        """
        ...


class Passwords(Protocol):
    """How passwords are kept. Each takes time and memory on purpose."""

    async def hash(self, password: str) -> str:
        """What is stored in its place. Salted: never the same twice."""
        ...

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether this is the password. None takes as long as any other, and is False."""
        ...

    def is_outdated(self, hashed: str) -> bool:
        """Whether it was made at other costs than are asked for now."""
        ...


class PeopleStore(Protocol):
    """People and what they sign in by. Secrets come here as hashes only, but for the one of a second factor, which is
    sealed. What changes is told in the audit trail of every workspace of the person, with `origin`.
    """

    async def account(self, person_id: str) -> Account:
        """Raises `NotFound`."""
        ...

    async def account_by_email(self, email: str) -> Account | None: ...

    async def account_by_identity(self, issuer: str, subject: str) -> Account | None:
        """Who signs in there under this name."""
        ...

    async def person_of(self, scope: Scope, member_id: str) -> str:
        """The id of the person that a member is. Raises `NotFound`."""
        ...

    async def change_person(
        self, person_id: str, *, name: str, email: str | None, at: datetime, origin: Origin
    ) -> Person:
        """Raises `NotFound`, and `Conflict` for the address of somebody else."""
        ...

    async def set_password(
        self, person_id: str, password_hash: str, *, keep: str | None, at: datetime, origin: Origin
    ) -> None:
        """End every session of the person but the one of the hash `keep`, and every link to set a password."""
        ...

    async def keep_password(self, person_id: str, *, old_hash: str, new_hash: str) -> None:
        """The same password, hashed anew; nothing where it is another by now."""
        ...

    async def add_token(self, person_id: str, token: OneTimeToken) -> None: ...

    async def reset_password(self, token_hash: str, password_hash: str, *, at: datetime, origin: Origin) -> str | None:
        """Spend the token and set the password, in one step; whose it is. None: unknown, spent, old, or of a person who
        may not sign in. Every session of theirs ends.
        """
        ...

    async def person_by_token(self, token_hash: str, *, now: datetime) -> str | None:
        """Whose password a token can set now."""
        ...

    async def begin_session(self, session: Session, token_hash: str) -> None:
        """Sessions of the person that are over are forgotten."""
        ...

    async def session_of(self, token_hash: str) -> Session | None:
        """The session of a person who may sign in."""
        ...

    async def sessions(self, person_id: str, *, now: datetime) -> Sequence[Session]:
        """Those that are valid, newest first."""
        ...

    async def end_session(self, person_id: str, session_id: str, *, at: datetime) -> None:
        """Raises `NotFound` for a session that the person does not have."""
        ...

    async def end_sessions(self, person_id: str, *, keep: str | None, at: datetime) -> int:
        """All but the one of the hash `keep`; how many."""
        ...

    async def put_factor(self, person_id: str, factor: SecondFactor, *, at: datetime, origin: Origin) -> None:
        """In the place of the one that there is. Told in the audit trail once it is on."""
        ...

    async def use_code(self, person_id: str, *, step: int | None = None, recovery: str | None = None) -> bool:
        """Use up the code of a step, or the one with the hash `recovery`: of several who try, one succeeds."""
        ...

    async def remove_factor(self, person_id: str, *, at: datetime, origin: Origin) -> None: ...

    async def add_identity(self, person_id: str, issuer: str, subject: str, *, at: datetime, origin: Origin) -> None:
        """The person signs in there under this name from now on. Raises `Conflict` where somebody else does."""
        ...

    async def identities(self, person_id: str) -> Sequence[LinkedIdentity]:
        """Oldest first."""
        ...

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
        """With every session that single sign-on began, but the one of the hash `keep`. `asked` are the issuers that
        are asked at all. Raises `NotFound`, and `Conflict` where the person had no other way in.
        """
        ...


class OpenIdClient(Protocol):
    """Speaks OpenID Connect with providers. What it raises is `ProviderFailed`."""

    async def address(self, provider: SignInProvider, asked: Asked) -> str:
        """Where a browser is sent to sign in."""
        ...

    async def identity(self, provider: SignInProvider, answer: ProviderAnswer, asked: Asked) -> OutsideIdentity:
        """Who it is, for the code that the browser brought back; everything that the standard has us check is."""
        ...

    async def farewell(self, provider: SignInProvider, back: str) -> str | None:
        """Where a browser is sent to sign out there and come `back`; None where the provider offers no such thing."""
        ...

    async def examine(self, provider: SignInProvider) -> Sequence[Finding]: ...


class InvitationStore(Protocol):
    """Invitations into a workspace. Their tokens come here as hashes only."""

    async def add_invitation(self, scope: Scope, invitation: Invitation, token_hash: str) -> None:
        """Those to the same address that are open end."""
        ...

    async def list_invitations(
        self, scope: Scope, page: PageRequest, *, state: InvitationState | None = None, email: str = "", now: datetime
    ) -> Page[Invitation]:
        """Newest first, those that are over too; `email` is part of an address."""
        ...

    async def revoke_invitation(self, scope: Scope, invitation_id: str, *, at: datetime) -> None:
        """One that is over stays as it is. Raises `NotFound`."""
        ...

    async def invitation_by_hash(self, token_hash: str) -> OpenInvitation | None: ...

    async def invitation_for(self, email: str, *, now: datetime) -> OpenInvitation | None:
        """The oldest that is open for this address."""
        ...

    async def join(
        self,
        invited: OpenInvitation,
        person: Person,
        member_id: str,
        *,
        password_hash: str | None = None,
        identity: OutsideIdentity | None = None,
        is_new: bool,
        at: datetime,
        origin: Origin,
    ) -> bool:
        """Make the person, where they are new, a member, and the invitation accepted: all or nothing. False where it is
        not open any more. Raises `Conflict` where they are a member already, or the address is somebody's by now.
        """
        ...

    async def admit(
        self, scope: Scope, person: Person, member_id: str, role: str, identity: OutsideIdentity, *, at: datetime
    ) -> None:
        """Make a person whom nobody invited, with what they sign in by, and a member. Raises `Conflict` where the
        address or the identity is somebody's by now.
        """
        ...


class TakeoutStore(Protocol):
    """Takes out what a workspace holds, and what tells of one of its end users; and takes the latter away."""

    def kinds(self, *, of_end_user: bool) -> Sequence[str]:
        """What records there are, or those that may tell of an end user; what others point at first."""
        ...

    def documented_kinds(self) -> Sequence[str]:
        """Those whose records have a file each besides."""
        ...

    def left_out(self) -> Mapping[str, str]:
        """What is never taken out, with the reason."""
        ...

    async def lines(self, scope: Scope, kind: str, *, after: Place | None, end_user: str | None = None) -> LinePage:
        """Records of one kind, those behind a place: all of the workspace's, or an end user's."""
        ...

    async def documents(self, scope: Scope, kind: str, *, after: Place | None) -> DocumentPage: ...

    async def note(
        self, scope: Scope, action: str, object_kind: str, object_id: str, details: Mapping[str, Any], *, at: datetime
    ) -> None:
        """Write down in the audit trail that something was taken out."""
        ...

    async def erase_end_user(self, scope: Scope, end_user: str, erasure_id: str, *, at: datetime) -> Mapping[str, int]:
        """Take away some of what tells of an end user: how many rows of each kind, none once nothing is left. Raises
        `Conflict` while a run of theirs goes.
        """
        ...
