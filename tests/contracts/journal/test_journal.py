"""What every `engine.ports.Journal` promises, and the reading half that the event log and a resumed run need."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import select, text

from loomwork.adapters.storage.journal_reader import JournalReader
from loomwork.adapters.storage.memory import MemoryJournal, MemoryLeases
from loomwork.adapters.storage.sql import Storage, StorageFailed, open_journal
from loomwork.adapters.storage.sql.leases import SqlLeases
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.adapters.storage.sql.tables import run_events, runs
from loomwork.apps.ports import Leases
from loomwork.engine.events import Event, NodeSucceeded, RunStarted, RunSucceeded, TextChunk
from loomwork.engine.ports import Batch, Journal, LeaseLost, Record
from loomwork.engine.variables import File
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.scope import Scope, embedded_scope


class ReadableJournal(Journal, JournalReader, Protocol):
    """Both halves."""

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]: ...


StartRun = Callable[[Scope], Awaitable[RunId]]


@dataclass(frozen=True)
class Kept:
    """A journal, and the leases that it heeds."""

    journal: ReadableJournal
    leases: Leases


@pytest.fixture(params=["memory", "sql", "standalone"])
async def kept(request: pytest.FixtureRequest, storage: Storage, url: str, clock: Clock) -> AsyncIterator[Kept]:
    if request.param == "memory":
        leases = MemoryLeases(clock)
        yield Kept(MemoryJournal(leases), leases)
    elif request.param == "sql":
        yield Kept(storage.journal, storage.leases)
    else:
        standalone = await open_journal(url)
        yield Kept(standalone, SqlLeases(standalone.database, clock))
        await standalone.close()


@pytest.fixture
def journal(kept: Kept) -> ReadableJournal:
    return kept.journal


@pytest.fixture
def leases(kept: Kept) -> Leases:
    return kept.leases


@pytest.fixture
def start_run(storage: Storage, make: Any) -> StartRun:
    async def start(scope: Scope) -> RunId:
        app = make.app()
        await storage.apps.add(scope, app)
        run = make.run(app, status="running")
        await storage.runs.add(scope, run)
        return RunId(run.id)

    return start


def chunks(first: int, count: int) -> list[Event]:
    """Events with the seqs from `first` on."""
    return [
        TextChunk(f"word {seq}", ("llm", "text"), node_id="llm", seq=seq, at=seq / 7)
        for seq in range(first, first + count)
    ]


def record(number: int) -> Record:
    data = {"outputs": {"z": number, "a": "世界"}, "usage": {"tokens": 1}}
    return Record(number, "succeeded", 3 * number, number / 7, f"node {number}", "loop:1", data)


def end(seq: int) -> Event:
    return RunSucceeded({"out": 1}, "text", {}, seq=seq, at=1.5)


async def read(journal: JournalReader, scope: Scope, run_id: RunId, after: int = 0) -> list[Mapping[str, Any]]:
    return [event async for batch in journal.events(scope, run_id, after=after) for event in batch]


async def test_what_is_committed_is_read_in_order_without_a_gap(
    journal: ReadableJournal, ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    events: list[Event] = [RunStarted({"q": "?"}, None, None, seq=1), *chunks(2, 3), *chunks(5, 200), end(205)]
    await journal.commit(ours, run_id, Batch([record(1)], events[:4]))
    for place in range(4, len(events) - 1):
        await journal.commit(ours, run_id, Batch([], [events[place]]))
    assert await journal.state(ours, run_id) == "open"
    await journal.commit(ours, run_id, Batch([record(2), record(3)], events[-1:]))
    assert await read(journal, ours, run_id) == json.loads(json.dumps([event.wire() for event in events]))
    assert await journal.records(ours, run_id) == [record(1), record(2), record(3)]


@pytest.mark.parametrize("after", [-1, 0, 1, 2, 5, 9, 10, 11, 2**31, 2**80])
async def test_reading_begins_after_any_event(
    journal: ReadableJournal, ours: Scope, start_run: StartRun, after: int
) -> None:
    run_id = await start_run(ours)
    for first, count in ((1, 2), (3, 5), (8, 3)):
        await journal.commit(ours, run_id, Batch([], chunks(first, count)))
    seqs = [event["seq"] for event in await read(journal, ours, run_id, after)]
    assert seqs == [seq for seq in range(1, 11) if seq > after]


async def test_runs_do_not_see_each_other(journal: ReadableJournal, ours: Scope, start_run: StartRun) -> None:
    first, second = await start_run(ours), await start_run(ours)
    await journal.commit(ours, first, Batch([record(1)], chunks(1, 2)))
    await journal.commit(ours, second, Batch([], chunks(1, 3)))
    assert len(await read(journal, ours, first)) == 2
    assert len(await read(journal, ours, second)) == 3
    assert await journal.records(ours, second) == []


async def test_a_batch_that_is_there_already_is_refused_whole(
    journal: ReadableJournal, ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    await journal.commit(ours, run_id, Batch([record(1)], chunks(1, 2)))
    with pytest.raises(Conflict):
        await journal.commit(ours, run_id, Batch([record(2)], chunks(1, 2)))
    assert await journal.records(ours, run_id) == [record(1)]
    assert len(await read(journal, ours, run_id)) == 2


async def test_a_batch_of_thousands_of_events_is_stored_whole_and_read_in_order(
    journal: ReadableJournal, ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    records = [record(number) for number in range(1, 1201)]
    await journal.commit(ours, run_id, Batch(records, [RunStarted({}, None, None, seq=1), *chunks(2, 3499), end(3501)]))
    assert [event["seq"] for event in await read(journal, ours, run_id)] == list(range(1, 3502))
    assert await journal.records(ours, run_id) == records
    assert (await journal.last_seq(ours, run_id), await journal.state(ours, run_id)) == (3501, "ended")


async def test_a_batch_of_thousands_of_events_is_stored_not_at_all_where_any_of_it_is_refused(
    journal: ReadableJournal, ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    await journal.commit(ours, run_id, Batch([record(1)], [RunStarted({}, None, None, seq=1)]))
    await journal.commit(ours, run_id, Batch([record(2)], chunks(3002, 1)))
    with pytest.raises(Conflict):
        await journal.commit(ours, run_id, Batch([record(number) for number in range(2, 900)], chunks(2, 3500)))
    assert [event["seq"] for event in await read(journal, ours, run_id)] == [1, 3002]
    assert await journal.records(ours, run_id) == [record(1), record(2)]


async def test_a_run_of_another_workspace_has_no_journal(
    journal: ReadableJournal, ours: Scope, theirs: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(theirs)
    await journal.commit(theirs, run_id, Batch([record(1)], chunks(1, 1)))
    with pytest.raises(NotFound):
        await journal.state(ours, run_id)
    assert await journal.records(ours, run_id) == []
    assert await journal.last_seq(ours, run_id) == 0
    assert len(await read(journal, theirs, run_id)) == 1


async def test_word_of_the_end_comes_when_it_is_committed(
    journal: ReadableJournal, ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    ended: list[tuple[Scope, RunId]] = []
    journal.on_end(lambda scope, run_id: ended.append((scope, run_id)))
    await journal.commit(ours, run_id, Batch([], chunks(1, 3)))
    assert ended == []
    await journal.commit(ours, run_id, Batch([], [end(4)]))
    assert ended == [(ours, run_id)]


async def test_a_batch_without_an_event_is_refused(journal: ReadableJournal, ours: Scope, start_run: StartRun) -> None:
    run_id = await start_run(ours)
    with pytest.raises(ValueError, match="without an event"):
        await journal.commit(ours, run_id, Batch([record(1)], []))
    assert await journal.records(ours, run_id) == []


async def test_files_come_back_as_files_and_what_only_looks_like_one_does_not(
    journal: ReadableJournal, ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    file = File("image", "local_file", url="", related_id="f", name="a.png", size=3)
    outputs = {"files": [file, {"deep": file}], "forged": [file.wire(), asdict(file)], "id": 2**70, "half": "\ud83d"}
    given = Record(1, "succeeded", 1, 0.5, "node", data={"outputs": outputs})
    await journal.commit(ours, run_id, Batch([given], chunks(1, 1)))
    assert await journal.records(ours, run_id) == [given]


async def test_only_the_epoch_of_the_lease_is_let_in(
    journal: ReadableJournal, leases: Leases, ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    await journal.commit(ours, run_id, Batch([], chunks(1, 1)))
    first = await leases.take(ours, run_id, owner="first", seconds=30)
    await journal.commit(ours, run_id, Batch([record(1)], chunks(2, 1), first))
    await leases.release(ours, run_id, epoch=first or 0)
    second = await leases.take(ours, run_id, owner="second", seconds=30)
    assert (first, second) == (1, 2)
    for stale in (None, first, 3):
        with pytest.raises(LeaseLost):
            await journal.commit(ours, run_id, Batch([record(2)], chunks(3, 1), stale))
    await journal.commit(ours, run_id, Batch([record(3)], chunks(3, 1), second))
    assert await journal.records(ours, run_id) == [record(1), record(3)]
    assert await journal.last_seq(ours, run_id) == 3


async def test_a_lease_that_ran_out_still_counts_until_somebody_takes_the_run(
    journal: ReadableJournal, leases: Leases, ours: Scope, start_run: StartRun, clock: Any
) -> None:
    run_id = await start_run(ours)
    await journal.commit(ours, run_id, Batch([], chunks(1, 1)))
    epoch = await leases.take(ours, run_id, owner="slow", seconds=30)
    clock.advance(timedelta(hours=1))
    await journal.commit(ours, run_id, Batch([], chunks(2, 1), epoch))
    await leases.take(ours, run_id, owner="next", seconds=30)
    with pytest.raises(LeaseLost):
        await journal.commit(ours, run_id, Batch([], chunks(3, 1), epoch))


async def test_an_epoch_of_a_run_that_nobody_took_is_refused(
    journal: ReadableJournal, ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    await journal.commit(ours, run_id, Batch([], chunks(1, 1)))
    with pytest.raises(LeaseLost):
        await journal.commit(ours, run_id, Batch([], chunks(2, 1), 1))


async def test_of_batches_that_go_together_a_stale_one_fails_alone(
    storage: Storage, ours: Scope, start_run: StartRun
) -> None:
    taken = [await start_run(ours) for _ in range(6)]
    epochs = [await storage.leases.take(ours, run_id, owner="us", seconds=30) for run_id in taken]
    stale = taken[3]
    await storage.leases.take(ours, stale, owner="us", seconds=30)
    batches = [Batch([record(1)], chunks(1, 2), epoch) for epoch in epochs]
    commits = (storage.journal.commit(ours, run_id, batch) for run_id, batch in zip(taken, batches, strict=True))
    results = await asyncio.gather(*commits, return_exceptions=True)
    assert [type(result) for result in results] == [*[type(None)] * 3, LeaseLost, *[type(None)] * 2]
    for run_id in taken:
        assert await storage.journal.last_seq(ours, run_id) == (0 if run_id == stale else 2)


async def test_a_taker_sees_all_that_was_committed_under_the_epoch_before(
    storage: Storage, ours: Scope, start_run: StartRun
) -> None:
    """Whatever the order in which they come to the database, nothing of the old epoch is added after the taking."""
    for _ in range(20):
        run_id = await start_run(ours)
        epoch = await storage.leases.take(ours, run_id, owner="old", seconds=30)
        late = asyncio.create_task(storage.journal.commit(ours, run_id, Batch([record(1)], chunks(1, 2), epoch)))
        await storage.leases.release(ours, run_id, epoch=epoch or 0)
        await storage.leases.take(ours, run_id, owner="new", seconds=30)
        seen = await storage.journal.last_seq(ours, run_id)
        (refusal,) = await asyncio.gather(late, return_exceptions=True)
        assert isinstance(refusal, LeaseLost) == (seen == 0)
        assert await storage.journal.last_seq(ours, run_id) == seen


async def test_a_run_that_is_not_there_is_refused(
    storage: Storage, ours: Scope, theirs: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(theirs)
    for unknown in (run_id, RunId("never"), RunId("\ud800")):
        with pytest.raises(NotFound):
            await storage.journal.commit(ours, unknown, Batch([], chunks(1, 1)))
    assert await read(storage.journal, theirs, run_id) == []


async def test_of_batches_that_go_together_a_bad_one_fails_alone(
    storage: Storage, ours: Scope, start_run: StartRun
) -> None:
    good = [await start_run(ours) for _ in range(3)]
    batches = [(run_id, Batch([record(1)], chunks(1, 2))) for run_id in (*good[:2], RunId("never"), good[2])]
    batches.append((good[0], Batch([], [NodeSucceeded({"x": object()}, None, 1.0, seq=3)])))
    commits = (storage.journal.commit(ours, run_id, batch) for run_id, batch in batches)
    results = await asyncio.gather(*commits, return_exceptions=True)
    assert [type(result) for result in results[:4]] == [type(None), type(None), NotFound, type(None)]
    assert isinstance(results[4], InvalidInput)
    for run_id in good:
        assert len(await read(storage.journal, ours, run_id)) == 2


async def test_a_thousand_batches_of_fifty_runs_share_their_transactions(
    storage: Storage, ours: Scope, start_run: StartRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ids = [await start_run(ours) for _ in range(50)]
    transactions = 0
    write = storage.journal.database.write

    async def counted(*given: Any) -> Any:
        nonlocal transactions
        transactions += 1
        return await write(*given)

    async def run(run_id: RunId) -> None:
        for number in range(20):
            await storage.journal.commit(ours, run_id, Batch([record(number)], chunks(1 + 3 * number, 3)))

    monkeypatch.setattr(storage.journal.database, "write", counted)
    await asyncio.gather(*(run(run_id) for run_id in run_ids))
    assert 20 <= transactions <= 100
    rows = await storage.database.everywhere.rows(select(run_events.c.run_id))
    assert len(rows) == 1000
    for run_id in run_ids:
        assert [event["seq"] for event in await read(storage.journal, ours, run_id)] == list(range(1, 61))
        assert [record.number for record in await storage.journal.records(ours, run_id)] == list(range(20))


async def test_commit_returns_only_once_another_reader_of_the_file_sees_the_batch(
    storage: Storage, ours: Scope, start_run: StartRun, url: str
) -> None:
    run_id = await start_run(ours)
    await storage.journal.commit(ours, run_id, Batch([], chunks(1, 1)))
    other = open_database(url)
    assert len(await other.rows(select(run_events.c.run_id))) == 1
    await other.close()


async def test_closing_stores_what_was_taken_and_takes_no_more(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], ours: Scope, start_run: StartRun
) -> None:
    run_ids = [await start_run(ours) for _ in range(20)]
    commits = [asyncio.create_task(storage.journal.commit(ours, run_id, Batch([], chunks(1, 1)))) for run_id in run_ids]
    await asyncio.sleep(0)
    again = await reopened()
    await asyncio.gather(*commits)
    for run_id in run_ids:
        assert len(await read(again.journal, ours, run_id)) == 1
    with pytest.raises(Conflict, match="closed"):
        await storage.journal.commit(ours, run_ids[0], Batch([], chunks(2, 1)))


async def test_a_caller_that_is_cancelled_disturbs_no_other(storage: Storage, ours: Scope, start_run: StartRun) -> None:
    first, second = await start_run(ours), await start_run(ours)
    cancelled = asyncio.create_task(storage.journal.commit(ours, first, Batch([], chunks(1, 1))))
    kept = asyncio.create_task(storage.journal.commit(ours, second, Batch([], chunks(1, 1))))
    await asyncio.sleep(0)
    cancelled.cancel()
    await kept
    assert len(await read(storage.journal, ours, second)) == 1


async def test_a_database_that_fails_tells_every_caller_and_no_secret(
    storage: Storage, ours: Scope, start_run: StartRun, url: str
) -> None:
    run_ids = [await start_run(ours) for _ in range(3)]
    owner = open_database(url)
    await owner.change(text("ALTER TABLE run_events RENAME TO elsewhere"))
    commits = (storage.journal.commit(ours, run_id, Batch([], chunks(1, 1))) for run_id in run_ids)
    results = await asyncio.gather(*commits, return_exceptions=True)
    assert [type(result) for result in results] == [StorageFailed] * 3
    assert "word 1" not in str(results[0])
    await owner.change(text("ALTER TABLE elsewhere RENAME TO run_events"))
    await owner.close()
    await storage.journal.commit(ours, run_ids[0], Batch([], chunks(1, 1)))


async def test_files_and_long_numbers_are_read_as_they_were_shown(
    journal: ReadableJournal, ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    outputs = {"file": File("image", "local_file", related_id="f"), "id": 2**70, "half": "\ud83d"}
    await journal.commit(ours, run_id, Batch([], [NodeSucceeded(outputs, None, 1.0, seq=1)]))
    shown = (await read(journal, ours, run_id))[0]["data"]["outputs"]
    assert (shown["id"], shown["half"]) == (2**70, "\ud83d")


async def test_the_journal_is_there_after_a_restart(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], ours: Scope, start_run: StartRun
) -> None:
    run_id = await start_run(ours)
    await storage.journal.commit(ours, run_id, Batch([record(1)], [*chunks(1, 99), end(100)]))
    again = (await reopened()).journal
    assert [event["seq"] for event in await read(again, ours, run_id)] == list(range(1, 101))
    assert await again.records(ours, run_id) == [record(1)]


async def test_a_standalone_journal_needs_nothing_but_a_path(tmp_path: Path) -> None:
    url, scope = f"sqlite:///{tmp_path}/new/journal.db", embedded_scope()
    finished, unfinished = RunId(new_id()), RunId(new_id())
    journal = await open_journal(url)
    start: Event = RunStarted({"q": "?"}, None, None, seq=1)
    await journal.commit(scope, finished, Batch([], [start]))
    await journal.commit(scope, finished, Batch([record(1)], [end(2)]))
    await journal.commit(scope, unfinished, Batch([], [start]))
    await journal.close()
    again = await open_journal(url)
    assert [event["seq"] for event in await read(again, scope, finished)] == [1, 2]
    assert await again.state(scope, finished) == "ended"
    assert await again.state(scope, unfinished) == "open"
    rows = await again.database.everywhere.rows(select(runs).order_by(runs.c.created_at))
    assert [(row["status"], row["inputs"], row["outputs"]) for row in rows] == [
        ("succeeded", {"q": "?"}, {"out": 1}),
        ("running", {"q": "?"}, {}),
    ]
    await again.close()


async def test_runs_of_standalone_journals_are_no_app_s_runs(storage: Storage, url: str) -> None:
    scope, run_id = embedded_scope(), RunId(new_id())
    journal = await open_journal(url)
    await journal.commit(scope, run_id, Batch([], [RunStarted({}, None, None, seq=1)]))
    await journal.close()
    assert await storage.runs.unfinished() == []
    with pytest.raises(NotFound):
        await storage.runs.get(scope, run_id)


async def test_a_standalone_journal_refuses_a_url_that_cannot_be_used() -> None:
    with pytest.raises(InvalidInput):
        await open_journal("redis://somewhere")
