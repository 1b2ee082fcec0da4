"""`GET /sign-in/sso/{provider}` sends a browser to a provider of identity; it comes back to `.../callback`."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response

from loomwork.interface.http.credentials import session_token
from loomwork.interface.http.errors import status_of
from loomwork.interface.http.pages import plain_page
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.interface.http.visits import require_safe_way, set_cookie, set_session, visit_of
from loomwork.kernel.errors import LoomworkError, NotFound
from loomwork.tenancy.api import BeginAgain, ProviderAnswer, ProviderFailed, SignedIn, SingleSignOn

PREFIX = "/sign-in/sso"
TICKET_COOKIE = "loomwork_sso"

FAREWELL = "/sign-out"
PROVIDER_COOKIE = "loomwork_sso_by"

_TICKET_SECONDS = 600
_KNOWN_SECONDS = 30 * 24 * 3600
_NEVER_KEPT = {"Cache-Control": "no-store"}
_MOST_CODE = 4000
_TITLES = {
    "sso_provider_failed": "The provider did not sign you in",
    "sso_begin_again": "Begin again",
    "sso_not_let_in": "There is no way in for you here",
    "too_many_attempts": "Too many at once",
    "needs_https": "Signing in from another machine needs https",
}
_Word = Annotated[str, Query(max_length=_MOST_CODE)]

router = APIRouter(prefix=PREFIX)
farewells = APIRouter()


@router.get("/{provider}", include_in_schema=False)
async def leave(
    request: Request, provider: str, next_page: Annotated[str, Query(alias="next", max_length=_MOST_CODE)] = ""
) -> Response:
    """Go to the provider, to come back signed in."""
    services, options = _doors(request)
    try:
        require_safe_way(request, options)
        departure = await _sso(services).begin(provider, home=options.public_url, next_page=next_page)
    except LoomworkError as problem:
        return _problem_page(problem)
    response = RedirectResponse(departure.url, 303, headers=_NEVER_KEPT)
    set_ticket(response, request, departure.ticket)
    return response


@router.get("/{provider}/callback", include_in_schema=False)
async def come_back(
    request: Request, provider: str, code: _Word = "", state: _Word = "", error: _Word = "", iss: _Word = ""
) -> Response:
    """Come back from the provider: with a session, or with an identity that is linked now."""
    services, options = _doors(request)
    answer = ProviderAnswer(state=state, code="" if error else code, error=error, issuer=iss)
    ticket = cookie_parser(request.headers.get("cookie", "")).get(TICKET_COOKIE, "")
    try:
        require_safe_way(request, options)
        arrival = await _sso(services).arrive(
            provider,
            ticket,
            answer,
            visit_of(request, options),
            home=options.public_url,
            me=await _signed_in(services, request),
        )
    except LoomworkError as problem:
        # A ticket stays where this was not its answer: the window that it belongs to may still be away.
        return _problem_page(problem, forget=not isinstance(problem, BeginAgain))
    response = RedirectResponse(arrival.next, 303, headers=_NEVER_KEPT)
    _forget_ticket(response)
    if arrival.token is not None:
        set_session(response, request, arrival.token)
        set_cookie(response, request, PROVIDER_COOKIE, provider, _KNOWN_SECONDS, path=FAREWELL)
    return response


@farewells.get(FAREWELL, include_in_schema=False)
async def sign_out_there(request: Request) -> Response:
    """Go where the browser has signed in last, to sign out there as well; else, or where nobody can, to the first page.
    The session here is ended before, by `POST /api/v1/session/sign-out`.
    """
    provider = cookie_parser(request.headers.get("cookie", "")).get(PROVIDER_COOKIE, "")
    response = RedirectResponse(await _farewell(request, provider) or "/", 303, headers=_NEVER_KEPT)
    response.delete_cookie(PROVIDER_COOKIE, path=FAREWELL, httponly=True, samesite="lax")
    return response


async def _farewell(request: Request, provider: str) -> str | None:
    services, options = _doors(request)
    if not provider or services.sso is None:
        return None
    try:
        return await services.sso.farewell(provider, home=options.public_url)
    except LoomworkError:
        # Whoever signs out has signed out here, whatever has become of the provider.
        return None


def set_ticket(response: Response, request: Request, ticket: str) -> None:
    """Have the browser keep what it needs to come back."""
    set_cookie(response, request, TICKET_COOKIE, ticket, _TICKET_SECONDS, path=PREFIX)


def _forget_ticket(response: Response) -> None:
    response.delete_cookie(TICKET_COOKIE, path=PREFIX, httponly=True, samesite="lax")


def _doors(request: Request) -> tuple[Services, HttpOptions]:
    return request.app.state.services, request.app.state.options


def _sso(services: Services) -> SingleSignOn:
    if services.sso is None:
        raise NotFound("Nobody signs in here from elsewhere.")
    return services.sso


async def _signed_in(services: Services, request: Request) -> SignedIn | None:
    token = session_token(Headers(scope=request.scope))
    return await services.people.signed_in(token) if token and services.people is not None else None


def _problem_page(problem: LoomworkError, *, forget: bool = False) -> Response:
    title = _TITLES.get(problem.code, "You are not signed in")
    # What went wrong on the way between two servers is not for the visitor to mend.
    hint = " Tell whoever runs this installation: <code>loomwork sso test</code> looks at it closely."
    text = f"{escape(problem.message)}{hint if isinstance(problem, ProviderFailed) else ''}"
    response = plain_page(title, f'{text}</p><p><a href="/">Back to the first page</a>', status_of(problem))
    if forget:
        _forget_ticket(response)
    return response
