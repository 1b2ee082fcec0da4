"""Fetches for apps, within the policy and the limits, redirects included."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from loomwork.adapters.egress.decoding import BoundedBody
from loomwork.adapters.egress.policy import EgressPolicy, Target
from loomwork.adapters.egress.resolving import CheckedResolver, Lookup, system_lookup
from loomwork.nodes.ports import (
    EgressFailed,
    EgressLimits,
    EgressRefused,
    EgressRequest,
    EgressResponse,
    EgressStream,
    EgressTimeout,
    EgressTooLarge,
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that the gate speaks for; those of the request are left out."""

ONE_ORIGIN = frozenset({"authorization", "cookie", "cookie2"})
"""Headers that no redirect carries to another origin."""

OF_BODY = frozenset({"content-type", "content-language", "content-encoding", "content-location"})
USER_AGENT = "Loomwork"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NOT_IN_VALUES = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class _Response(aiohttp.ClientResponse):
    """Remembers whom it came from."""

    peer: str = ""

    async def start(self, connection: Any) -> "aiohttp.ClientResponse":
        found = connection.transport.get_extra_info("peername") if connection.transport is not None else None
        self.peer = str(found[0]) if found else ""
        return await super().start(connection)


class EgressGate:
    """Implements `StreamingEgress`. Connections belong to the event loop that they were made in, and are closed there.

    `lookup` turns names into addresses.
    """

    def __init__(self, policy: EgressPolicy, *, lookup: Lookup = system_lookup) -> None:
        self._policy = policy
        self._lookup = lookup
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def fetch(self, request: EgressRequest, limits: EgressLimits) -> EgressResponse:
        """See `Egress.fetch`."""
        async with self.stream(request, limits) as answer:
            body = b"".join([piece async for piece in answer.pieces])
            return EgressResponse(answer.status, answer.url, answer.headers, body)

    @asynccontextmanager
    async def stream(self, request: EgressRequest, limits: EgressLimits) -> AsyncIterator[EgressStream]:
        """See `StreamingEgress.stream`."""
        request = _checked(request)
        target = self._policy.target(request.url)
        clock = asyncio.timeout(limits.total)
        try:
            async with clock:
                response, headers, target = await self._follow(request, target, limits)
                async with response:
                    pieces = _pieces(response, headers, target, limits)
                    yield EgressStream(response.status, str(target.url), headers, pieces)
        except TimeoutError:
            # One of whoever reads is theirs.
            if not clock.expired():
                raise
            raise EgressTimeout(f"{target.host} did not answer in time.") from None

    async def close(self) -> None:
        """Close what is connected."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _follow(
        self, request: EgressRequest, target: Target, limits: EgressLimits
    ) -> tuple[_Response, dict[str, str], Target]:
        for _ in range(limits.redirects + 1):
            response, headers = await self._ask(request, target, limits)
            location = headers.get("location")
            if response.status not in REDIRECTS or not location:
                return response, headers, target
            response.close()
            request, target = self._redirected(request, target, response.status, location)
        raise EgressFailed(f"{target.host} redirects more than {limits.redirects} times.")

    async def _ask(
        self, request: EgressRequest, target: Target, limits: EgressLimits
    ) -> tuple[_Response, dict[str, str]]:
        """The answer with its headers, from whom it should be. It is the caller's to close."""
        with _in_words(target):
            async with asyncio.timeout(limits.first_byte):
                response = await self._send(request, target, limits)
        try:
            self._check_peer(response, target)
            if len(response.raw_headers) > limits.headers:
                raise EgressTooLarge(f"{target.host} sent more than {limits.headers} headers.")
            return response, _joined(response.raw_headers)
        except BaseException:
            response.close()
            raise

    async def _send(self, request: EgressRequest, target: Target, limits: EgressLimits) -> _Response:
        response = await self._ready_session().request(
            request.method,
            target.url,
            headers=CIMultiDict([*request.headers, ("Accept-Encoding", "identity")]),
            data=request.body,
            allow_redirects=False,
            ssl=request.verify_tls,
            skip_auto_headers=("Content-Type",),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect),
        )
        assert isinstance(response, _Response)
        return response

    def _check_peer(self, response: _Response, target: Target) -> None:
        if not response.peer:
            raise EgressFailed(f"It is not certain who answered for {target.host}.")
        self._policy.check_address(target, response.peer)

    def _redirected(
        self, request: EgressRequest, target: Target, status: int, location: str
    ) -> tuple[EgressRequest, Target]:
        try:
            url = str(target.url.join(URL(location)))
        except ValueError:
            raise EgressFailed(f"{target.host} redirects to what is no URL.") from None
        following = self._policy.target(url)
        dropped: frozenset[str] = frozenset()
        if status == 303 or (status in (301, 302) and request.method == "POST"):
            method = request.method if request.method == "HEAD" else "GET"
            request, dropped = replace(request, method=method, body=None), OF_BODY
        if following.origin != target.origin:
            dropped |= ONE_ORIGIN | request.secret_headers
        kept = [(name, value) for name, value in request.headers if name.lower() not in dropped]
        return replace(request, url=url, headers=kept), following

    def _ready_session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            # trust_env is off: a proxy would resolve the name again, unchecked.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=CheckedResolver(self._policy, self._lookup), use_dns_cache=False, limit=0
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                response_class=_Response,
                auto_decompress=False,
                trust_env=False,
                headers={"User-Agent": USER_AGENT},
            )
            self._loop = loop
        return self._session


def _checked(request: EgressRequest) -> EgressRequest:
    """The request with its method in capitals and without the headers that the gate speaks for."""
    method = request.method.strip().upper()
    if method not in METHODS:
        raise EgressRefused(f"There is no method {request.method[:20]!r}; use one of {', '.join(sorted(METHODS))}.")
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name) or _NOT_IN_VALUES.search(value):
            raise EgressRefused(f"The header {name[:40]!r} holds characters that no header may have.")
    kept = [(name, value) for name, value in request.headers if name.lower() not in OWN_HEADERS]
    secret = frozenset(name.lower() for name in request.secret_headers)
    return replace(request, method=method, headers=kept, secret_headers=secret)


async def _pieces(
    response: _Response, headers: dict[str, str], target: Target, limits: EgressLimits
) -> AsyncIterator[bytes]:
    """The body, decoded, as it comes."""
    body = BoundedBody(headers.get("content-encoding", "").strip().lower(), limit=limits.size)
    while True:
        with _in_words(target):
            piece = await response.content.readany()
        if not piece:
            return
        body.feed(piece)
        if decoded := body.taken():
            yield decoded


@contextmanager
def _in_words(target: Target) -> Iterator[None]:
    """What goes wrong with a connection, as what the gate says of it."""
    try:
        yield
    except aiohttp.ClientConnectorCertificateError:
        raise EgressFailed(f"The certificate of {target.host} is not trusted.") from None
    except TimeoutError:
        raise EgressTimeout(f"{target.host} did not answer in time.") from None
    except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
        raise EgressFailed(f"{target.host} {_reason(error)}.") from None


def _joined(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers of one name as one, the way RFC 9110 joins them."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", errors="replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _reason(error: Exception) -> str:
    """What happened, in words that hold nothing of the request."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "was not found: its name has no address"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "speaks no TLS that can be understood"
        case aiohttp.ClientConnectorError():
            return f"cannot be reached: {error.os_error.strerror or 'no connection'}"
        case aiohttp.ClientPayloadError():
            return "broke off in the middle of its answer"
        case aiohttp.ServerDisconnectedError() | ConnectionError():
            return "closed the connection without an answer"
        case _:
            return "sent an answer that cannot be understood"
