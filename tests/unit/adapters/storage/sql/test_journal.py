"""Which batches the journal commits before it gives way to anything else, and which go through the thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, make_url

from loomwork.adapters.storage.sql import StandaloneJournal, open_journal
from loomwork.adapters.storage.sql.journal import MOST_TEXT_AT_ONCE
from loomwork.adapters.storage.sql.sqlite_prompt_writer import ASKS_AFTER
from loomwork.adapters.storage.sql.tables import run_leases
from loomwork.engine.events import RunStarted, RunSucceeded, TextChunk
from loomwork.engine.ports import Batch, LeaseLost
from loomwork.kernel.errors import Conflict
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.scope import embedded_scope

SCOPE = embedded_scope()


class Watched:
    """Counts the transactions of the thread that writes."""

    def __init__(self, journal: StandaloneJournal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.transactions = 0
        self.began = asyncio.Event()
        write = journal.database.write

        async def counted(*given: Any) -> Any:
            self.transactions += 1
            self.began.set()
            return await write(*given)

        monkeypatch.setattr(journal.database, "write", counted)


@pytest.fixture
async def journal(url: str) -> AsyncIterator[StandaloneJournal]:
    journal = await open_journal(url)
    yield journal
    await journal.close()


def word(seq: int, size: int = 4) -> Batch:
    return Batch([], [TextChunk("x" * size, seq=seq)])


async def begun(journal: StandaloneJournal) -> RunId:
    run_id = RunId(new_id())
    await journal.commit(SCOPE, run_id, Batch([], [RunStarted({}, None, None, seq=1)]))
    return run_id


async def seqs(journal: StandaloneJournal, run_id: RunId) -> list[int]:
    return [event["seq"] async for events in journal.events(SCOPE, run_id) for event in events]


async def test_a_run_that_is_alone_takes_no_turn_of_the_thread(
    journal: StandaloneJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await begun(journal)
    watched = Watched(journal, monkeypatch)
    for seq in range(2, 50):
        committing = journal.commit(SCOPE, run_id, word(seq))
        with pytest.raises(StopIteration):
            committing.send(None)  # Done without giving way once.
    assert watched.transactions == 0
    assert await seqs(journal, run_id) == list(range(1, 50))


async def test_runs_that_take_turns_share_the_transactions_of_the_thread(
    journal: StandaloneJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ids = [await begun(journal) for _ in range(10)]
    watched = Watched(journal, monkeypatch)
    await asyncio.gather(*(journal.commit(SCOPE, run_id, word(2)) for run_id in run_ids))
    assert watched.transactions <= 2
    for run_id in run_ids:
        assert await seqs(journal, run_id) == [1, 2]


async def test_while_another_process_writes_the_thread_waits_and_the_event_loop_goes_on(
    journal: StandaloneJournal, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await begun(journal)
    watched = Watched(journal, monkeypatch)
    with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        committing = asyncio.create_task(journal.commit(SCOPE, run_id, word(2)))
        await watched.began.wait()
        assert not committing.done()
        other.execute("COMMIT")
        await committing
    assert await seqs(journal, run_id) == [1, 2]
    await journal.commit(SCOPE, run_id, word(3))
    assert watched.transactions == 1


async def test_long_batches_and_those_that_change_the_run_go_through_the_thread(
    journal: StandaloneJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await begun(journal)
    watched = Watched(journal, monkeypatch)
    await journal.commit(SCOPE, run_id, word(2, size=MOST_TEXT_AT_ONCE))
    assert watched.transactions == 1
    await journal.commit(SCOPE, run_id, word(3))
    assert watched.transactions == 1
    await journal.commit(SCOPE, run_id, Batch([], [RunSucceeded({}, None, {}, seq=4)]))
    assert watched.transactions == 2
    assert await seqs(journal, run_id) == [1, 2, 3, 4]


async def test_what_may_not_be_committed_at_once_is_refused_as_everywhere(journal: StandaloneJournal) -> None:
    run_id = await begun(journal)
    for refused, error in ((word(1), Conflict), (Batch([], word(2).events, 7), LeaseLost)):
        with pytest.raises(error):
            await journal.commit(SCOPE, run_id, refused)
    lease = {"workspace_id": SCOPE.workspace_id, "run_id": run_id, "epoch": 7, "until": datetime.now(UTC)}
    await journal.database.of(SCOPE).change(insert(run_leases).values(lease))
    with pytest.raises(LeaseLost):
        await journal.commit(SCOPE, run_id, word(2))
    await journal.commit(SCOPE, run_id, Batch([], word(2).events, 7))
    assert await seqs(journal, run_id) == [1, 2]


async def test_a_long_run_that_is_alone_is_whole(journal: StandaloneJournal) -> None:
    """It is long enough for several logs to begin meanwhile."""
    run_id = await begun(journal)
    for seq in range(2, 5 * ASKS_AFTER):
        await journal.commit(SCOPE, run_id, word(seq))
    assert await seqs(journal, run_id) == list(range(1, 5 * ASKS_AFTER))
