"""Workspaces, members and roles as commands see them: in the data folder, or behind a server's API.

What is handed out is what `/api/v1` answers with, so that `--json` is the same for both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.pages import everything, page_told
from loomwork.interface.python.client import AsyncClient
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import (
    BUILT_IN,
    PERMISSIONS,
    Gatekeeper,
    Grant,
    Identity,
    KeyTerms,
    Member,
    Members,
    Role,
    Standing,
    Workspace,
    Workspaces,
    to_permissions,
)


class MemberDesk(Protocol):
    """A member is named by id or e-mail address, a role by id or name. Each raises the `LoomworkError` that says why it
    could not.
    """

    async def list_workspaces(self) -> Sequence[Facts]: ...

    async def create_workspace(self, name: str, slug: str | None) -> Facts: ...

    async def delete_workspace(self, confirm: str) -> None: ...

    async def rename_workspace(self, name: str | None, slug: str | None) -> Facts: ...

    async def transfer_workspace(self, member: str) -> None: ...

    async def list_members(self, page: PageRequest, *, search: str = "", role: str | None = None) -> Page[Facts]: ...

    async def add_member(self, email: str, role: str, name: str) -> Facts: ...

    async def change_role(self, member: str, role: str) -> Facts: ...

    async def remove_member(self, member: str) -> None: ...

    async def list_roles(self, page: PageRequest, *, search: str = "") -> Page[Facts]: ...

    async def create_role(self, name: str, permissions: Sequence[str]) -> Facts: ...

    async def change_own_role(self, role: str, name: str | None, permissions: Sequence[str] | None) -> Facts:
        """What is None stays."""
        ...

    async def remove_role(self, role: str) -> None: ...

    async def grant(self, member: str, app_id: str, role: str) -> None: ...

    async def take_back(self, member: str, app_id: str) -> None:
        """What the member was granted of an app."""
        ...

    async def list_grants(self) -> Sequence[Facts]: ...

    async def create_personal_key(self, member: str, scopes: Sequence[str], days: int | None) -> str:
        """The secret of a key that acts for a member."""
        ...


@dataclass(frozen=True, slots=True)
class LocalMemberDesk:
    """Fits `MemberDesk`. Whoever has the data folder runs the installation, and may do everything in it."""

    scope: Scope
    people: Members
    spaces: Workspaces
    gatekeeper: Gatekeeper

    @property
    def _by(self) -> Identity:
        return Identity(self.scope, "session", standing=Standing("owner", PERMISSIONS))

    async def list_workspaces(self) -> Sequence[Facts]:
        return [_workspace(each) for each in await self.spaces.all_there_are()]

    async def create_workspace(self, name: str, slug: str | None) -> Facts:
        return _workspace(await self.spaces.create(self._by, name, slug))

    async def delete_workspace(self, confirm: str) -> None:
        await self.spaces.delete(self.scope, confirm=confirm)

    async def rename_workspace(self, name: str | None, slug: str | None) -> Facts:
        return _workspace(await self.spaces.rename(self.scope, name=name, slug=slug))

    async def transfer_workspace(self, member: str) -> None:
        # Whoever has the folder acts for its owner, who hands the workspace on.
        giver = replace(self._by, member_id=self.scope.actor.id)
        await self.people.transfer(giver, await self._id(member))

    async def list_members(self, page: PageRequest, *, search: str = "", role: str | None = None) -> Page[Facts]:
        wanted = await self._role(role) if role is not None else None
        found = await self.people.list_members(self.scope, page, search=search, role=wanted)
        return Page([_member(each) for each in found.items], next=found.next)

    async def add_member(self, email: str, role: str, name: str) -> Facts:
        added = await self.people.add_member(self._by, email=email, role=await self._role(role), name=name)
        return _member(added)

    async def change_role(self, member: str, role: str) -> Facts:
        return _member(await self.people.change_role(self._by, await self._id(member), await self._role(role)))

    async def remove_member(self, member: str) -> None:
        await self.people.remove_member(self._by, await self._id(member))

    async def list_roles(self, page: PageRequest, *, search: str = "") -> Page[Facts]:
        found = await self.people.list_roles(self.scope, page, search=search)
        return Page([_role(each) for each in found.items], next=found.next)

    async def create_role(self, name: str, permissions: Sequence[str]) -> Facts:
        return _role(await self.people.add_role(self._by, name, to_permissions(permissions)))

    async def change_own_role(self, role: str, name: str | None, permissions: Sequence[str] | None) -> Facts:
        there = role_of(role, await everything(self.list_roles))
        held = to_permissions(there["permissions"] if permissions is None else permissions)
        return _role(await self.people.change_own_role(self._by, there["id"], name or there["name"], held))

    async def remove_role(self, role: str) -> None:
        await self.people.remove_role(self._by, await self._role(role))

    async def grant(self, member: str, app_id: str, role: str) -> None:
        await self.people.put_grant(self._by, await self._id(member), app_id, await self._role(role))

    async def take_back(self, member: str, app_id: str) -> None:
        await self.people.remove_grant(self._by, await self._id(member), app_id)

    async def list_grants(self) -> Sequence[Facts]:
        return [_grant(each) for each in await self.people.list_grants(self.scope)]

    async def create_personal_key(self, member: str, scopes: Sequence[str], days: int | None) -> str:
        expires_at = SystemClock().now() + timedelta(days=days) if days is not None else None
        terms = KeyTerms("", to_permissions(scopes) if scopes else None, expires_at, await self._id(member))
        return (await self.gatekeeper.create_key(self.scope, "personal", terms=terms)).secret

    async def _id(self, member: str) -> str:
        return member_id_of(member, await everything(self.list_members))

    async def _role(self, role: str) -> str:
        return str(role_of(role, await everything(self.list_roles))["id"])


@dataclass(frozen=True, slots=True)
class RemoteMemberDesk:
    """Fits `MemberDesk`."""

    client: AsyncClient

    async def list_workspaces(self) -> Sequence[Facts]:
        return [dict(each) for each in (await self.client.list_workspaces())["data"]]

    async def create_workspace(self, name: str, slug: str | None) -> Facts:
        return dict(await self.client.create_workspace(name=name, slug=slug))

    async def delete_workspace(self, confirm: str) -> None:
        await self.client.delete_workspace(confirm=confirm)

    async def rename_workspace(self, name: str | None, slug: str | None) -> Facts:
        return dict(await self.client.change_workspace(name=name, slug=slug))

    async def transfer_workspace(self, member: str) -> None:
        await self.client.transfer_workspace(member_id=await self._id(member))

    async def list_members(self, page: PageRequest, *, search: str = "", role: str | None = None) -> Page[Facts]:
        wanted = await self._role(role) if role is not None else None
        return page_told(await self.client.list_members(limit=page.limit, after=page.after, search=search, role=wanted))

    async def add_member(self, email: str, role: str, name: str) -> Facts:
        return dict(await self.client.add_member(email=email, role=await self._role(role), name=name))

    async def change_role(self, member: str, role: str) -> Facts:
        return dict(await self.client.change_member_role(await self._id(member), role=await self._role(role)))

    async def remove_member(self, member: str) -> None:
        await self.client.remove_member(await self._id(member))

    async def list_roles(self, page: PageRequest, *, search: str = "") -> Page[Facts]:
        return page_told(await self.client.list_roles(limit=page.limit, after=page.after, search=search))

    async def create_role(self, name: str, permissions: Sequence[str]) -> Facts:
        return dict(await self.client.create_role(name=name, permissions=list(permissions)))

    async def change_own_role(self, role: str, name: str | None, permissions: Sequence[str] | None) -> Facts:
        there = role_of(role, await everything(self.list_roles))
        held = list(there["permissions"] if permissions is None else permissions)
        return dict(await self.client.replace_role(there["id"], name=name or there["name"], permissions=held))

    async def remove_role(self, role: str) -> None:
        await self.client.remove_role(await self._role(role))

    async def grant(self, member: str, app_id: str, role: str) -> None:
        await self.client.put_grant(await self._id(member), app_id, role=await self._role(role))

    async def take_back(self, member: str, app_id: str) -> None:
        await self.client.remove_grant(await self._id(member), app_id)

    async def list_grants(self) -> Sequence[Facts]:
        return [dict(each) for each in (await self.client.list_grants())["data"]]

    async def create_personal_key(self, member: str, scopes: Sequence[str], days: int | None) -> str:
        raise InvalidInput("A key for another member is made on the server's own machine: leave --server away.")

    async def _id(self, member: str) -> str:
        return member_id_of(member, await everything(self.list_members))

    async def _role(self, role: str) -> str:
        # The names of the built-in ones are their ids; and who may add members may not list roles, perhaps.
        return role if role in BUILT_IN else str(role_of(role, await everything(self.list_roles))["id"])


def member_id_of(member: str, members: Sequence[Facts]) -> str:
    """Raises `NotFound`."""
    for each in members:
        if member in (each["id"], each["email"]) or member.lower() == each["email"]:
            return str(each["id"])
    raise NotFound.of("member", member)


def role_of(role: str, roles: Sequence[Facts]) -> Facts:
    """Raises `NotFound`."""
    for each in roles:
        if role == each["id"] or role.lower() == each["name"].lower():
            return each
    raise NotFound.of("role", role)


def _workspace(workspace: Workspace) -> Mapping[str, Any]:
    return {
        "id": workspace.id,
        "name": workspace.name,
        "slug": workspace.slug,
        "created_at": _moment(workspace.created_at),
    }


def _member(member: Member) -> Mapping[str, Any]:
    return {
        "id": member.id,
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "disabled": member.disabled,
        "created_at": _moment(member.created_at),
    }


def _role(role: Role) -> Mapping[str, Any]:
    permissions = sorted(role.permissions)
    return {"id": role.id, "name": role.name, "built_in": role.built_in, "permissions": permissions}


def _grant(grant: Grant) -> Mapping[str, Any]:
    return {
        "id": grant.id,
        "member_id": grant.member_id,
        "app_id": grant.app_id,
        "role": grant.role,
        "created_at": _moment(grant.created_at),
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
