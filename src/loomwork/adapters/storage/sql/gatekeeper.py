"""Workspaces, owners, keys, sign-in tokens and sessions in SQL."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.standings import all_there_is, standing_of
from loomwork.adapters.storage.sql.tables import (
    api_keys,
    apps,
    knowledge_bases,
    members,
    one_time_tokens,
    people,
    sessions,
    workspaces,
)
from loomwork.adapters.storage.sql.workspace_rows import missing, one, paged, require, this, to_page, within
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import KeyId, WorkspaceId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import SYSTEM, Actor, Scope
from loomwork.tenancy.domain import (
    FIRST_SLUG,
    PERMISSIONS,
    ApiKey,
    KeyFilter,
    KeyState,
    KeyTerms,
    Membership,
    OneTimeToken,
    Permission,
    Session,
    Standing,
    Workspace,
    standing_of_key,
)

OWNER = "owner"


class SqlGatekeeperStore:
    """Fits `tenancy.ports.GatekeeperStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def install(self, workspace: Workspace, *, person_id: str, member_id: str) -> Scope:
        if (installed := await self._installed()) is not None:
            return installed
        # Where another process was quicker, what it made is what there is.
        with suppress(IntegrityError):
            await self._database.everywhere.write(
                lambda connection: _make_first(connection, workspace, person_id, member_id)
            )
        installed = await self._installed()
        if installed is None:
            raise NotFound("The first workspace has no owner.")
        return installed

    async def get_workspace(self, scope: Scope) -> Workspace:
        row = await self._database.of(scope).row(select(workspaces).where(workspaces.c.id == scope.workspace_id))
        if row is None:
            raise NotFound("There is no such workspace.")
        return Workspace(WorkspaceId(row["id"]), row["name"], row["created_at"], row["slug"])

    async def member_name(self, scope: Scope, member_id: str) -> str:
        whole = members.join(people, members.c.person_id == people.c.id)
        statement = select(people.c.name).select_from(whole).where(this(members, scope, member_id))
        row = await self._database.of(scope).row(statement)
        if row is None:
            raise missing("member", member_id)
        return str(row["name"])

    async def standing(self, scope: Scope, member_id: str) -> Standing | None:
        return await self._database.of(scope).read(lambda connection: standing_of(connection, scope, member_id))

    async def get_key(self, scope: Scope, key_id: KeyId) -> ApiKey:
        return _key(await one(self._database, api_keys, scope, key_id, "key"))

    async def add_key(self, scope: Scope, key: ApiKey, key_hash: str) -> None:
        row = {"workspace_id": scope.workspace_id, "key_hash": key_hash, **_key_values(key)}

        def write(connection: Connection) -> None:
            if row["app_id"] is not None:
                require(connection, apps, scope, row["app_id"], "app")
            if row["dataset_id"] is not None:
                require(connection, knowledge_bases, scope, row["dataset_id"], "knowledge base")
            if row["member_id"] is not None:
                require(connection, members, scope, row["member_id"], "member")
            connection.execute(insert(api_keys), row)
            made = {"kind": key.kind, "subject_id": key.subject_id, "last_four": key.last_four}
            record(connection, scope, "key.created", "key", key.id, made, at=key.created_at)

        await self._database.of(scope).write(write)

    async def list_keys(self, scope: Scope, wanted: KeyFilter, page: PageRequest, *, now: datetime) -> Page[ApiKey]:
        statement = select(api_keys).where(within(api_keys, scope), *_wanted(wanted, now))
        return to_page(await self._database.of(scope).rows(paged(statement, api_keys, page)), page, _key)

    async def revoke_key(self, scope: Scope, key_id: KeyId, *, at: datetime) -> None:
        ours = this(api_keys, scope, key_id)
        change = update(api_keys).where(ours, api_keys.c.revoked_at.is_(None)).values(revoked_at=at)

        def write(connection: Connection) -> None:
            if connection.execute(change).rowcount:
                record(connection, scope, "key.revoked", "key", key_id, at=at)
            else:
                require(connection, api_keys, scope, key_id, "key")

        await self._database.of(scope).write(write)

    async def key_by_hash(self, key_hash: str) -> tuple[Scope, ApiKey, Standing | None] | None:
        def read(connection: Connection) -> tuple[Scope, ApiKey, Standing | None] | None:
            row = connection.execute(select(api_keys).where(api_keys.c.key_hash == key_hash)).mappings().first()
            if row is None:
                return None
            scope, key = Scope(WorkspaceId(row["workspace_id"]), Actor("key", row["id"])), _key(row)
            return scope, key, _standing(connection, scope, key)

        return await self._database.everywhere.read(read)

    async def note_use(self, scope: Scope, key_id: KeyId, *, at: datetime) -> None:
        used = update(api_keys).where(this(api_keys, scope, key_id))
        await self._database.of(scope).change(used.values(last_used_at=at))

    async def add_sign_in_token(self, scope: Scope, token: OneTimeToken) -> None:
        owners = select(members.c.person_id).where(within(members, scope), members.c.role == OWNER)
        row = {
            "id": token.id,
            "purpose": token.purpose,
            "token_hash": token.token_hash,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }

        def write(connection: Connection) -> None:
            owner = connection.execute(owners.order_by(members.c.id)).scalar()
            if owner is None:
                raise NotFound("This workspace has no owner to sign in.")
            for table in (one_time_tokens, sessions):
                over = table.c.expires_at <= token.created_at
                connection.execute(delete(table).where(table.c.person_id == owner, over))
            connection.execute(insert(one_time_tokens), {**row, "person_id": owner})

        await self._database.of(scope).write(write)

    async def spend_sign_in_token(
        self, token_hash: str, *, session_id: str, session_hash: str, now: datetime, expires_at: datetime
    ) -> bool:
        ours = one_time_tokens.c.token_hash == token_hash
        spend = update(one_time_tokens).where(
            ours,
            one_time_tokens.c.purpose == "sign-in",
            one_time_tokens.c.spent_at.is_(None),
            one_time_tokens.c.expires_at > now,
            one_time_tokens.c.person_id.in_(select(people.c.id).where(people.c.disabled_at.is_(None))),
        )
        whose = select(one_time_tokens.c.person_id).where(ours)
        session = {
            "id": session_id,
            "token_hash": session_hash,
            "how": "link",
            "created_at": now,
            "expires_at": expires_at,
        }

        def write(connection: Connection) -> bool:
            if not connection.execute(spend.values(spent_at=now)).rowcount:
                return False
            connection.execute(insert(sessions), {**connection.execute(whose).mappings().one(), **session})
            return True

        return await self._database.everywhere.write(write)

    async def session_by_hash(
        self, session_hash: str, *, workspace: str | None
    ) -> tuple[Session, Membership | None] | None:
        signed_in = sessions.join(people, sessions.c.person_id == people.c.id)
        ours = select(sessions).select_from(signed_in)
        ours = ours.where(sessions.c.token_hash == session_hash, people.c.disabled_at.is_(None))

        def read(connection: Connection) -> tuple[Session, Membership | None] | None:
            row = connection.execute(ours).mappings().first()
            if row is None:
                return None
            return session_of_row(row), _membership(connection, row["person_id"], workspace)

        return await self._database.everywhere.read(read)

    async def end_session(self, session_hash: str, *, at: datetime) -> None:
        ours = update(sessions).where(sessions.c.token_hash == session_hash, sessions.c.revoked_at.is_(None))
        await self._database.everywhere.change(ours.values(revoked_at=at))

    async def _installed(self) -> Scope | None:
        owner = members.join(workspaces, members.c.workspace_id == workspaces.c.id)
        statement = select(members.c.workspace_id, members.c.id).select_from(owner)
        statement = statement.where(workspaces.c.slug == FIRST_SLUG, members.c.role == OWNER).order_by(members.c.id)
        row = await self._database.everywhere.row(statement)
        return None if row is None else Scope(WorkspaceId(row["workspace_id"]), Actor("person", row["id"]))


def _make_first(connection: Connection, workspace: Workspace, person_id: str, member_id: str) -> None:
    made = {"created_at": workspace.created_at}
    connection.execute(insert(workspaces), {"id": workspace.id, "slug": FIRST_SLUG, "name": workspace.name, **made})
    connection.execute(insert(people), {"id": person_id, "name": "Owner", **made})
    owner = {"workspace_id": workspace.id, "id": member_id, "person_id": person_id, "role": OWNER, **made}
    connection.execute(insert(members), owner)
    scope = Scope(workspace.id, SYSTEM)
    record(connection, scope, "workspace.created", "workspace", workspace.id, at=workspace.created_at)


def _membership(connection: Connection, person_id: str, workspace: str | None) -> Membership | None:
    """Who a person is in the workspace of that id or slug, else in the one that they joined first."""
    statement = select(members).where(members.c.person_id == person_id)
    if workspace is not None:
        named = select(workspaces.c.id).where((workspaces.c.id == workspace) | (workspaces.c.slug == workspace))
        statement = statement.where(members.c.workspace_id.in_(named))
    oldest_first = statement.order_by(members.c.created_at, members.c.id)
    row = connection.execute(oldest_first.limit(1)).mappings().first()
    if row is None:
        return None
    return Membership(WorkspaceId(row["workspace_id"]), row["id"], row["person_id"], row["role"])


def _key_values(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "kind": key.kind,
        "app_id": key.subject_id if key.kind == "app" else None,
        "dataset_id": key.subject_id if key.kind == "dataset" else None,
        "last_four": key.last_four,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
        "name": key.terms.name,
        "scopes": None if key.terms.scopes is None else sorted(key.terms.scopes),
        "expires_at": key.terms.expires_at,
        "last_used_at": key.last_used_at,
        "member_id": key.terms.member_id,
    }


def _key(row: RowMapping) -> ApiKey:
    return ApiKey(
        id=KeyId(row["id"]),
        kind=row["kind"],
        subject_id=row["app_id"] or row["dataset_id"],
        last_four=row["last_four"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
        terms=KeyTerms(row["name"], _scopes(row["scopes"]), row["expires_at"], row["member_id"]),
        last_used_at=row["last_used_at"],
    )


def _scopes(stored: Collection[str] | None) -> frozenset[Permission] | None:
    """A permission that this release does not know, it does not give."""
    return None if stored is None else frozenset(each for each in PERMISSIONS if each in stored)


def _standing(connection: Connection, scope: Scope, key: ApiKey) -> Standing | None:
    member_id = key.terms.member_id
    member = standing_of(connection, scope, member_id) if member_id is not None else None
    standing = standing_of_key(key, member)
    if standing is None:
        return None
    # What only the first workspace has, no key of another one gives.
    return standing.only(all_there_is(connection, scope)) if key.kind == "workspace" else standing


def session_of_row(row: RowMapping) -> Session:
    """A session as its row says."""
    return Session(
        id=row["id"],
        person_id=row["person_id"],
        how=row["how"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        address=row["address"],
        agent=row["agent"],
    )


def _wanted(wanted: KeyFilter, now: datetime) -> Sequence[ColumnElement[bool]]:
    subject = func.coalesce(api_keys.c.app_id, api_keys.c.dataset_id)
    asked = ((api_keys.c.kind, wanted.kind), (subject, wanted.subject_id), (api_keys.c.member_id, wanted.member_id))
    conditions = [column == words(value) for column, value in asked if value is not None]
    if wanted.search:
        conditions.append(api_keys.c.name.icontains(words(wanted.search), autoescape=True))
    return conditions if wanted.state is None else [*conditions, *_in_state(wanted.state, now)]


def _in_state(state: KeyState, now: datetime) -> Sequence[ColumnElement[bool]]:
    is_over = api_keys.c.expires_at <= now
    match state:
        case "revoked":
            return (api_keys.c.revoked_at.is_not(None),)
        case "expired":
            return (api_keys.c.revoked_at.is_(None), is_over)
        case "valid":
            return (api_keys.c.revoked_at.is_(None), or_(api_keys.c.expires_at.is_(None), ~is_over))
