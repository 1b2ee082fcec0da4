"""An API on a socket, and a gate that leads to it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from loomwork.adapters.egress import EgressGate
from tests.unit.adapters.openapi.api_server import Api, api_server, gate_to


@pytest.fixture
def api() -> Iterator[Api]:
    with api_server() as served:
        yield served


@pytest.fixture
async def gate(api: Api) -> AsyncIterator[EgressGate]:
    gate = gate_to(api)
    yield gate
    await gate.close()
