"""What every `engine.ports.EventLog` promises."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.storage.memory import LocalEventLog, MemoryEventLog, MemoryJournal
from loomwork.adapters.storage.sql import Storage
from loomwork.apps.domain import App, Run
from loomwork.engine.events import Event, RunStarted, RunSucceeded, TextChunk
from loomwork.engine.ports import Batch, EventLog, Journal
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from tests.postgres_server import PostgresServer


class Host:
    """A server's half of a run: it writes the run down, commits its events, and shows them."""

    def __init__(self, log: EventLog, journal: Journal | None, storage: Storage, make: Any) -> None:
        self.log = log
        self._journal = journal
        self._storage = storage
        self._make = make

    async def start(self, scope: Scope) -> RunId:
        app: App = self._make.app()
        await self._storage.apps.add(scope, app)
        run: Run = self._make.run(app, status="running")
        await self._storage.runs.add(scope, run)
        if isinstance(self.log, MemoryEventLog):
            self.log.open(scope, run.id)
        if isinstance(self._journal, MemoryJournal):
            self._journal.open(scope, run.id)
        return run.id

    async def show(self, scope: Scope, run_id: RunId, *events: Event) -> None:
        if self._journal is not None:
            await self._journal.commit(scope, run_id, Batch([], events))
        await self.log.publish(scope, run_id, events)


