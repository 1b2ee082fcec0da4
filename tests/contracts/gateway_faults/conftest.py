"""The gateway over real sockets, before a provider that does what it is told, with somebody to fall back to."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from loomwork.adapters.storage.memory.routes import MemoryRouteStore
from loomwork.adapters.wires.debug import DebugWire
from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.model_gateway.api import ChatEvent, ChatRequest, Finished, ModelFailure, Patience, Route, Share, TextDelta
from loomwork.model_gateway.application.gateway import Gateway
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.application.timing import Timing
from loomwork.model_gateway.domain.connection import StoredCredential
from loomwork.model_gateway.domain.provider import Catalog, Credential, ModelCard, Provider, ProviderCard
from tests.unit.adapters.wires.scripted_provider import ScriptedProvider, provider
from tests.unit.model_gateway.application.routed import SCOPE, CatalogHeld, HandClock, KeysInHand, LedgerInHand, asking
from tests.unit.model_gateway.worlds import StoreInHand

KEY = "sk-very-secret-key-0123456789"
GENEROUS = Patience(connect=60, first_token=60, idle=60, total=240)


@dataclass
class Outcome:
    """What came of one call: the text that was passed on, and how it ended."""

    text: str
    finished: Finished | None
    failure: ModelFailure | None


class Faulty:
    """`acme` is the scripted provider, `debug/echo` the one to fall back to. Pauses cost no time."""

    def __init__(self, scripted: ScriptedProvider) -> None:
        self.scripted = scripted
        self.clock = HandClock()
        self.keys = KeysInHand()
        self.ledger = LedgerInHand()
        self.routes = MemoryRouteStore()
        self.catalog = CatalogHeld()
        self.point_at(scripted.url)
        self.gateway = Gateway(
            catalog=self.catalog,
            wires={"openai_chat": OpenAIChatWire(), "debug": DebugWire()},
            environment={"ACME_KEY": KEY},
            default_model="debug/echo",
            local=LocalWeights(catalog=self.catalog, store=StoreInHand(), default_model="debug/echo"),
            credentials=self.keys,
            routes=self.routes,
            accounts=self.ledger,
            timing=Timing(self.clock, lambda: 0.5, self.clock.sleep),
        )

    def point_at(self, url: str) -> None:
        """Where acme is."""
        acme = ProviderCard(
            id="acme",
            label="Acme",
            wire="openai_chat",
            endpoint=url,
            credentials={"api_key": Credential(env="ACME_KEY")},
            open_ended=True,
        )
        debug = ProviderCard(id="debug", label="Debug", wire="debug", open_ended=True)
        self.catalog.catalog = Catalog(
            {"acme": Provider(acme, {"small": ModelCard(id="small", label="Small")}), "debug": Provider(debug)}
        )

    def store_keys(self, *names: str) -> None:
        self.keys.keys["acme"] = [StoredCredential(name, None, {"api_key": f"sk-{name}"}) for name in names]

    async def ask(self, *, patience: Patience = GENEROUS, fallbacks: Sequence[str] = ()) -> Outcome:
        await self.routes.put(SCOPE, Route("it", [Share("acme/small")], patience=patience))
        return await self._heard(asking("route/it", fallbacks=fallbacks))

    async def ask_for_all_at_once(self, *, fallbacks: Sequence[str] = ()) -> Outcome:
        """Without a route, whose patience is with pieces."""
        return await self._heard(asking("acme/small", fallbacks=fallbacks, whole=True))

    async def _heard(self, request: ChatRequest) -> Outcome:
        events: list[ChatEvent] = []
        failure = None
        try:
            async for event in self.gateway.chat(SCOPE, request):
                events.append(event)  # noqa: PERF401 - what came before a failure counts
        except ModelFailure as error:
            failure = error
        finished = [event for event in events if isinstance(event, Finished)]
        assert len(finished) == (1 if failure is None else 0)
        text = "".join(event.text for event in events if isinstance(event, TextDelta))
        return Outcome(text, finished[0] if finished else None, failure)


@pytest.fixture
async def faulty() -> AsyncIterator[Faulty]:
    async with provider() as scripted:
        world = Faulty(scripted)
        yield world
        await world.gateway.close()
