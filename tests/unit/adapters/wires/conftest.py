"""A wire and a provider on loopback that says what it is told to."""

from collections.abc import AsyncIterator

import pytest

from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from tests.unit.adapters.wires.scripted_provider import ScriptedProvider, provider


@pytest.fixture
async def acme() -> AsyncIterator[ScriptedProvider]:
    async with provider() as scripted:
        yield scripted


@pytest.fixture
async def wire() -> AsyncIterator[OpenAIChatWire]:
    wire = OpenAIChatWire()
    yield wire
    await wire.close()
