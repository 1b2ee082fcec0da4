"""`GET /sign-in?token=...`: a one-time link becomes a session."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response

from loomwork.interface.http.credentials import session_token
from loomwork.interface.http.pages import COPYING, copyable, plain_page
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.interface.http.visits import may_sign_in_over, set_session
from loomwork.kernel.errors import NotFound, NotSignedIn

router = APIRouter()


@router.get("/sign-in", include_in_schema=False)
async def sign_in(request: Request, token: Annotated[str, Query(max_length=500)] = "") -> Response:
    """Spend a one-time token for a session, and go to the console."""
    services: Services = request.app.state.services
    options: HttpOptions = request.app.state.options
    if not may_sign_in_over(request, options):
        return _needs_tls()
    try:
        session = await services.gatekeeper.sign_in(token)
    except NotSignedIn:
        return await _no_way_in(request, services, options, token)
    response = RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
    set_session(response, request, session)
    return response


@router.get("/sign-in/copy.js", include_in_schema=False)
async def copying() -> Response:
    """What the button beside a command does; pages may hold no script of their own."""
    return Response(COPYING, media_type="text/javascript")


async def _no_way_in(request: Request, services: Services, options: HttpOptions, token: str) -> Response:
    if await _is_signed_in(request, services):
        return RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
    another, command = "another" if token else "one", copyable(options.link_command)
    text = (
        "A link signs in once, within 15 minutes. In a terminal on the machine that runs Loomwork, this makes "
        f"{another}:</p>{command}<p>Or stop Loomwork and run <code>loomwork up</code> "
        "(or <code>make up</code>) again: it prints a fresh link when it starts."
    )
    title = "This sign-in link has been used, or is too old" if token else "A link signs you in"
    return plain_page(title, text, 401)


async def _is_signed_in(request: Request, services: Services) -> bool:
    present = session_token(Headers(scope=request.scope))
    try:
        return present is not None and await services.gatekeeper.by_session(present) is not None
    except NotFound:
        # Somebody is signed in who is a member of no workspace any more.
        return True


def _needs_tls() -> Response:
    text = (
        "Over plain http, anyone on the way could read the session. Open the link on the machine that runs Loomwork, "
        "through an SSH tunnel to it, or behind a proxy that speaks https. The link is not spent."
    )
    return plain_page("Signing in from another machine needs https", text, 403)
