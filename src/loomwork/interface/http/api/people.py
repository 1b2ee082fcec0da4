"""What is one's own in every workspace: name, password, sessions, second factor, identities."""

from fastapi import APIRouter, Request, Response

from loomwork.interface.http.api.call import OwnCall, TheOwnCall
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.people_shapes import (
    CodeRequest,
    DepartureShape,
    EndedSessions,
    IdentityRequest,
    IdentityShape,
    PasswordChange,
    PersonChanges,
    PersonSessionShape,
    PersonShape,
    RecoveryCodesShape,
    SecondFactorRequest,
    SecondFactorShape,
)
from loomwork.interface.http.api.shapes import ListOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.needs import of_ones_own
from loomwork.interface.http.single_sign_on import set_ticket
from loomwork.interface.http.visits import require_safe_way

PREFIX = "/people/me"
"""Nothing below it is asked for a workspace."""

router = APIRouter(prefix=PREFIX, route_class=StrictRoute, tags=["people"], dependencies=[of_ones_own()])


@router.get("")
async def read_me(call: TheOwnCall, tagged: TheTagged) -> PersonShape:
    """Say who is signed in."""
    return tagged.on(await _shown(call))


@router.patch("")
async def change_me(call: TheOwnCall, edit: TheEdit, body: PersonChanges) -> PersonShape:
    """Change your name or your address."""
    async with edit.unless_changed(lambda: _shown(call)):
        await call.people.change_person(call.me, name=body.name, email=body.email, password=body.password)
        return edit.on(await _shown(call))


@router.put("/password", status_code=204)
async def change_password(call: TheOwnCall, body: PasswordChange) -> Response:
    """Set your password. Every other session of yours ends."""
    await call.people.change_password(call.me, password=body.password, present=body.present)
    return Response(status_code=204)


@router.get("/sessions")
async def list_sessions(call: TheOwnCall) -> ListOf[PersonSessionShape]:
    """List the browsers that you are signed in with, newest first."""
    found = await call.people.sessions(call.me.person_id)
    return ListOf(data=[PersonSessionShape.of(each, current=each.id == call.me.session.id) for each in found])


@router.delete("/sessions")
async def end_other_sessions(call: TheOwnCall) -> EndedSessions:
    """Sign out everywhere but here."""
    return EndedSessions(ended=await call.people.end_other_sessions(call.me))


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(call: TheOwnCall, session_id: str) -> Response:
    """Sign out one browser."""
    await call.people.end_session(call.me.person_id, session_id)
    return Response(status_code=204)


@router.post("/second-factor")
async def begin_second_factor(call: TheOwnCall, body: SecondFactorRequest) -> SecondFactorShape:
    """Get a secret for an authenticator app. Codes are asked for once you have shown a first one."""
    made = await call.people.begin_second_factor(call.me, password=body.password)
    return SecondFactorShape(secret=made.secret, uri=made.uri)


@router.post("/second-factor/confirm")
async def turn_on_second_factor(call: TheOwnCall, body: CodeRequest) -> RecoveryCodesShape:
    """Show a first code: from now on, signing in with a password asks for one."""
    return RecoveryCodesShape(recovery_codes=list(await call.people.turn_on_second_factor(call.me, body.code)))


@router.post("/second-factor/remove", status_code=204)
async def remove_second_factor(call: TheOwnCall, body: CodeRequest) -> Response:
    """Show a last code: from now on, none is asked for."""
    await call.people.remove_second_factor(call.me, body.code)
    return Response(status_code=204)


@router.get("/identities")
async def list_identities(call: TheOwnCall) -> ListOf[IdentityShape]:
    """List where else you are known and sign in here with, the first linked first."""
    found = await call.sso.identities(call.me.person_id)
    return ListOf(data=[IdentityShape.of(each, call.sso.providers) for each in found])


@router.post("/identities")
async def link_identity(
    call: TheOwnCall, request: Request, response: Response, body: IdentityRequest
) -> DepartureShape:
    """Begin to link an identity: the browser goes to the address, and comes back with it."""
    require_safe_way(request, call.options)
    departure = await call.sso.begin_link(
        call.me, body.provider, home=call.options.public_url, next_page=body.next, password=body.password
    )
    set_ticket(response, request, departure.ticket)
    return DepartureShape(url=departure.url)


@router.delete("/identities/{identity_id}", status_code=204)
async def unlink_identity(call: TheOwnCall, identity_id: str) -> Response:
    """Sign in with this identity no more. Other sessions that were begun by single sign-on end."""
    await call.sso.unlink(call.me, identity_id)
    return Response(status_code=204)


async def _shown(call: OwnCall) -> PersonShape:
    person = await call.people.person(call.me.person_id)
    return PersonShape.of(person, has_second_factor=await call.people.has_second_factor(person.id))
