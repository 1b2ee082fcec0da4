"""One request to a provider, and what comes back of it, within the patience that it was given.

What every dialect over HTTP shares: where a connection leads, which headers carry the key, deadlines, bounds, and what
becomes of a connection that breaks. What bodies mean, only a dialect knows.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

import aiohttp
import orjson
from multidict import CIMultiDict
from yarl import URL

from loomwork.adapters.egress.policy import EgressPolicy
from loomwork.adapters.egress.resolving import CheckedResolver, Lookup, system_lookup
from loomwork.adapters.wires.failures import failed
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.errors import ModelFailure, ModelUnavailable
from loomwork.model_gateway.domain.provider import Auth, ModelType
from loomwork.model_gateway.domain.routes import Patience
from loomwork.model_gateway.ports import Call, Target
from loomwork.nodes.ports import EgressRefused

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes of an answer that comes in one piece: vectors of a large batch are some tens of millions."""
LARGEST_ERROR = 64 * 1024
"""Bytes that are read of an error; its message is near the front."""
ERROR_SECONDS = 5.0
"""How long the words of an error are waited for; its status says most of it."""
KEPT_SECONDS = 4.0
"""How long an idle connection is kept: less than the 5 s after which the quickest of common servers close theirs, so
that a request seldom meets a connection that is just being closed."""
LONGEST_PAUSE = 24 * 3600.0
"""Seconds: the longest wish for a pause that is believed."""
BEARER = Auth()

Found = TypeVar("Found")


def address(target: Call | Target, model_type: ModelType, path: str, version: str | None = None) -> str:
    """Where a request goes: what the provider's file says for this type of model, else `path` below its endpoint.

    Endpoints are written with the version of the API at their end and without it; `version` is put between where none
    stands there. What an endpoint asks behind a `?` is asked of every path. Raises `ModelUnavailable` for an endpoint
    that is no address.
    """
    connection = target.connection
    base, asked = _base(target)
    named = connection.paths.get(model_type)
    if named is not None:
        place = "/" + named.replace("{model}", quote(target.model, safe="/")).lstrip("/")
    elif version is None or _has_version(base):
        place = path
    else:
        place = f"/{version}{path}"
    query = {**asked, **connection.query}
    return f"{base}{place}?{urlencode(query)}" if query else f"{base}{place}"


def headers_for(target: Call | Target, own: Mapping[str, str], *, usual: Auth | None = BEARER) -> CIMultiDict[str]:
    """The headers of a request: those that the dialect needs, the key as the provider's file wants it sent, else as
    the dialect `usual`ly does, and over all what the file adds. None: the dialect says itself how the key is sent.
    """
    connection = target.connection
    headers = CIMultiDict({"Content-Type": "application/json", "Accept-Encoding": "identity", **own})
    auth = connection.auth or usual
    if connection.api_key and auth is not None:
        headers[auth.header] = f"{auth.prefix}{connection.api_key}"
    headers.update(connection.headers)
    return headers


@dataclass(slots=True)
class Deadline:
    """When one call has to be over, on the clock of `time.monotonic`."""

    patience: Patience
    begun: float = field(default_factory=time.monotonic)

    @property
    def first(self) -> float:
        """When the first piece of the answer has to be there."""
        return self.begun + min(self.patience.first_token, self.patience.total)

    def next(self) -> float:
        """When the next piece has to be there, from now on."""
        return min(time.monotonic() + self.patience.idle, self.begun + self.patience.total)


class Watch:
    """Ends the wait for more of a body once it has been too long.

    Pieces come by the dozen in a second, and next to none is late: a timer for each would cost more than to read it. So
    there is one for all of them, which sleeps on where it finds that nobody waits, or not for too long.
    """

    def __init__(self, body: aiohttp.StreamReader, deadline: Deadline) -> None:
        self._body = body
        self._deadline = deadline
        self._due = math.inf
        self._looks = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._is_first = True

    async def readany(self) -> bytes:
        """What has come of the body, or comes in time; b"" at its end. Raises `TimeoutError`."""
        self._due = self._deadline.first if self._is_first else self._deadline.next()
        if self._due < self._looks:
            self._look_at(self._due)
        try:
            received = await self._body.readany()
        finally:
            self._due = math.inf
        self._is_first = False
        return received

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look_at(self, moment: float) -> None:
        self.close()
        self._looks = moment
        self._timer = asyncio.get_running_loop().call_later(max(0.0, moment - time.monotonic()), self._look)

    def _look(self) -> None:
        if self._due <= time.monotonic():
            # Whoever waits is woken with it.
            self._body.set_exception(TimeoutError())
        else:
            self._look_at(min(self._due, self._deadline.next()))


