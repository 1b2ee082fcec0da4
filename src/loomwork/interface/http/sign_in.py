"""`GET /sign-in?token=...`: a one-time link becomes a session."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response

from loomwork.interface.http.credentials import SESSION_COOKIE, session_token
from loomwork.interface.http.edge import LOOPBACK_NAMES, host_name
from loomwork.interface.http.pages import plain_page
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.kernel.errors import NotSignedIn

router = APIRouter()

_SESSION_SECONDS = 30 * 24 * 3600


@router.get("/sign-in", include_in_schema=False)
async def sign_in(request: Request, token: Annotated[str, Query(max_length=500)] = "") -> Response:
    """Spend a one-time token for a session, and go to the console."""
    services: Services = request.app.state.services
    options: HttpOptions = request.app.state.options
    over_tls = request.url.scheme == "https"
    plain_is_fine = options.plain_http_sign_in or host_name(request.headers.get("host", "")) in LOOPBACK_NAMES
    if not over_tls and not plain_is_fine:
        return _needs_tls()
    try:
        session = await services.gatekeeper.sign_in(token)
    except NotSignedIn:
        return await _spent(request, services)
    response = RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        SESSION_COOKIE, session, max_age=_SESSION_SECONDS, path="/", secure=over_tls, httponly=True, samesite="lax"
    )
    return response


async def _spent(request: Request, services: Services) -> Response:
    present = session_token(Headers(scope=request.scope))
    if present is not None and await services.gatekeeper.by_session(present) is not None:
        return RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
    text = (
        "Each link signs in once, within 15 minutes. In a terminal on the machine that runs Loomwork, "
        "<code>loomwork keys sign-in-link</code> makes another.</p><p>Or stop Loomwork and run "
        "<code>loomwork up</code> (or <code>make up</code>) again: it prints a fresh link when it starts."
    )
    return plain_page("This sign-in link has been used, or is too old", text, 401)


def _needs_tls() -> Response:
    text = (
        "Over plain http, anyone on the way could read the session. Open the link on the machine that runs Loomwork, "
        "through an SSH tunnel to it, or behind a proxy that speaks https. The link is not spent."
    )
    return plain_page("Signing in from another machine needs https", text, 403)
