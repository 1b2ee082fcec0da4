"""Who is asking."""

from fastapi import APIRouter, Request, Response
from starlette.datastructures import Headers

from loomwork.interface.http.api.call import TheCall
from loomwork.interface.http.api.shapes import SessionShape
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.credentials import SESSION_COOKIE, session_token
from loomwork.interface.http.needs import needs_nothing

router = APIRouter(route_class=StrictRoute, tags=["session"])


@router.get("/session", dependencies=[needs_nothing()])
async def read_session(call: TheCall) -> SessionShape:
    """Say who the caller is, in which workspace, and which version serves."""
    profile = await call.services.gatekeeper.profile(call.scope)
    return SessionShape.of(call.identity, profile, call.options.version)


@router.post("/session/sign-out", status_code=204, dependencies=[needs_nothing()])
async def sign_out(call: TheCall, request: Request) -> Response:
    """End the session of the cookie; a key is left as it is."""
    token = session_token(Headers(scope=request.scope))
    if token is not None and call.identity.kind == "session":
        await call.services.gatekeeper.sign_out(token)
    response = Response(status_code=204)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return response
