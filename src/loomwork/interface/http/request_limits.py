"""Limits of requests, on every surface: who has asked too often is told so, and everyone how much is left.

The fields are those of the draft standard (draft-ietf-httpapi-ratelimit-headers-10) and the older ones that clients
look for; only where there is a limit.
"""

import math
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loomwork.kernel.errors import LoomworkError
from loomwork.tenancy.api import Allowance, Identity, Limits

_MINUTE = 60


class RequestLimits:
    """Stands behind a surface's guard, which says who asks. `refuse` puts an error into the shape of the surface."""

    def __init__(self, app: ASGIApp, *, limits: Limits | None, refuse: Callable[[LoomworkError], Response]) -> None:
        self._app = app
        self._limits = limits
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._limits is None:
            await self._app(scope, receive, send)
            return
        # The ways in have limits of their own, and one's own account is of no workspace.
        if "identity" not in scope.get("state", {}):
            await self._app(scope, receive, send)
            return
        identity: Identity = scope["state"]["identity"]
        try:
            left = await self._limits.admit_request(identity)
        except LoomworkError as error:
            await self._refused(error)(scope, receive, send)
            return
        await self._app(scope, receive, send if left is None else _telling(left, send))

    def _refused(self, error: LoomworkError) -> Response:
        response = self._refuse(error)
        if (pause := error.details.get("retry_after")) is not None:
            response.headers["Retry-After"] = str(math.ceil(pause))
        return response


def _telling(left: Allowance, send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in headers_of(left).items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


def headers_of(left: Allowance) -> dict[str, str]:
    """What tells a client how often it may still ask."""
    reset = str(math.ceil(left.reset))
    return {
        "RateLimit-Policy": f'"requests";q={left.most};w={_MINUTE}',
        "RateLimit": f'"requests";r={left.remaining};t={reset}',
        "X-RateLimit-Limit": str(left.most),
        "X-RateLimit-Remaining": str(left.remaining),
        "X-RateLimit-Reset": reset,
    }
