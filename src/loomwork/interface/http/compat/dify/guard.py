"""Who may use `/v1`: app keys, and nothing else."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from loomwork.interface.http.compat.dify.errors import loomwork_error_response
from loomwork.interface.http.credentials import bearer_key, remember_identity
from loomwork.kernel.errors import NotSignedIn
from loomwork.tenancy.api import Gatekeeper


class AppKeyGuard:
    """Lets nobody in without a valid app key, before anything of the request is read."""

    def __init__(self, app: ASGIApp, *, gatekeeper: Gatekeeper) -> None:
        self._app = app
        self._gatekeeper = gatekeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        key = bearer_key(Headers(scope=scope))
        identity = await self._gatekeeper.by_key(key) if key else None
        if identity is None or identity.kind != "app":
            error = NotSignedIn("Send `Authorization: Bearer app-...` with a valid key of an app.")
            await loomwork_error_response(error)(scope, receive, send)
            return
        remember_identity(scope, identity)
        await self._app(scope, receive, send)
