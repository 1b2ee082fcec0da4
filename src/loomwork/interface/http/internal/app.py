"""The internal face as an application: `/internal/v1/models/<method>` behind its guard, `/health` and `/ready`.

A method is posted its arguments by name as one JSON object, the `scope` among them, and answers with lines
(`model_gateway/domain/exchange.py`); what goes wrong once the question is understood is told in the last one.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from loomwork.interface.http.edge import BodyLimit, HostGuard
from loomwork.interface.http.errors import CatchUnexpected, error_response, json_response
from loomwork.interface.http.internal.guard import InternalGuard
from loomwork.interface.http.internal.models import Answer, ModelMethods
from loomwork.interface.http.internal.plugins import CodeDoor, PluginMethods
from loomwork.interface.http.internal.telling import Telling
from loomwork.interface.http.services import ReadyProbe
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.model_gateway.api import BrokenExchange, LocalModels, Models, value_of
from loomwork.plugins.api import Plugins
from loomwork.tools.api import Tools

log = logging.getLogger(__name__)

PREFIX = "/internal/v1"
BODY_LIMIT = 64_000_000
"""Bytes of a question: a recording or pictures in base64, and thousands of texts."""
_PROBE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class InternalOptions:
    """`host` is the address that the server is bound to. Without a `key` it answers only to names of this machine.
    `beat_seconds`: after how long without a word a hearer is given a sign of life.
    """

    host: str = "127.0.0.1"
    key: str | None = None
    beat_seconds: float = 5.0

    def __repr__(self) -> str:
        return f"InternalOptions(host={self.host!r})"


def create_internal_app(
    models: Models, local_models: LocalModels, options: InternalOptions, *, ready: ReadyProbe
) -> ASGIApp:
    """Build the application that the inference server serves. Nothing is started."""
    return _internal_app("inference", "models", ModelMethods(models, local_models).by_name, options, ready)


def create_plugins_app(
    tools: Tools, plugins: Plugins, code: CodeDoor, options: InternalOptions, *, ready: ReadyProbe
) -> ASGIApp:
    """Build the application that the server of tools, plugins and code serves. Nothing is started."""
    return _internal_app("plugins", "plugins", PluginMethods(tools, plugins, code).by_name, options, ready)


def _internal_app(
    server: str, path: str, by_name: Mapping[str, Answer], options: InternalOptions, ready: ReadyProbe
) -> ASGIApp:
    methods = InternalGuard(MethodDoor(by_name, options), key=options.key)

    async def read_readiness(_request: Request) -> Response:
        return await _readiness(ready)

    async def read_health(_request: Request) -> Response:
        return json_response({"status": "ok", "server": f"loomwork-{server}"})

    routes = [
        Route("/health", read_health),
        Route("/ready", read_readiness),
        Mount(f"{PREFIX}/{path}", methods),
    ]
    edge = [Middleware(CatchUnexpected)]
    if options.key is None:
        edge.append(Middleware(HostGuard, bound_host=options.host, allowed=frozenset()))
    edge.append(Middleware(BodyLimit, limit_of=lambda _path: BODY_LIMIT))
    return Starlette(routes=routes, middleware=edge, exception_handlers={HTTPException: _on_http_error})


class MethodDoor:
    """Hands each question to the method of its address."""

    def __init__(self, by_name: Mapping[str, Answer], options: InternalOptions) -> None:
        self._by_name = by_name
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = self._by_name.get(scope["path"].rpartition("/")[2])
        if answer is None or request.method != "POST":
            raise NotFound("There is no such method here. Both sides have to be of one release.")
        try:
            lines = answer(_arguments(await request.body()))
        except BrokenExchange as problem:
            raise InvalidInput(f"This question cannot be understood: {problem}.") from None
        await Telling(receive, send, every=self._options.beat_seconds).tell(lines)


def _arguments(body: bytes) -> Mapping[str, Any]:
    asked = value_of(body)
    if not isinstance(asked, dict):
        raise BrokenExchange("it is no JSON object")
    return asked


async def _readiness(ready: ReadyProbe) -> Response:
    parts = await _parts(ready)
    problems = {part: problem for part, problem in parts.items() if problem is not None}
    body = {"ready": not problems, "parts": {part: part not in problems for part in parts}, "problems": problems}
    return json_response(body, 503 if problems else 200)


async def _parts(ready: ReadyProbe) -> Mapping[str, str | None]:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            return await ready()
    except Exception as error:  # noqa: BLE001 - whatever keeps the probe from answering keeps us from being ready
        log.warning("The readiness probe failed: %s", type(error).__name__)
        return {"server": "The server could not find out how it stands; its log says why."}


async def _on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = "body_too_large" if error.status_code == 413 else "not_found"
    return error_response(error.status_code, code, str(error.detail), headers=error.headers)
