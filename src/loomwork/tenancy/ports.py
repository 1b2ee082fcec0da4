"""What tenancy needs from the world: a store that knows workspaces, members, keys, tokens and sessions,
and the audit trail that every store writes to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from loomwork.kernel.ids import KeyId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain import (
    ApiKey,
    AuditEntry,
    AuditFilter,
    Membership,
    OneTimeToken,
    Session,
    Standing,
    Workspace,
)
from loomwork.tenancy.domain.limits import Limit, Subject


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
        """What a member may do now; None for who is no member."""
        ...

    async def get_key(self, scope: Scope, key_id: KeyId) -> ApiKey:
        """Raises `NotFound`."""
        ...

    async def add_key(self, scope: Scope, key: ApiKey, key_hash: str) -> None:
        """Raises `NotFound` for an app that this workspace does not have."""
        ...

    async def list_keys(self, scope: Scope, *, subject_id: str | None = None) -> Sequence[ApiKey]:
        """Newest first, revoked ones too."""
        ...

    async def revoke_key(self, scope: Scope, key_id: KeyId, *, at: datetime) -> None:
        """A key that is revoked stays as it is. Raises `NotFound`."""
        ...

    async def key_by_hash(self, key_hash: str) -> tuple[Scope, ApiKey] | None:
        """The key, and the scope to act in with it."""
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

    async def bytes_kept(self, scope: Scope) -> int:
        """About how many bytes the workspace keeps: documents, conversations, and what is kept of runs."""
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
