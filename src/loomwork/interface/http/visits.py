"""Whoever comes to sign in: where from, on which device, and whether the way here is safe to sign in over."""

import hmac
import secrets
from base64 import urlsafe_b64encode

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request, cookie_parser
from starlette.responses import Response

from loomwork.interface.http.credentials import SESSION_COOKIE
from loomwork.interface.http.edge import LOOPBACK_NAMES, host_name
from loomwork.interface.http.services import HttpOptions
from loomwork.kernel.errors import NotAllowed
from loomwork.tenancy.api import Visit

DEVICE_COOKIE = "loomwork_device"

_SESSION_SECONDS = 30 * 24 * 3600
_DEVICE_SECONDS = 365 * 24 * 3600
_DEVICE_BYTES = 12


class NeedsTls(NotAllowed):
    """Over plain http, anyone on the way could read the password and the session."""

    code = "needs_https"


def may_sign_in_over(request: HTTPConnection, options: HttpOptions) -> bool:
    """Whether nobody on the way can read along, or the server was told that this does not matter."""
    if request.url.scheme == "https" or options.plain_http_sign_in:
        return True
    return host_name(request.headers.get("host", "")) in LOOPBACK_NAMES


def require_safe_way(request: HTTPConnection, options: HttpOptions) -> None:
    """Raises `NeedsTls`."""
    if not may_sign_in_over(request, options):
        raise NeedsTls("Signing in from another machine needs https: put a proxy that speaks it in front of Loomwork.")


def visit_of(request: HTTPConnection, options: HttpOptions, email: str = "") -> Visit:
    """The visit of whoever says that they have this address. Their device counts where they signed in on it before."""
    address = request.client.host if request.client else ""
    return Visit(address, request.headers.get("user-agent", ""), _device(request.headers, options, email))


def set_session(response: Response, request: Request, token: str) -> None:
    """Sign the browser in."""
    set_cookie(response, request, SESSION_COOKIE, token, _SESSION_SECONDS)


def set_device(response: Response, request: Request, options: HttpOptions, email: str) -> None:
    """Have the browser show that this person signed in on it, so that no stranger's guesses make them wait."""
    if _device(request.headers, options, email) is None:
        name = secrets.token_hex(_DEVICE_BYTES)
        value = f"{name}.{_signature(name, email, options.signing_key)}"
        set_cookie(response, request, DEVICE_COOKIE, value, _DEVICE_SECONDS)


def set_cookie(response: Response, request: Request, name: str, value: str, seconds: int, *, path: str = "/") -> None:
    """One that no script reads, and that comes along from another site only where its link leads here."""
    over_tls = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, path=path, secure=over_tls, httponly=True, samesite="lax")


def _device(headers: Headers, options: HttpOptions, email: str) -> str | None:
    name, _, signature = cookie_parser(headers.get("cookie", "")).get(DEVICE_COOKIE, "").partition(".")
    given = signature.encode("utf-8", "replace")
    wanted = _signature(name, email, options.signing_key).encode()
    return name if email and hmac.compare_digest(given, wanted) else None


def _signature(name: str, email: str, key: bytes) -> str:
    said = f"device {name} of {email.strip().lower()}".encode("utf-8", "replace")
    return urlsafe_b64encode(hmac.digest(key, said, "sha256")).decode().rstrip("=")
