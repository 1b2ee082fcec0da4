"""The gateway as its neighbours know it: in this process, and over the internal face of an inference service."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp

from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.adapters.remote.line import Line
from loomwork.adapters.remote.models import RemoteLocalModels, RemoteModels
from loomwork.adapters.wires.debug import DebugWire
from loomwork.interface.http.internal.app import InternalOptions, create_internal_app
from loomwork.model_gateway.api import LocalModels, Models
from loomwork.model_gateway.application.gateway import Gateway
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.application.timing import Timing
from loomwork.model_gateway.domain.provider import Catalog, ModelCard, Provider, ProviderCard
from tests.unit.model_gateway.application.routed import (
    ENVIRONMENT,
    CatalogHeld,
    HandClock,
    LedgerInHand,
    RoutesInHand,
    ToldWire,
)
from tests.unit.model_gateway.application.routed import a_catalog as told_catalog
from tests.unit.model_gateway.worlds import StoreInHand, weights

REPO = Path(__file__).resolve().parents[3]
KEY = "the-key-of-this-installation-0123456789"
BEAT = 0.05


@dataclass
class Door:
    """The doors under test. `wire` answers for `acme` and `bolt` as a test tells it."""

    models: Models
    local_models: LocalModels
    wire: ToldWire
    routes: RoutesInHand
    ledger: LedgerInHand


@pytest.fixture(params=["in process", "remote"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    wire, routes, ledger, clock = ToldWire(), RoutesInHand(), LedgerInHand(), HandClock()
    catalog = CatalogHeld(whole_catalog())
    local = LocalWeights(catalog=catalog, store=StoreInHand(), default_model="local/good")
    gateway = Gateway(
        catalog=catalog,
        wires={"openai_chat": wire, "local": wire, "debug": DebugWire()},
        environment=ENVIRONMENT,
        default_model="local/good",
        local=local,
        routes=routes,
        accounts=ledger,
        timing=Timing(clock, lambda: 0.5, clock.sleep),
    )
    if request.param == "in process":
        yield Door(gateway, local, wire, routes, ledger)
    else:
        app = create_internal_app(gateway, local, InternalOptions(key=KEY, beat_seconds=BEAT), ready=_ready)
        async with serving(app) as url:
            line = Line(url, KEY)
            yield Door(RemoteModels(line), RemoteLocalModels(line), wire, routes, ledger)
            await line.close()
    await local.close()
    await gateway.close()


def whole_catalog() -> Catalog:
    """Told models, the shipped debug models, and a local one whose weights can be had."""
    told = told_catalog()
    good = ModelCard(id="good", label="Good", weights=weights("a"))
    local = Provider(ProviderCard(id="local", label="Here", wire="local"), {"good": good})
    return Catalog({**told.providers, "debug": shipped_catalog().providers["debug"], "local": local})


@cache
def shipped_catalog() -> Catalog:
    return CatalogReader([REPO / "catalog" / "providers"]).read()


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """A server on loopback, for as long as the block lasts; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=5)
        )
        task = asyncio.create_task(server._serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


async def _ready() -> dict[str, str | None]:
    return {"catalog": None}
