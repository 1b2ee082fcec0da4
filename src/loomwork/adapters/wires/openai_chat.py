"""The chat completions dialect of OpenAI, which most vendors and local servers speak.

`POST {endpoint}/chat/completions` with `stream: true`; the API reference of OpenAI is its description.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import orjson

from loomwork.adapters.wires.openai_answer import Answer, whole_answer
from loomwork.adapters.wires.openai_failure import CANNOT_ANSWER_NOW, failure, secretless
from loomwork.adapters.wires.openai_request import request_body
from loomwork.adapters.wires.sse import BrokenStream, SseParser
from loomwork.model_gateway.domain.chat import ChatEvent
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.ports import Call

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of an answer that comes in one piece."""
LARGEST_ERROR = 64 * 1024
"""Bytes that are read of an error; its message is near the front."""
KEPT_SECONDS = 4.0
"""How long an idle connection is kept: less than the 5 s after which the quickest of common servers close theirs, so
that a request seldom meets a connection that is just being closed."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `first_byte` runs from the request to the first piece of the answer, `idle` between two pieces."""

    connect: float = 10.0
    first_byte: float = 300.0
    idle: float = 60.0
    total: float = 1800.0


@dataclass(slots=True)
class _Deadline:
    """When one call has to be over, on the clock of `time.monotonic`."""

    timeouts: Timeouts
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends = time.monotonic() + self.timeouts.total

    def within(self, seconds: float) -> asyncio.Timeout:
        return asyncio.timeout(max(0.0, min(seconds, self.ends - time.monotonic())))


class OpenAIChatWire:
    """Implements `Wire`. One connection pool for all providers, made on first use."""

    def __init__(self, *, timeouts: Timeouts | None = None, keep_alive: bool = True) -> None:
        self._timeouts = timeouts or Timeouts()
        self._keep_alive = keep_alive
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `Wire.chat`."""
        body = request_body(call)
        deadline = _Deadline(self._timeouts)
        try:
            async with self._posted(call, body, deadline) as response:
                if response.status != 200:
                    raise await _refusal(call, response, deadline)
                events = _streamed if _is_stream(response) else _in_one_piece
                async for event in events(call, response, deadline):
                    yield event
        except TimeoutError:
            raise ModelUnavailable(f"{call.name} did not answer in time.", model=call.name) from None
        except BrokenStream as problem:
            raise ModelUnavailable(f"{call.name} cannot be understood: {problem}.", model=call.name) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unreachable(call, error) from None

    async def close(self) -> None:
        """See `Wire.close`."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @asynccontextmanager
    async def _posted(
        self, call: Call, body: bytes, deadline: _Deadline
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """The response, once its headers are there. Leaving closes the socket unless the answer was read to its end."""
        async with deadline.within(self._timeouts.first_byte):
            response = await self._post(call, body)
        try:
            yield response
        finally:
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def _post(self, call: Call, body: bytes) -> aiohttp.ClientResponse:
        """Sent once, whatever happens: where a connection ends without an answer, a kept one too, the provider may have
        worked on the request all the same, and would bill the same work twice (RFC 9110, 9.2.2).
        """
        # A redirect would carry the key to whatever host it names.
        return await self._ready_session().post(
            f"{call.connection.endpoint}/chat/completions", data=body, headers=_headers(call), allow_redirects=False
        )

    def _ready_session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect)
            # trust_env is off: a proxy variable must not silently route keys and prompts elsewhere.
            self._session = aiohttp.ClientSession(
                timeout=timeout,
                trust_env=False,
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            self._loop = loop
        return self._session

    def _connector(self) -> aiohttp.TCPConnector:
        if self._keep_alive:
            return aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS)
        return aiohttp.TCPConnector(limit=0, force_close=True)


def _headers(call: Call) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
    if call.connection.api_key:
        headers["Authorization"] = f"Bearer {call.connection.api_key}"
    return headers


def _is_stream(response: aiohttp.ClientResponse) -> bool:
    return "json" not in response.headers.get("Content-Type", "")


async def _streamed(
    call: Call, response: aiohttp.ClientResponse, deadline: _Deadline
) -> AsyncGenerator[ChatEvent, None]:
    parser, answer = SseParser(), Answer(call)
    allowed = deadline.timeouts.first_byte
    while not answer.ended:
        async with deadline.within(allowed):
            received = await _read_some(response)
        if not received:
            break
        allowed = deadline.timeouts.idle
        for data in parser.feed(received):
            for event in answer.take(data):
                yield event
    yield answer.finished()
    await _read_to_the_end(response)


async def _read_some(response: aiohttp.ClientResponse) -> bytes:
    """b"" at the end of the body, a torn one included: whether the answer was complete by then, its chunks say."""
    try:
        return await response.content.readany()
    except aiohttp.ClientPayloadError:
        return b""


async def _read_to_the_end(response: aiohttp.ClientResponse) -> None:
    """What follows `[DONE]` is nothing but the end of the body; having read it, the connection can be used again."""
    try:
        async with asyncio.timeout(0.2):
            await response.content.readany()
    except (TimeoutError, aiohttp.ClientError):
        response.close()


async def _in_one_piece(
    call: Call, response: aiohttp.ClientResponse, deadline: _Deadline
) -> AsyncGenerator[ChatEvent, None]:
    async with deadline.within(deadline.timeouts.first_byte):
        body = await _read_at_most(response, LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise BrokenStream(f"it sent an answer of more than {LARGEST_BODY} bytes")
    for event in whole_answer(call, body):
        yield event


async def _read_at_most(response: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    while len(body) < limit and (received := await response.content.readany()):
        body += received
    return bytes(body[:limit])


async def _refusal(
    call: Call, response: aiohttp.ClientResponse, deadline: _Deadline
) -> ModelRefused | ModelUnavailable:
    async with deadline.within(deadline.timeouts.idle):
        body = await _read_at_most(response, LARGEST_ERROR)
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = body.decode("utf-8", errors="replace")
    return failure(call, said, status=response.status, retry_after=response.headers.get("Retry-After"))


def _unreachable(call: Call, error: Exception) -> ModelUnavailable:
    if isinstance(error, aiohttp.ClientPayloadError):
        return ModelUnavailable(f"{call.name} broke off in the middle of its answer.", model=call.name)
    reason = secretless(str(error) or type(error).__name__, call.connection.api_key)
    return ModelUnavailable(f"{call.name} {CANNOT_ANSWER_NOW}: {reason}.", model=call.name)
