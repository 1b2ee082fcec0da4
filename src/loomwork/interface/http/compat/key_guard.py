"""Who may call models the way other products' clients do: workspace keys, and keys of an app for that app alone."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loomwork.interface.http.credentials import bearer_key, remember_identity
from loomwork.kernel.errors import LoomworkError, NotAllowed, NotSignedIn
from loomwork.kernel.ids import new_id
from loomwork.tenancy.api import Gatekeeper, Identity

REQUEST_ID = b"x-request-id"


class KeyGuard:
    """Lets nobody in without a valid key, before anything of the request is read. `refuse` puts an error into the
    shape of the surface. Every answer carries an id of its request, which clients show in their errors.
    """

    def __init__(self, app: ASGIApp, *, gatekeeper: Gatekeeper, refuse: Callable[[LoomworkError], Response]) -> None:
        self._app = app
        self._gatekeeper = gatekeeper
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"req_{new_id().replace('-', '')}".encode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (REQUEST_ID, request_id)]
            await send(message)

        try:
            remember_identity(scope, await self._identify(Headers(scope=scope)))
        except LoomworkError as error:
            await self._refuse(error)(scope, receive, send_with_id)
            return
        await self._app(scope, receive, send_with_id)

    async def _identify(self, headers: Headers) -> Identity:
        key = bearer_key(headers)
        identity = await self._gatekeeper.by_key(key) if key else None
        if identity is None:
            raise NotSignedIn(
                "This needs a valid API key: send `Authorization: Bearer lw-...`; `loomwork keys create` makes one."
            )
        if identity.kind not in ("workspace", "personal", "app"):
            raise NotAllowed(f"This is a key for one {identity.kind}; use a workspace key (`lw-...`).")
        if identity.kind != "app" and not identity.may("models.use"):
            raise NotAllowed("This key may not call models: it needs the permission models.use.")
        return identity
