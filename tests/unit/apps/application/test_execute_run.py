"""What becomes of a run when something under it gives way: its row, its events, and whoever waits for it."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.storage.sql.failures import StorageFailed
from loomwork.apps.api import ReplayRequest, Run, RunRequest
from loomwork.apps.application.take_up_runs import take_up_abandoned, take_up_runs
from loomwork.engine.events import RunStarted, RunSucceeded
from loomwork.engine.ports import Batch
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.scope import Scope
from tests.unit.apps.conftest import app_text, open_studio

pytestmark = pytest.mark.anyio


async def types(studio: Any, run_id: RunId) -> list[str]:
    return [event["type"] async for batch in studio.apps.follow_run(studio.owner, run_id) for event in batch]


def echo() -> str:
    """A workflow that waits for nothing, so that all its events are one batch."""
    start = {"id": "s", "type": "start", "title": "Start", "variables": [{"variable": "text", "type": "paragraph"}]}
    end = {"id": "e", "type": "end", "title": "End", "outputs": [{"variable": "said", "value_selector": ["s", "text"]}]}
    return app_text("workflow", [start, end], "s>e")


async def asked_model(studio: Any) -> None:
    for _ in range(60_000):
        if studio.parrot.asked:
            return
        await asyncio.sleep(0.001)


async def idle(studio: Any) -> None:
    """Until no run is executed."""
    async with asyncio.timeout(60):
        while studio.dispatcher._going:  # noqa: ASYNC110 - the dispatcher tells nobody that it is idle
            await asyncio.sleep(0)


async def test_followers_of_a_run_whose_app_is_deleted_come_to_an_end(
    studio: Any, shout: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    app = await studio.apps.import_app(studio.owner, shout)
    studio.parrot.let.clear()
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "hello"}))
    following = asyncio.create_task(types(studio, run.id))
    await asked_model(studio)
    await studio.apps.delete_app(studio.owner, app.id)
    studio.parrot.let.set()
    async with asyncio.timeout(60):
        seen = await following
    assert (seen[0], seen[-1]) == ("run_started", "run_failed")


async def test_a_run_whose_journal_fails_lets_its_followers_go_and_goes_on_when_that_is_mended(
    studio: Any, shout: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    app = await studio.apps.import_app(studio.owner, shout)
    studio.parrot.let.clear()
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "hello"}))
    following = asyncio.create_task(types(studio, run.id))
    await asked_model(studio)

    async def full(*_: object) -> None:
        raise StorageFailed("The disk is full.")

    with monkeypatch.context() as failing:
        failing.setattr(studio.storage.journal, "commit", full)
        studio.parrot.let.set()
        async with asyncio.timeout(60):
            seen = await following
    assert "run_failed" not in seen
    assert (await studio.apps.get_run(studio.owner, run.id)).status == "running"
    assert studio.executor.left == [(studio.owner, run.id)]

    await studio.dispatcher.enqueue(studio.owner, run.id)
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).status == "succeeded"
    again = await types(studio, run.id)
    assert again[: len(seen)] == seen
    assert again[len(seen)] == "node_retrying"


async def test_a_run_asks_on_behalf_of_its_workspace_how_far_to_go_in_one_go(tmp_path: Path) -> None:
    asked: list[str] = []

    def one(scope: Scope) -> int:
        asked.append(scope.workspace_id)
        return 1

    studio = await open_studio(tmp_path, steps_at_once=one)
    app = await studio.apps.import_app(studio.owner, echo())
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "hello"}))
    assert (await types(studio, run.id))[-1] == "run_succeeded"
    await idle(studio)
    assert asked == [studio.owner.workspace_id] * 2
    await studio.dispatcher.close()
    await studio.storage.close()


async def test_a_run_goes_on_where_another_process_left_it(tmp_path: Path, shout: str) -> None:
    left = await open_studio(tmp_path)
    app = await left.apps.import_app(left.owner, shout)
    left.parrot.let.clear()
    run = await left.apps.start_run(left.owner, RunRequest(app.id, {"text": "hello"}))
    await asked_model(left)
    await left.dispatcher.close()
    await left.storage.close()

    studio = await open_studio(tmp_path)
    await take_up_runs(studio.storage.runs, studio.dispatcher)
    ended = await studio.apps.wait_for_run(studio.owner, run.id)
    assert (ended.status, ended.outputs) == ("succeeded", {"said": "hello "})
    assert (ended.nodes["s"].runs, ended.nodes["m"].runs) == (1, 2)
    await studio.storage.close()


async def test_a_run_that_had_ended_before_its_process_died_keeps_its_one_end(tmp_path: Path, shout: str) -> None:
    died = await open_studio(tmp_path)
    app = await died.apps.import_app(died.owner, shout)
    run = Run(RunId(new_id()), app.id, None, "running", {"text": "a"}, None, "api", "", app.created_at, document=shout)
    await died.storage.runs.add(died.owner, run)
    events = [RunStarted({}, app.id, None, seq=1), RunSucceeded({"said": "a "}, None, {}, seq=2, at=0.5)]
    await died.storage.journal.commit(died.owner, run.id, Batch([], events))
    await died.storage.close()

    studio = await open_studio(tmp_path)
    await take_up_runs(studio.storage.runs, studio.dispatcher)
    await idle(studio)
    assert await types(studio, run.id) == ["run_started", "run_succeeded"]
    ended = await studio.apps.get_run(studio.owner, run.id)
    assert (ended.status, ended.outputs, ended.elapsed_ms) == ("succeeded", {"said": "a "}, 500.0)
    await studio.storage.close()


async def test_whoever_comes_while_the_end_is_written_down_waits_for_it(
    studio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await studio.apps.import_app(studio.owner, echo())
    save, may_save = studio.storage.runs.save, asyncio.Event()

    async def slow(scope: Any, run: Run, **under: Any) -> None:
        if run.status != "running":
            await may_save.wait()
        await save(scope, run, **under)

    monkeypatch.setattr(studio.storage.runs, "save", slow)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "hello"}))
    for _ in range(1000):
        if await studio.storage.journal.ending(studio.owner, run.id) is not None:
            break
    following = asyncio.create_task(types(studio, run.id))
    await asyncio.sleep(0.05)
    assert not following.done()
    may_save.set()
    assert (await following)[-1] == "run_succeeded"
    assert (await studio.apps.get_run(studio.owner, run.id)).status == "succeeded"


async def test_a_stop_that_comes_too_late_leaves_nothing_behind(
    studio: Any, shout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    save = studio.storage.runs.save

    async def stopped_meanwhile(scope: Any, run: Run, **under: Any) -> None:
        if run.status != "running":
            await studio.apps.stop_run(scope, run.id)
        await save(scope, run, **under)

    monkeypatch.setattr(studio.storage.runs, "save", stopped_meanwhile)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "hello"}))
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).status == "succeeded"
    await idle(studio)


async def test_a_process_that_wakes_after_its_lease_has_passed_to_another_says_nothing_more_of_the_run(
    tmp_path: Path, shout: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    frozen, awake = await open_studio(tmp_path), await open_studio(tmp_path)
    frozen.executor._owner, frozen.executor.lease_seconds = "another process", 0.2

    async def asleep(*_: object, **__: object) -> bool:
        return True

    monkeypatch.setattr(frozen.storage.leases, "renew", asleep)
    app = await frozen.apps.import_app(frozen.owner, shout)
    frozen.parrot.let.clear()
    run = await frozen.apps.start_run(frozen.owner, RunRequest(app.id, {"text": "hello"}))
    following = asyncio.create_task(types(frozen, run.id))
    await asked_model(frozen)

    async with asyncio.timeout(60):
        while not awake.parrot.asked:
            await awake.dispatcher.enqueue(awake.owner, run.id)
            await idle(awake)
    ended = await awake.apps.get_run(awake.owner, run.id)
    told = await types(awake, run.id)
    assert (ended.status, told.count("node_retrying")) == ("succeeded", 1)

    frozen.parrot.let.set()
    async with asyncio.timeout(60):
        seen = await following
    await idle(frozen)
    assert seen == told[: len(seen)]
    assert "run_succeeded" not in seen
    assert await types(awake, run.id) == told
    assert await awake.apps.get_run(awake.owner, run.id) == ended
    for studio in (frozen, awake):
        await studio.dispatcher.close()
        await studio.storage.close()


async def test_a_run_stops_as_soon_as_another_process_has_its_lease(tmp_path: Path, shout: str) -> None:
    first, second = await open_studio(tmp_path), await open_studio(tmp_path)
    first.executor.lease_seconds = 0.2
    app = await first.apps.import_app(first.owner, shout)
    first.parrot.let.clear()
    run = await first.apps.start_run(first.owner, RunRequest(app.id, {"text": "hello"}))
    following = asyncio.create_task(types(first, run.id))
    await asked_model(first)
    # Under the same owner, as one that takes the place of another.
    await second.dispatcher.enqueue(second.owner, run.id)
    async with asyncio.timeout(60):
        assert "run_succeeded" not in await following
        await idle(first)
        assert (await second.apps.wait_for_run(second.owner, run.id)).status == "succeeded"
    assert first.executor.left == [(first.owner, run.id)]
    for studio in (first, second):
        await studio.dispatcher.close()
        await studio.storage.close()


async def test_a_crash_before_the_row_is_written_loses_neither_nodes_nor_their_outputs(
    tmp_path: Path, shout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = await open_studio(tmp_path)
    app = await died.apps.import_app(died.owner, shout)
    save = died.storage.runs.save

    async def dies(scope: Any, run: Run, **under: Any) -> None:
        if run.status != "running":
            await asyncio.Event().wait()
        await save(scope, run, **under)

    monkeypatch.setattr(died.storage.runs, "save", dies)
    run = await died.apps.start_run(died.owner, RunRequest(app.id, {"text": "hello"}))
    async with asyncio.timeout(60):
        while await died.storage.journal.ending(died.owner, run.id) is None:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    await died.dispatcher.close()
    await died.storage.close()

    studio = await open_studio(tmp_path)
    await take_up_runs(studio.storage.runs, studio.dispatcher)
    await idle(studio)
    ended = await studio.apps.get_run(studio.owner, run.id)
    assert (ended.status, ended.nodes["m"].status) == ("succeeded", "succeeded")
    assert set(ended.nodes) >= {"s", "m"}
    await studio.storage.close()


async def test_whoever_follows_a_run_that_waits_its_turn_is_let_go_when_the_log_closes(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    await studio.dispatcher.close()
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "hello"}))
    following = asyncio.create_task(types(studio, run.id))
    await asyncio.sleep(0)
    studio.apps.log.close()
    async with asyncio.timeout(60):
        assert await following == []
        assert await types(studio, run.id) == []


async def dead(studio: Any) -> None:
    """The process that executes the run dies at the model, so it lets go of nothing."""
    await asked_model(studio)

    async def never(*_: Any, **__: Any) -> None:
        return

    studio.storage.leases.release = never
    await studio.dispatcher.close()
    await studio.storage.close()


async def test_a_run_that_its_server_dies_of_again_and_again_is_given_up_and_says_where(
    tmp_path: Path, shout: str
) -> None:
    first = await open_studio(tmp_path)
    app = await first.apps.import_app(first.owner, shout)
    first.parrot.let.clear()
    run = await first.apps.start_run(first.owner, RunRequest(app.id, {"text": "hello"}))
    await dead(first)
    for _ in range(4):
        again = await open_studio(tmp_path)
        again.parrot.let.clear()
        await take_up_runs(again.storage.runs, again.dispatcher)
        await dead(again)
    last = await open_studio(tmp_path)
    await take_up_runs(last.storage.runs, last.dispatcher)
    ended = await last.apps.wait_for_run(last.owner, run.id)
    assert ended.error is not None
    assert (ended.status, ended.error["code"]) == ("failed", "run_keeps_dying")
    assert "5 times" in ended.error["message"]
    assert "(m)" in ended.error["message"]
    assert (await types(last, run.id))[-1] == "run_failed"
    replay = await last.apps.replay_run(last.owner, run.id, ReplayRequest(node_id="m"))
    assert (await last.apps.wait_for_run(last.owner, replay.id)).status == "succeeded"
    await last.storage.close()


async def test_a_server_that_is_stopped_as_often_as_one_likes_gives_no_run_up(tmp_path: Path, shout: str) -> None:
    first = await open_studio(tmp_path)
    app = await first.apps.import_app(first.owner, shout)
    first.parrot.let.clear()
    run = await first.apps.start_run(first.owner, RunRequest(app.id, {"text": "hello"}))
    studio = first
    for _ in range(7):
        await asked_model(studio)
        await studio.dispatcher.close()
        await studio.storage.close()
        studio = await open_studio(tmp_path)
        studio.parrot.let.clear()
        await take_up_runs(studio.storage.runs, studio.dispatcher)
    studio.parrot.let.set()
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).status == "succeeded"
    await studio.storage.close()


async def test_a_run_of_a_server_that_died_goes_on_at_another_that_never_heard_of_it(
    tmp_path: Path, shout: str
) -> None:
    other, died = await open_studio(tmp_path), await open_studio(tmp_path)
    died.executor._owner, died.executor.lease_seconds = "another process", 0.2
    looking = asyncio.create_task(take_up_abandoned(other.storage.runs, other.dispatcher, SystemClock(), every=0.2))
    app = await died.apps.import_app(died.owner, shout)
    died.parrot.let.clear()
    run = await died.apps.start_run(died.owner, RunRequest(app.id, {"text": "hello"}))
    await dead(died)
    await asked_model(other)
    ended = await other.apps.wait_for_run(other.owner, run.id)
    assert (ended.status, ended.nodes["s"].runs, ended.nodes["m"].runs) == ("succeeded", 1, 2)
    looking.cancel()
    await other.dispatcher.close()
    await other.storage.close()


@pytest.mark.parametrize("asked", ["stop", "pause"])
async def test_what_one_server_is_asked_of_a_run_that_another_advances_reaches_that_one_once(
    tmp_path: Path, shout: str, asked: str
) -> None:
    other, holder = await open_studio(tmp_path), await open_studio(tmp_path)
    holder.executor._owner = "another process"
    hearing = asyncio.create_task(holder.executor.hear_others(every=0.01))
    app = await holder.apps.import_app(holder.owner, shout)
    holder.parrot.let.clear()
    run = await holder.apps.start_run(holder.owner, RunRequest(app.id, {"text": "hello"}))
    await asked_model(holder)
    if asked == "stop":
        await other.apps.stop_run(other.owner, run.id)
        assert (await holder.apps.wait_for_run(holder.owner, run.id)).status == "stopped"
    else:
        await other.apps.pause_run(other.owner, run.id)
        await idle(other)
        async with asyncio.timeout(60):
            while await holder.storage.commands.waiting():  # noqa: ASYNC110 - a database tells nobody
                await asyncio.sleep(0.01)
        holder.parrot.let.set()
        assert (await holder.apps.wait_for_run(holder.owner, run.id, until_rest=True)).status == "paused"
        await idle(holder)
        await other.apps.resume_run(other.owner, run.id)
        assert (await other.apps.wait_for_run(other.owner, run.id)).status == "succeeded"
    assert not other.parrot.asked
    assert await other.storage.commands.waiting() == set()
    hearing.cancel()
    for studio in (other, holder):
        await studio.dispatcher.close()
        await studio.storage.close()


async def test_what_is_asked_of_a_run_that_rests_before_it_is_heard_is_heard_by_whoever_takes_it_up(
    tmp_path: Path, shout: str
) -> None:
    other, holder = await open_studio(tmp_path), await open_studio(tmp_path)
    holder.executor._owner = "another process"
    app = await holder.apps.import_app(holder.owner, shout)
    holder.parrot.let.clear()
    run = await holder.apps.start_run(holder.owner, RunRequest(app.id, {"text": "hello"}))
    await asked_model(holder)
    await holder.apps.pause_run(holder.owner, run.id)
    await other.apps.resume_run(other.owner, run.id)
    await idle(other)
    holder.parrot.let.set()
    assert (await holder.apps.wait_for_run(holder.owner, run.id, until_rest=True)).status == "paused"
    await idle(holder)
    ((scope, left),) = other.executor.left
    await other.dispatcher.enqueue(scope, left)
    assert (await other.apps.wait_for_run(other.owner, run.id)).status == "succeeded"
    assert await other.storage.commands.waiting() == set()
    for studio in (other, holder):
        await studio.dispatcher.close()
        await studio.storage.close()
