"""A budget that a crowd of calls runs into, through the gateway as it is served."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime
from decimal import Decimal

from loomwork.adapters.storage.sql import Storage
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    Budget,
    BudgetExceeded,
    ChatEvent,
    ChatRequest,
    Finished,
    Message,
    TextDelta,
    Usage,
)
from loomwork.model_gateway.application.gateway import Gateway
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.domain.provider import Catalog, ModelCard, Price, Provider, ProviderCard, Source
from loomwork.model_gateway.ports import Call
from tests.unit.model_gateway.worlds import StoreInHand

CALLS, ALLOWED = 500, 100
EACH = Decimal("0.01")
PRICE = Price(
    input=Decimal(0),
    output=EACH,
    per=1,
    source=Source(url="https://acme.example.com/prices", read=date(2026, 1, 1)),
)


class OneCatalog:
    def read(self) -> Catalog:
        card = ProviderCard(id="acme", label="Acme", wire="openai_chat", endpoint="https://acme.example.com/v1")
        return Catalog({"acme": Provider(card, {"small": ModelCard(id="small", label="Small", price=PRICE)})})


class CountingWire:
    """A provider that bills a token for each answer, and takes its time."""

    def __init__(self) -> None:
        self.billed = 0

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        self.billed += 1
        for _ in range(3):
            await asyncio.sleep(0)
        yield TextDelta("ok")
        yield Finished("stop", Usage(prompt_tokens=7, completion_tokens=1))

    async def close(self) -> None:
        pass


async def test_five_hundred_parallel_calls_spend_no_more_than_a_budget_for_a_hundred(
    storage: Storage, ours: Scope
) -> None:
    limit = ALLOWED * EACH
    catalog, wire = OneCatalog(), CountingWire()
    gateway = Gateway(
        catalog=catalog,
        wires={"openai_chat": wire},
        environment={},
        default_model="acme/small",
        local=LocalWeights(catalog=catalog, store=StoreInHand(), default_model="acme/small"),
        routes=storage.routes,
        accounts=storage.accounts,
    )
    await storage.accounts.put_budget(ours, Budget("b", "workspace", ours.workspace_id, "money", "total", limit))
    request = ChatRequest("acme/small", [Message("user", "Hm?")], {"max_tokens": 1})

    async def ask() -> bool:
        try:
            async for _ in gateway.chat(ours, request):
                pass
        except BudgetExceeded:
            return False
        return True

    answered = sum(await asyncio.gather(*(ask() for _ in range(CALLS))))
    await gateway.close()
    assert answered == wire.billed == ALLOWED
    (state,) = await storage.accounts.budgets(ours)
    assert (state.spent, state.reserved) == (limit, Decimal(0))
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    (total,) = await storage.accounts.totals(ours, since=since, until=until, by="model")
    assert total.cost.amount == ALLOWED * EACH
