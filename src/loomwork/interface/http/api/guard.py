"""Who may use `/api/v1`: people with a session, and workspace keys."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from loomwork.interface.http.credentials import bearer_key, remember_identity, session_token
from loomwork.interface.http.errors import loomwork_error_response
from loomwork.kernel.errors import LoomworkError, NotAllowed, NotSignedIn
from loomwork.tenancy.api import Gatekeeper, Identity, People, SignedIn

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


@dataclass(frozen=True, slots=True)
class Ways:
    """Which requests are for no workspace: those anyone may send, by method and path, and those below `own`, which are
    about whoever is signed in.
    """

    open: frozenset[tuple[str, str]]
    own: str


class SessionGuard:
    """Lets nobody in without a valid session or workspace key, before anything of the request is read."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        gatekeeper: Gatekeeper,
        people: People | None,
        allowed_origins: frozenset[str],
        ways: Ways,
    ) -> None:
        self._app = app
        self._gatekeeper = gatekeeper
        self._people = people
        self._ways = ways
        self._allowed_origins = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._let_in(scope, Headers(scope=scope))
        except LoomworkError as error:
            await loomwork_error_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _let_in(self, scope: Scope, headers: Headers) -> None:
        method, path = scope["method"], scope["path"].removeprefix(scope.get("root_path", ""))
        if (method, path) in self._ways.open or (method == "HEAD" and ("GET", path) in self._ways.open):
            self._check_same_site(method, headers)
        elif path == self._ways.own or path.startswith(f"{self._ways.own}/"):
            scope["state"] = {**scope.get("state", {}), "me": await self._person(method, headers)}
        else:
            remember_identity(scope, await self._identify(method, headers))

    async def _person(self, method: str, headers: Headers) -> SignedIn:
        """Whose session it is. Raises `NotSignedIn`, and `NotAllowed` for a key, whoever has made it."""
        if bearer_key(headers) is not None:
            raise NotAllowed("A key is nobody's account: sign in as the person whose this is.")
        token = session_token(headers)
        me = await self._people.signed_in(token) if token and self._people is not None else None
        if me is None:
            raise NotSignedIn("Sign in first.")
        self._check_same_site(method, headers)
        return me

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
        self._check_same_site(method, headers)
        return identity

    def _check_same_site(self, method: str, headers: Headers) -> None:
        if method in _SAFE_METHODS:
            return
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
