"""Transactions of several workspaces on one database: in what order they get to it."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select

from loomwork.adapters.fairness.shares import Shares
from loomwork.adapters.storage.sql.database import Database, Transactions
from loomwork.adapters.storage.sql.failures import SpeakingDatabase
from loomwork.adapters.storage.sql.fair_database import IN_COMPANY, FairDatabase
from loomwork.adapters.storage.sql.journal import SqlJournal
from loomwork.adapters.storage.sql.tables import workspaces
from loomwork.engine.events import TextChunk
from loomwork.engine.ports import Batch
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import RunId, WorkspaceId
from loomwork.kernel.scope import SYSTEM, Scope

CROWD, QUIET = (Scope(WorkspaceId(name), SYSTEM) for name in ("crowd", "quiet"))


class Counted(FairDatabase):
    """Writes down what it says of how many go together; `beside` has the quiet one about whenever that is asked."""

    def __init__(self, database: Database, shares: Shares) -> None:
        super().__init__(database, shares)
        self._known = shares
        self.beside = False
        self.asked: list[int] = []

    def together(self, scope: Scope, most: int) -> int:
        if self.beside:
            used(self._known, QUIET)
        self.asked.append(super().together(scope, most))
        return self.asked[-1]


class Line:
    """Works that say when they are at the database. The first ones stay there until they are told to go on."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.first = threading.Event()
        self.go_on = threading.Event()

    def work(self, name: str) -> Callable[[Connection], str]:
        def at_the_database(connection: Connection) -> str:
            self.came.append(name)
            connection.execute(select(workspaces.c.id).where(workspaces.c.id == name)).all()
            self.first.set()
            assert self.go_on.wait(30)
            return name

        return at_the_database


@pytest.mark.parametrize("how", ["read", "write"])
async def test_one_that_comes_late_does_not_wait_for_the_crowd_that_is_there(database: Database, how: str) -> None:
    fair, line = FairDatabase(database, Shares(time.monotonic)), Line()

    def transaction(of: Transactions, name: str) -> Any:
        work = line.work(name)
        return of.read(work) if how == "read" else of.write(work)

    crowd = [asyncio.create_task(transaction(fair.of(CROWD), "crowd")) for _ in range(40)]
    await asyncio.to_thread(line.first.wait, 30)
    quiet = asyncio.create_task(transaction(fair.of(QUIET), "quiet"))
    await asyncio.sleep(0)
    line.go_on.set()
    assert await asyncio.gather(*crowd, quiet) == ["crowd"] * 40 + ["quiet"]
    # Those that were at the database already, and those that take their places with it.
    assert line.came.index("quiet") <= 2 * database.readers


async def test_what_is_no_workspaces_waits_for_no_place(database: Database) -> None:
    fair, line = FairDatabase(database, Shares(time.monotonic)), Line()
    crowd = [asyncio.create_task(fair.of(CROWD).read(line.work("crowd"))) for _ in range(40)]
    await asyncio.to_thread(line.first.wait, 30)
    everywhere = asyncio.create_task(fair.everywhere.read(line.work("everywhere")))
    await asyncio.sleep(0)
    line.go_on.set()
    assert await asyncio.gather(*crowd, everywhere) == ["crowd"] * 40 + ["everywhere"]
    assert line.came.index("everywhere") <= 2 * database.readers


async def test_a_transaction_that_fails_or_is_given_up_leaves_its_place(database: Database) -> None:
    fair = FairDatabase(database, Shares(time.monotonic))

    def broken(_connection: Connection) -> None:
        raise RuntimeError

    for _ in range(5):
        with pytest.raises(RuntimeError):
            await fair.of(CROWD).write(broken)
    line = Line()
    given_up = [asyncio.create_task(fair.of(CROWD).read(line.work("crowd"))) for _ in range(10)]
    await asyncio.to_thread(line.first.wait, 30)
    for task in given_up:
        task.cancel()
    line.go_on.set()
    await asyncio.wait(given_up)
    assert await fair.of(CROWD).read(line.work("after")) == "after"
    assert not fair.write_at_once(lambda _: False)


def used(shares: Shares, scope: Scope) -> None:
    shares.goes_in(scope.workspace_id)
    shares.goes_out(scope.workspace_id)


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_workspace_in_company_makes_fewer_changes_in_one_transaction(database: Database, wrapped: bool) -> None:
    shares = Shares(time.monotonic)
    fair: Database = FairDatabase(database, shares)
    fair = SpeakingDatabase(fair) if wrapped else fair
    assert database.together(CROWD, 16) == 16
    await fair.of(CROWD).read(lambda _: time.sleep(0.02))
    assert fair.together(CROWD, 16) == 16
    used(shares, QUIET)
    assert fair.together(CROWD, 16) == 16 // IN_COMPANY
    assert fair.together(CROWD, 1) == 1
    assert fair.together(QUIET, 16) == 16


async def test_in_company_a_crowds_batches_are_committed_a_few_at_a_time(database: Database) -> None:
    shares = Shares(time.monotonic)
    fair, sizes = Counted(database, shares), list[int]()
    await fair.of(CROWD).read(lambda _: time.sleep(0.02))
    journal = SqlJournal(fair)

    async def commit(number: int) -> None:
        with contextlib.suppress(NotFound):
            await journal.commit(CROWD, RunId(f"run {number}"), Batch([], [TextChunk("x", seq=1)]))

    for beside in (False, True):
        fair.beside = beside
        fair.asked.clear()
        await asyncio.gather(*(commit(number) for number in range(40)))
        sizes.append(max(fair.asked))
    await journal.close()
    assert sizes == [16, 16 // IN_COMPANY]


async def test_a_batch_of_one_workspace_does_not_wait_for_all_of_anothers(database: Database) -> None:
    fair = FairDatabase(database, Shares(time.monotonic))
    journal, said = SqlJournal(fair), list[str]()

    async def commit(scope: Scope, number: int) -> None:
        batch = Batch([], [TextChunk("x", seq=1)])
        try:
            await journal.commit(scope, RunId(f"run {number}"), batch)
        except NotFound:  # There are no such runs; what counts is when they are told.
            said.append(scope.workspace_id)

    await asyncio.gather(*(commit(CROWD, number) for number in range(100)), commit(QUIET, 100))
    assert said.index("quiet") <= 50
    await journal.close()
