"""A web of loopback servers, and a gate that takes them for hosts of the internet."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from loomwork.adapters.egress import EgressGate, EgressPolicy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Web:
    """Serves on loopback. `origin` is allowed; `names` says what addresses names have."""

    def __init__(self) -> None:
        self.runner: web.AppRunner | None = None
        self.port = 0
        self.handlers: dict[str, Handler] = {}
        self.seen: list[web.Request] = []
        self.names: dict[str, list[str]] = {}
        self.asked: list[str] = []

    async def start(self) -> None:
        app = web.Application(client_max_size=20 << 20)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.port = self.runner.addresses[0][1]

    async def lookup(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.names:
            raise OSError(None, "no such name")
        return self.names[host]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"

    def gate(self, *hosts: str) -> EgressGate:
        allow = frozenset(f"{host}:{self.port}" for host in ("127.0.0.1", *hosts))
        return EgressGate(EgressPolicy(allow=allow), lookup=self.lookup)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.seen.append(request)
        return await self.handlers[request.match_info["path"]](request)


@pytest.fixture
async def site() -> AsyncIterator[Web]:
    server = Web()
    await server.start()
    yield server
    assert server.runner is not None
    await server.runner.cleanup()


@pytest.fixture
async def gate(site: Web) -> AsyncIterator[EgressGate]:
    opened = site.gate()
    yield opened
    await opened.close()
