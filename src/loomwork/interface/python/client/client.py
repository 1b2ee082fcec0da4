"""The client itself: connections, errors, and trying again where nothing can happen twice."""

import asyncio
import os
import uuid
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp
import orjson

from loomwork.engine.events import TERMINAL
from loomwork.interface.python.client.asking import given
from loomwork.interface.python.client.errors import ServerRefused, ServerUnreachable
from loomwork.interface.python.client.operations import AsyncOperations, Operations
from loomwork.interface.python.client.stream import Sent, sent_events
from loomwork.interface.python.loop_thread import LoopThread
from loomwork.kernel.errors import InvalidInput, LoomworkError

T = TypeVar("T")

PREFIX = "/api/v1"
LONGEST_PAUSE = 30.0
"""Seconds that a server may ask a client to wait before it tries again; what asks for more is handed on."""

_PASSING = frozenset({429, 502, 503, 504})
"""Statuses that may be another in a moment."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    retry_after: float | None
    content: bytes


class AsyncClient(AsyncOperations):
    """A Loomwork server, for programs that `await`.

    `url` is the server's (`http://127.0.0.1:8700`), `key` one that `loomwork keys create` makes (`lw-...`); `workspace`
    is the one that is meant, by id or slug, where a key opens several. Every answer is the server's JSON. What it
    refuses raises `ServerRefused` with its `code`; where nothing answers, `ServerUnreachable`. Requests that can be
    repeated without harm are, up to `retries` times; those that make something carry an `Idempotency-Key`, so they can.
    """

    def __init__(
        self, url: str, key: str, *, workspace: str | None = None, timeout: float = 60.0, retries: int = 2
    ) -> None:
        """`timeout`: seconds that one answer may take. Raises `InvalidInput` for an address or a key that is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InvalidInput(f"A server's address is such as http://127.0.0.1:8700, not {url[:80]!r}.")
        if not (key.isascii() and key.isprintable() and key):
            raise InvalidInput("The key holds characters that no key has.")
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        if workspace is not None:
            self._headers["X-Loomwork-Workspace"] = workspace
        self._timeout = timeout
        self._retries = retries
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections; the next request opens others."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """Ask by method and path (`GET`, `/apps`), for what a server of another release has and this client does not:
        the JSON of the answer, None where it has none.
        """
        return await self._ask(method, path, query=query, body=body)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | bytes | None = None,
        creates: bool = False,
    ) -> Any:
        headers = {"Idempotency-Key": str(uuid.uuid4())} if creates else {}
        content = await self._sent(method, path, query, {**headers, **(header or {})}, body)
        if not content:
            return None
        try:
            return orjson.loads(content)
        except ValueError:
            raise ServerUnreachable(f"What answers at {self.url} is no Loomwork server.") from None

    async def _ask_text(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
    ) -> str:
        return (await self._sent(method, path, query, header or {}, None)).decode()

    async def _sent(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, Any],
        body: Mapping[str, Any] | bytes | None,
    ) -> bytes:
        again = self._retries if method != "POST" or "Idempotency-Key" in headers else 0
        for attempt in range(again + 1):
            last = attempt == again
            try:
                answer = await self._once(method, path, query, headers, body)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if last:
                    raise ServerUnreachable(f"{self.url} does not answer: {self._reason(error)}.") from None
                await asyncio.sleep(_pause(attempt))
                continue
            pause = answer.retry_after if answer.retry_after is not None else _pause(attempt)
            if answer.status < 400:
                return answer.content
            if last or answer.status not in _PASSING or pause > LONGEST_PAUSE:
                raise self._refusal(answer.status, answer.content)
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, Any],
        body: Mapping[str, Any] | bytes | None,
    ) -> _Answer:
        timeout = aiohttp.ClientTimeout(total=self._timeout)
        sent = self._open().request(
            method,
            f"{self.url}{PREFIX}{path}",
            params=_as_query(query),
            headers=_as_text(headers),
            **_as_body(body),
            timeout=timeout,
            allow_redirects=False,
        )
        async with sent as response:
            return _Answer(response.status, _seconds(response.headers.get("Retry-After")), await response.read())

    async def _download(self, path: str, *, query: Mapping[str, Any] | None = None) -> AsyncGenerator[bytes, None]:
        # Asked once: what was handed on already cannot be taken back.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=self._timeout)
        opened = self._open().get(f"{self.url}{PREFIX}{path}", params=_as_query(query), timeout=timeout)
        try:
            async with opened as response:
                if response.status >= 400:
                    raise self._refusal(response.status, await response.read())
                async for piece in response.content.iter_any():
                    yield piece
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ServerUnreachable(f"{self.url} does not go on: {self._reason(error)}.") from None

    async def _follow(
        self, path: str, *, query: Mapping[str, Any] | None = None, header: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Any, None]:
        # A break costs an attempt only where nothing came since the last one.
        headers, attempt = dict(header or {}), 0
        while True:
            try:
                async for event in self._events(path, query, headers):
                    headers["Last-Event-ID"], attempt = event.id, 0
                    yield event.data
                    if event.data["type"] in TERMINAL:
                        return
                reason = "the stream broke off"
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                reason = self._reason(error)
            if attempt == self._retries:
                raise ServerUnreachable(f"{self.url} does not go on: {reason}.")
            await asyncio.sleep(_pause(attempt))
            attempt += 1

    async def _events(
        self, path: str, query: Mapping[str, Any] | None, headers: Mapping[str, Any]
    ) -> AsyncGenerator[Sent, None]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=self._timeout)
        address = f"{self.url}{PREFIX}{path}"
        opened = self._open().get(address, params=_as_query(query), headers=_as_text(headers), timeout=timeout)
        async with opened as response:
            if response.status >= 400:
                raise self._refusal(response.status, await response.read())
            async for event in sent_events(response.content.iter_any()):
                if event.name == "error":
                    raise self._refusal(response.status, orjson.dumps(event.data))
                yield event

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers)
        return self._session

    def _refusal(self, status: int, content: bytes) -> LoomworkError:
        try:
            error = orjson.loads(content)["error"]
            return ServerRefused(str(error["code"]), str(error["message"]), status=status, details=error.get("details"))
        except (ValueError, KeyError, TypeError, AttributeError):
            return ServerUnreachable(f"What answers at {self.url} is no Loomwork server (status {status}).")

    def _reason(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"nothing came for {self._timeout:g} seconds"
        number = getattr(error, "errno", None)
        return os.strerror(number) if number else str(error).rstrip(".") or type(error).__name__


class Client(Operations):
    """The same server, for programs that do not `await`: see `AsyncClient`. Its connections live in a thread of its
    own; `close`, or the end of a `with`, ends it.
    """

    def __init__(
        self, url: str, key: str, *, workspace: str | None = None, timeout: float = 60.0, retries: int = 2
    ) -> None:
        self._client = AsyncClient(url, key, workspace=workspace, timeout=timeout, retries=retries)
        self._thread = LoopThread(self._client.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections and of the thread."""
        self._thread.close()

    @property
    def _asking(self) -> AsyncOperations:
        return self._client

    def _wait(self, answer: Coroutine[Any, Any, T]) -> T:
        return self._thread.wait(answer)

    def _each(self, items: AsyncGenerator[T, None]) -> Iterator[T]:
        try:
            with suppress(StopAsyncIteration):
                while True:
                    yield self._thread.wait(_next(items))
        finally:
            self._thread.wait(items.aclose())


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await anext(items)


def _pause(attempt: int) -> float:
    """Seconds before the next attempt."""
    return float(0.2 * 2**attempt)


def _seconds(word: str | None) -> float | None:
    return float(word) if word is not None and word.isdecimal() else None


def _as_text(parts: Mapping[str, Any] | None) -> dict[str, str]:
    """As a header says them; null is left out, and yes is `true`."""
    return {name: _word(value) for name, value in given(parts or {}).items() if value is not None}


def _as_body(body: Mapping[str, Any] | bytes | None) -> dict[str, Any]:
    """Bytes go under the type that says nothing of them."""
    return {"data": body} if isinstance(body, bytes) else {"json": body}


def _as_query(parts: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """As an address says them: as headers do, but a list once for each of its items."""
    return [
        (name, _word(item))
        for name, value in given(parts or {}).items()
        if value is not None
        for item in (value if isinstance(value, list | tuple) else [value])
    ]


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
