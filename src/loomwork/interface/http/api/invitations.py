"""Invite people into the workspace, and help those who forgot their password."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.people_shapes import (
    InvitationRequest,
    InvitationShape,
    NewInvitationShape,
    PasswordLinkShape,
)
from loomwork.interface.http.api.shapes import PageOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import SecretCreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.tenancy.api import InvitationState, NewInvitation, invitation_mail

router = APIRouter(route_class=StrictRoute, tags=["members"])
creating = APIRouter(route_class=SecretCreatingRoute, tags=["members"])


@router.get("/invitations", dependencies=[needs("members.manage")])
async def list_invitations(
    call: TheCall,
    page: ThePage,
    state: Annotated[InvitationState | None, Query(description="Only those of which this has come.")] = None,
    email: Annotated[str, Query(max_length=300, description="Part of an address.")] = "",
) -> PageOf[InvitationShape]:
    """List who was invited, newest first, with what came of it."""
    now = call.options.clock.now()
    found = await call.invitations.list_invitations(call.scope, page, state=state, email=email)
    return PageOf[InvitationShape](data=[InvitationShape.of(each, now) for each in found.items], next=found.next)


@creating.post("/invitations", status_code=201, dependencies=[needs("members.manage")])
async def invite(call: TheCall, body: InvitationRequest) -> NewInvitationShape:
    """Invite somebody to a role that may no more than you. The link is shown now and never again; send it to them."""
    return await _shown(call, await call.invitations.invite(call.identity, body.email, body.role))


@router.delete("/invitations/{invitation_id}", status_code=204, dependencies=[needs("members.manage")])
async def revoke_invitation(call: TheCall, invitation_id: str) -> Response:
    """Take an invitation back."""
    await call.invitations.revoke_invitation(call.scope, invitation_id)
    return Response(status_code=204)


@router.post("/members/{member_id}/password-link", dependencies=[needs("installation.manage")])
async def make_password_link(call: TheCall, member_id: str) -> PasswordLinkShape:
    """Make a link for a member who forgot their password. A person's password opens all of their workspaces, so only
    those may do this who run the installation.
    """
    call.require_home("the passwords of people, who may be members of others")
    token = await call.people.create_reset_token(call.scope, member_id)
    return PasswordLinkShape(link=f"{call.options.public_url}/new-password#token={token}")


async def _shown(call: Call, made: NewInvitation) -> NewInvitationShape:
    link = f"{call.options.public_url}/join#token={made.token}"
    workspace = (await call.services.gatekeeper.profile(call.scope)).workspace
    shown = InvitationShape.of(made.invitation, call.options.clock.now())
    return NewInvitationShape(**dict(shown), link=link, mail=invitation_mail(workspace.name, link))
