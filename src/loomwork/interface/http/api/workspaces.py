"""Workspaces: those that one is in, and the one that is asked."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from loomwork.interface.http.api.call import Call, TheCall
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.member_shapes import (
    NewWorkspaceBody,
    OwnWorkspaceShape,
    TransferBody,
    WorkspaceChangeBody,
    WorkspaceDetailsShape,
)
from loomwork.interface.http.api.shapes import ListOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs, needs_nothing

router = APIRouter(route_class=StrictRoute, tags=["workspaces"])
creating = APIRouter(route_class=CreatingRoute, tags=["workspaces"])


@router.get("/workspaces", dependencies=[needs_nothing()])
async def list_workspaces(call: TheCall) -> ListOf[OwnWorkspaceShape]:
    """List the workspaces that you are a member of, each with your role there; for a key, the one that it opens."""
    seen = await call.workspaces.seen_by(call.identity)
    return ListOf(data=[OwnWorkspaceShape.of(workspace, role) for workspace, role in seen])


@creating.post("/workspaces", status_code=201, dependencies=[needs("installation.manage")])
async def create_workspace(call: TheCall, body: NewWorkspaceBody) -> WorkspaceDetailsShape:
    """Make a workspace without anything in it, which you own."""
    return WorkspaceDetailsShape.of(await call.workspaces.create(call.identity, body.name, body.slug))


@router.get("/workspace", dependencies=[needs("workspace.read")])
async def read_workspace(call: TheCall, tagged: TheTagged) -> WorkspaceDetailsShape:
    """Describe the workspace that is asked."""
    return tagged.on(await _workspace(call))


async def _workspace(call: Call) -> WorkspaceDetailsShape:
    return WorkspaceDetailsShape.of(await call.workspaces.get(call.scope))


@router.patch("/workspace", dependencies=[needs("workspace.manage")])
async def change_workspace(call: TheCall, edit: TheEdit, body: WorkspaceChangeBody) -> WorkspaceDetailsShape:
    """Give the workspace another name, or another short name."""
    async with edit.unless_changed(lambda: _workspace(call)):
        renamed = await call.workspaces.rename(call.scope, name=body.name, slug=body.slug)
        return edit.on(WorkspaceDetailsShape.of(renamed))


@router.delete("/workspace", status_code=204, dependencies=[needs("workspace.delete")])
async def delete_workspace(
    call: TheCall, confirm: Annotated[str, Query(max_length=100, description="The short name of the workspace.")]
) -> Response:
    """Delete the workspace with all that it holds, for good."""
    await call.workspaces.delete(call.scope, confirm=confirm)
    return Response(status_code=204)


@router.post("/workspace/transfer", status_code=204, dependencies=[needs("workspace.transfer")])
async def transfer_workspace(call: TheCall, body: TransferBody) -> Response:
    """Make a member an owner of the workspace; you become an admin of it."""
    await call.members.transfer(call.identity, body.member_id)
    return Response(status_code=204)


@router.post("/workspace/leave", status_code=204, dependencies=[needs_nothing()])
async def leave_workspace(call: TheCall) -> Response:
    """Be a member of this workspace no longer."""
    await call.members.remove_member(call.identity, call.own_member_id)
    return Response(status_code=204)
