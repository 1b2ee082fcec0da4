"""The way to a service of the same installation: questions are posted, answers come as lines of JSON."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from io import BytesIO
from typing import Any

import aiohttp
import orjson

from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.exchange import BrokenExchange, line_of, value_of

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 30.0
"""Without a word or a sign of life, which comes every five seconds, nobody is there any more."""
KEPT_SECONDS = 30.0
"""How long an idle connection is kept: less than the service keeps it."""
LARGEST_LINE = 256 * 1024 * 1024
"""Bytes: vectors of some ten thousand texts, or pictures in base64, stand in one line."""
LARGE = 256 * 1024
PATH = "/internal/v1/models/"


class Line:
    """Belongs to the event loop that it is first used in. No address, key or word of a question is in any message.
    `path` is where the methods of the service are, and `service` what it is called in sentences.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        silent_seconds: float = SILENT_SECONDS,
        path: str = PATH,
        service: str = "inference service",
    ) -> None:
        self._url = url.rstrip("/")
        self._path = path
        self._service = service
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        self._silent_seconds = silent_seconds
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
        """The values of the lines, as they come. Closing it ends the work on the other side.

        Raises `ModelUnavailable` for a service that cannot be reached, refuses us, dies or falls silent; that the
        lines are all there, whoever reads them must see.
        """
        body = line_of(arguments)
        try:
            response = await self._posted(method, body)
            try:
                await self._check(response)
                async with aclosing(self._lines(response)) as lines:
                    async for line in lines:
                        yield value_of(line)
            finally:
                _let_go(response)
        except BrokenExchange as problem:
            raise self._unusable(str(problem)) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._gone(error) from None

    async def problem(self, seconds: float = 2.0) -> str | None:
        """What keeps the service from being used, in a sentence that strangers may read."""
        try:
            async with asyncio.timeout(seconds), self._ready_session().get(f"{self._url}/ready") as response:
                if response.status != 200:
                    return f"The {self._service} is not ready; its own /ready says why."
        except (aiohttp.ClientError, OSError, TimeoutError):
            return f"The {self._service} cannot be reached."
        return None

    async def close(self) -> None:
        """Close what is connected. Used again afterwards, it begins afresh."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _posted(self, method: str, body: bytes) -> aiohttp.ClientResponse:
        """A service that lives answers at once, whatever it is asked."""
        async with asyncio.timeout(self._silent_seconds):
            return await self._ready_session().post(
                f"{self._url}{self._path}{method}",
                # Bytes as such are written in one go, which large ones must not be.
                data=BytesIO(body) if len(body) > LARGE else body,
                headers=self._headers,
                allow_redirects=False,
            )

    async def _lines(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytearray, None]:
        waiting = bytearray()
        while received := await self._more(response):
            waiting += received
            if b"\n" in received:
                *whole, waiting = waiting.split(b"\n")
                for line in filter(None, whole):
                    yield line
            elif len(waiting) > LARGEST_LINE:
                raise BrokenExchange("a line without an end")
        if waiting:
            raise BrokenExchange("a line that is cut off")

    async def _more(self, response: aiohttp.ClientResponse) -> bytes:
        async with asyncio.timeout(self._silent_seconds):
            return await response.content.readany()

    def _ready_session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                # A proxy variable must not route questions of the house through others.
                trust_env=False,
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            )
        return self._session

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        """Raises `ModelUnavailable` unless the question was understood."""
        if response.status == 200:
            return
        if response.status in (401, 403):
            raise ModelUnavailable(
                f"The {self._service} does not let us in: LOOMWORK_INTERNAL_KEY has to be the same on both sides.",
                cause="not_configured",
            )
        raise self._unusable(await _said(response))

    def _unusable(self, problem: str) -> ModelUnavailable:
        return ModelUnavailable(f"The {self._service} cannot be used: {problem.rstrip('.')}.", cause="bad_answer")

    def _gone(self, error: Exception) -> ModelUnavailable:
        if isinstance(error, aiohttp.ClientConnectorError):
            return ModelUnavailable(f"The {self._service} cannot be reached.", cause="outage")
        if isinstance(error, TimeoutError):
            return ModelUnavailable(f"The {self._service} does not give a sign of life any more.", cause="outage")
        return ModelUnavailable(f"The {self._service} broke off before its answer was complete.", cause="outage")


async def _said(response: aiohttp.ClientResponse) -> str:
    try:
        return str(orjson.loads(await response.content.read(65_536))["error"]["message"])[:1000]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return f"it answered with the status {response.status}"


def _let_go(response: aiohttp.ClientResponse) -> None:
    if response.content.at_eof():
        response.release()
    else:
        response.close()
