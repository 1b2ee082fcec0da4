"""What a process said was committed is there after `kill -9`, whole; whoever takes its run shuts it out."""

import asyncio
import signal
import sys
from datetime import timedelta
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.engine.events import TextChunk
from loomwork.engine.ports import Batch, LeaseLost, Record
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope

WRITER = """
import asyncio
import sys

from loomwork.adapters.storage.sql import open_storage
from loomwork.engine.events import TextChunk
from loomwork.engine.ports import Batch, Record
from loomwork.kernel.ids import RunId, WorkspaceId
from loomwork.kernel.scope import SYSTEM, Scope


async def write(url, workspace_id, run_ids):
    storage = await open_storage(url)
    scope = Scope(WorkspaceId(workspace_id), SYSTEM)

    async def advance(run_id):
        epoch = await storage.leases.take(scope, run_id, owner="killed", seconds=30)
        for number in range(1, 1_000_000):
            events = [TextChunk("word", seq=2 * number + k - 1) for k in range(2)]
            batch = Batch([Record(number, "said", 2 * number - 2, 0.5)], events, epoch)
            await storage.journal.commit(scope, run_id, batch)
            print(run_id, number, flush=True)

    await asyncio.gather(*(advance(RunId(run_id)) for run_id in run_ids))


asyncio.run(write(*sys.argv[1:3], sys.argv[3:]))
"""


async def start_runs(storage: Storage, scope: Scope, make: Any, count: int) -> list[RunId]:
    app = make.app()
    await storage.apps.add(scope, app)
    made = [make.run(app, status="running") for _ in range(count)]
    for run in made:
        await storage.runs.add(scope, run)
    return [RunId(run.id) for run in made]


@pytest.mark.parametrize(("lines", "runs"), [(1, 5), (7, 5), (40, 5), (1, 1), (40, 1), (700, 1)])
async def test_nothing_that_was_said_to_be_committed_is_lost(
    storage: Storage, ours: Scope, make: Any, url: str, clock: Any, lines: int, runs: int
) -> None:
    """Several runs share the transactions of a thread; SQLite commits a run that is alone in the event loop."""
    run_ids = await start_runs(storage, ours, make, runs)
    command = (sys.executable, "-c", WRITER, url, ours.workspace_id, *run_ids)
    writer = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert writer.stdout is not None
    said = [await writer.stdout.readline() for _ in range(lines)]
    writer.send_signal(signal.SIGKILL)
    rest = await writer.stdout.read()
    await writer.wait()
    told = dict.fromkeys(run_ids, 0)
    for line in [*said, *(line for line in rest.splitlines(keepends=True) if line.endswith(b"\n"))]:
        run_id, number = line.decode().split()
        told[RunId(run_id)] = int(number)
    assert sum(told.values()) >= lines

    # The writer's clock is the machine's, which is ahead of the one that tests set.
    clock.advance(timedelta(days=365 * 1000))
    for run_id, last_told in told.items():
        epoch = await storage.leases.take(ours, run_id, owner="next", seconds=30)
        records = await storage.journal.records(ours, run_id)
        events = [event["seq"] async for batch in storage.journal.events(ours, run_id) for event in batch]
        assert len(records) >= last_told
        assert [record.number for record in records] == list(range(1, len(records) + 1))
        assert events == list(range(1, 2 * len(records) + 1))
        stale = Batch([Record(0, "said", 0, 0.0)], [TextChunk("late", seq=len(events) + 1)], (epoch or 0) - 1)
        with pytest.raises(LeaseLost):
            await storage.journal.commit(ours, run_id, stale)