@pytest.fixture(params=["memory", "local over memory", "local over sqlite", "local over postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of both kinds only where the journal is: the rest is the same over either."""
    if "kind" in request.fixturenames and request.getfixturevalue("kind").endswith("postgres"):
        server: PostgresServer = request.getfixturevalue("postgres")
        return await server.emptied()
    return f"sqlite:///{tmp_path}/loomwork.db"


@pytest.fixture
def host(kind: str, storage: Storage, make: Any) -> Host:
    if kind == "memory":
        return Host(MemoryEventLog(), None, storage, make)
    if kind == "local over memory":
        journal = MemoryJournal()
        return Host(LocalEventLog(journal), journal, storage, make)
    return Host(LocalEventLog(storage.journal), storage.journal, storage, make)


@pytest.fixture
def log(storage: Storage) -> LocalEventLog:
    return LocalEventLog(storage.journal)


@pytest.fixture
def server(log: LocalEventLog, storage: Storage, make: Any) -> Host:
    return Host(log, storage.journal, storage, make)


def started() -> Event:
    return RunStarted({}, None, None, seq=1)


def chunk(seq: int) -> Event:
    return TextChunk(f"word {seq}", ("llm", "text"), node_id="llm", seq=seq, at=seq / 7)


def chunks(first: int, last: int) -> list[Event]:
    return [chunk(seq) for seq in range(first, last + 1)]


def end(seq: int) -> Event:
    return RunSucceeded({}, None, {}, seq=seq)


async def gather(log: EventLog, scope: Scope, run_id: RunId, after: int = 0) -> list[Mapping[str, Any]]:
    return [event async for batch in log.follow(scope, run_id, after=after) for event in batch]


async def seqs(log: EventLog, scope: Scope, run_id: RunId, after: int = 0) -> list[int]:
    return [event["seq"] for event in await gather(log, scope, run_id, after)]


async def settle() -> None:
    """Let every reader come to where it waits."""
    for _ in range(50):
        await asyncio.sleep(0.001)


async def test_a_run_is_followed_while_it_goes(host: Host, ours: Scope) -> None:
    run_id = await host.start(ours)
    following = asyncio.create_task(gather(host.log, ours, run_id))
    await settle()
    events = [started(), *chunks(2, 5), end(6)]
    for event in events:
        await host.show(ours, run_id, event)
        await asyncio.sleep(0)
    assert [event["seq"] for event in await following] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("after", [-3, 0, 1, 3, 5])
async def test_who_comes_in_the_middle_reads_what_was_and_what_comes(host: Host, ours: Scope, after: int) -> None:
    run_id = await host.start(ours)
    await host.show(ours, run_id, started(), *chunks(2, 3))
    following = asyncio.create_task(seqs(host.log, ours, run_id, after))
    await settle()
    await host.show(ours, run_id, *chunks(4, 6))
    await host.show(ours, run_id, end(7))
    assert await following == [seq for seq in range(1, 8) if seq > after]


@pytest.mark.parametrize("after", [0, 4, 6, 7, 8, 2**80])
async def test_who_comes_after_the_end_reads_what_is_left_and_waits_for_nothing(
    host: Host, ours: Scope, after: int
) -> None:
    run_id = await host.start(ours)
    await host.show(ours, run_id, started(), *chunks(2, 6))
    await host.show(ours, run_id, end(7))
    assert await seqs(host.log, ours, run_id, after) == [seq for seq in range(1, 8) if seq > after]


async def test_who_is_ahead_of_the_log_waits(host: Host, ours: Scope) -> None:
    run_id = await host.start(ours)
    await host.show(ours, run_id, started())
    following = asyncio.create_task(seqs(host.log, ours, run_id, after=3))
    await settle()
    await host.show(ours, run_id, *chunks(2, 3))
    await settle()
    assert not following.done()
    await host.show(ours, run_id, *chunks(4, 5), end(6))
    assert await following == [4, 5, 6]


async def test_what_is_read_live_is_what_is_read_afterwards(host: Host, ours: Scope) -> None:
    run_id = await host.start(ours)
    following = asyncio.create_task(gather(host.log, ours, run_id))
    await settle()
    for event in (started(), chunk(2), replace(chunk(3), frame=(("loop", 2),)), end(4)):
        await host.show(ours, run_id, event)
    live = await following
    assert await gather(host.log, ours, run_id) == live
    assert live[2]["frame"] == [["loop", 2]]


async def test_two_hundred_may_follow_one_run(host: Host, ours: Scope) -> None:
    run_id = await host.start(ours)
    followers = [asyncio.create_task(seqs(host.log, ours, run_id, after=number % 5)) for number in range(200)]
    await settle()
    await host.show(ours, run_id, started())
    for first in range(2, 60, 3):
        await host.show(ours, run_id, *chunks(first, first + 2))
    await host.show(ours, run_id, end(62))
    for number, read in enumerate(await asyncio.gather(*followers)):
        assert read == list(range(1 + number % 5, 63))


async def test_a_slow_follower_misses_nothing_and_delays_no_one(host: Host, ours: Scope) -> None:
    run_id = await host.start(ours)
    slow = host.log.follow(ours, run_id)
    await host.show(ours, run_id, started())
    read = [event["seq"] for event in await anext(slow)]
    for seq in range(2, 1100):
        await host.show(ours, run_id, chunk(seq))
    await host.show(ours, run_id, end(1100))
    assert await seqs(host.log, ours, run_id) == list(range(1, 1101))
    read += [event["seq"] async for batch in slow for event in batch]
    assert read == list(range(1, 1101))


async def test_a_follower_that_goes_away_leaves_the_others_alone(host: Host, ours: Scope) -> None:
    run_id = await host.start(ours)
    leaving, staying = (asyncio.create_task(seqs(host.log, ours, run_id)) for _ in range(2))
    await host.show(ours, run_id, started())
    await settle()
    leaving.cancel()
    await host.show(ours, run_id, end(2))
    assert await staying == [1, 2]


async def test_a_run_that_is_not_there_is_not_found(host: Host, ours: Scope, theirs: Scope) -> None:
    run_id = await host.start(theirs)
    await host.show(theirs, run_id, started(), chunk(2))
    for scope, unknown in ((ours, run_id), (ours, RunId("never")), (ours, RunId("\ud800"))):
        with pytest.raises(NotFound):
            await gather(host.log, scope, unknown)
    await host.show(theirs, run_id, end(3))
    with pytest.raises(NotFound):
        await gather(host.log, ours, run_id)
    assert await seqs(host.log, theirs, run_id) == [1, 2, 3]


async def test_events_out_of_order_are_a_mistake_of_the_writer(host: Host, ours: Scope) -> None:
    run_id = await host.start(ours)
    await host.log.publish(ours, run_id, [started()])
    for wrong in ([chunk(3)], [started()]):
        with pytest.raises(ValueError, match="does not follow"):
            await host.log.publish(ours, run_id, wrong)


async def test_runs_are_let_go_of_once_they_are_published_and_committed(
    server: Host, log: LocalEventLog, storage: Storage, ours: Scope
) -> None:
    run_ids = [await server.start(ours) for _ in range(2)]
    for run_id in run_ids:
        await server.show(ours, run_id, started())
    assert log.held == 2
    await server.show(ours, run_ids[0], end(2))
    assert log.held == 1
    await log.publish(ours, run_ids[1], [end(2)])
    assert log.held == 1
    await storage.journal.commit(ours, run_ids[1], Batch([], [end(2)]))
    assert log.held == 0
    for run_id in run_ids:
        assert await seqs(log, ours, run_id) == [1, 2]
    assert log.held == 0


async def test_of_runs_that_end_without_a_journal_only_the_newest_are_kept(
    storage: Storage, ours: Scope, make: Any
) -> None:
    log = LocalEventLog(storage.journal, keep=3)
    host = Host(log, None, storage, make)
    run_ids = [await host.start(ours) for _ in range(5)]
    for run_id in run_ids:
        await host.show(ours, run_id, started(), end(2))
    assert log.held == 3
    assert await seqs(log, ours, run_ids[-1]) == [1, 2]


async def test_a_run_that_is_over_but_said_nothing_keeps_no_one_waiting(
    log: LocalEventLog, storage: Storage, ours: Scope, make: Any
) -> None:
    app = make.app()
    await storage.apps.add(ours, app)
    run = make.run(app, status="failed")
    await storage.runs.add(ours, run)
    assert await gather(log, ours, run.id) == []
    assert log.held == 0


async def test_a_queued_run_is_followed_from_before_its_first_event(
    server: Host, log: LocalEventLog, ours: Scope
) -> None:
    run_id = await server.start(ours)
    early, gone = (asyncio.create_task(seqs(log, ours, run_id)) for _ in range(2))
    await settle()
    gone.cancel()
    await settle()
    assert log.held == 1
    await server.show(ours, run_id, started(), end(2))
    assert await early == [1, 2]
    assert log.held == 0


async def test_a_run_taken_up_by_a_new_process_is_read_from_its_first_event_on(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], server: Host, ours: Scope, make: Any
) -> None:
    run_id = await server.start(ours)
    await server.show(ours, run_id, started(), *chunks(2, 10))
    again = await reopened()
    log = LocalEventLog(again.journal)
    resumed = Host(log, again.journal, again, make)
    early = asyncio.create_task(seqs(log, ours, run_id))
    await settle()
    await resumed.show(ours, run_id, *chunks(11, 20))
    late = asyncio.create_task(seqs(log, ours, run_id, after=5))
    await settle()
    await resumed.show(ours, run_id, end(21))
    assert await early == list(range(1, 22))
    assert await late == list(range(6, 22))


async def test_followers_who_come_at_any_moment_read_every_event_once(
    server: Host, log: LocalEventLog, ours: Scope
) -> None:
    run_id = await server.start(ours)
    followers: list[asyncio.Task[list[int]]] = []

    async def run() -> None:
        await server.show(ours, run_id, started())
        for first in range(2, 302, 3):
            followers.append(asyncio.create_task(seqs(log, ours, run_id, after=first // 2)))
            await server.show(ours, run_id, *chunks(first, first + 2))
        await server.show(ours, run_id, end(302))

    await run()
    read: Sequence[list[int]] = await asyncio.gather(*followers)
    for number, first in enumerate(range(2, 302, 3)):
        assert read[number] == list(range(first // 2 + 1, 303))
    assert log.held == 0
