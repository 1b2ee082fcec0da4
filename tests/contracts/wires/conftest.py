"""Every wire that there is, each with a call that it answers at some length."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.adapters.weights.model_folder import ModelFolder
from loomwork.adapters.wires.debug import DebugWire
from loomwork.adapters.wires.local.servers import LocalServers
from loomwork.adapters.wires.local.wire import LocalWire
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.domain.chat import Message
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.ports import Call, ChatWire
from tests.contracts.wires.dialects import DIALECTS
from tests.unit.adapters.wires.scripted_provider import Script, provider

REPO = Path(__file__).resolve().parents[3]
CACHE = Path(os.environ.get("LOOMWORK_CACHE_DIR") or Path.home() / ".cache" / "loomwork")
MODEL = "qwen2.5-coder-0.5b"
QUESTION = Message("user", "Count from one to ten in words, separated by commas.")
COUNTED = "one, two, three, four, five, six, seven, eight, nine, ten"
COUNTING = {
    "type": "object",
    "properties": {"counted": {"enum": [COUNTED]}},
    "required": ["counted"],
    "additionalProperties": False,
}
"""Leaves a real model no other answer, so that how long it is and how it ends is the same on every machine."""


@dataclass
class Spoken:
    """A wire, and how to ask it: `call(json_schema=...)`."""

    wire: ChatWire
    call: Callable[..., Call]


@pytest.fixture(params=["debug", *DIALECTS, pytest.param("local", marks=pytest.mark.slow)])
async def spoken(request: pytest.FixtureRequest) -> AsyncIterator[Spoken]:
    async with AsyncExitStack() as stack:
        match request.param:
            case "debug":
                yield Spoken(DebugWire(), lambda **more: a_call("debug", "echo", **more))
            case name if name in DIALECTS:
                yield await played(stack, name)
            case _:
                yield await real(stack)


def a_call(provider: str, model: str, **more: Any) -> Call:
    values = {"messages": (QUESTION,), "profile": Profile(structured_output="json_schema"), **more}
    return Call(provider=provider, model=model, **values)


async def played(stack: AsyncExitStack, name: str) -> Spoken:
    acme, dialect = await stack.enter_async_context(provider()), DIALECTS[name]

    def call(**more: Any) -> Call:
        said = dialect.schema if "json_schema" in more else dialect.text
        acme.script = Script([said], content_type=dialect.content_type)
        return a_call("acme", "small", connection=Connection(acme.url, "sk-key"), **more)

    wire = dialect.wire()
    stack.push_async_callback(wire.close)
    return Spoken(wire, call)


async def real(stack: AsyncExitStack) -> Spoken:
    catalog = CatalogReader([REPO / "catalog" / "providers"])
    store = ModelFolder(CACHE / "models", environment=os.environ)
    weights = LocalWeights(catalog=catalog, store=store, default_model=f"local/{MODEL}")
    wire = LocalWire(weights=weights, servers=LocalServers(environment=os.environ))
    stack.push_async_callback(weights.close)
    stack.push_async_callback(wire.close)
    given = {"params": {"temperature": 0}, "json_schema": COUNTING}
    return Spoken(wire, lambda **more: a_call("local", MODEL, **given | more))
