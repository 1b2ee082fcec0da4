"""Members, their roles, and what single apps grant them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.member_shapes import (
    GrantShape,
    MemberShape,
    NewMemberBody,
    NewRoleBody,
    RoleBody,
    RoleShape,
)
from loomwork.interface.http.api.shapes import ListOf, PageOf, page_of
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.errors import NotFound
from loomwork.tenancy.api import to_permissions

router = APIRouter(route_class=StrictRoute, tags=["members"])
creating = APIRouter(route_class=CreatingRoute, tags=["members"])

_Id = Annotated[str | None, Query(max_length=100)]


@router.get("/members", dependencies=[needs("members.read")])
async def list_members(
    call: TheCall,
    page: ThePage,
    search: Annotated[str, Query(max_length=300, description="Part of a name or of an address.")] = "",
    role: Annotated[str | None, Query(max_length=100, description="Only those of this role, by its id.")] = None,
) -> PageOf[MemberShape]:
    """List the members of the workspace, oldest first."""
    return page_of(MemberShape, await call.members.list_members(call.scope, page, search=search, role=role))


@creating.post("/members", status_code=201, dependencies=[needs("installation.manage")])
async def add_member(call: TheCall, body: NewMemberBody) -> MemberShape:
    """Make somebody a member without asking them. Whoever does not run the installation invites people instead."""
    added = await call.members.add_member(call.identity, email=body.email, role=body.role, name=body.name)
    return MemberShape.of(added)


@router.get("/members/{member_id}", dependencies=[needs("members.read")])
async def read_member(call: TheCall, tagged: TheTagged, member_id: str) -> MemberShape:
    """Describe a member."""
    return tagged.on(await _member(call, member_id))


async def _member(call: Call, member_id: str) -> MemberShape:
    return MemberShape.of(await call.members.get_member(call.scope, member_id))


@router.put("/members/{member_id}/role", dependencies=[needs("members.manage")])
async def change_member_role(call: TheCall, edit: TheEdit, member_id: str, body: RoleBody) -> MemberShape:
    """Give a member another role, which holds from their next request on."""
    async with edit.unless_changed(lambda: _member(call, member_id)):
        return edit.on(MemberShape.of(await call.members.change_role(call.identity, member_id, body.role)))


@router.delete("/members/{member_id}", status_code=204, dependencies=[needs("members.manage")])
async def remove_member(call: TheCall, member_id: str) -> Response:
    """Remove a member: their sessions and personal keys open nothing here from then on."""
    await call.members.remove_member(call.identity, member_id)
    return Response(status_code=204)


@router.get("/roles", dependencies=[needs("members.read")])
async def list_roles(
    call: TheCall,
    page: ThePage,
    search: Annotated[str, Query(max_length=200, description="Part of a name.")] = "",
    built_in: Annotated[bool | None, Query(description="Only those that every workspace has, or only the others.")] = (
        None
    ),
) -> PageOf[RoleShape]:
    """List the roles that every workspace has, then those of this one by name."""
    found = await call.members.list_roles(call.scope, page, search=search, built_in=built_in)
    return PageOf[RoleShape](data=[RoleShape.of(role) for role in found.items], next=found.next)


@creating.post("/roles", status_code=201, dependencies=[needs("roles.manage")])
async def create_role(call: TheCall, body: NewRoleBody) -> RoleShape:
    """Make a role of named permissions, none of which you have not."""
    return RoleShape.of(await call.members.add_role(call.identity, body.name, to_permissions(body.permissions)))


@router.get("/roles/{role_id}", dependencies=[needs("members.read")])
async def read_role(call: TheCall, tagged: TheTagged, role_id: str) -> RoleShape:
    """Describe a role: what it is called, and what it holds."""
    return tagged.on(await _role(call, role_id))


async def _role(call: Call, role_id: str) -> RoleShape:
    return RoleShape.of(await call.members.get_role(call.scope, role_id))


@router.put("/roles/{role_id}", dependencies=[needs("roles.manage")])
async def replace_role(call: TheCall, edit: TheEdit, role_id: str, body: NewRoleBody) -> RoleShape:
    """Change what a role of this workspace holds, for all who have it."""
    permissions = to_permissions(body.permissions)
    async with edit.unless_changed(lambda: _role(call, role_id)):
        changed = await call.members.change_own_role(call.identity, role_id, body.name, permissions)
        return edit.on(RoleShape.of(changed))


@router.delete("/roles/{role_id}", status_code=204, dependencies=[needs("roles.manage")])
async def remove_role(call: TheCall, role_id: str) -> Response:
    """Remove a role that nobody has any more."""
    await call.members.remove_role(call.identity, role_id)
    return Response(status_code=204)


@router.get("/grants", dependencies=[needs("members.read")])
async def list_grants(call: TheCall, member_id: _Id = None, app_id: _Id = None) -> ListOf[GrantShape]:
    """List what members may do with single apps beside their roles, of one member, of one app, or of all."""
    found = await call.members.list_grants(call.scope, member_id=member_id, app_id=app_id)
    return ListOf(data=[GrantShape.model_validate(grant) for grant in found])


@router.get("/members/{member_id}/grants/{app_id}", dependencies=[needs("members.read")])
async def read_grant(call: TheCall, tagged: TheTagged, member_id: str, app_id: str) -> GrantShape:
    """Say what a member was granted of one app."""
    return tagged.on(await _grant(call, member_id, app_id))


async def _grant(call: Call, member_id: str, app_id: str) -> GrantShape:
    for grant in await call.members.list_grants(call.scope, member_id=member_id, app_id=app_id):
        return GrantShape.model_validate(grant)
    raise NotFound("This member was granted nothing of this app.")


@router.put("/members/{member_id}/grants/{app_id}", dependencies=[needs("members.manage")])
async def put_grant(call: TheCall, edit: TheEdit, member_id: str, app_id: str, body: RoleBody) -> GrantShape:
    """Let a member do with one app what a role holds of apps and runs, whatever their own role is."""
    async with edit.unless_changed(lambda: _grant(call, member_id, app_id)):
        made = await call.members.put_grant(call.identity, member_id, app_id, body.role)
        return edit.on(GrantShape.model_validate(made))


@router.delete("/members/{member_id}/grants/{app_id}", status_code=204, dependencies=[needs("members.manage")])
async def remove_grant(call: TheCall, member_id: str, app_id: str) -> Response:
    """Take back what a member was granted of an app."""
    await call.members.remove_grant(call.identity, member_id, app_id)
    return Response(status_code=204)
