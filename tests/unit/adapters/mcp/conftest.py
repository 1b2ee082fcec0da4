"""A server of MCP on a socket, and a gate that leads to it."""

from collections.abc import AsyncIterator

import pytest

from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.mcp.server import McpServer
from tests.unit.adapters.mcp.mcp_server import Served, served


@pytest.fixture
async def far() -> AsyncIterator[Served]:
    async with served() as server:
        yield server


@pytest.fixture
async def gate(far: Served) -> AsyncIterator[EgressGate]:
    gate = EgressGate(EgressPolicy(allow=frozenset({f"127.0.0.1:{far.port}"})))
    yield gate
    await gate.close()


@pytest.fixture
def server(far: Served) -> McpServer:
    return McpServer(far.url, "Far", {"Authorization": "Bearer secret-token"}, timeout=20.0)