@dataclass(slots=True)
class Reply:
    """What came back: its headers are there, its body is still to be read."""

    _response: aiohttp.ClientResponse
    _watch: Watch

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """By name, in any case."""
        return self._response.headers

    @property
    def is_json(self) -> bool:
        """Whether the body is one JSON value, and no stream, be it one of JSON values."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return kind.endswith("json") and not kind.endswith("ndjson")

    @property
    def retry_after(self) -> float | None:
        """For how many seconds the provider asked to be left alone."""
        return pause(self.headers, now=datetime.now(UTC))

    async def piece(self) -> bytes:
        """More of the body; b"" at its end, a torn one's included: whether it was complete, what it says must say."""
        try:
            return await self._watch.readany()
        except aiohttp.ClientPayloadError:
            return b""

    async def more(self) -> bytes:
        """As `piece`, for bodies that cannot tell whether they are complete: of a torn one, that it is torn."""
        return await self._watch.readany()

    async def whole(self, limit: int = LARGEST_BODY) -> bytes:
        """The body. Raises `BrokenStream` where it is longer than `limit` bytes."""
        body = bytearray()
        while received := await self._watch.readany():
            body += received
            if len(body) > limit:
                raise BrokenStream(f"it sent an answer of more than {limit} bytes")
        return bytes(body)

    async def error(self) -> Any:
        """What is said of an error: decoded JSON, or text; what came of it where it is torn, or does not end."""
        body = bytearray()
        # A status has come: "asked too often" must not become "too slow" for want of a few words.
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(ERROR_SECONDS):
                while len(body) < LARGEST_ERROR and (received := await self._watch.readany()):
                    body += received
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            return body.decode("utf-8", errors="replace")

    async def drain(self) -> None:
        """Read what follows the end of an answer, which is nothing: the connection can then be used again."""
        if self._response.content.at_eof():
            return
        try:
            async with asyncio.timeout(0.2):
                await self._response.content.readany()
        except (TimeoutError, aiohttp.ClientError):
            self._response.close()


class Refusal(Protocol):
    """How a dialect reads an error: `said` is its body, decoded where it is JSON."""

    def __call__(
        self, target: Target, said: Any, /, *, status: int | None, retry_after: float | None
    ) -> ModelFailure: ...


