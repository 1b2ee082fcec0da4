"""Runs of several workspaces show their events and go on in turns."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from loomwork.adapters.fairness.fair_log import FairLog
from loomwork.adapters.fairness.shares import Shares
from loomwork.adapters.fairness.turnstile import Turnstile
from loomwork.adapters.storage.memory import MemoryEventLog
from loomwork.engine.events import RunPaused, RunStarted, RunSucceeded
from loomwork.kernel.ids import RunId, WorkspaceId, new_id
from loomwork.kernel.scope import embedded_scope

pytestmark = pytest.mark.anyio


async def test_a_run_of_another_workspace_goes_on_before_the_rest_of_a_crowd() -> None:
    shares = Shares(time.monotonic)
    log = FairLog(MemoryEventLog(), Turnstile(shares, 1))
    crowd = embedded_scope()
    other = replace(crowd, workspace_id=WorkspaceId(new_id()))
    shares.goes_in(crowd.workspace_id)
    shares.goes_out(crowd.workspace_id)
    went: list[str] = []

    async def step(name: str) -> None:
        await log.publish(other if name == "other" else crowd, RunId(name), [RunStarted({}, None, None, seq=1)])
        went.append(name)

    names = [*(f"n{each}" for each in range(9)), "other"]
    await asyncio.gather(*(step(name) for name in names))
    assert went.index("other") <= 2
    assert sorted(went) == sorted(names)


@pytest.mark.parametrize("last", [RunSucceeded({}, None, {}, seq=1), RunPaused((), seq=1)])
async def test_a_run_that_ends_or_rests_takes_no_turn(watch: Any, last: Any) -> None:
    turns = Turnstile(Shares(watch), 1)
    log = FairLog(MemoryEventLog(), turns)
    async with turns.place("somebody"):
        await log.publish(embedded_scope(), RunId("r"), [last])
        await log.publish(embedded_scope(), RunId("r"), [])


async def test_events_are_shown_in_the_turn_of_their_run_and_can_be_followed(watch: Any) -> None:
    turns = Turnstile(Shares(watch), 1)
    log, scope, seen = FairLog(MemoryEventLog(), turns), embedded_scope(), list[Sequence[Any]]()
    async with turns.place("somebody"):
        publishing = asyncio.create_task(log.publish(scope, RunId("r"), [RunStarted({}, None, None, seq=1)]))
        await asyncio.sleep(0)
        assert not publishing.done()
    await publishing
    async for batch in log.follow(scope, RunId("r")):
        seen.append(batch)
        await log.break_off(scope, RunId("r"))
    assert [event["type"] for event in seen[0]] == ["run_started"]
