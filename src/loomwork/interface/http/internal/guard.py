"""Who may speak to the internal face: processes that hold the installation's key, and no browser."""

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from loomwork.interface.http.credentials import bearer_key
from loomwork.interface.http.errors import loomwork_error_response
from loomwork.kernel.errors import NotAllowed, NotSignedIn


class FromBrowser(NotAllowed):
    """A page asks, wherever it is from."""

    code = "origin_not_allowed"


class InternalGuard:
    """Lets nobody in without the key, before anything of the request is read. Without a key everyone on this machine
    is let in, but no page in a browser, which has others' wishes.
    """

    def __init__(self, app: ASGIApp, *, key: str | None) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        if refusal is not None:
            await loomwork_error_response(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> NotAllowed | NotSignedIn | None:
        if "origin" in headers or "sec-fetch-site" in headers:
            return FromBrowser("This is for processes of the same installation, and not for pages in a browser.")
        given = bearer_key(headers) or ""
        if self._key is not None and not hmac.compare_digest(given.encode(), self._key.encode()):
            return NotSignedIn("This needs the key of LOOMWORK_INTERNAL_KEY, the same on both sides.")
        return None
