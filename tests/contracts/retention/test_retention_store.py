"""What every `apps.ports.RetentionStore` promises."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.failures import StorageFailed
from loomwork.apps.application.erase_old_runs import erase_old_runs, keep_erasing
from loomwork.apps.domain import App, Run
from loomwork.apps.ports import RetentionStore
from loomwork.conversations.api import Conversation, Message
from loomwork.engine.events import RunStarted
from loomwork.engine.ports import Batch
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope


@pytest.fixture
def retention(storage: Storage) -> RetentionStore:
    return storage.retention


async def an_app(storage: Storage, scope: Scope, make: Any) -> App:
    app: App = make.app()
    await storage.apps.add(scope, app)
    return app


async def a_run(storage: Storage, scope: Scope, make: Any, app: App, ended: datetime | None, **given: Any) -> Run:
    status = "succeeded" if ended is not None else "paused"
    run: Run = make.run(app, status=status, finished_at=ended, **given)
    await storage.runs.add(scope, run)
    return run


async def a_turn(
    storage: Storage, scope: Scope, make: Any, conversation: Conversation, app: App, ended: datetime, **given: Any
) -> Message:
    run = await a_run(storage, scope, make, app, ended, conversation_id=conversation.id)
    message: Message = make.message(conversation, run, **given)
    await storage.conversations.add_message(scope, message)
    return message


async def test_the_rule_of_an_app_stands_above_that_of_its_workspace(
    retention: RetentionStore, storage: Storage, ours: Scope, theirs: Scope, make: Any
) -> None:
    first, second = await an_app(storage, ours, make), await an_app(storage, ours, make)
    await an_app(storage, theirs, make)
    assert await retention.kept_for() == []
    await retention.set_days(ours, first.id, 7)
    assert await _rules(retention) == {first.id: 7}
    await retention.set_days(ours, None, 30)
    await retention.set_days(ours, None, 40)
    assert await _rules(retention) == {first.id: 7, second.id: 40}
    assert (await retention.days(ours, None), await retention.days(ours, first.id)) == (40, 7)
    await retention.set_days(ours, first.id, None)
    assert await retention.days(ours, first.id) is None
    assert await _rules(retention) == {first.id: 40, second.id: 40}


async def test_an_app_of_another_workspace_has_no_rule_here(
    retention: RetentionStore, storage: Storage, ours: Scope, theirs: Scope, make: Any
) -> None:
    app = await an_app(storage, theirs, make)
    await retention.set_days(theirs, app.id, 7)
    attempts: list[Callable[[], Awaitable[Any]]] = [
        lambda: retention.days(ours, app.id),
        lambda: retention.set_days(ours, app.id, 1),
        lambda: retention.set_days(ours, app.id, None),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
    assert await retention.days(theirs, app.id) == 7


async def test_runs_that_ended_long_ago_are_taken_away_with_all_that_is_kept_of_them(
    retention: RetentionStore, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    app, other = await an_app(storage, ours, make), await an_app(storage, ours, make)
    before = clock.now()
    old = [await a_run(storage, ours, make, app, before - timedelta(seconds=1)) for _ in range(3)]
    await storage.journal.commit(ours, old[0].id, Batch([], [RunStarted({}, None, None, seq=1)]))
    kept = [
        await a_run(storage, ours, make, app, before),
        await a_run(storage, ours, make, app, None, created_at=before - timedelta(days=99)),
        await a_run(storage, ours, make, other, before - timedelta(days=99)),
    ]
    assert await retention.erase(ours, app.id, before=before, at_most=2) == 2
    assert await retention.erase(ours, app.id, before=before, at_most=2) == 1
    assert await retention.erase(ours, app.id, before=before, at_most=2) == 0
    for run in old:
        with pytest.raises(NotFound):
            await storage.runs.get(ours, run.id)
    assert await storage.journal.last_seq(ours, old[0].id) == 0
    for run in kept:
        assert await storage.runs.get(ours, run.id) == run


async def test_a_conversation_that_goes_on_keeps_its_younger_turns_and_one_that_does_not_goes(
    retention: RetentionStore, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    app = await an_app(storage, ours, make)
    now = clock.now()
    talks = [make.conversation(app, updated_at=now - timedelta(days=9)) for _ in range(3)]
    for conversation in talks:
        await storage.conversations.add_conversation(ours, conversation)
    going, gone, waiting = talks
    clock.advance(timedelta(days=-9))
    first = await a_turn(storage, ours, make, going, app, now - timedelta(days=9))
    await a_turn(storage, ours, make, gone, app, now - timedelta(days=9))
    await a_run(storage, ours, make, app, None, conversation_id=waiting.id)
    clock.advance(timedelta(days=9))
    second = await a_turn(storage, ours, make, going, app, now, parent_id=first.id)
    await storage.message_log.rate(ours, first.id, "end_user", "ann", "like")
    assert await retention.erase(ours, app.id, before=now - timedelta(days=1), at_most=100) == 3
    assert (await storage.message_log.get_message(ours, second.id)).message == replace(second, parent_id=None)
    with pytest.raises(NotFound):
        await storage.message_log.get_message(ours, first.id)
    with pytest.raises(NotFound):
        await storage.conversations.get_conversation(ours, gone.id)
    for conversation in (going, waiting):
        await storage.conversations.get_conversation(ours, conversation.id)


async def test_what_another_workspace_keeps_is_left_alone(
    retention: RetentionStore, storage: Storage, ours: Scope, theirs: Scope, make: Any, clock: Any
) -> None:
    app = await an_app(storage, theirs, make)
    run = await a_run(storage, theirs, make, app, clock.now() - timedelta(days=99))
    assert await retention.erase(ours, app.id, before=clock.now(), at_most=100) == 0
    assert await storage.runs.get(theirs, run.id) == run


async def test_every_workspace_loses_what_its_own_rules_say(
    retention: RetentionStore, storage: Storage, ours: Scope, theirs: Scope, make: Any, clock: Any
) -> None:
    mine, yours = await an_app(storage, ours, make), await an_app(storage, theirs, make)
    old = clock.now() - timedelta(days=10)
    gone = [await a_run(storage, ours, make, mine, old) for _ in range(3)]
    kept = await a_run(storage, theirs, make, yours, old)
    await retention.set_days(ours, None, 9)
    await retention.set_days(theirs, yours.id, 11)
    assert await erase_old_runs(retention, clock) == len(gone)
    assert await storage.runs.get(theirs, kept.id) == kept
    for run in gone:
        with pytest.raises(NotFound):
            await storage.runs.get(ours, run.id)


async def _rules(retention: RetentionStore) -> dict[AppId, int]:
    return {app_id: days for _, app_id, days in await retention.kept_for()}


async def test_it_is_looked_again_and_again_though_it_failed(
    storage: Storage, ours: Scope, make: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await a_run(storage, ours, make, await an_app(storage, ours, make), clock.now() - timedelta(days=10))
    await storage.retention.set_days(ours, None, 9)
    failures = [StorageFailed("The disk is full."), RuntimeError("Nobody thought of this.")]
    kept_for = type(storage.retention).kept_for

    async def fails_twice(retention: Any) -> Any:
        if failures:
            raise failures.pop()
        return await kept_for(retention)

    async def forgets(_: Any) -> None:
        taken_away.set()

    taken_away = asyncio.Event()
    monkeypatch.setattr(type(storage.retention), "kept_for", fails_twice)
    monkeypatch.setattr(type(storage.retention), "forget", forgets)
    erasing = asyncio.create_task(keep_erasing(storage.retention, clock, every=0.01))
    async with asyncio.timeout(30):
        await taken_away.wait()
    erasing.cancel()
    assert failures == []
    with pytest.raises(NotFound):
        await storage.runs.get(ours, run.id)


async def test_no_byte_of_what_was_kept_long_enough_is_left_in_the_files_of_sqlite(
    url: str, storage: Storage, ours: Scope, make: Any, clock: Any, tmp_path: Path
) -> None:
    app = await an_app(storage, ours, make)
    await a_run(storage, ours, make, app, clock.now() - timedelta(days=10), inputs={"text": "zelda-4711" * 2000})
    await storage.retention.set_days(ours, None, 9)
    await erase_old_runs(storage.retention, clock)
    if url.startswith("sqlite"):
        assert files_with(tmp_path, b"SQLite format 3") == ["loomwork.db"]
        assert files_with(tmp_path, b"zelda-4711") == []


def files_with(folder: Path, word: bytes) -> list[str]:
    return [each.name for each in folder.iterdir() if each.is_file() and word in each.read_bytes()]
