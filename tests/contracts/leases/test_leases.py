"""What every `apps.ports.Leases` promises. That the journal heeds them is in its own suite."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from loomwork.adapters.storage.memory import MemoryLeases
from loomwork.adapters.storage.sql import Storage, open_storage
from loomwork.apps.ports import Leases
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


@pytest.fixture(params=["memory", "sql"])
def leases(request: pytest.FixtureRequest, storage: Storage, clock: Clock) -> Leases:
    return MemoryLeases(clock) if request.param == "memory" else storage.leases


@pytest.fixture
async def run_id(storage: Storage, ours: Scope, make: Any) -> RunId:
    app = make.app()
    await storage.apps.add(ours, app)
    run = make.run(app, status="running")
    await storage.runs.add(ours, run)
    return RunId(run.id)


async def test_one_of_many_owners_gets_the_run(leases: Leases, ours: Scope, run_id: RunId) -> None:
    takes = (leases.take(ours, run_id, owner=f"owner {number}", seconds=30) for number in range(20))
    epochs = await asyncio.gather(*takes)
    assert sorted(epochs, key=str) == [1, *[None] * 19]


async def test_two_processes_that_race_do_not_both_get_the_run(
    storage: Storage, ours: Scope, run_id: RunId, url: str, clock: Any
) -> None:
    other = await open_storage(url, clock=clock)
    for round_number in range(1, 6):
        takes = [
            each.leases.take(ours, run_id, owner=owner, seconds=30)
            for owner, each in (("one", storage), ("other", other))
        ]
        epochs = await asyncio.gather(*takes)
        assert sorted(epochs, key=str) == [round_number, None]
        clock.advance(timedelta(seconds=31))
    await other.close()


async def test_a_lease_keeps_others_out_until_it_runs_out(
    leases: Leases, ours: Scope, run_id: RunId, clock: Any
) -> None:
    assert await leases.take(ours, run_id, owner="one", seconds=30) == 1
    clock.advance(timedelta(seconds=29.9))
    assert await leases.take(ours, run_id, owner="other", seconds=30) is None
    clock.advance(timedelta(seconds=0.1))
    assert await leases.take(ours, run_id, owner="other", seconds=30) == 2
    assert await leases.take(ours, run_id, owner="one", seconds=30) is None


async def test_an_owner_takes_anew_what_it_holds_and_loses_the_old_epoch(
    leases: Leases, ours: Scope, run_id: RunId
) -> None:
    """A process that was killed and started again with its old name need not wait."""
    assert await leases.take(ours, run_id, owner="one", seconds=30) == 1
    assert await leases.take(ours, run_id, owner="one", seconds=30) == 2
    assert not await leases.renew(ours, run_id, epoch=1, seconds=30)
    assert await leases.renew(ours, run_id, epoch=2, seconds=30)


async def test_renewing_counts_from_now_on(leases: Leases, ours: Scope, run_id: RunId, clock: Any) -> None:
    epoch = await leases.take(ours, run_id, owner="one", seconds=30) or 0
    clock.advance(timedelta(seconds=20))
    assert await leases.renew(ours, run_id, epoch=epoch, seconds=30)
    clock.advance(timedelta(seconds=29))
    assert await leases.take(ours, run_id, owner="other", seconds=30) is None
    clock.advance(timedelta(seconds=1))
    assert await leases.take(ours, run_id, owner="other", seconds=30) == 2


async def test_a_lease_that_ran_out_can_be_renewed_only_while_nobody_took_the_run(
    leases: Leases, ours: Scope, run_id: RunId, clock: Any
) -> None:
    assert await leases.take(ours, run_id, owner="one", seconds=30) == 1
    clock.advance(timedelta(hours=1))
    assert await leases.renew(ours, run_id, epoch=1, seconds=30)
    clock.advance(timedelta(hours=1))
    assert await leases.take(ours, run_id, owner="other", seconds=30) == 2
    assert not await leases.renew(ours, run_id, epoch=1, seconds=30)


async def test_a_released_run_is_free_at_once_and_its_epochs_go_on(leases: Leases, ours: Scope, run_id: RunId) -> None:
    assert await leases.take(ours, run_id, owner="one", seconds=30) == 1
    await leases.release(ours, run_id, epoch=1)
    assert not await leases.renew(ours, run_id, epoch=1, seconds=30)
    assert await leases.take(ours, run_id, owner="other", seconds=30) == 2
    await leases.release(ours, run_id, epoch=2)
    assert await leases.take(ours, run_id, owner="one", seconds=30) == 3


async def test_releasing_what_is_somebody_else_s_by_now_changes_nothing(
    leases: Leases, ours: Scope, run_id: RunId, clock: Any
) -> None:
    assert await leases.take(ours, run_id, owner="one", seconds=30) == 1
    clock.advance(timedelta(seconds=30))
    assert await leases.take(ours, run_id, owner="other", seconds=30) == 2
    await leases.release(ours, run_id, epoch=1)
    assert await leases.take(ours, run_id, owner="one", seconds=30) is None
    assert await leases.renew(ours, run_id, epoch=2, seconds=30)


async def test_a_run_that_nobody_took_can_be_neither_renewed_nor_released(
    leases: Leases, ours: Scope, run_id: RunId
) -> None:
    assert not await leases.renew(ours, run_id, epoch=1, seconds=30)
    await leases.release(ours, run_id, epoch=1)
    assert await leases.take(ours, run_id, owner="one", seconds=30) == 1


async def test_another_workspace_cannot_touch_a_lease(
    storage: Storage, ours: Scope, theirs: Scope, run_id: RunId
) -> None:
    assert await storage.leases.take(ours, run_id, owner="one", seconds=30) == 1
    for unknown in (run_id, RunId("never"), RunId("\ud800")):
        with pytest.raises(NotFound):
            await storage.leases.take(theirs, unknown, owner="one", seconds=30)
        assert not await storage.leases.renew(theirs, unknown, epoch=1, seconds=30)
        await storage.leases.release(theirs, unknown, epoch=1)
    assert await storage.leases.renew(ours, run_id, epoch=1, seconds=30)


async def test_a_lease_outlives_the_process_that_took_it(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], ours: Scope, run_id: RunId, clock: Any
) -> None:
    assert await storage.leases.take(ours, run_id, owner="killed", seconds=30) == 1
    again = (await reopened()).leases
    assert await again.take(ours, run_id, owner="other", seconds=30) is None
    clock.advance(timedelta(seconds=30))
    assert await again.take(ours, run_id, owner="other", seconds=30) == 2


async def test_whoever_never_let_go_of_a_run_that_came_no_further_has_died_over_it(
    leases: Leases, ours: Scope, run_id: RunId, clock: Any
) -> None:
    async def taken(progress: int) -> int:
        epoch = await leases.take(ours, run_id, owner="one", seconds=30) or 0
        return await leases.deaths(ours, run_id, epoch=epoch, progress=progress)

    assert [await taken(3) for _ in range(4)] == [0, 1, 2, 3]
    assert [await taken(5) for _ in range(3)] == [1, 2, 3]
    clock.advance(timedelta(seconds=31))
    epoch = await leases.take(ours, run_id, owner="other", seconds=30) or 0
    assert await leases.deaths(ours, run_id, epoch=epoch, progress=5) == 4
    await leases.release(ours, run_id, epoch=epoch)
    assert await taken(5) == 4
    assert await leases.deaths(ours, run_id, epoch=epoch, progress=5) == 0
