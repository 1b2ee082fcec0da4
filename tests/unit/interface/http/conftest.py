"""The HTTP face over a world in memory, reached in process or over a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions

from .world import World

BASE = "http://127.0.0.1:8700"


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
def build(world: World) -> Callable[..., FastAPI]:
    def build_with(**options: Any) -> FastAPI:
        return create_http_app(world.services, HttpOptions(version="0.1.0", **options))

    return build_with


@pytest.fixture
async def client(build: Callable[..., FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody in particular."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build()), base_url=BASE) as client:
        yield client


@pytest.fixture
async def api(build: Callable[..., FastAPI], world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A script with a workspace key."""
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build()), base_url=BASE, headers=headers) as client:
        yield client


@pytest.fixture
async def console(build: Callable[..., FastAPI], world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with a session."""
    cookies = {"loomwork_session": await world.session()}
    headers = {"X-Loomwork-CSRF": "1"}
    transport = httpx.ASGITransport(build())
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers, cookies=cookies) as client:
        yield client


@pytest.fixture
async def served(build: Callable[..., FastAPI]) -> AsyncIterator[str]:
    """The address of a real server with short heartbeats."""
    config = uvicorn.Config(
        build(heartbeat_seconds=0.05, ping_seconds=0.05), log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve([listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task
