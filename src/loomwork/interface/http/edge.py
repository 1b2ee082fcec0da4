"""What every request passes first: which host it asks for, how much it may send, which of its query parameters say
nothing, how browsers must treat the answer.
"""

import ipaddress
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loomwork.interface.http.errors import BodyTooLarge, error_response

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

_ALL_INTERFACES = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, never bound to

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_SECURITY_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_NEVER_STORED = (*_SECURITY_HEADERS, (b"cache-control", b"no-store"))


def host_name(host: str) -> str:
    """The name in a `Host` header, without its port and brackets, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")


class SecurityHeaders:
    """Sets on every answer what keeps a browser from being turned against its user, and on answers of the APIs that
    they are kept nowhere: they would outlive the session.
    """

    def __init__(self, app: ASGIApp, *, never_stored: tuple[str, ...]) -> None:
        self._app = app
        self._never_stored = never_stored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = _NEVER_STORED if scope["path"].startswith(self._never_stored) else _SECURITY_HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                names = {name.lower() for name, _ in given}
                message["headers"] = [*given, *(header for header in wanted if header[0] not in names)]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class HostGuard:
    """Answers only requests that ask for this server by a name it goes by, so that no other site's name, pointed at
    this address, lets that site's pages in (DNS rebinding). Bound to all interfaces, it also goes by any bare address:
    a page cannot rebind one.
    """

    def __init__(self, app: ASGIApp, *, bound_host: str, allowed: frozenset[str]) -> None:
        self._app = app
        self._names = LOOPBACK_NAMES | {host_name(name) for name in allowed} | {bound_host.lower().strip("[]")}
        self._any_address = bound_host in _ALL_INTERFACES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_allowed(Headers(scope=scope).getlist("host")):
            message = "This server does not go by the name in `Host`. Add it to LOOMWORK_ALLOWED_HOSTS if it should."
            await error_response(421, "host_not_allowed", message)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_allowed(self, hosts: list[str]) -> bool:
        if len(hosts) != 1:
            return False
        name = host_name(hosts[0])
        return name in self._names or (self._any_address and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class BodyLimit:
    """Refuses a body over the limit of its path: at once where its length is announced, else while it is read."""

    def __init__(self, app: ASGIApp, *, limit_of: Callable[[str], int]) -> None:
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        announced = Headers(scope=scope).get("content-length", "")
        left = limit - (int(announced) if announced.isdecimal() else 0)
        too_large = left < 0
        left = limit

        async def counted_receive() -> Message:
            nonlocal left
            if too_large:
                raise BodyTooLarge(limit)
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise BodyTooLarge(limit)
            return message

        await self._app(scope, counted_receive, send)


class EmptyParameters:
    """Takes a query parameter without a value for one that was not sent. Clients send `?last_id=&limit=` for what they
    leave open, and no route has a use for an empty value.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["query_string"]:
            scope = {**scope, "query_string": without_empty(scope["query_string"])}
        await self._app(scope, receive, send)


def without_empty(query: bytes) -> bytes:
    """A query string without the parameters that have no value; the others as they were sent."""
    return b"&".join(pair for pair in query.split(b"&") if pair.partition(b"=")[2])
