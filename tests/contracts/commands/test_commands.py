"""What every `apps.ports.Commands` promises."""

import asyncio
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.engine.commands import Answer, Cancel, Command, Pause, Resume
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope

ALL: list[Command] = [
    Pause("ada"),
    Resume("grace"),
    Answer("h", (("it", 3), ("lo", 0)), "yes", {"note": "世界", "n": 1.5}),
    Answer("h", (), None, {}),
    Cancel("ada"),
]


@pytest.fixture
async def run_id(storage: Storage, ours: Scope, make: Any) -> RunId:
    app = make.app()
    await storage.apps.add(ours, app)
    run = make.run(app, status="running")
    await storage.runs.add(ours, run)
    return RunId(run.id)


async def test_what_was_asked_is_taken_in_order_and_once(storage: Storage, ours: Scope, run_id: RunId) -> None:
    for command in ALL:
        await storage.commands.add(ours, run_id, command)
    assert await storage.commands.waiting() == {(ours.workspace_id, run_id)}
    assert list(await storage.commands.take(ours, run_id)) == ALL
    assert list(await storage.commands.take(ours, run_id)) == []
    assert await storage.commands.waiting() == set()


async def test_of_two_that_take_at_once_each_command_goes_to_one(storage: Storage, ours: Scope, run_id: RunId) -> None:
    for command in ALL:
        await storage.commands.add(ours, run_id, command)
    taken = await asyncio.gather(*(storage.commands.take(ours, run_id) for _ in range(5)))
    assert [command for some in taken for command in some] == ALL


async def test_nothing_is_asked_of_runs_of_another_workspace(
    storage: Storage, ours: Scope, theirs: Scope, run_id: RunId
) -> None:
    with pytest.raises(NotFound):
        await storage.commands.add(theirs, run_id, Cancel("somebody"))
    await storage.commands.add(ours, run_id, Cancel("ada"))
    assert list(await storage.commands.take(theirs, run_id)) == []
    assert list(await storage.commands.take(ours, run_id)) == [Cancel("ada")]
