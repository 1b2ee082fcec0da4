"""A program with a workspace key, speaking OpenAI's API."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI

from tests.unit.interface.http.conftest import BASE
from tests.unit.interface.http.world import World


@pytest.fixture
async def program(build: Callable[..., FastAPI], world: World) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {await world.workspace_key()}"}
    transport = httpx.ASGITransport(build())
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/openai/v1", headers=headers) as client:
        yield client