class Http:
    """One connection pool for all providers, made on first use; wires may share it. `patience` is for calls that bring
    none; `policy` says where addresses that a workspace wrote may lead, and `lookup` which addresses their names have.
    """

    def __init__(
        self,
        *,
        patience: Patience | None = None,
        policy: EgressPolicy | None = None,
        lookup: Lookup = system_lookup,
        keep_alive: bool = True,
    ) -> None:
        self._patience = patience or Patience()
        self._policy = policy or EgressPolicy()
        self._lookup = lookup
        self._keep_alive = keep_alive
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def post(
        self, target: Call | Target, url: str, body: bytes, headers: Mapping[str, str], *, whole: bool = False
    ) -> AsyncGenerator[Reply, None]:
        """Post once, and have the reply. Whatever breaks in the block becomes `ModelUnavailable`; leaving the block
        closes the socket, and so ends the work on the other side, unless the reply was read to its end. Of an answer
        that was asked for `whole` the first piece may be the last, and is waited for as long as for all of it.
        """
        patience = target.patience or self._patience
        deadline = Deadline(_for_all_of_it(patience) if whole else patience)
        try:
            async with asyncio.timeout(max(0.0, deadline.first - time.monotonic())):
                response = await self._posted(target, url, body, headers, deadline)
            watch = Watch(response.content, deadline)
            try:
                if isinstance(target, Call) and target.turn is not None:
                    await target.turn()
                with understood(target):
                    _check_packing(response)
                    yield Reply(response, watch)
            finally:
                watch.close()
                _let_go(response)
        except TimeoutError:
            raise ModelUnavailable(
                f"{target.name} did not answer in time.", cause="timeout", model=target.name
            ) from None
        except EgressRefused as refusal:
            raise _not_there(target, refusal) from None
        except aiohttp.ClientResponseError:
            # Its own words show the address with its query, and bytes of the answer.
            raise _nonsense(target, "it sent something that is not HTTP") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unreachable(target, error) from None

    async def ask(
        self,
        target: Target,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        refusal: Refusal,
        read: Callable[[bytes], Found],
    ) -> Found:
        """Post once, and have what `read` makes of the body, which raises `BrokenStream` for what it cannot read."""
        async with self.post(target, url, body, headers) as reply:
            if reply.status != 200:
                said, status, retry_after = await reply.error(), reply.status, reply.retry_after
                raise refusal(target, said, status=status, retry_after=retry_after)
            return read(await reply.whole())

    async def close(self) -> None:
        """Close what is connected, for all who share it. Used again afterwards, it begins afresh."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    async def _posted(
        self, target: Call | Target, url: str, body: bytes, headers: Mapping[str, str], deadline: Deadline
    ) -> aiohttp.ClientResponse:
        """Sent once, whatever happens: where a connection ends without an answer, a kept one too, the provider may have
        worked on the request all the same, and would bill the same work twice (RFC 9110, 9.2.2).
        """
        vouched = target.connection.vouched
        if not vouched:
            self._policy.target(url)
        return await self._ready_session(vouched).post(
            # What is encoded stays as it is: a signature is of the very path that is sent.
            URL(url, encoded=True),
            data=body,
            headers=headers,
            # A redirect would carry the key to whatever host it names.
            allow_redirects=False,
            # Finding the addresses of a name counts as well, and so does trying one after another.
            timeout=_to_connect(deadline.patience.connect),
        )

    def _ready_session(self, vouched: bool) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._sessions, self._loop = {}, loop
        if vouched not in self._sessions:
            # trust_env is off: a proxy variable must not silently route keys and prompts elsewhere.
            self._sessions[vouched] = aiohttp.ClientSession(
                trust_env=False,
                connector=self._connector(vouched),
                cookie_jar=aiohttp.DummyCookieJar(),
                # What is packed may be larger than any bound once it is unpacked.
                auto_decompress=False,
            )
        return self._sessions[vouched]

    def _connector(self, vouched: bool) -> aiohttp.TCPConnector:
        checked: dict[str, Any] = {}
        if not vouched:
            checked = {"resolver": CheckedResolver(self._policy, self._lookup), "use_dns_cache": False}
        if self._keep_alive:
            return aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS, **checked)
        return aiohttp.TCPConnector(limit=0, force_close=True, **checked)


@lru_cache(maxsize=64)
def _for_all_of_it(patience: Patience) -> Patience:
    """As much of it for the first piece as for the whole answer."""
    return replace(patience, first_token=patience.total)


@lru_cache(maxsize=64)
def _to_connect(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=seconds)


@contextmanager
def understood(target: Call | Target) -> Iterator[None]:
    """What breaks off as `BrokenStream` in the block is an answer that cannot be used."""
    try:
        yield
    except BrokenStream as problem:
        raise _nonsense(target, str(problem)) from None


def pause(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """`Retry-After` in seconds, written as a number or as a date, or as the milliseconds that some vendors send."""
    for name, unit in (("retry-after-ms", 0.001), ("Retry-After", 1.0)):
        text = headers.get(name, "").strip()
        if (seconds := _seconds(text, now)) is not None and text:
            return max(0.0, min(seconds * unit, LONGEST_PAUSE))
    return None


def _seconds(text: str, now: datetime) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return _until(text, now)
    return seconds if seconds == seconds else None


def _until(text: str, now: datetime) -> float | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()


def _base(target: Call | Target) -> tuple[str, Mapping[str, str]]:
    try:
        return _read_endpoint(target.connection.endpoint or "")
    except ValueError:
        raise ModelUnavailable(
            f"{target.name} is not configured: its endpoint is no address.", cause="not_configured", model=target.name
        ) from None


@lru_cache(maxsize=256)
def _read_endpoint(endpoint: str) -> tuple[str, Mapping[str, str]]:
    """An endpoint in the characters that an address may have, and apart what it asks. Raises `ValueError`."""
    base, _, asked = str(URL(endpoint).with_fragment(None)).partition("?")
    return base.rstrip("/"), dict(parse_qsl(asked, keep_blank_values=True))


def _has_version(endpoint: str) -> bool:
    return any(part[:1] == "v" and part[1:2].isdigit() for part in endpoint.split("/")[3:])


def _check_packing(response: aiohttp.ClientResponse) -> None:
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise BrokenStream("it sent a compressed answer, which was not asked for")


def _let_go(response: aiohttp.ClientResponse) -> None:
    if response.content.at_eof():
        response.release()
    else:
        response.close()


def _not_there(target: Call | Target, refusal: EgressRefused) -> ModelFailure:
    return ModelUnavailable(
        f"{target.name} may not be called there: {refusal}", cause="not_configured", model=target.name
    )


def _nonsense(target: Call | Target, problem: str) -> ModelFailure:
    return ModelUnavailable(f"{target.name} cannot be understood: {problem}.", cause="bad_answer", model=target.name)


def _unreachable(target: Call | Target, error: Exception) -> ModelFailure:
    if isinstance(error, aiohttp.ClientPayloadError):
        return ModelUnavailable(
            f"{target.name} broke off in the middle of its answer.", cause="outage", model=target.name
        )
    return failed(target, "outage", f"it cannot be reached: {error or type(error).__name__}")
