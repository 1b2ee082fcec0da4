"""Answers of models reach the runs of several workspaces in turns."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from loomwork.adapters.fairness.fair_models import FEW, OPENING, FairChatModels
from loomwork.adapters.fairness.shares import Shares
from loomwork.adapters.fairness.turnstile import Turnstile
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import Scope, embedded_scope
from loomwork.model_gateway.api import ChatEvent, ChatRequest, ModelReference, ResolvedModel, TextDelta

pytestmark = pytest.mark.anyio


class Talkative:
    """A model that says three words, and knows how many were read of it and whether it was let go of."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.closed = 0

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        return ResolvedModel(reference, override or "p/m", None)

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        try:
            for word in ("one", "two", "three"):
                self.read.append(str(scope.workspace_id))
                yield TextDelta(word)
        finally:
            self.closed += 1


REQUEST = ChatRequest(model="p/m", messages=())


async def test_everything_that_a_model_says_is_handed_on(watch: Any) -> None:
    model = Talkative()
    fair = FairChatModels(model, Turnstile(Shares(watch), 1))
    said = [event async for event in fair.chat(embedded_scope(), REQUEST)]
    assert said == [TextDelta("one"), TextDelta("two"), TextDelta("three")]
    resolved = await fair.resolve(embedded_scope(), ModelReference("p", "m"), override="q/n")
    assert resolved.model == "q/n"
    assert model.closed == 1


async def test_the_next_piece_is_not_read_before_the_turn_for_this_one_has_come(watch: Any) -> None:
    shares, model = Shares(watch), Talkative()
    turns = Turnstile(shares, 1)
    fair, crowd = FairChatModels(model, turns), embedded_scope()
    other = replace(crowd, workspace_id=WorkspaceId(new_id()))

    async def hear(scope: Scope) -> None:
        async for _ in fair.chat(scope, REQUEST):
            pass

    async with turns.place(other.workspace_id):
        hearing = [asyncio.create_task(hear(crowd)) for _ in range(10)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(model.read) == 10
        shares.goes_in(crowd.workspace_id)
        watch.go_on(1.0)
        shares.goes_out(crowd.workspace_id)
        last = asyncio.create_task(hear(other))
        await asyncio.sleep(0)
    await last
    assert model.read.count(str(crowd.workspace_id)) <= 13
    # Until nobody's beginning keeps the crowd back.
    await asyncio.sleep(2 * OPENING)
    watch.go_on(1.0)
    await asyncio.gather(*hearing)
    assert model.closed == 11


async def test_whoever_stops_hearing_has_the_call_ended(watch: Any) -> None:
    model = Talkative()
    turns = Turnstile(Shares(watch), 1)
    stream = FairChatModels(model, turns).chat(embedded_scope(), REQUEST)
    assert await anext(stream) == TextDelta("one")
    await stream.aclose()
    assert model.closed == 1
    await asyncio.sleep(0)
    assert turns.is_unused


async def test_calls_of_a_crowd_begin_a_few_at_a_time_while_somebody_else_is_about(watch: Any) -> None:
    shares, model = Shares(watch), Talkative()
    crowd, quiet = embedded_scope().workspace_id, WorkspaceId(new_id())
    shares.goes_in(crowd)
    watch.go_on(1.0)
    shares.goes_out(crowd)
    shares.goes_in(quiet)
    shares.goes_out(quiet)
    watch.go_on(0.1)
    fair = FairChatModels(model, Turnstile(shares, 1))

    async def hear() -> None:
        async for _ in fair.chat(embedded_scope(), REQUEST):
            pass

    hearing = [asyncio.create_task(hear()) for _ in range(6)]
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(model.read) == 3 * FEW
    await asyncio.gather(*hearing)
    assert len(model.read) == 18


async def test_an_answer_is_looked_at_when_its_turn_has_come(watch: Any) -> None:
    asked: list[ChatRequest] = []

    class Asked(Talkative):
        async def chat(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
            asked.append(request)
            assert request.turn is not None
            await request.turn()
            yield TextDelta("now")

    turns = Turnstile(Shares(watch), 1)
    stream = FairChatModels(Asked(), turns).chat(embedded_scope(), REQUEST)
    async with turns.place("somebody"):
        said = asyncio.create_task(anext(stream))
        for _ in range(10):
            await asyncio.sleep(0)
        assert asked
        assert not said.done()
    assert await said == TextDelta("now")
    assert asked == [REQUEST]
    await stream.aclose()
