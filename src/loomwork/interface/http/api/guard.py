"""Who may use `/api/v1`: people with a session, and workspace keys."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from loomwork.interface.http.credentials import bearer_key, remember_identity, session_token
from loomwork.interface.http.errors import loomwork_error_response
from loomwork.kernel.errors import LoomworkError, NotAllowed, NotSignedIn
from loomwork.tenancy.api import Gatekeeper, Identity

CSRF_HEADER = "x-loomwork-csrf"
WORKSPACE_HEADER = "x-loomwork-workspace"
"""The id or slug of the workspace that a session is to act in."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfHeaderMissing(NotAllowed):
    """A page of another site can send the cookie along, but not this header."""

    code = "csrf_header_missing"


class OriginNotAllowed(NotAllowed):
    """The request comes from a page of another site."""

    code = "origin_not_allowed"


class SessionGuard:
    """Lets nobody in without a valid session or workspace key, before anything of the request is read."""

    def __init__(self, app: ASGIApp, *, gatekeeper: Gatekeeper, allowed_origins: frozenset[str]) -> None:
        self._app = app
        self._gatekeeper = gatekeeper
        self._allowed_origins = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            identity = await self._identify(scope["method"], Headers(scope=scope))
        except LoomworkError as error:
            await loomwork_error_response(error)(scope, receive, send)
            return
        remember_identity(scope, identity)
        await self._app(scope, receive, send)

    async def _identify(self, method: str, headers: Headers) -> Identity:
        key = bearer_key(headers)
        return await self._by_key(key) if key is not None else await self._by_session(method, headers)

    async def _by_key(self, key: str) -> Identity:
        identity = await self._gatekeeper.by_key(key) if key else None
        if identity is None:
            raise NotSignedIn("This key is not valid, or was revoked. Send `Authorization: Bearer lw-...`.")
        if identity.kind not in ("workspace", "personal"):
            raise NotAllowed(f"This is a key for one {identity.kind}; `/api/v1` takes a workspace key (`lw-...`).")
        return identity

    async def _by_session(self, method: str, headers: Headers) -> Identity:
        token = session_token(headers)
        workspace = headers.get(WORKSPACE_HEADER) or None
        identity = await self._gatekeeper.by_session(token, workspace) if token else None
        if identity is None:
            raise NotSignedIn(
                "Sign in with the link that `loomwork up` prints, or send `Authorization: Bearer lw-...` "
                "with a key from `loomwork keys create`."
            )
        if method not in _SAFE_METHODS:
            self._check_same_site(headers)
        return identity

    def _check_same_site(self, headers: Headers) -> None:
        if headers.get(CSRF_HEADER) != "1":
            raise CsrfHeaderMissing("Requests that change something by session cookie need `X-Loomwork-CSRF: 1`.")
        origin = headers.get("origin")
        if origin is not None and not self._is_own(origin.lower(), headers.get("host", "").lower()):
            raise OriginNotAllowed("Pages of this origin may not use this server with a session cookie.")

    def _is_own(self, origin: str, host: str) -> bool:
        if origin in self._allowed_origins:
            return True
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc == host
