"""Ways in for whoever is not signed in yet. Anyone may ask these."""

from fastapi import APIRouter, Request, Response
from starlette.datastructures import Headers

from loomwork.interface.http.api.call import AtTheDoor, TheDoor
from loomwork.interface.http.api.people_shapes import (
    AcceptedShape,
    AcceptRequest,
    InvitationToken,
    OpenInvitationShape,
    ResetRequest,
    SignInProviderShape,
    SignInRequest,
    WaysInShape,
)
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.credentials import session_token
from loomwork.interface.http.needs import open_to_all
from loomwork.interface.http.visits import require_safe_way, set_device, set_session, visit_of
from loomwork.tenancy.api import SignedIn

router = APIRouter(route_class=StrictRoute, tags=["sign-in"], dependencies=[open_to_all()])


@router.get("/sign-in")
async def read_ways_in(door: TheDoor) -> WaysInShape:
    """Say how one signs in here."""
    sso = door.services.sso
    providers = [SignInProviderShape.of(each) for each in sso.providers] if sso is not None else []
    password = door.services.people is not None
    return WaysInShape(password=password, providers=providers, link_command=door.options.link_command)


@router.post("/sign-in", status_code=204)
async def sign_in_with_password(door: TheDoor, request: Request, body: SignInRequest) -> Response:
    """Begin a session with an e-mail address and a password; the answer sets its cookie."""
    require_safe_way(request, door.options)
    visit = visit_of(request, door.options, body.email)
    token = await door.people.sign_in(body.email, body.password, visit, code=body.code)
    response = Response(status_code=204)
    set_session(response, request, token)
    set_device(response, request, door.options, body.email)
    return response


@router.post("/password/reset", status_code=204)
async def reset_password(door: TheDoor, request: Request, body: ResetRequest) -> Response:
    """Set a new password with a link that was made for it. Every session of the person ends."""
    require_safe_way(request, door.options)
    await door.people.reset_password(body.token, body.password, visit_of(request, door.options))
    return Response(status_code=204)


@router.post("/invitations/read")
async def read_invitation(door: TheDoor, body: InvitationToken) -> OpenInvitationShape:
    """Say where an invitation leads. It is not spent."""
    return OpenInvitationShape.of(await door.invitations.read_invitation(body.token))


@router.post("/invitations/accept")
async def accept_invitation(door: TheDoor, request: Request, response: Response, body: AcceptRequest) -> AcceptedShape:
    """Become a member: as who is signed in, else as a new person, whom the answer signs in."""
    require_safe_way(request, door.options)
    visit, me = visit_of(request, door.options), await _signed_in(door, request)
    workspace_id, token = await door.invitations.accept(
        body.token, visit, name=body.name, password=body.password, me=me
    )
    if token is not None:
        set_session(response, request, token)
    return AcceptedShape(workspace_id=workspace_id)


async def _signed_in(door: AtTheDoor, request: Request) -> SignedIn | None:
    token = session_token(Headers(scope=request.scope))
    return await door.people.signed_in(token) if token else None
